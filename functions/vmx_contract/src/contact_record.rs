//! The contact record that Amazon Connect writes to a Kinesis data stream when a contact is over.
//!
//! Only what a voicemail needs is read; everything else is ignored, since AWS adds fields at any time. Records
//! are delivered at least once and again whenever the contact changes, also by our own reset of the flag.
//! Source: the data model of contact records in the Amazon Connect administrator guide.

use jiff::Timestamp;
use serde::Deserialize;

use crate::arn::{ArnError, InstanceArn};
use crate::attributes::Attributes;
use crate::objects::{ContactId, ContactIdError};

/// The storage type of audio that was streamed to Kinesis Video Streams.
const KINESIS_VIDEO_STREAM: &str = "KINESIS_VIDEO_STREAM";
/// The participant whose voice a voicemail is.
const CUSTOMER: &str = "CUSTOMER";
/// The channel of calls.
const VOICE: &str = "VOICE";

/// One contact record, as far as a voicemail needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactRecord {
    /// The contact.
    pub contact_id: ContactId,
    /// The instance that handled it.
    pub instance: InstanceArn,
    /// `VOICE`, `TASK`, …; absent in old records.
    pub channel: Option<String>,
    /// Its attributes; those without a value are left out.
    pub attributes: Attributes,
    /// The caller's number, as the network gave it.
    pub customer_address: Option<String>,
    /// ARN of the queue the contact last waited in.
    pub queue_arn: Option<String>,
    /// When the contact ended.
    pub disconnected_at: Option<Timestamp>,
    /// When the contact began.
    pub initiated_at: Option<Timestamp>,
    /// `null` until Connect has gathered the recordings: not the same as an empty list.
    pub recordings: Option<Vec<Recording>>,
}

/// Where the caller's audio of a contact lies in Kinesis Video Streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// ARN of the stream, of the instance's own account and region.
    pub stream_arn: String,
    /// Number of the first fragment, decimal.
    pub first_fragment: String,
    /// Number of the last fragment, decimal.
    pub last_fragment: String,
    /// When streaming started, to the second.
    pub started_at: Timestamp,
    /// When streaming stopped, to the second.
    pub stopped_at: Timestamp,
}

/// One entry of the record's `Recordings`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recording {
    storage_type: Option<String>,
    location: Option<String>,
    participant_type: Option<String>,
    fragment_start_number: Option<String>,
    fragment_stop_number: Option<String>,
    start_timestamp: Option<Timestamp>,
    stop_timestamp: Option<Timestamp>,
}

/// A contact record that cannot be used, and why.
#[derive(Debug, thiserror::Error)]
pub enum ContactRecordError {
    /// Not JSON, or a field of another type than Connect's.
    #[error(
        "the contact record is malformed: {}; it is kept in the dead-letter queue, compare it with a record of this instance",
        without_values(.0)
    )]
    Malformed(serde_json::Error),
    /// The contact's id cannot serve as a name.
    #[error("the contact record's `ContactId` is unusable: {0}")]
    ContactId(#[from] ContactIdError),
    /// The record names no instance.
    #[error("the contact record's `InstanceARN` is unusable: {0}")]
    Instance(ArnError),
    /// Connect has not gathered the recordings yet; an updated record follows.
    #[error(
        "`Recordings` of contact {0} is still null: Connect has not gathered them yet; the voicemail waits for the updated record"
    )]
    RecordingsPending(ContactId),
    /// The contact was flagged as a voicemail, but nothing was streamed.
    #[error(
        "contact {0} has no audio of the customer in Kinesis Video Streams: check that live media streaming is \
         enabled on the instance and that the flow starts streaming from the customer before it sets the flag"
    )]
    NoCustomerAudio(ContactId),
    /// The entry lacks what is needed to find the audio.
    #[error(
        "the media entry of contact {contact_id} has no usable `{field}`: the caller said nothing, or streaming never started"
    )]
    IncompleteMedia {
        /// The contact.
        contact_id: ContactId,
        /// The field that is missing or unreadable.
        field: &'static str,
    },
    /// The stream belongs to somebody else.
    #[error("the media entry of contact {contact_id} is refused: {source}")]
    ForeignMedia {
        /// The contact.
        contact_id: ContactId,
        /// Why the stream is refused.
        source: ArnError,
    },
}

