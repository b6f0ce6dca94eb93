//! Deletes what the installation keeps of voicemails: the recording, the transcripts and the package with all their
//! versions, the transcription job, and access by playback links.
//!
//! The object that records the end stays: it has neither words nor a number, and prevents the contact record from being
//! processed again. It says that the voicemail is deleted before anything is deleted, so that an interrupted deletion is
//! seen; the same command completes it. What was delivered is elsewhere, and stays.

use jiff::Timestamp;
use vmx_contract::mode::Mode;
use vmx_contract::retention::Retention;
use vmx_contract::state::Ended;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::links::{self, Which};
use crate::pipeline::Pipeline;
use crate::recording_tags::Tags;
use crate::state_bucket::{Bucket, Read};
use crate::versions;

/// Why a voicemail cannot be deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeletionError {
    /// A call failed.
    #[error("{0}; run the same command again to complete the deletion")]
    Cloud(#[from] CloudError),
    /// It has not ended.
    #[error(
        "the voicemail {id} is in progress: delete it once it is delivered, or give it up first: \
         `vmx-install redrive --give-up {id}`"
    )]
    InProgress {
        /// The voicemail.
        id: VoicemailId,
    },
    /// Its recording is on hold.
    #[error(
        "the recording of {id} is on hold; find out who holds it and why, then release it: \
         `vmx-install voicemails release {id}`"
    )]
    Held {
        /// The voicemail.
        id: VoicemailId,
    },
    /// Nothing is known of it.
    #[error("nothing is known of a voicemail {id}; `vmx-install voicemails list` lists those that there are")]
    Unknown {
        /// The voicemail.
        id: VoicemailId,
    },
}

/// A voicemail to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The voicemail.
    pub id: VoicemailId,
    /// Whether there is a recording.
    pub has_recording: bool,
    /// The modes that have delivered it: what they delivered stays.
    pub delivered_by: Vec<Mode>,
    ended: Option<Read<Ended>>,
}

/// Finds out whether a voicemail can be deleted, and changes nothing.
///
/// # Errors
/// [`DeletionError`].
pub async fn look(cloud: &Cloud, pipeline: &Pipeline, id: &VoicemailId) -> Result<Deletion, DeletionError> {
    let mut deletion =
        Deletion { id: id.clone(), has_recording: false, delivered_by: Vec::new(), ended: None };
    if let Some(name) = &pipeline.state {
        let state = Bucket { cloud, name };
        if state.undelivered(&id.undelivered_key()).await?.is_some() {
            return Err(DeletionError::InProgress { id: id.clone() });
        }
        deletion.ended = state.read(&id.ended_key()).await?;
        deletion.delivered_by = state.delivered_by(id).await?;
    }
    let tags = Tags::read(cloud, &pipeline.recordings, &id.recording_key()).await?;
    if tags.as_ref().and_then(Tags::retention) == Some(Retention::Hold) {
        return Err(DeletionError::Held { id: id.clone() });
    }
    deletion.has_recording = tags.is_some();
    if deletion.ended.is_none() && !deletion.has_recording && !links::is_there(cloud, pipeline, id).await? {
        return Err(DeletionError::Unknown { id: id.clone() });
    }
    Ok(deletion)
}

/// Deletes a voicemail of a stack's installation, and returns how many objects that were.
///
/// # Errors
/// [`DeletionError`]. The same call completes it.
pub async fn delete(
    cloud: &Cloud,
    pipeline: &Pipeline,
    stack: &str,
    id: &VoicemailId,
    now: Timestamp,
) -> Result<usize, DeletionError> {
    // Once more: since somebody was asked, it may have been held.
    let found = look(cloud, pipeline, id).await?;
    if let (Some(name), Some(Read { content, e_tag, .. })) = (&pipeline.state, found.ended)
        && content.deleted_at.is_none()
    {
        let deleted = Ended { deleted_at: Some(now), ..content };
        let state = Bucket { cloud, name };
        // An end that is taken back is a voicemail in progress.
        if !state.replace(&id.ended_key(), &deleted, &e_tag.unwrap_or_default()).await? {
            return Err(DeletionError::InProgress { id: id.clone() });
        }
    }
    links::revoke(cloud, pipeline, Which::Of(id), now).await?;
    let mut objects = versions::delete_object(cloud, &pipeline.recordings, &id.recording_key()).await?;
    for key in [id.transcript_key(), id.redacted_transcript_key(), id.package_key()] {
        objects += versions::delete_object(cloud, &pipeline.transcripts, &key).await?;
    }
    delete_job(cloud, &id.job_name(stack)).await?;
    Ok(objects)
}

