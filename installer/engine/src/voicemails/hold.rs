//! Keeping a recording beyond its retention, and no longer.

use vmx_contract::retention::Retention;
use vmx_contract::state::Ended;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError};
use crate::pipeline::Pipeline;
use crate::recording_tags::Tags;
use crate::state_bucket::Bucket;

/// Why a recording cannot be held or released.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// A call failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// There is no recording.
    #[error(
        "the voicemail {id} has no recording: it was never recorded, has expired, or was deleted; \
         `vmx-install trace {id}` says which"
    )]
    NoRecording {
        /// The voicemail.
        id: VoicemailId,
    },
    /// Other tags take all the room.
    #[error(
        "the recording of {id} has ten tags of yours, which is the most that Amazon S3 allows, and no `vm-state`: \
         remove one of them; until then it is kept anyway"
    )]
    Full {
        /// The voicemail.
        id: VoicemailId,
    },
}

/// Holds a recording. Returns whether it was not held before.
///
/// # Errors
/// [`HoldError`]; the command can be repeated.
pub async fn hold(cloud: &Cloud, pipeline: &Pipeline, id: &VoicemailId) -> Result<bool, HoldError> {
    let tags = tags(cloud, pipeline, id).await?;
    if tags.retention() == Some(Retention::Hold) {
        return Ok(false);
    }
    keep(cloud, pipeline, id, tags, Retention::Hold).await
}

/// Releases a recording: from now on it is kept as long as any other whose voicemail ended when its did. Returns
/// whether it was held.
///
/// # Errors
/// [`HoldError`]; the command can be repeated.
pub async fn release(cloud: &Cloud, pipeline: &Pipeline, id: &VoicemailId) -> Result<bool, HoldError> {
    let tags = tags(cloud, pipeline, id).await?;
    if tags.retention() != Some(Retention::Hold) {
        return Ok(false);
    }
    let retention = retention(cloud, pipeline, id).await?;
    keep(cloud, pipeline, id, tags.without_retention(), retention).await
}

/// What a recording's retention would be without a hold.
async fn retention(cloud: &Cloud, pipeline: &Pipeline, id: &VoicemailId) -> Result<Retention, HoldError> {
    let recordings = Bucket { cloud, name: &pipeline.recordings };
    let Some(recorded_at) = recordings.written(&id.recording_key()).await? else {
        return Err(HoldError::NoRecording { id: id.clone() });
    };
    let ended = match &pipeline.state {
        Some(name) => Bucket { cloud, name }.read::<Ended>(&id.ended_key()).await?,
        None => None,
    };
    Ok(ended.map_or(Retention::Open, |ended| Retention::ended(recorded_at, ended.content.at)))
}

async fn tags(cloud: &Cloud, pipeline: &Pipeline, id: &VoicemailId) -> Result<Tags, HoldError> {
    let tags = Tags::read(cloud, &pipeline.recordings, &id.recording_key()).await?;
    tags.ok_or_else(|| HoldError::NoRecording { id: id.clone() })
}

async fn keep(
    cloud: &Cloud,
    pipeline: &Pipeline,
    id: &VoicemailId,
    tags: Tags,
    retention: Retention,
) -> Result<bool, HoldError> {
    if tags.keep(cloud, &pipeline.recordings, &id.recording_key(), retention).await? {
        return Err(HoldError::Full { id: id.clone() });
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::testing::{Objects, cloud, pipeline_stack};
    use jiff::Timestamp;
    use vmx_contract::state::Outcome;

    const ID: &str = "00000000-0000-4000-8000-00000000c0de";
    const KEY: &str = "00000000-0000-4000-8000-00000000c0de.wav";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A recording with these tags whose voicemail ended at that time, if it did.
    fn recording(tags: &[(&str, &str)], ended: Option<&str>) -> (Cloud, Pipeline, Objects) {
        let pipeline = Pipeline::of(&pipeline_stack()).unwrap();
        let objects = Objects::default();
        objects.put(&pipeline.recordings, KEY, "", at("2026-11-20T10:00:00Z"));
        for (name, value) in tags {
            objects.tag(&pipeline.recordings, KEY, name, value);
        }
        if let Some(ended) = ended.map(at) {
            let content = serde_json::to_string(&Ended::new(Outcome::Delivered, ended)).unwrap();
            objects.put(pipeline.state.as_ref().unwrap(), &format!("ended/{ID}"), &content, ended);
        }
        let mut cloud = cloud(&[], &[], &[]);
        objects.serve(&mut cloud);
        (cloud, pipeline, objects)
    }

    #[tokio::test]
    async fn a_held_recording_is_released_to_what_it_would_have_been() {
        let id = VoicemailId::parse(ID).unwrap();
        for (ended, then) in [
            (None, "vm-state=open"),
            (Some("2026-11-20T10:01:00Z"), "vm-state=done"),
            (Some("2026-11-25T10:00:00Z"), "vm-state=late-60"),
        ] {
            let (cloud, pipeline, objects) = recording(&[("vm-state", "done"), ("case", "7")], ended);
            assert!(hold(&cloud, &pipeline, &id).await.unwrap());
            assert_eq!(objects.tags(&pipeline.recordings, KEY), ["case=7", "vm-state=hold"]);
            assert!(!hold(&cloud, &pipeline, &id).await.unwrap(), "it is held already");
            assert!(release(&cloud, &pipeline, &id).await.unwrap());
            assert_eq!(objects.tags(&pipeline.recordings, KEY), ["case=7", then]);
            assert!(!release(&cloud, &pipeline, &id).await.unwrap(), "it is released already");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_held_is_said() {
        let id = VoicemailId::parse(ID).unwrap();
        let other = VoicemailId::parse("00000000-0000-4000-8000-00000000beef").unwrap();
        let tags = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|name| (name, "1"));
        let (cloud, pipeline, objects) = recording(&tags, None);
        assert!(matches!(hold(&cloud, &pipeline, &id).await, Err(HoldError::Full { .. })));
        assert_eq!(objects.tags(&pipeline.recordings, KEY).len(), 10);
        assert!(matches!(hold(&cloud, &pipeline, &other).await, Err(HoldError::NoRecording { .. })));
    }
}
