//! Ends an undeliverable voicemail for good, at an operator's request for this ID.
//!
//! The end is recorded first. S3 writes that object only once, which settles a race with a concurrent delivery. Then
//! the recording is tagged like that of any ended voicemail, and the undelivered entry is removed. Interrupted before
//! the record, nothing has changed; after it, the watchdog completes the end from the entry. Letters are deleted last:
//! any that remain are removed by `redrive` or by a repetition of the command.

use std::collections::HashSet;

use jiff::Timestamp;
use vmx_contract::objects::LETTERS_PREFIX;
use vmx_contract::retention::Retention;
use vmx_contract::state::{Ended, Outcome, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;

use super::{EMPTY_HANDED, RedriveError, lost_records, witness};
use crate::cloud::{Cloud, CloudError};
use crate::dead_letters::{self, DeadLetter, delete, depth, hold, queue_name, release};
use crate::pipeline::{Pipeline, Station};
use crate::progress::{Progress, View};
use crate::recording_tags;
use crate::state_bucket::{Bucket, Listed};
use crate::trace::records;

/// The maximum number of pages to search for contact records that Lambda gave up.
const PAGES: usize = 20;

/// A voicemail to give up, and what exists of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivingUp {
    id: VoicemailId,
    /// When it was listed as undelivered, if it is.
    since: Option<Timestamp>,
    /// When it was recorded, if it was.
    recorded_at: Option<Timestamp>,
    /// How many dead letters belong to it.
    letters: usize,
}

impl GivingUp {
    /// The event to report before asking for confirmation.
    #[must_use]
    pub fn event(&self) -> Progress {
        Progress::GivingUp {
            voicemail: self.id.to_string(),
            since: self.since,
            recorded: self.recorded_at,
            letters: self.letters,
        }
    }
}

/// Collects what exists of a voicemail to give up.
///
/// # Errors
/// [`RedriveError`], also if it has ended otherwise or is unknown; nothing is changed.
pub async fn look(cloud: &Cloud, pipeline: &Pipeline, id: &VoicemailId) -> Result<GivingUp, RedriveError> {
    let bucket = state(cloud, pipeline)?;
    let ended = bucket.read::<Ended>(&id.ended_key()).await?.map(|read| read.content.outcome);
    let is_given_up = ended == Some(Outcome::GivenUp);
    if let Some(outcome) = ended.filter(|_| !is_given_up) {
        return Err(RedriveError::HasEnded { id: id.clone(), outcome });
    }
    let transcripts = Bucket { cloud, name: &pipeline.transcripts };
    if id.number().is_first() && transcripts.written(&id.old_delivered_key()).await?.is_some() {
        return Err(RedriveError::HasEnded { id: id.clone(), outcome: Outcome::Delivered });
    }
    let since = bucket.undelivered(&id.undelivered_key()).await?.map(|read| read.content.since);
    let recordings = Bucket { cloud, name: &pipeline.recordings };
    let recorded_at = recordings.written(&id.recording_key()).await?;
    let letters = Letters { cloud, pipeline, bucket, id };
    let mut count = letters.of_stream().await?.len();
    for station in &pipeline.stations {
        count += letters.of_station(station, None).await?;
    }
    if since.is_none() && recorded_at.is_none() && count == 0 && !is_given_up {
        return Err(RedriveError::Unknown { id: id.clone() });
    }
    Ok(GivingUp { id: id.clone(), since, recorded_at, letters: count })
}

/// Gives the voicemail up. Returns the number of changes: the voicemail and its letters.
///
/// # Errors
/// [`RedriveError`]; the command can be repeated.
pub async fn give_up(
    cloud: &Cloud,
    pipeline: &Pipeline,
    found: &GivingUp,
    view: &dyn View,
) -> Result<usize, RedriveError> {
    let bucket = state(cloud, pipeline)?;
    let GivingUp { id, since, recorded_at, .. } = found;
    let now = Timestamp::now();
    if since.is_none() && recorded_at.is_some() {
        // The watchdog can complete an interrupted end from this.
        bucket.put_new(&id.undelivered_key(), &Undelivered::new(now)).await?;
    }
    let mut ended = Ended::new(Outcome::GivenUp, now);
    let is_new = bucket.put_new(&id.ended_key(), &ended).await?;
    if !is_new && let Some(read) = bucket.read::<Ended>(&id.ended_key()).await? {
        ended = read.content;
    }
    if ended.outcome != Outcome::GivenUp {
        return Err(RedriveError::HasEnded { id: id.clone(), outcome: ended.outcome });
    }
    if let Some(recorded_at) = *recorded_at {
        let (key, retention) = (id.recording_key(), Retention::ended(recorded_at, ended.at));
        if recording_tags::keep(cloud, &pipeline.recordings, &key, retention).await? {
            view.show(&Progress::Warning { text: recording_tags::full(&key) });
        }
    }
    bucket.delete(&id.undelivered_key()).await?;
    let letters = Letters { cloud, pipeline, bucket, id };
    let mut kept = Vec::new();
    let mut removed = letters.remove_of_stream(&mut kept).await?;
    for station in &pipeline.stations {
        removed += letters.of_station(station, Some(&mut kept)).await?;
    }
    let (changes, still_there) = (usize::from(is_new) + removed, kept.len());
    view.show(&Progress::GivenUp { voicemail: id.to_string(), letters: removed, kept });
    if still_there > 0 {
        return Err(RedriveError::Kept { moved: changes, kept: still_there });
    }
    Ok(changes)
}

