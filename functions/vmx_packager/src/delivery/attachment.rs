//! The recording as a task's attachment: Amazon Connect copies it from a presigned URL.

use std::time::Duration;

use aws_sdk_connect::types::TaskAttachment;
use tracing::warn;
use vmx_contract::objects::{RECORDING_BYTES_PER_MS, RECORDING_HEADER_BYTES};
use vmx_lambda::clock;

use super::Delivery;
use crate::playback_link::presigned;

/// How long Amazon Connect has to copy the recording.
const LIFETIME: Duration = Duration::from_mins(15);
/// The most bytes of an attachment, unless the instance has a larger quota. Source: the administrator guide, Amazon
/// Connect service quotas, file size per attachment: 20 MB.
const MOST_BYTES: u64 = 20_000_000;

/// The attachment; `None` if tasks get none, if the recording is too large, or if it cannot be signed: a task without is
/// better than no task.
pub(super) async fn attachment(delivery: &Delivery<'_>) -> Option<TaskAttachment> {
    let Delivery { clients, config, package, .. } = *delivery;
    if !config.attach_to_task {
        return None;
    }
    let bytes = package.duration_ms.saturating_mul(RECORDING_BYTES_PER_MS) + RECORDING_HEADER_BYTES;
    if bytes > MOST_BYTES {
        warn!(bytes, "the recording is too large to attach it to a task");
        return None;
    }
    let id = package.id();
    let url = presigned(&clients.s3, &config.recordings_bucket, &id, clock::system_now(), LIFETIME).await;
    let made = url.and_then(|url| {
        let attachment = TaskAttachment::builder().file_name(id.recording_key()).s3_url(url).build();
        attachment.map_err(|error| error.to_string())
    });
    made.map_err(|error| warn!(error, "the recording cannot be attached to the task")).ok()
}
