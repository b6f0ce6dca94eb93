//! The contacts of a call, which gets a new one with each transfer: their history, and their records after the call.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::actions::streaming::Streamed;
use super::circumstances::Circumstances;
use super::interpreter::Interpreter;
use super::line::milliseconds;
use crate::connect::{Attributes, SentRecord, Served, StreamedMedia, Transfer};
use crate::kinesis_video::Run;

/// A contact before a transfer of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierContact {
    /// Its ID.
    pub contact_id: String,
    /// Its attributes at the end of the call.
    pub attributes: Attributes,
    /// What the caller's phone sent while the contact's flows were streaming media.
    pub caller_pcm: Vec<u8>,
    /// The contact record that was sent, if a stream is configured.
    pub contact_record: Option<SentRecord>,
}

/// The times of a contact's events, in samples since the call was answered.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) began: u64,
    /// When it entered the queue.
    pub(super) queued_at: Option<u64>,
    pub(super) agent: Option<AgentMarks>,
    pub(super) streamed: Vec<Streamed>,
}

/// The times of an agent's events.
#[derive(Debug)]
pub(super) struct AgentMarks {
    pub(super) answered: u64,
    /// When the whispers ended.
    pub(super) talked: Option<u64>,
    pub(super) left: Option<u64>,
    pub(super) holds: Vec<u64>,
}

/// A finished contact.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) contact_id: String,
    marks: Marks,
    until: u64,
    /// The reason in contact records.
    reason: &'static str,
}

/// A contact's streamed media.
#[derive(Debug)]
pub(super) struct Streams {
    pub(super) contact_id: String,
    /// What the caller's phone sent meanwhile.
    pub(super) caller_pcm: Vec<u8>,
}

impl Interpreter<'_> {
    /// Ends the call's current contact.
    fn end_contact(&mut self, reason: &'static str) -> Ended {
        self.stop_streaming();
        self.connect.kinesis_video().release(&self.contact_id);
        let marks = std::mem::take(&mut self.marks);
        Ended { contact_id: self.contact_id.clone(), marks, until: self.line.now(), reason }
    }

    /// Starts a new contact for a transferred call.
    pub(super) fn begin_next_contact(&mut self, transfer: Transfer) {
        let ended = self.end_contact(match transfer {
            Transfer::ByAgent => "AGENT_DISCONNECT",
            Transfer::BetweenQueues => "CONTACT_FLOW_DISCONNECT",
        });
        self.ended.push(ended);
        let id = Uuid::new_v4().to_string();
        self.connect.center().transfer_contact(&self.contact_id, id.clone(), transfer, self.connect.now());
        self.note(format!("the call is now the contact {id}"));
        self.contact_id = id;
        self.marks.began = self.line.now();
    }

    /// Ends the call at the present moment, which stores its media and sets its contacts' times. Returns what its last
    /// contact streamed, and what earlier ones streamed, in order.
    pub(super) fn finish(&mut self, reason: &'static str) -> (Streams, Vec<Streams>) {
        let last = self.end_contact(reason);
        let end = self.connect.now();
        let earlier = std::mem::take(&mut self.ended);
        let earlier = earlier.into_iter().map(|contact| self.conclude(contact, end)).collect();
        (self.conclude(last, end), earlier)
    }

    /// Discards the contacts of a call that failed.
    pub(super) fn forget_contacts(&self) {
        let ids = self.ended.iter().map(|ended| &ended.contact_id).chain([&self.contact_id]);
        for id in ids {
            self.connect.kinesis_video().release(id);
            self.connect.center().forget_contact(id);
        }
    }

    fn conclude(&self, ended: Ended, end: Timestamp) -> Streams {
        let Ended { contact_id, marks, until, reason } = ended;
        let at = |samples: u64| moment(end, self.line.now_ms(), milliseconds(samples));
        let mut caller_pcm = Vec::new();
        let mut recordings = Vec::new();
        for streamed in &marks.streamed {
            let from_customer = self.line.sent(streamed.from, streamed.until);
            caller_pcm.extend_from_slice(from_customer);
            recordings.push(self.store(&contact_id, streamed, at(streamed.from), at(streamed.until)));
        }
        if let Some(contact) = self.connect.center().contact_mut(&contact_id) {
            let until_at = at(until);
            contact.initiated = at(marks.began);
            contact.disconnected = Some((until_at, reason));
            contact.updated = until_at;
            contact.recordings = listed(recordings, self.circumstances);
            if let (Some(queued), Some(since)) = (&mut contact.queued, marks.queued_at) {
                queued.since = at(since);
            }
            if let (Some(agent), Some(marks)) = (&mut contact.agent, &marks.agent) {
                agent.since = at(marks.answered);
                let served = marks.served(until, self.circumstances.after_contact_work, at);
                contact.updated = contact.updated.max(served.after_work.map_or(until_at, |(_, end)| end));
                agent.served = Some(served);
            }
        }
        Streams { contact_id, caller_pcm }
    }

    /// Stores the media of one streaming period.
    fn store(
        &self,
        contact_id: &str,
        streamed: &Streamed,
        start: Timestamp,
        stop: Timestamp,
    ) -> StreamedMedia {
        let to_customer = streamed.both.then(|| self.line.received(streamed.from, streamed.until));
        let instance_id = self.connect.instance_id();
        let run = Run {
            contact_id,
            instance_id: &instance_id,
            start_ms: start.as_millisecond(),
            from_customer: self.line.sent(streamed.from, streamed.until),
            to_customer: to_customer.as_deref(),
            bare_end: self.circumstances.bare_end,
        };
        StreamedMedia {
            stream_arn: streamed.place.stream_arn.clone(),
            fragments: self.connect.kinesis_video().store(&streamed.place, run),
            start,
            stop,
        }
    }
}