fn state<'a>(cloud: &'a Cloud, pipeline: &'a Pipeline) -> Result<Bucket<'a>, RedriveError> {
    let name = pipeline.state.as_deref().ok_or(RedriveError::NoState)?;
    Ok(Bucket { cloud, name })
}

/// The dead letters of a voicemail.
struct Letters<'a> {
    cloud: &'a Cloud,
    pipeline: &'a Pipeline,
    bucket: Bucket<'a>,
    id: &'a VoicemailId,
}

impl Letters<'_> {
    /// Counts the dead letters of a step that belong to the voicemail. With `kept`, removes them, except for letters
    /// that also belong to an open voicemail, which are reported there. Each letter is received once and released at
    /// the end, so that none is counted twice.
    async fn of_station(
        &self,
        station: &Station,
        mut kept: Option<&mut Vec<String>>,
    ) -> Result<usize, CloudError> {
        let queue = station.dead_letters.as_str();
        let mut left = usize::try_from(depth(self.cloud, queue).await?.waiting).unwrap_or(usize::MAX);
        let (mut count, mut empty_handed) = (0, 0);
        let (mut seen, mut others): (HashSet<String>, Vec<DeadLetter>) = (HashSet::new(), Vec::new());
        let mut failed = None;
        while left > 0 && empty_handed < EMPTY_HANDED && failed.is_none() {
            let held = match hold(self.cloud, queue, left).await {
                Ok(held) => held,
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            };
            empty_handed = if held.is_empty() { empty_handed + 1 } else { 0 };
            left = left.saturating_sub(held.len());
            for letter in held {
                if !seen.insert(letter.id.clone()) {
                    continue;
                }
                let ids = dead_letters::about(&letter.body, station.step, &self.pipeline.stack);
                if !ids.contains(self.id) {
                    others.push(letter);
                    continue;
                }
                let Some(kept) = kept.as_deref_mut() else {
                    count += 1;
                    others.push(letter);
                    continue;
                };
                if !witness::have_ended(self.cloud, self.pipeline, &ids).await {
                    kept.push(format!("{}: {OTHERS}", letter.id));
                    others.push(letter);
                    continue;
                }
                match delete(self.cloud, queue, &[&letter]).await {
                    Ok(still_there) if still_there.is_empty() => count += 1,
                    Ok(_) => kept.push(format!("{}: the queue {} keeps it", letter.id, queue_name(queue))),
                    Err(error) => failed = Some(error),
                }
            }
        }
        // The next reader does not have to wait for the timeout.
        let released = release(self.cloud, queue, &others).await;
        match failed {
            Some(error) => Err(error),
            None => released.map(|()| count),
        }
    }

    /// The letters with the voicemail's contact record that Lambda gave up, each with all voicemails in it.
    async fn of_stream(&self) -> Result<Vec<(Listed, Vec<VoicemailId>)>, CloudError> {
        let mut found = Vec::new();
        for letter in self.bucket.list(LETTERS_PREFIX, PAGES).await?.objects {
            let Some(read) = self.bucket.bytes(&letter.key).await? else { continue };
            let records = match records(&read.content) {
                Ok(Some(records)) => records,
                Ok(None) => {
                    let place = std::str::from_utf8(&read.content).ok().and_then(lost_records::Place::of);
                    let Some(place) = place else { continue };
                    lost_records::read(self.cloud, &place).await.unwrap_or_default()
                }
                Err(_) => continue,
            };
            // A record without a voicemail is someone else's, too.
            let ids: Vec<_> = records.iter().map(|record| dead_letters::of_record(record)).collect();
            if ids.iter().any(Vec::is_empty) && ids.iter().flatten().any(|id| id == self.id) {
                found.push((letter, Vec::new()));
            } else if ids.iter().flatten().any(|id| id == self.id) {
                found.push((letter, ids.into_iter().flatten().collect()));
            }
        }
        Ok(found)
    }

    /// Removes those letters of [`of_stream`](Self::of_stream) whose voicemails have all ended.
    async fn remove_of_stream(&self, kept: &mut Vec<String>) -> Result<usize, CloudError> {
        let mut removed = 0;
        for (letter, ids) in self.of_stream().await? {
            if witness::have_ended(self.cloud, self.pipeline, &ids).await {
                self.bucket.delete(&letter.key).await?;
                removed += 1;
            } else {
                kept.push(format!("{}: {OTHERS}", letter.key));
            }
        }
        Ok(removed)
    }
}

/// Why a letter is kept.
const OTHERS: &str = "it also has other messages, which have not ended";
