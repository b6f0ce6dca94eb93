//! Redrives voicemails that were dropped because they hold no speech. Their recordings are kept, so they can still be
//! delivered.

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::objects::ENDED_PREFIX;
use vmx_contract::retention::Retention;
use vmx_contract::state::{Ended, Outcome, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;

use super::outgoing::{Outgoing, object_created, send};
use super::{Moved, undelivered};
use crate::cloud::{Cloud, CloudError};
use crate::pipeline::Pipeline;
use crate::recording_tags;
use crate::state_bucket::{AT_ONCE, Bucket};
use vmx_model::params::Params;
use vmx_model::parts::Step;

/// The maximum number of pages of ended voicemails to search: 200,000 voicemails.
const PAGES: usize = 200;

/// The dropped voicemails whose recordings may still exist, or this one.
pub(super) async fn list(
    cloud: &Cloud,
    pipeline: &Pipeline,
    params: &Params,
    one: Option<&VoicemailId>,
    now: Timestamp,
) -> Result<Vec<VoicemailId>, CloudError> {
    let Some(name) = &pipeline.state else { return Ok(Vec::new()) };
    let bucket = Bucket { cloud, name };
    if let Some(id) = one {
        return Ok(was_dropped(bucket, id.clone()).await?.into_iter().collect());
    }
    let days = match params.retention.recordings_days.get() {
        0 => u32::from(u16::MAX),
        days => Retention::Late480.expires_after(days).unwrap_or(days),
    };
    let kept = SignedDuration::from_hours(24 * i64::from(days));
    let kept_since = now.saturating_sub(kept).unwrap_or(Timestamp::MIN);
    let listing = bucket.list(ENDED_PREFIX, PAGES).await?;
    let ended = listing.objects.into_iter().filter(|object| object.at > kept_since);
    let ids = ended.filter_map(|object| VoicemailId::parse(object.key.trim_start_matches(ENDED_PREFIX)).ok());
    let read = stream::iter(ids).map(|id| was_dropped(bucket, id)).buffered(2 * AT_ONCE);
    let read: Vec<_> = read.collect().await;
    let mut dropped = Vec::new();
    for id in read {
        dropped.extend(id?);
    }
    Ok(dropped)
}

async fn was_dropped(bucket: Bucket<'_>, id: VoicemailId) -> Result<Option<VoicemailId>, CloudError> {
    let ended = bucket.read::<Ended>(&id.ended_key()).await?;
    Ok(ended.filter(|ended| ended.content.outcome == Outcome::Dropped).map(|_| id))
}

/// Delivers dropped voicemails.
pub(super) async fn redrive(
    cloud: &Cloud,
    pipeline: &Pipeline,
    dropped: &[VoicemailId],
    now: Timestamp,
) -> Moved {
    let mut moved = Moved::default();
    let Some(name) = &pipeline.state else { return moved };
    let bucket = Bucket { cloud, name };
    for id in dropped {
        match one(bucket, pipeline, id, now).await {
            Ok(()) => moved.moved += 1,
            Err(why) => moved.kept.push(format!("{id}: {why}")),
        }
    }
    moved
}

/// This is the only code that removes the record of an end. Whoever finds such a record completes the end: it tags the
/// recording and removes `undelivered/`. So the new entry is written before the record is removed, and again afterward
/// in case the old end was completed meanwhile. After an interruption, the voicemail is either still dropped, with an
/// entry from which the watchdog completes that end, or open, with one from which the watchdog retries it.
async fn one(
    bucket: Bucket<'_>,
    pipeline: &Pipeline,
    id: &VoicemailId,
    now: Timestamp,
) -> Result<(), String> {
    let cloud = bucket.cloud;
    let text = |error: CloudError| error.to_string();
    let key = id.recording_key();
    let recordings = Bucket { cloud, name: &pipeline.recordings };
    if recordings.written(&key).await.map_err(text)?.is_none() {
        return Err("its recording has expired".to_owned());
    }
    let wanted = Undelivered { wanted: true, ..Undelivered::new(now) };
    // An entry may remain from an end that was left unfinished.
    bucket.write(&id.undelivered_key(), &wanted).await.map_err(text)?;
    let open = || recording_tags::keep(cloud, &pipeline.recordings, &key, Retention::Open);
    open().await.map_err(text)?;
    // Another run may have redriven it since it was found.
    if was_dropped(bucket, id.clone()).await.map_err(text)?.is_none() {
        return Err("another run has delivered it, or is about to".to_owned());
    }
    bucket.delete(&id.ended_key()).await.map_err(text)?;
    if bucket.put_new(&id.undelivered_key(), &wanted).await.map_err(text)? {
        open().await.map_err(text)?;
    }
    let transcript = undelivered::transcript(cloud, pipeline, id).await.map_err(text)?;
    let (step, body) = match transcript {
        Some(body) => (Step::Deliver, body),
        None => (Step::Transcribe, object_created(&pipeline.recordings, &key)),
    };
    let sent = send(cloud, &pipeline.station(step).queue, &[Outgoing::new(0, body)]).await;
    match sent.refused.into_values().next() {
        Some(why) => Err(format!("it is open again, but could not be retried: {why}")),
        None => Ok(()),
    }
}
