//! Retries failed work: dead letters, contact records that Lambda gave up on, and stuck or dropped voicemails. Also gives
//! up voicemails that cannot be delivered.
//!
//! Dead letters are moved one by one, not by SQS's move task: a task reports neither which message failed nor why,
//! keeps running unseen after the program has ended, and would move Lambda's placeholder for a contact record
//! unchanged, to be dropped. A message is sent before it is deleted. After an interruption it may be in both queues
//! and is processed twice, which creates no second voicemail. A letter is deleted unsent only if the end of its
//! voicemail is recorded; a missing recording proves nothing.

mod dropped;
mod give_up;
mod lost_records;
pub(crate) mod outgoing;
mod stream;
#[cfg(test)]
mod tests;
mod undelivered;
pub mod waiting;
mod witness;

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use aws_sdk_sqs::types::MessageAttributeValue;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::objects::ContactId;
use vmx_contract::retry;
use vmx_contract::state::Outcome;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError};
use crate::dead_letters::{self, DeadLetter, delete, depth, hold, queue_name, release};
use crate::pipeline::{Pipeline, PipelineError, Station};
use crate::progress::{Progress, View};
use crate::state_bucket::Listed;
pub use give_up::{GivingUp, give_up, look as look_to_give_up};
use outgoing::Outgoing;
pub use undelivered::{Open, Which};
use vmx_model::params::Params;
use vmx_model::parts::Step;
use waiting::{Source, Waiting};

/// How often in a row a nonempty queue may return no message: another consumer may hold them.
const EMPTY_HANDED: usize = 3;

/// Why the redrive is incomplete.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// The installation could not be read; nothing was changed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The failed work could not be counted; nothing was changed.
    #[error(transparent)]
    Count(#[from] CloudError),
    /// Nothing can be given up without a state bucket to record it.
    #[error("this installation does not record how voicemails end; install again to upgrade it")]
    NoState,
    /// An ended voicemail cannot be given up.
    #[error("{id} has already ended: {outcome}; see `vmx-install trace {id}`")]
    HasEnded {
        /// Its ID.
        id: VoicemailId,
        /// How it ended.
        outcome: Outcome,
    },
    /// An unknown voicemail cannot be given up.
    #[error(
        "unknown voicemail {id}: it is not undelivered or recorded, and no dead letter is about it; check the ID"
    )]
    Unknown {
        /// Its ID.
        id: VoicemailId,
    },
    /// Some were not retried.
    #[error(
        "{kept} of {} were not retried, for the reasons above; nothing is lost; run the same command again \
         to retry",
        .kept + .moved
    )]
    Kept {
        /// How many were retried.
        moved: usize,
        /// How many were not.
        kept: usize,
    },
}

/// What to redrive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only dead letters of one step.
    pub step: Option<Step>,
    /// Also voicemails that are not stuck: no watchdog will retry them from now on.
    pub all_open: bool,
    /// Dropped voicemails: none, all, or one.
    pub dropped: Option<Option<VoicemailId>>,
}

/// What can be redriven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Dead letters, by step.
    pub waiting: Vec<Waiting>,
    /// Contact records that Lambda gave up on and left in the state bucket.
    letters: Vec<Listed>,
    /// Voicemails that have not ended and make no progress.
    open: Vec<Open>,
    /// Dropped voicemails to deliver.
    dropped: Vec<VoicemailId>,
    /// When the search ran.
    at: Timestamp,
}

impl Found {
    /// The total number of items.
    #[must_use]
    pub fn total(&self) -> u64 {
        let letters: u64 = self.waiting.iter().map(|waiting| waiting.count).sum();
        letters + (self.letters.len() + self.open.len() + self.dropped.len()) as u64
    }

    /// The event to report before asking for confirmation.
    #[must_use]
    pub fn event(&self) -> Progress {
        Progress::DeadLetters {
            waiting: self.waiting.clone(),
            stream_letters: self.letters.len(),
            stuck: self.open.len(),
            dropped: self.dropped.len(),
        }
    }
}

/// The result for a group of items.
#[derive(Debug, Default)]
struct Moved {
    moved: usize,
    /// Letters that were deleted because their voicemails have ended.
    ended: usize,
    /// Why some were not moved, one line each.
    kept: Vec<String>,
}

