//! A round of checks.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, error, info};
use vmx_contract::state::{self, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_contract::watchdog::{Arrival, Broken, Last, Seen};
use vmx_lambda::clock;
use vmx_lambda::failure::Failure;
use vmx_lambda::logs::voicemail_span;
use vmx_lambda::metrics::{self, Round};

use crate::config::{Clients, Config};
use crate::decide::{Decision, FIRST_WAIT, Progress, decide};
use crate::letters::{self, Letters, Looked};
use crate::listing::{self, Listed, Part};
use crate::look::{End, look, noted};
use crate::{act, chain, memory};

/// The maximum number of voicemails checked per round.
const LOOKS: usize = 200;
/// The number of voicemails checked concurrently.
const AT_ONCE: usize = 10;
/// The time reserved for the work after the voicemails.
const AFTERWARDS: Duration = Duration::from_secs(10);
/// The maximum number of voicemails whose notes a process remembers.
const REMEMBERED: usize = 20_000;

/// Checks undelivered voicemails and the pipeline.
#[derive(Debug)]
pub struct Watchdog {
    clients: Clients,
    config: Config,
    /// Notes about voicemails, which saves reading them in every round. A new process reads them again.
    known: Mutex<HashMap<VoicemailId, Known>>,
}

/// What a process remembers about a voicemail.
#[derive(Debug, Clone)]
struct Known {
    /// The tag of the object from which it was read.
    tag: String,
    noted: Undelivered,
    /// When to check it next.
    next_look: Timestamp,
}

/// The result of checking voicemails.
struct Worked {
    ended: Vec<VoicemailId>,
    /// The last key checked, if more were due.
    worked_to: Option<String>,
    /// The first failure and the number of failures.
    failed: Option<(Failure, usize)>,
}

impl Watchdog {
    /// Creates a watchdog. One serves all rounds of a process.
    #[must_use]
    pub fn new(clients: Clients, config: Config) -> Self {
        Self { clients, config, known: Mutex::default() }
    }

    /// Runs one round. It never fails: what cannot be checked counts as broken, and metrics are always written.
    pub async fn round(&self, deadline: Instant) {
        let now = clock::now();
        let works_until = deadline.checked_sub(AFTERWARDS).unwrap_or(deadline);
        let recalled = self.within(works_until, memory::recall(&self.clients, &self.config)).await;
        let mut broken = Vec::new();
        let is_unknown = recalled.is_err();
        let last = recalled.unwrap_or_else(|why| {
            broken.push(Broken { what: "the previous round".to_owned(), why });
            None
        });
        let (voicemails, letters, chain) = tokio::join!(
            self.voicemails(last.as_ref(), now, works_until),
            timeout_at(works_until, letters::look(&self.clients, &self.config, last.as_ref(), now)),
            timeout_at(works_until, chain::broken(&self.clients, &self.config, now)),
        );
        let mut next = Last {
            v: state::VERSION,
            at: now,
            letters: last.as_ref().map(|last| last.letters.clone()).unwrap_or_default(),
            letter_ids: last.as_ref().map(|last| last.letter_ids.clone()).unwrap_or_default(),
            broken: Vec::new(),
            ..voicemails.next
        };
        broken.extend(voicemails.broken);
        broken.extend(chain.unwrap_or_else(|_| vec![out_of_time("the chain")]));
        let mut round = Round {
            undelivered: voicemails.seen.undelivered,
            stuck: voicemails.seen.stuck,
            oldest_seconds: voicemails.seen.oldest.map_or(0.0, |at| seconds_between(at, now)),
            ..Round::default()
        };
        let new_letters = match letters {
            Ok(letters) => take_letters(letters, &mut round, &mut next, &mut broken),
            Err(_) => {
                broken.push(out_of_time("the dead letters"));
                0
            }
        };
        // Without the previous round, no letter counts as new, and its memory is left for the next one.
        if !is_unknown {
            // Counted before they are remembered: a process that dies in between counts twice rather than never.
            metrics::new_letters(new_letters);
            next.broken.clone_from(&broken);
            if let Err(why) = self.within(deadline, memory::keep(&self.clients, &self.config, &next)).await {
                broken.push(Broken { what: "the notes for the next round".to_owned(), why });
            }
        }
        for Broken { what, why } in &broken {
            error!(what, why, "does not work");
        }
        round.broken = broken.len() as u64;
        info!(?round, "checked everything");
        metrics::round(&round);
    }

    /// Limits the time of a call.
    async fn within<T>(
        &self,
        until: Instant,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, String> {
        match timeout_at(until, call).await {
            Ok(answer) => answer.map_err(|failure| failure.to_string()),
            Err(_) => Err("no time left for it".to_owned()),
        }
    }

    /// Processes the voicemails that have not ended.
    async fn voicemails(&self, last: Option<&Last>, now: Timestamp, until: Instant) -> Voicemails {
        let listed_to = last.and_then(|last| last.listed_to.as_deref());
        let (seen, so_far) = last.map_or_else(Default::default, |last| (last.seen, last.so_far));
        let listing = listing::list(&self.clients.s3, &self.config.state_bucket, listed_to);
        let part = match self.within(until, listing).await {
            Ok(part) => part,
            Err(why) => {
                // The last result is the best available, and the next round starts where this one did.
                let broken = vec![Broken { what: "the undelivered voicemails".to_owned(), why }];
                let next = Last { seen, so_far, listed_to: listed_to.map(str::to_owned), ..nothing(now) };
                return Voicemails { seen, next, broken };
            }
        };
        let worked_to = last.and_then(|last| last.worked_to.as_deref());
        let worked = self.work(&part, worked_to, now, until).await;
        let this = self.seen(&part, &worked.ended);
        let is_first = listed_to.is_none();
        let so_far = if is_first { this } else { so_far.and(this) };
        let is_complete = part.next.is_none();
        let seen = if is_complete { so_far } else { so_far.at_least(seen) };
        if is_first && is_complete {
            self.forget_others(&part);
        }
        let broken = worked.failed.map(|(failure, count)| Broken {
            what: "undelivered voicemails".to_owned(),
            why: format!("could not process {count} of them: {failure}"),
        });
        let next = Last {
            seen: if is_complete { seen } else { last.map_or(seen, |last| last.seen) },
            so_far: if is_complete { Seen::default() } else { so_far },
            listed_to: part.next,
            worked_to: worked.worked_to,
            ..nothing(now)
        };
        Voicemails { seen, next, broken: broken.into_iter().collect() }
    }

    /// Checks the voicemails that are due, from where the previous round stopped.
    async fn work(&self, part: &Part, after: Option<&str>, now: Timestamp, until: Instant) -> Worked {
        let is_due = |listed: &&Listed| self.next_look(listed) <= now;
        let mut due: Vec<&Listed> = part.listed.iter().filter(is_due).collect();
        if let Some(after) = after {
            let first = due.partition_point(|listed| listed.id.undelivered_key().as_str() <= after);
            due.rotate_left(first);
        }
        let is_too_much = due.len() > LOOKS;
        due.truncate(LOOKS);
        let count = due.len();
        let mut looks = stream::iter(due)
            .map(|listed| {
                let span = voicemail_span(&listed.id);
                async move { (listed, self.look_after(listed, now).instrument(span).await) }
            })
            .buffered(AT_ONCE);
        let mut worked = Worked { ended: Vec::new(), worked_to: None, failed: None };
        let (mut done, mut last) = (0, None);
        while let Ok(Some((listed, looked))) = timeout_at(until, looks.next()).await {
            done += 1;
            last = Some(listed.id.undelivered_key());
            match looked {
                Ok(true) => worked.ended.push(listed.id.clone()),
                Ok(false) => {}
                Err(failure) => {
                    error!(id = %listed.id, %failure, "could not process a stalled voicemail");
                    let before = worked.failed.take();
                    let count = before.as_ref().map_or(0, |(_, count)| *count) + 1;
                    worked.failed = Some((before.map_or(failure, |(first, _)| first), count));
                }
            }
        }
        if is_too_much || done < count {
            worked.worked_to = last.or_else(|| after.map(str::to_owned));
        }
        worked
    }

    /// Checks one voicemail and does what it needs. Returns whether it has ended.
    async fn look_after(&self, listed: &Listed, now: Timestamp) -> Result<bool, Failure> {
        let (clients, config, id) = (&self.clients, &self.config, &listed.id);
        let noted = async {
            match self.known(listed) {
                Some(known) => Ok(Some((known.noted, known.tag))),
                None => noted(&clients.s3, &config.state_bucket, id, listed.written_at).await,
            }
        };
        let (noted, found) = tokio::try_join!(noted, look(clients, config, id))?;
        // It was removed after it was listed.
        let Some((noted, tag)) = noted else { return Ok(true) };
        if found.end != End::None {
            act::finish(clients, config, id, &found).await?;
            return Ok(true);
        }
        match decide(&noted, &found.progress, config.deadline, now) {
            Decision::Wait(next_look) => {
                self.remember(id, Known { tag, noted, next_look });
                Ok(false)
            }
            Decision::Push(awaited, then) => {
                act::push(clients, config, id, &awaited).await?;
                self.note(id, then, &tag, &found.progress, now).await
            }
            Decision::Note(then) => {
                if then.stuck_since.is_some() {
                    error!("it is stuck: retrying has not helped");
                    // Counted before it is noted: a process that dies in between counts twice rather than never.
                    metrics::stuck();
                }
                self.note(id, then, &tag, &found.progress, now).await
            }
        }
    }

    /// Writes a note unless the voicemail has ended meanwhile.
    async fn note(
        &self,
        id: &VoicemailId,
        noted: Undelivered,
        tag: &str,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let written = act::note(&self.clients, &self.config, id, &noted, tag).await?;
        match written {
            Some(tag) => {
                let next_look = match decide(&noted, progress, self.config.deadline, now) {
                    Decision::Wait(next_look) => next_look,
                    Decision::Push(..) | Decision::Note(_) => now,
                };
                self.remember(id, Known { tag, noted, next_look });
            }
            None => drop(self.lock().remove(id)),
        }
        Ok(false)
    }

    /// When to check a voicemail: one that was just written is still in progress.
    fn next_look(&self, listed: &Listed) -> Timestamp {
        let wait = FIRST_WAIT.min(self.config.deadline);
        let first = listed.written_at.saturating_add(wait).unwrap_or(listed.written_at);
        self.known(listed).map_or(first, |known| known.next_look)
    }

    /// The memory of a voicemail, if it has not changed since.
    fn known(&self, listed: &Listed) -> Option<Known> {
        self.lock().get(&listed.id).filter(|known| known.tag == listed.tag).cloned()
    }

    fn remember(&self, id: &VoicemailId, known: Known) {
        let mut all = self.lock();
        if all.len() >= REMEMBERED && !all.contains_key(id) {
            all.clear();
        }
        all.insert(id.clone(), known);
    }

    /// Forgets voicemails that are no longer listed.
    fn forget_others(&self, part: &Part) {
        let listed: std::collections::HashSet<&VoicemailId> =
            part.listed.iter().map(|listed| &listed.id).collect();
        self.lock().retain(|id, _| listed.contains(id));
    }

    /// The counts for a part of the listing.
    fn seen(&self, part: &Part, ended: &[VoicemailId]) -> Seen {
        let known = self.lock();
        let left = part.listed.iter().filter(|listed| !ended.contains(&listed.id));
        left.fold(Seen::default(), |seen, listed| {
            let noted = known.get(&listed.id).map(|known| &known.noted);
            seen.and(Seen {
                undelivered: 1,
                stuck: u64::from(noted.is_some_and(|noted| noted.stuck_since.is_some())),
                oldest: Some(noted.map_or(listed.written_at, |noted| noted.since)),
            })
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<VoicemailId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The round's result for the voicemails.
struct Voicemails {
    /// The counts.
    seen: Seen,
    /// What the next round needs.
    next: Last,
    broken: Vec<Broken>,
}

/// A round without results.
fn nothing(at: Timestamp) -> Last {
    Last {
        v: state::VERSION,
        at,
        seen: Seen::default(),
        so_far: Seen::default(),
        listed_to: None,
        worked_to: None,
        letters: std::collections::BTreeMap::new(),
        letter_ids: std::collections::BTreeMap::new(),
        broken: Vec::new(),
    }
}

/// Stores what is known about the letters, and returns how many are new. For a location that could not be checked, the
/// next round keeps this memory.
fn take_letters(looked: Vec<Looked>, round: &mut Round, next: &mut Last, broken: &mut Vec<Broken>) -> u64 {
    let mut count = 0;
    for Looked { name, letters, failed } in looked {
        broken.extend(
            failed
                .map(|failure| Broken { what: format!("dead letters in {name}"), why: failure.to_string() }),
        );
        if let Some(Letters { place, new, expiring }) = letters {
            count += new;
            round.letters_expiring += expiring;
            match place.ids {
                Some(ids) => next.letter_ids.insert(name.clone(), ids),
                None => next.letter_ids.remove(&name),
            };
            next.letters.insert(name, place.arrivals);
        } else {
            let known: &[Arrival] = next.letters.get(&name).map_or(&[], Vec::as_slice);
            round.letters_expiring += letters::expiring(known, next.at);
        }
    }
    count
}

fn out_of_time(what: &str) -> Broken {
    Broken { what: what.to_owned(), why: "no time left to check it".to_owned() }
}

fn seconds_between(from: Timestamp, until: Timestamp) -> f64 {
    until.duration_since(from).max(SignedDuration::ZERO).as_secs_f64()
}
