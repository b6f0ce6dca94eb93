//! From the earlier system to this installation.
//!
//! This installation's trigger begins a day before the installation was made, so it reads what the earlier system may not
//! have reached. Each contact of which the earlier system has a recording by then is entered as ended, and skipped.

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::objects::{ContactId, RECORDING_SUFFIX};
use vmx_contract::state::{Ended, Outcome};
use vmx_contract::voicemail_id::{MessageNumber, VoicemailId};

use super::{Handover, HandoverError, before, trigger};
use crate::cloud::{Cloud, wrap};
use crate::pace::Pace;
use crate::progress::{Progress, View};
use crate::state_bucket::{AT_ONCE, Bucket};
use crate::status::timestamp;

/// What clocks may differ by.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// Switches to this installation, and returns how many changes that took.
///
/// # Errors
/// [`HandoverError`]. The same call continues.
pub async fn switch(
    cloud: &Cloud,
    handover: &Handover,
    pace: Pace,
    view: &dyn View,
) -> Result<usize, HandoverError> {
    if handover.back_begun {
        return Err(HandoverError::BackBegun { earlier: handover.earlier.clone() });
    }
    // Before anything changes.
    let from = reads_from(cloud, handover).await?;
    let mut changes = 0;
    let theirs = handover.theirs.as_ref().map(|theirs| theirs.id.as_str());
    if let Some(id) = theirs
        && trigger::set(cloud, id, false, pace).await?
    {
        changes += 1;
        let stack = handover.earlier.clone();
        view.show(&Progress::TriggerSet { stack, id: id.to_owned(), enabled: false });
    }
    trigger::idle(cloud, theirs, &handover.recorder).await?;
    let recordings = enter(cloud, handover, from).await?;
    view.show(&Progress::HandedOver { recordings });
    if trigger::set(cloud, &handover.ours.id, true, pace).await? {
        changes += 1;
        let (stack, id) = (handover.stack.clone(), handover.ours.id.clone());
        view.show(&Progress::TriggerSet { stack, id, enabled: true });
    }
    Ok(changes)
}

/// The time before which this installation reads no contact record.
async fn reads_from(cloud: &Cloud, handover: &Handover) -> Result<Timestamp, HandoverError> {
    let stream = &handover.ours.stream;
    let described = cloud.kinesis.describe_stream_summary().stream_arn(stream).send().await;
    let described = described.map_err(wrap(format!("describe the stream {stream}")))?;
    let hours = described.stream_description_summary().map_or(24, |stream| stream.retention_period_hours());
    let (hours, now) = (i64::from(hours), Timestamp::now());
    let kept = before(now, hours);
    let from = handover.ours.from.map_or(kept, |from| from.max(kept));
    match handover.recordings_days {
        Some(days) if now.duration_since(from) > SignedDuration::from_hours(24 * days) + MARGIN => {
            Err(HandoverError::Expired { hours, days })
        }
        _ => Ok(from.saturating_sub(MARGIN).unwrap_or(from)),
    }
}

/// Enters every recording that the earlier system made since a time as ended, and returns how many there are.
async fn enter(cloud: &Cloud, handover: &Handover, from: Timestamp) -> Result<usize, HandoverError> {
    let name = &handover.recordings;
    let state = Bucket { cloud, name: &handover.state };
    let mut pages = cloud.s3.list_objects_v2().bucket(name).into_paginator().send();
    let mut entered = 0;
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap(format!("list the bucket {name}")))?;
        let made = page.contents().iter().filter(|object| {
            // Without a time it may be as new as any.
            object.last_modified().and_then(timestamp).is_none_or(|at| at >= from)
        });
        let contacts: Vec<VoicemailId> = made.filter_map(|object| contact(object.key()?)).collect();
        let writes = contacts.iter().map(|id| async move {
            state.put_new(&id.ended_key(), &Ended::new(Outcome::Earlier, Timestamp::now())).await
        });
        let written: Vec<_> = stream::iter(writes).buffer_unordered(AT_ONCE).collect().await;
        written.into_iter().collect::<Result<Vec<bool>, _>>()?;
        entered += contacts.len();
    }
    Ok(entered)
}

/// The voicemail that this installation would make of a contact's recording: `2026/01/31/<contact>.wav`, or without the
/// day.
fn contact(key: &str) -> Option<VoicemailId> {
    let id = key.rsplit('/').next()?.strip_suffix(RECORDING_SUFFIX)?;
    Some(VoicemailId::new(ContactId::parse(id).ok()?, MessageNumber::FIRST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_of_each_generation_name_their_contact() {
        let id = "00000000-0000-4000-8000-00000000c0de";
        for key in [format!("2026/01/31/{id}.wav"), format!("{id}.wav")] {
            assert_eq!(contact(&key).map(|id| id.to_string()).as_deref(), Some(id), "{key}");
        }
        for key in ["voicemail_recordings/", "x.wav", "2026/01/31/.wav", "", "ü.wav"] {
            assert_eq!(contact(key), None, "{key}");
        }
    }
}