/// Finds what can be redriven. `now` is the time for deciding what is due.
///
/// # Errors
/// [`RedriveError`]; nothing is changed.
pub async fn find(
    cloud: &Cloud,
    pipeline: &Pipeline,
    params: &Params,
    selection: &Selection,
    now: Timestamp,
) -> Result<Found, RedriveError> {
    let mut found = Found { at: now, ..Found::default() };
    for station in chosen(pipeline, selection.step) {
        let depth = depth(cloud, &station.dead_letters).await?;
        found.waiting.push(Waiting {
            step: station.step,
            queue: queue_name(&station.dead_letters).to_owned(),
            count: depth.waiting,
            in_flight: depth.in_flight,
        });
    }
    if selection.step.is_none_or(|step| step == Step::Record) {
        found.letters = stream::list(cloud, pipeline).await?;
    }
    let which = if selection.all_open { Which::All } else { Which::Stuck };
    found.open = undelivered::list(cloud, pipeline, which).await?;
    if let Some(one) = &selection.dropped {
        found.dropped = dropped::list(cloud, pipeline, params, one.as_ref(), now).await?;
    }
    Ok(found)
}

fn chosen(pipeline: &Pipeline, only: Option<Step>) -> impl Iterator<Item = &Station> {
    pipeline.stations.iter().filter(move |station| only.is_none_or(|step| step == station.step))
}

/// Redrives what was found and reports the result per group. Returns the number of items. Later arrivals are left for
/// the next run.
///
/// # Errors
/// [`RedriveError::Kept`] if some were not retried.
pub async fn redrive(
    cloud: &Cloud,
    pipeline: &Pipeline,
    params: &Params,
    found: &Found,
    only: Option<Step>,
    view: &dyn View,
) -> Result<usize, RedriveError> {
    let (mut all, mut kept) = (0, 0);
    let mut contacts = HashSet::new();
    for waiting in found.waiting.iter().filter(|waiting| waiting.count > 0) {
        let station = pipeline.station(waiting.step);
        let mut run = Run {
            cloud,
            pipeline,
            station,
            moved: Moved::default(),
            unreached: 0,
            sent: HashSet::new(),
            contacts: &mut contacts,
        };
        run.take(usize::try_from(waiting.count).unwrap_or(usize::MAX)).await;
        let Moved { moved, ended, kept: reasons } = run.moved;
        all += moved + ended;
        kept += reasons.len() + run.unreached.saturating_sub(1);
        view.show(&Progress::Redriven { step: station.step, moved, ended, kept: reasons });
    }
    let mut told = |source: Source, count: usize, moved: Moved| {
        if count > 0 {
            all += moved.moved + moved.ended;
            kept += moved.kept.len();
            let Moved { moved, ended, kept } = moved;
            view.show(&Progress::SentOn { source, moved, ended, kept });
        }
    };
    let moved = stream::redrive(cloud, pipeline, &found.letters, &mut contacts).await;
    told(Source::StreamLetters, found.letters.len(), moved);
    let deadline = SignedDuration::from_mins(params.transcription.deadline_minutes.get().into());
    let moved = undelivered::redrive(cloud, pipeline, found, only, &contacts, deadline).await;
    told(Source::Undelivered, found.open.len(), moved);
    let moved = dropped::redrive(cloud, pipeline, &found.dropped, found.at).await;
    told(Source::Dropped, found.dropped.len(), moved);
    if kept > 0 { Err(RedriveError::Kept { moved: all, kept }) } else { Ok(all) }
}

/// The redrive of one queue's dead letters.
struct Run<'a> {
    cloud: &'a Cloud,
    pipeline: &'a Pipeline,
    station: &'a Station,
    moved: Moved,
    /// How many letters were not reached because of the last reason.
    unreached: usize,
    /// IDs of the sent messages: one that fails again at once keeps its ID.
    sent: HashSet<String>,
    /// The contacts whose records were sent.
    contacts: &'a mut HashSet<ContactId>,
}