/// What is wrong with the JSON, without the values in it: they may be phone numbers, and errors are logged.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() || text.starts_with("missing field") {
        return text;
    }
    format!(
        "a field has a type or a value that Connect does not write, at line {} column {}",
        error.line(),
        error.column()
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    contact_id: String,
    channel: Option<String>,
    #[serde(rename = "InstanceARN")]
    instance_arn: String,
    #[serde(default)]
    attributes: Option<std::collections::BTreeMap<String, Option<String>>>,
    customer_endpoint: Option<Endpoint>,
    queue: Option<Queue>,
    disconnect_timestamp: Option<Timestamp>,
    initiation_timestamp: Option<Timestamp>,
    recordings: Option<Vec<Recording>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    address: Option<String>,
}

#[derive(Deserialize)]
struct Queue {
    #[serde(rename = "ARN")]
    arn: Option<String>,
}

impl ContactRecord {
    /// Reads a contact record, JSON in UTF-8.
    ///
    /// # Errors
    /// [`ContactRecordError::Malformed`], [`ContactRecordError::ContactId`] and
    /// [`ContactRecordError::Instance`]: the record can never be used as it is.
    pub fn parse(json: &[u8]) -> Result<Self, ContactRecordError> {
        let wire: Wire = serde_json::from_slice(json).map_err(ContactRecordError::Malformed)?;
        let attributes = wire.attributes.unwrap_or_default();
        Ok(Self {
            contact_id: ContactId::parse(&wire.contact_id)?,
            instance: InstanceArn::parse(&wire.instance_arn).map_err(ContactRecordError::Instance)?,
            channel: wire.channel,
            attributes: attributes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            customer_address: wire.customer_endpoint.and_then(|endpoint| endpoint.address),
            queue_arn: wire.queue.and_then(|queue| queue.arn),
            disconnected_at: wire.disconnect_timestamp,
            initiated_at: wire.initiation_timestamp,
            recordings: wire.recordings,
        })
    }

    /// Whether the contact was a call. A task inherits the attributes of the call that it is about, the flag among
    /// them, without being a voicemail itself.
    #[must_use]
    pub fn is_call(&self) -> bool {
        self.channel.as_deref().is_none_or(|channel| channel == VOICE)
    }