/// Deletes a transcription job: it has the settings of the voicemail, and its place.
async fn delete_job(cloud: &Cloud, name: &str) -> Result<(), CloudError> {
    let request = cloud.transcribe.delete_transcription_job().transcription_job_name(name);
    match request.send().await.map_err(wrap(format!("delete the transcription job {name}"))) {
        // The service says so of a job that does not exist.
        Err(error) if error.is_not_found() || error.code.as_deref() == Some("BadRequestException") => Ok(()),
        other => other.map(drop),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_transcribe::Client as Transcribe;
    use aws_sdk_transcribe::operation::delete_transcription_job::DeleteTranscriptionJobOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use vmx_contract::state::{Outcome, Undelivered};

    use super::*;
    use crate::testing::{Objects, cloud, pipeline};

    const ID: &str = "00000000-0000-4000-8000-00000000c0de";
    const NOW: &str = "2026-11-23T10:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn json(content: &impl serde::Serialize) -> String {
        serde_json::to_string(content).unwrap()
    }

    /// A voicemail that was delivered, and the second one of its contact.
    fn two() -> (Cloud, Pipeline, Objects) {
        let (pipeline, objects) = (pipeline(), Objects::default());
        let state = pipeline.state.clone().unwrap();
        for id in [ID.to_owned(), format!("{ID}-2")] {
            objects.put(&pipeline.recordings, &format!("{id}.wav"), "RIFF", now());
            for key in [format!("{id}.json"), format!("redacted-{id}.json"), format!("packages/{id}")] {
                objects.put(&pipeline.transcripts, &key, "words", now());
            }
            objects.put(&state, &format!("ended/{id}"), &json(&Ended::new(Outcome::Delivered, now())), now());
            objects.put(&state, &format!("delivered/{id}/task"), "{}", now());
        }
        let mut cloud = cloud(&[], &[], &[]);
        objects.serve(&mut cloud);
        let gone = mock!(Transcribe::delete_transcription_job)
            .match_requests(|request| request.transcription_job_name() == Some(&format!("vmx.{ID}")))
            .then_output(|| DeleteTranscriptionJobOutput::builder().build());
        cloud.transcribe = mock_client!(aws_sdk_transcribe, RuleMode::MatchAny, [&gone]);
        (cloud, pipeline, objects)
    }

    #[tokio::test]
    async fn nothing_of_it_is_left_but_that_it_was() {
        let (cloud, pipeline, objects) = two();
        let id = VoicemailId::parse(ID).unwrap();
        let found = look(&cloud, &pipeline, &id).await.unwrap();
        assert!(found.has_recording && found.delivered_by == [Mode::Task], "{found:?}");
        assert_eq!(delete(&cloud, &pipeline, "vmx", &id, now()).await.unwrap(), 4);
        let second = format!("{ID}-2");
        assert_eq!(objects.keys(&pipeline.recordings), [format!("{second}.wav")]);
        let words = objects.keys(&pipeline.transcripts);
        assert_eq!(
            words,
            [
                format!("{second}.json"),
                format!("packages/{second}"),
                format!("redacted-{second}.json"),
                format!("revoked/{ID}"),
            ]
        );
        let state = pipeline.state.as_ref().unwrap();
        let ended: Ended =
            serde_json::from_str(&objects.text(state, &format!("ended/{ID}")).unwrap()).unwrap();
        assert_eq!((ended.outcome, ended.deleted_at), (Outcome::Delivered, Some(now())));
        // Once more, it is a deletion of nothing.
        assert_eq!(delete(&cloud, &pipeline, "vmx", &id, now()).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn whatever_stops_it_the_next_one_completes_it() {
        for writes in 0..7 {
            let (cloud, pipeline, objects) = two();
            let id = VoicemailId::parse(ID).unwrap();
            objects.die_after(Some(writes));
            delete(&cloud, &pipeline, "vmx", &id, now()).await.unwrap_err();
            objects.die_after(None);
            delete(&cloud, &pipeline, "vmx", &id, now()).await.unwrap();
            assert_eq!(objects.keys(&pipeline.recordings), [format!("{ID}-2.wav")], "after {writes}");
            assert_eq!(objects.keys(&pipeline.transcripts).len(), 4, "after {writes}");
        }
    }

    #[tokio::test]
    async fn what_is_in_progress_held_or_unknown_stays() {
        let id = VoicemailId::parse(ID).unwrap();
        let (cloud, pipeline, objects) = two();
        objects.tag(&pipeline.recordings, &id.recording_key(), "vm-state", "hold");
        let refused = delete(&cloud, &pipeline, "vmx", &id, now()).await.unwrap_err();
        assert!(matches!(refused, DeletionError::Held { .. }), "{refused}");

        let (cloud, pipeline, objects) = two();
        let state = pipeline.state.as_ref().unwrap();
        objects.put(state, &id.undelivered_key(), &json(&Undelivered::new(now())), now());
        let refused = delete(&cloud, &pipeline, "vmx", &id, now()).await.unwrap_err();
        assert!(matches!(refused, DeletionError::InProgress { .. }), "{refused}");
        assert_eq!(objects.keys(&pipeline.recordings).len(), 2);

        let other = VoicemailId::parse("00000000-0000-4000-8000-00000000beef").unwrap();
        let refused = look(&cloud, &pipeline, &other).await.unwrap_err();
        assert!(matches!(refused, DeletionError::Unknown { .. }), "{refused}");
    }
}
