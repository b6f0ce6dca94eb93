//! The events that start the later steps: Amazon EventBridge's, and our own in the same format. They arrive as bodies
//! of queue messages.

use serde::Deserialize;
use vmx_contract::reminder::{self, Reminder};

/// An event, as far as the pipeline uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Amazon S3: an object was written.
    ObjectCreated {
        /// The bucket's name.
        bucket: String,
        /// The object's key; unlike in S3's own notifications it is not URL-encoded.
        key: String,
    },
    /// Amazon Transcribe: a job has ended.
    TranscriptionEnded {
        /// The job's name.
        job: String,
        /// `COMPLETED` or `FAILED`.
        status: String,
    },
    /// Ours: a transcript is due.
    TranscriptDue(Reminder),
    /// Anything else.
    Other {
        /// The event's `detail-type`.
        detail_type: String,
    },
}

/// A message that is not an event, or an event without its details.
#[derive(Debug, thiserror::Error)]
#[error("the message is not an EventBridge event of the expected form: {0}; check what sends to this queue")]
pub struct EventError(#[from] serde_json::Error);

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "detail-type")]
    detail_type: String,
    source: String,
    #[serde(borrow)]
    detail: &'a serde_json::value::RawValue,
}

#[derive(Deserialize)]
struct ObjectDetail {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JobDetail {
    transcription_job_name: String,
    transcription_job_status: String,
}

impl Event {
    /// Reads an event, JSON.
    ///
    /// # Errors
    /// [`EventError`] if the text is not JSON, not an event, or a known event without its details.
    pub fn parse(json: &str) -> Result<Self, EventError> {
        let envelope: Envelope<'_> = serde_json::from_str(json)?;
        let detail = envelope.detail.get();
        Ok(match (envelope.source.as_str(), envelope.detail_type.as_str()) {
            ("aws.s3", "Object Created") => {
                let detail: ObjectDetail = serde_json::from_str(detail)?;
                Self::ObjectCreated { bucket: detail.bucket.name, key: detail.object.key }
            }
            ("aws.transcribe", "Transcribe Job State Change") => {
                let detail: JobDetail = serde_json::from_str(detail)?;
                Self::TranscriptionEnded {
                    job: detail.transcription_job_name,
                    status: detail.transcription_job_status,
                }
            }
            (reminder::SOURCE, reminder::DETAIL_TYPE) => Self::TranscriptDue(serde_json::from_str(detail)?),
            _ => Self::Other { detail_type: envelope.detail_type },
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_two_events_of_the_pipeline_are_read() {
        let created = r#"{"version":"0","id":"1","detail-type":"Object Created","source":"aws.s3","account":"111122223333",
            "time":"2026-11-23T10:00:00Z","region":"us-east-1","resources":["arn:aws:s3:::b"],
            "detail":{"version":"0","bucket":{"name":"b"},"object":{"key":"k.wav","size":5},"reason":"PutObject"}}"#;
        assert_eq!(
            Event::parse(created).unwrap(),
            Event::ObjectCreated { bucket: "b".into(), key: "k.wav".into() }
        );
        let ended = r#"{"detail-type":"Transcribe Job State Change","source":"aws.transcribe",
            "detail":{"TranscriptionJobName":"j","TranscriptionJobStatus":"FAILED"}}"#;
        assert_eq!(
            Event::parse(ended).unwrap(),
            Event::TranscriptionEnded { job: "j".into(), status: "FAILED".into() }
        );
    }

    #[test]
    fn a_reminder_is_read_as_it_is_written() {
        let id = "00000000-0000-4000-8000-00000000c0de-2".to_owned().try_into().unwrap();
        let reminder = Reminder { id, due_at: "2026-11-23T10:00:00Z".parse().unwrap() };
        assert_eq!(Event::parse(&reminder.to_body()).unwrap(), Event::TranscriptDue(reminder));
        let broken =
            r#"{"detail-type":"Transcript Due","source":"vmx.transcriber","detail":{"contactId":"x"}}"#;
        assert!(Event::parse(broken).is_err());
    }

    #[test]
    fn other_events_are_told_apart_from_what_is_no_event() {
        let other = r#"{"detail-type":"Object Deleted","source":"aws.s3","detail":{}}"#;
        assert!(matches!(Event::parse(other), Ok(Event::Other { .. })));
        for bad in ["", "{}", "[]", r#"{"detail-type":"Object Created","source":"aws.s3","detail":{}}"#] {
            assert!(Event::parse(bad).is_err(), "{bad}");
        }
    }
}