    /// Where the caller's audio lies. A contact that was streamed more than once left its voicemail last.
    ///
    /// # Errors
    /// Every variant but [`ContactRecordError::Malformed`], [`ContactRecordError::ContactId`] and
    /// [`ContactRecordError::Instance`]; only [`ContactRecordError::RecordingsPending`] mends itself.
    pub fn media(&self) -> Result<Media, ContactRecordError> {
        let contact = || self.contact_id.clone();
        let recordings =
            self.recordings.as_ref().ok_or_else(|| ContactRecordError::RecordingsPending(contact()))?;
        let entry = recordings
            .iter()
            .rfind(|entry| {
                entry.storage_type.as_deref() == Some(KINESIS_VIDEO_STREAM)
                    && entry.participant_type.as_deref().is_none_or(|participant| participant == CUSTOMER)
            })
            .ok_or_else(|| ContactRecordError::NoCustomerAudio(contact()))?;
        let missing = |field| ContactRecordError::IncompleteMedia { contact_id: contact(), field };
        let fragment = |number: &Option<String>, field| {
            let sound = |text: &&String| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            number.as_ref().filter(sound).cloned().ok_or_else(|| missing(field))
        };
        let stream_arn = entry.location.clone().ok_or_else(|| missing("Location"))?;
        self.instance
            .check_media_stream(&stream_arn)
            .map_err(|source| ContactRecordError::ForeignMedia { contact_id: contact(), source })?;
        Ok(Media {
            stream_arn,
            first_fragment: fragment(&entry.fragment_start_number, "FragmentStartNumber")?,
            last_fragment: fragment(&entry.fragment_stop_number, "FragmentStopNumber")?,
            started_at: entry.start_timestamp.ok_or_else(|| missing("StartTimestamp"))?,
            stopped_at: entry.stop_timestamp.ok_or_else(|| missing("StopTimestamp"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{Value, json};

    /// A synthetic record with the fields and the order of real ones.
    const SAMPLE: &str = include_str!("../tests/fixtures/contact-record.sample.json");

    fn changed(change: impl FnOnce(&mut Value)) -> Result<ContactRecord, ContactRecordError> {
        let mut record: Value = serde_json::from_str(SAMPLE).unwrap();
        change(&mut record);
        ContactRecord::parse(record.to_string().as_bytes())
    }

    #[test]
    fn the_media_is_the_customers_stream_and_not_the_call_recording() {
        let record = ContactRecord::parse(SAMPLE.as_bytes()).unwrap();
        let media = record.media().unwrap();
        assert!(media.stream_arn.contains(":stream/prefix-connect-alias-contact-"));
        assert_eq!(media.first_fragment, "91343852333181531502161607852955530730504675150");
        assert_eq!(media.stopped_at.to_string(), "2024-01-26T03:08:12Z");
        assert_eq!(record.customer_address.as_deref(), Some("+15555550100"));
    }

    #[test]
    fn the_last_of_several_streams_is_the_voicemail() {
        let record = changed(|record| {
            let recordings = record["Recordings"].as_array_mut().unwrap();
            let mut second = recordings[1].clone();
            second["FragmentStartNumber"] = json!("99999999999999999999999999999999999999999999999");
            recordings.push(second);
        });
        assert!(record.unwrap().media().unwrap().first_fragment.starts_with("999"));
    }

    #[test]
    fn null_recordings_wait_and_missing_audio_is_named() {
        let pending = changed(|record| record["Recordings"] = Value::Null).unwrap();
        assert!(matches!(pending.media(), Err(ContactRecordError::RecordingsPending(_))));
        let none = changed(|record| record["Recordings"] = json!([])).unwrap();
        assert!(matches!(none.media(), Err(ContactRecordError::NoCustomerAudio(_))));
        for field in
            ["FragmentStartNumber", "FragmentStopNumber", "StartTimestamp", "StopTimestamp", "Location"]
        {
            let record = changed(|record| record["Recordings"][1][field] = Value::Null).unwrap();
            assert!(record.media().unwrap_err().to_string().contains(field));
        }
    }

    #[test]
    fn another_accounts_stream_is_refused() {
        let record = changed(|record| {
            let own = record["Recordings"][1]["Location"].as_str().unwrap().to_owned();
            record["Recordings"][1]["Location"] = json!(own.replace("111122223333", "444455556666"));
        });
        assert!(matches!(record.unwrap().media(), Err(ContactRecordError::ForeignMedia { .. })));
    }

    #[test]
    fn what_is_no_contact_record_is_refused_with_the_field() {
        for bad in ["", "[]", "{}", r#"{"ContactId": 7}"#, "\u{0}"] {
            assert!(
                matches!(ContactRecord::parse(bad.as_bytes()), Err(ContactRecordError::Malformed(_))),
                "{bad}"
            );
        }
        let record = changed(|record| record["ContactId"] = json!("../../etc/passwd"));
        assert!(matches!(record, Err(ContactRecordError::ContactId(_))));
        let record = changed(|record| record["InstanceARN"] = json!("x"));
        assert!(matches!(record, Err(ContactRecordError::Instance(_))));
    }

    #[test]
    fn an_error_repeats_no_value() {
        let error = changed(|record| record["CustomerEndpoint"] = json!("+15555550100")).unwrap_err();
        assert!(error.to_string().contains("line 1 column"), "{error}");
        assert!(!error.to_string().contains("5555"), "{error}");
        let error = ContactRecord::parse(b"{}").unwrap_err();
        assert!(error.to_string().contains("missing field `ContactId`"), "{error}");
    }

    #[test]
    fn only_a_call_is_a_call() {
        assert!(changed(|_| ()).unwrap().is_call());
        assert!(changed(|record| record["Channel"] = Value::Null).unwrap().is_call());
        assert!(!changed(|record| record["Channel"] = json!("TASK")).unwrap().is_call());
    }

    #[test]
    fn attributes_without_a_value_are_absent() {
        let record = changed(|record| record["Attributes"] = json!({"a": null, "b": "2"})).unwrap();
        assert_eq!(record.attributes.into_iter().collect::<Vec<_>>(), [("b".into(), "2".into())]);
        assert!(changed(|record| record["Attributes"] = Value::Null).unwrap().attributes.is_empty());
    }
}