impl AgentMarks {
    fn served(
        &self,
        contact_ended: u64,
        after_work: Option<Duration>,
        at: impl Fn(u64) -> Timestamp,
    ) -> Served {
        let seconds = |samples: u64| i64::try_from(milliseconds(samples) / 1000).unwrap_or(i64::MAX);
        let left = self.left.unwrap_or(contact_ended);
        let on_hold: u64 = self.holds.iter().sum();
        let talked = self.talked.map_or(0, |since| left.saturating_sub(since).saturating_sub(on_hold));
        Served {
            interaction: seconds(talked),
            holds: self.holds.iter().copied().map(seconds).collect(),
            after_work: after_work.map(|work| {
                let work = SignedDuration::try_from(work).unwrap_or(SignedDuration::MAX);
                (at(left), at(left).checked_add(work).unwrap_or(Timestamp::MAX))
            }),
        }
    }
}

/// A record's entries for streamed media, according to the circumstances.
fn listed(mut recordings: Vec<StreamedMedia>, circumstances: Circumstances) -> Vec<StreamedMedia> {
    if circumstances.one_recording
        && let Some(mut all) = recordings.first().cloned()
    {
        for next in recordings.drain(1..) {
            all.stop = next.stop;
            all.fragments = match (all.fragments, next.fragments) {
                (Some((first, _)), Some((_, last))) => Some((first, last)),
                (fragments, None) | (None, fragments) => fragments,
            };
        }
        recordings = vec![all];
    }
    if circumstances.recordings_reversed {
        recordings.reverse();
    }
    recordings
}

/// The time of a moment in a call that ends at `end`, `length_ms` after it began.
pub(super) fn moment(end: Timestamp, length_ms: u64, at_ms: u64) -> Timestamp {
    let before_end = length_ms.saturating_sub(at_ms);
    let before_end = SignedDuration::from_millis(i64::try_from(before_end).unwrap_or(i64::MAX));
    end.checked_sub(before_end).unwrap_or(Timestamp::UNIX_EPOCH)
}
