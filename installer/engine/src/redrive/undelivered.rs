//! Redrives voicemails that are listed as undelivered and make no progress, in the same way as the watchdog.

use std::collections::HashSet;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::objects::{ContactId, UNDELIVERED_PREFIX};
use vmx_contract::reminder::Reminder;
use vmx_contract::state::Undelivered;
use vmx_contract::voicemail_id::VoicemailId;

use super::outgoing::{Outgoing, object_created, send};
use super::{Found, Moved};
use crate::cloud::{Cloud, CloudError};
use crate::pipeline::Pipeline;
use crate::state_bucket::{AT_ONCE, Bucket, Read};
use vmx_model::parts::Step;

/// The maximum number of pages to list per run.
const PAGES: usize = 20;

/// Which undelivered voicemails to redrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that the watchdog has marked as stuck.
    Stuck,
    /// All, however new: an event may be lost at any time, and no watchdog will retry them from now on.
    All,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub(super) id: VoicemailId,
    pub(super) read: Read<Undelivered>,
}

/// The next step of a voicemail.
enum Next {
    /// It has ended or is about to.
    Nothing,
    /// It was never recorded.
    Unrecorded,
    Send(Step, String),
}

/// Lists the voicemails to retry.
pub(super) async fn list(cloud: &Cloud, pipeline: &Pipeline, which: Which) -> Result<Vec<Open>, CloudError> {
    let Some(name) = &pipeline.state else { return Ok(Vec::new()) };
    let bucket = Bucket { cloud, name };
    let listing = bucket.list(UNDELIVERED_PREFIX, PAGES).await?;
    let read = stream::iter(listing.objects).map(async |object| {
        let Ok(id) = VoicemailId::parse(object.key.trim_start_matches(UNDELIVERED_PREFIX)) else {
            return Ok(None);
        };
        let read = bucket.undelivered(&object.key).await?;
        Ok::<_, CloudError>(read.map(|read| Open { id, read }))
    });
    let read: Vec<_> = read.buffered(AT_ONCE).collect().await;
    let mut open = Vec::new();
    for one in read {
        open.extend(one?.filter(|one| which == Which::All || one.read.content.stuck_since.is_some()));
    }
    Ok(open)
}

/// Retries voicemails and clears their stuck marks. Those whose contact record was just redriven need nothing else.
/// `deadline` is how long to wait for a transcript.
pub(super) async fn redrive(
    cloud: &Cloud,
    pipeline: &Pipeline,
    found: &Found,
    only: Option<Step>,
    contacts: &HashSet<ContactId>,
    deadline: SignedDuration,
) -> Moved {
    let mut moved = Moved::default();
    let Some(name) = &pipeline.state else { return moved };
    let bucket = Bucket { cloud, name };
    let now = found.at;
    for Open { id, read } in &found.open {
        let (step, body) = match next(cloud, pipeline, id, deadline, now).await {
            Ok(Next::Send(step, body)) => (step, body),
            Ok(Next::Nothing) => continue,
            Ok(Next::Unrecorded) if contacts.contains(id.contact()) => continue,
            Ok(Next::Unrecorded) if only.is_some_and(|only| only != Step::Record) => continue,
            Ok(Next::Unrecorded) => {
                moved.kept.push(format!(
                    "{id}: it has no recording, and no dead letter has its contact record; see `vmx-install \
                     trace {id}`"
                ));
                continue;
            }
            Err(error) => {
                moved.kept.push(format!("{id}: {error}"));
                continue;
            }
        };
        if only.is_some_and(|only| only != step) {
            continue;
        }
        let sent = send(cloud, &pipeline.station(step).queue, &[Outgoing::new(0, body)]).await;
        if let Some(why) = sent.refused.into_values().next() {
            moved.kept.push(format!("{id}: {why}"));
            continue;
        }
        moved.moved += 1;
        // This counts as a retry: the watchdog waits for its effect before the next one.
        let noted =
            Undelivered { pushes: 1, pushed_at: Some(now), stuck_since: None, ..read.content.clone() };
        if let Some(e_tag) = &read.e_tag
            && let Err(error) = bucket.replace(&id.undelivered_key(), &noted, e_tag).await
        {
            moved.kept.push(format!("{id}: retried, but still marked as stuck: {error}"));
        }
    }
    moved
}

async fn next(
    cloud: &Cloud,
    pipeline: &Pipeline,
    id: &VoicemailId,
    deadline: SignedDuration,
    now: Timestamp,
) -> Result<Next, CloudError> {
    if let Some(name) = &pipeline.state
        && (Bucket { cloud, name }).written(&id.ended_key()).await?.is_some()
    {
        return Ok(Next::Nothing);
    }
    if let Some(body) = transcript(cloud, pipeline, id).await? {
        return Ok(Next::Send(Step::Deliver, body));
    }
    let key = id.recording_key();
    let recordings = Bucket { cloud, name: &pipeline.recordings };
    let Some(recorded_at) = recordings.written(&key).await? else { return Ok(Next::Unrecorded) };
    let due_at = recorded_at.saturating_add(deadline).unwrap_or(Timestamp::MAX);
    if due_at <= now {
        return Ok(Next::Send(Step::Deliver, Reminder { id: id.clone(), due_at }.to_body()));
    }
    Ok(Next::Send(Step::Transcribe, object_created(&pipeline.recordings, &key)))
}

/// The event for a voicemail's transcript, if there is one.
pub(super) async fn transcript(
    cloud: &Cloud,
    pipeline: &Pipeline,
    id: &VoicemailId,
) -> Result<Option<String>, CloudError> {
    let name = pipeline.transcripts.as_str();
    for key in [id.transcript_key(), id.redacted_transcript_key()] {
        if (Bucket { cloud, name }).written(&key).await?.is_some() {
            return Ok(Some(object_created(name, &key)));
        }
    }
    Ok(None)
}
