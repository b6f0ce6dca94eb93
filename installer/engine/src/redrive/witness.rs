//! Whether the voicemails that a dead letter belongs to have ended.

use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError};
use crate::pipeline::Pipeline;
use crate::state_bucket::Bucket;

/// Whether the end of each of these voicemails is recorded. An unreadable record counts as missing.
pub(super) async fn have_ended(cloud: &Cloud, pipeline: &Pipeline, ids: &[VoicemailId]) -> bool {
    for id in ids {
        if !matches!(has_ended(cloud, pipeline, id).await, Ok(true)) {
            return false;
        }
    }
    !ids.is_empty()
}

/// Whether a voicemail has ended. Without a state bucket, only some ends are known.
async fn has_ended(cloud: &Cloud, pipeline: &Pipeline, id: &VoicemailId) -> Result<bool, CloudError> {
    let Some(name) = &pipeline.state else { return Ok(false) };
    if (Bucket { cloud, name }).written(&id.ended_key()).await?.is_some() {
        return Ok(true);
    }
    let transcripts = Bucket { cloud, name: &pipeline.transcripts };
    Ok(id.number().is_first() && transcripts.written(&id.old_delivered_key()).await?.is_some())
}