impl Run<'_> {
    /// Moves as many as there were at the start.
    async fn take(&mut self, count: usize) {
        let queue = &self.station.dead_letters;
        let (mut taken, mut empty_handed) = (0, 0);
        while taken < count && empty_handed < EMPTY_HANDED {
            let held = match hold(self.cloud, queue, count - taken).await {
                Ok(held) => held,
                Err(error) => return self.give_up(count - taken, &error),
            };
            let (returned, letters): (Vec<_>, Vec<_>) =
                held.into_iter().partition(|letter| self.sent.contains(&letter.id));
            // They stay hidden until they time out, so that this run does not receive them repeatedly.
            if letters.is_empty() {
                empty_handed += 1;
            } else {
                empty_handed = 0;
            }
            taken += letters.len() + returned.len();
            self.moved
                .kept
                .extend(returned.iter().map(|letter| format!("{}: it came back immediately", letter.id)));
            if let Err(error) = self.forward(&letters).await {
                return self.give_up(count - taken, &error);
            }
        }
        // The watchdog holds letters for a moment in every round.
        self.give_up(count.saturating_sub(taken), &"not received; something else may hold them right now");
    }

    /// Leaves the rest in the queue.
    fn give_up(&mut self, rest: usize, why: &dyn Display) {
        if rest > 0 {
            self.unreached = rest;
            self.moved.kept.push(format!("{rest} more: {why}"));
        }
    }

    /// Sends a batch, then deletes the sent letters and those of ended voicemails.
    async fn forward(&mut self, letters: &[DeadLetter]) -> Result<(), CloudError> {
        let mut refused: HashMap<usize, String> = HashMap::new();
        let (mut outgoing, mut ended) = (Vec::new(), HashSet::new());
        for (n, letter) in letters.iter().enumerate() {
            let ids = dead_letters::about(&letter.body, self.station.step, &self.pipeline.stack);
            if witness::have_ended(self.cloud, self.pipeline, &ids).await {
                ended.insert(n);
                continue;
            }
            if self.station.step == Step::Record {
                self.contacts.extend(ids.into_iter().map(|id| id.contact().clone()));
            }
            match self.messages(letter).await {
                Ok(messages) => outgoing.extend(messages.into_iter().map(|(body, attributes)| Outgoing {
                    of: n,
                    body,
                    attributes,
                })),
                Err(reason) => {
                    refused.insert(n, reason);
                }
            }
        }
        let sent = outgoing::send(self.cloud, &self.station.queue, &outgoing).await;
        self.sent.extend(sent.ids);
        refused.extend(sent.refused);
        let (stay, go): (Vec<_>, Vec<_>) =
            letters.iter().enumerate().partition(|(n, _)| refused.contains_key(n));
        let reason = |n: &usize, letter: &DeadLetter| {
            format!("{}: {}", letter.id, refused.get(n).map_or("", String::as_str))
        };
        self.moved.kept.extend(stay.iter().map(|(n, letter)| reason(n, letter)));
        let queue = &self.station.dead_letters;
        let ended = go.iter().filter(|(n, _)| ended.contains(n)).count();
        let go: Vec<_> = go.into_iter().map(|(_, letter)| letter).collect();
        if !go.is_empty() {
            let left = match delete(self.cloud, queue, &go).await {
                Ok(left) => left,
                Err(error) => {
                    let both = |letter: &&DeadLetter| format!("{}: sent, but {error}", letter.id);
                    self.moved.kept.extend(go.iter().map(both));
                    return Err(error);
                }
            };
            self.moved.ended += ended;
            self.moved.moved += (go.len() - ended).saturating_sub(left.len());
            self.moved.kept.extend(left.iter().map(|id| format!("{id}: sent, but could not be deleted")));
        }
        // The next reader does not have to wait for the timeout.
        release(self.cloud, queue, stay.into_iter().map(|(_, letter)| letter)).await?;
        sent.failed.map_or(Ok(()), Err)
    }

    /// The messages to send for a dead letter: the letter itself, or the contact records behind it.
    async fn messages(
        &self,
        letter: &DeadLetter,
    ) -> Result<Vec<(String, HashMap<String, MessageAttributeValue>)>, String> {
        match lost_records::Place::of(&letter.body) {
            None => {
                let body = match self.station.step {
                    Step::Record => retry::to_body(&retry::of_body(&letter.body)),
                    Step::Transcribe | Step::Deliver => letter.body.clone(),
                };
                Ok(vec![(body, letter.attributes.clone())])
            }
            Some(place) => {
                let records = lost_records::read(self.cloud, &place).await?;
                Ok(records.iter().map(|record| (retry::to_body(record), HashMap::new())).collect())
            }
        }
    }
}
