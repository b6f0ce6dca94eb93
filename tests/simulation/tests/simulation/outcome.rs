//! Finds every message from the state of the world, not from what the functions report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_smithy_types::base64;
use jiff::SignedDuration;
use kvs_media::wav_header;
use serde_json::Value;
use vmx_contract::attributes::{Prefix, message};
use vmx_contract::messages::has_notes;
use vmx_contract::objects::{LETTERS_PREFIX, RECORDING_HEADER_BYTES, UNDELIVERED_PREFIX};
use vmx_contract::retention::{Retention, TAG};
use vmx_contract::state::{Ended, Outcome as Witness};

use crate::alarms::{Alarms, rang_since};
use crate::call::media::holds_agent;
use crate::call::{Call, Match, Message, Truth, contact_of, voicemail_in};
use crate::fault::Function;
use crate::lambda::time_limit;
use crate::world::{QueueName, RECORDINGS, STATE, State, TRANSCRIPTS, Way, World};

/// The place of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Delivered by every mode.
    Delivered,
    /// An agent answered.
    Cancelled,
    /// Nothing was said.
    NothingSaid,
    /// It has no speech, and the operator drops such messages.
    Dropped,
    /// It is in a dead letter.
    DeadLettered,
    /// It is listed as undelivered and no longer retried.
    Stuck,
    /// Nowhere.
    Lost,
}

/// A message and when it was left.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    pub(crate) message: Message,
    pub(crate) at: Duration,
}

/// The places of all messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    pub(crate) places: BTreeMap<String, Place>,
    /// Messages in a forbidden place, with the reason.
    pub(crate) wrong: Vec<String>,
    /// Undelivered messages that the caller was told are saved, without any alarm.
    pub(crate) unheard_of: Vec<String>,
    /// Avoidable duplicate deliveries.
    pub(crate) duplicates: Vec<String>,
    /// Duplicates by services without idempotency after the first sender missed the response.
    pub(crate) unavoidable: u64,
    /// Dead letters for ended messages only.
    pub(crate) letters_of_ended: Vec<String>,
    /// The number of dead letters.
    pub(crate) letters: usize,
    /// Recordings that differ from what the caller said.
    pub(crate) garbled: Vec<String>,
    /// Recordings with audio of an agent's time.
    pub(crate) agents: Vec<String>,
    /// Delivered, but a later step is missing.
    pub(crate) unfinished: Vec<String>,
    /// Delivered, but the job still exists or the contact was not updated, which is harmless. It happens if the
    /// scheduled function completes an end that the packager began.
    pub(crate) untidy: Vec<String>,
    /// Unfinished multipart uploads, which the bucket's lifecycle rule removes.
    pub(crate) abandoned_uploads: usize,
}

/// The subject of a dead letter.
enum Letter {
    /// One message.
    Of(String),
    /// Everything of these contacts.
    OfContacts(Vec<String>),
    Unknown,
}

impl Outcome {
    /// Examines the world.
    pub(crate) fn of(world: &World, left: &[Left], alarms: &Alarms, silent_is_dropped: bool) -> Self {
        let state = world.state();
        let letters = state.letters();
        let mut outcome = Self {
            abandoned_uploads: state.buckets.uploads.len(),
            letters: letters.len(),
            ..Self::default()
        };
        let histories = alarms.histories(&state);
        let has_rung = |at| histories.iter().any(|(_, history)| rang_since(history, at));
        let told: BTreeSet<&str> = letters.iter().flat_map(Letter::names).collect();
        for Left { message, at } in left {
            let place = outcome.place(&state, message, &told);
            outcome.places.insert(message.id.clone(), place);
            if !may_be(message.truth, place, silent_is_dropped) {
                outcome.wrong.push(format!("{} is {:?} and was {place:?}", message.id, message.truth));
            }
            if silent_is_dropped
                && (message.truth, place) == (Truth::Silent, Place::Delivered)
                && let Some(transcript) = state.undropped(&message.id)
            {
                outcome.wrong.push(format!("{} is silent and was delivered, {transcript}", message.id));
            }
            let is_open = matches!(place, Place::DeadLettered | Place::Stuck | Place::Lost);
            if is_open && !has_rung(*at) {
                outcome.unheard_of.push(message.id.clone());
            }
            outcome.compare(&state, message, place);
        }
        outcome.look_for_strangers(&state, left);
        for call in state.center.calls.values() {
            outcome.check_contact(&state, &call.0, &told);
        }
        let has_ended = |id: &str| outcome.has_ended(id);
        let of_ended = letters.iter().filter(|letter| letter.is_of_ended(left, &has_ended));
        let of_ended: Vec<String> =
            of_ended.map(|letter| letter.names().collect::<Vec<_>>().join(" ")).collect();
        outcome.letters_of_ended = of_ended;
        outcome
    }

    /// The number of messages in a place.
    pub(crate) fn count(&self, place: Place) -> usize {
        self.places.values().filter(|found| **found == place).count()
    }

    /// The messages in a place.
    pub(crate) fn at(&self, place: Place) -> Vec<&str> {
        self.places.iter().filter(|(_, found)| **found == place).map(|(id, _)| id.as_str()).collect()
    }

    fn has_ended(&self, id: &str) -> bool {
        let place = self.places.get(id).copied().unwrap_or(Place::Lost);
        !matches!(place, Place::DeadLettered | Place::Stuck | Place::Lost)
    }

    fn place(&mut self, state: &State, message: &Message, told: &BTreeSet<&str>) -> Place {
        let id = &message.id;
        let counts: Vec<_> = message
            .modes
            .iter()
            .flat_map(|mode| Way::of(*mode))
            .map(|way| state.center.deliveries.get(&(id.clone(), way)).cloned().unwrap_or_default())
            .collect();
        self.unavoidable += counts.iter().map(|one| one.unavoidable).sum::<u64>();
        if counts.iter().any(|one| one.count > 1 + one.unavoidable) {
            self.duplicates.push(id.clone());
        }
        let witness = state.witness(id);
        let has_any = counts.iter().any(|one| one.count > 0);
        let is_delivered = counts.iter().all(|one| one.count > 0);
        if has_any && witness.is_some_and(|witness| witness != Witness::Delivered) {
            self.wrong.push(format!("{id} was delivered, and its witness says {witness:?}"));
        }
        if is_delivered {
            return Place::Delivered;
        }
        match witness {
            Some(Witness::Cancelled) => return Place::Cancelled,
            Some(Witness::NothingSaid) => return Place::NothingSaid,
            Some(Witness::Dropped) => return Place::Dropped,
            Some(witness) => {
                self.wrong.push(format!("{id} is not delivered, and its witness says {witness}"));
                return Place::Lost;
            }
            None => {}
        }
        if told.contains(id.as_str()) || told.contains(contact_of(id)) {
            Place::DeadLettered
        } else if state.is_stuck(id) {
            Place::Stuck
        } else {
            Place::Lost
        }
    }

    /// Compares the recording with what was said.
    fn compare(&mut self, state: &State, message: &Message, place: Place) {
        let id = &message.id;
        let recording = state.buckets.objects.get(&format!("{RECORDINGS}/{id}.wav"));
        let Some(recording) = recording else {
            if place == Place::Delivered && state.expired_objects == 0 {
                self.garbled.push(format!("{id}: delivered, and there is no recording"));
            }
            return;
        };
        let (head, pcm) = recording.body.split_at(RECORDING_HEADER_BYTES as usize);
        let said = &message.said;
        let is_it = match message.match_ {
            Match::Exact => pcm == said,
            Match::Beginning => said.starts_with(pcm) && !pcm.is_empty(),
            Match::Within => pcm.windows(said.len().max(1)).any(|part| part == said),
        };
        if !is_it || head != wav_header(u32::try_from(pcm.len()).unwrap()) {
            let (there, wanted) = (pcm.len(), said.len());
            let call = &state.center.calls[contact_of(id)].0;
            let streams: Vec<_> = call
                .streams
                .iter()
                .map(|one| (one.stream, one.from_ms, one.until_ms, one.first, one.pcm.len()))
                .collect();
            let how = (message.match_, &call.writing, call.agent, streams);
            self.garbled.push(format!("{id}: {there} bytes of {wanted}, {how:?}"));
        }
        // Its tag determines whether it may expire.
        let tag = recording.tags.get(TAG).map(String::as_str);
        let is_open = tag == Some(Retention::Open.as_str());
        if place == Place::Delivered && is_open && state.witness(id).is_some() {
            self.unfinished.push(format!("{id}: its recording is still kept as one that is not delivered"));
        }
        if place != Place::Delivered && place != Place::Dropped && !is_open {
            self.wrong.push(format!("{id} is not delivered, and its recording is tagged {tag:?}"));
        }
    }

    /// Finds objects that belong to no message.
    fn look_for_strangers(&mut self, state: &State, left: &[Left]) {
        let known: BTreeSet<&str> = left.iter().map(|left| left.message.id.as_str()).collect();
        for (id, way) in state.center.deliveries.keys() {
            if !known.contains(id.as_str()) {
                self.wrong.push(format!("{id} is no message, and was delivered by {way:?}"));
            }
        }
        for (name, object) in &state.buckets.objects {
            let Some(key) = name.strip_prefix(RECORDINGS) else { continue };
            if holds_agent(&object.body) {
                self.agents.push(key.to_owned());
            }
            if voicemail_in(key).is_none_or(|id| !known.contains(id.as_str())) {
                self.wrong.push(format!("{key} is the recording of no message"));
            }
        }
    }

    /// Checks the contact after its last message has ended: its slots must show it, and the flag of flows that have slots.
    fn check_contact(&mut self, state: &State, call: &Call, told: &BTreeSet<&str>) {
        let contact = call.contact.as_str();
        let names: Vec<&str> = call.messages.iter().map(|message| message.id.as_str()).collect();
        let is_told = told.contains(contact) || names.iter().any(|name| told.contains(name));
        let all = |place| names.iter().all(|name| self.places.get(*name) == Some(&place));
        if names.is_empty() || is_told || !all(Place::Delivered) {
            return;
        }
        let attributes = &state.center.attributes[contact];
        if Prefix::flagged(attributes).is_some() && has_notes(attributes) {
            self.untidy.push(format!("{contact}: its flag still says that there is something to do"));
        }
        for slot in message::Slot::ALL {
            let is_own = attributes.get(&slot.contact()).is_some_and(|own| own == contact);
            let slot_state = attributes.get(&slot.state()).map(String::as_str);
            if is_own && slot_state != Some(message::DONE) {
                self.untidy.push(format!("{contact}: its slot {} is not done", slot.number()));
            }
        }
        for name in names {
            if state.buckets.objects.contains_key(&format!("{STATE}/{UNDELIVERED_PREFIX}{name}")) {
                self.unfinished.push(format!("{name} still stands among the undelivered"));
            }
            if state.jobs.names().any(|job| voicemail_in(job).as_deref() == Some(name)) {
                self.untidy.push(format!("{name} still has its job"));
            }
        }
    }
}

/// Whether a message may be in this place.
fn may_be(truth: Truth, place: Place, silent_is_dropped: bool) -> bool {
    let is_open = matches!(place, Place::DeadLettered | Place::Stuck);
    match truth {
        Truth::Voicemail => is_open || place == Place::Delivered,
        // Without a transcript, nothing shows that it has no speech: see `State::undropped`.
        Truth::Silent => {
            is_open || place == Place::Delivered || (silent_is_dropped && place == Place::Dropped)
        }
        Truth::Cancelled => is_open || place == Place::Cancelled,
        Truth::NothingSaid => is_open || place == Place::NothingSaid,
        Truth::NoMedia => is_open,
    }
}

impl Letter {
    /// The messages and contacts in the letter.
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Of(id) => Box::new(std::iter::once(id.as_str())),
            Self::OfContacts(contacts) => Box::new(contacts.iter().map(String::as_str)),
            Self::Unknown => Box::new(std::iter::empty()),
        }
    }

    /// Whether all its messages have ended.
    fn is_of_ended(&self, left: &[Left], has_ended: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Of(id) => has_ended(id),
            Self::OfContacts(contacts) => left
                .iter()
                .filter(|left| contacts.iter().any(|contact| contact == contact_of(&left.message.id)))
                .all(|left| has_ended(&left.message.id)),
            Self::Unknown => false,
        }
    }
}

impl State {
    /// How a voicemail ended, according to its record, or to the previous version's marker.
    fn witness(&self, id: &str) -> Option<Witness> {
        let ended = self.text(&format!("{STATE}/ended/{id}"));
        let ended = ended.map(|text| serde_json::from_str::<Ended>(&text).unwrap().outcome);
        let is_marked = || self.buckets.objects.contains_key(&format!("{TRANSCRIPTS}/delivered/{id}"));
        ended.or_else(|| is_marked().then_some(Witness::Delivered))
    }

    /// Why a delivered silent message should have been dropped, if so: it was delivered with its transcript, or
    /// without one that had existed for longer than an invocation takes. Uses the service's times, because a process's
    /// clock may be wrong.
    fn undropped(&self, id: &str) -> Option<String> {
        let package = self.text(&format!("{TRANSCRIPTS}/packages/{id}"));
        let package: Value = serde_json::from_str(&package.unwrap_or_default()).unwrap_or_default();
        let status = package["transcript"]["status"].as_str();
        if !matches!(status, Some("failed" | "late")) {
            return (self.expired_objects == 0).then(|| format!("its transcript being {status:?}"));
        }
        let there_since = self.written_at(&format!("{TRANSCRIPTS}/{id}.json"))?;
        let limit = SignedDuration::try_from(time_limit(Function::Packager)).unwrap();
        let kept_at = self.written_at(&format!("{TRANSCRIPTS}/packages/{id}"))?;
        let was_there = kept_at.duration_since(there_since) > limit;
        was_there.then(|| format!("as {status:?} at {kept_at}, and the transcript is from {there_since}"))
    }

    fn letters(&self) -> Vec<Letter> {
        let dead = QueueName::ALL.into_iter().filter(|name| name.is_dead());
        let bodies = dead.flat_map(|name| &self.queues[&name].messages).map(|message| message.body.clone());
        let names = self.names_behind(LETTERS_PREFIX);
        let objects = names.iter().filter_map(|name| self.text(&format!("{STATE}/{LETTERS_PREFIX}{name}")));
        bodies.chain(objects).map(|body| self.letter(&body)).collect()
    }

    fn letter(&self, body: &str) -> Letter {
        let letter: Value = serde_json::from_str(body).unwrap_or_default();
        let contacts: Vec<String> = if let Some(payload) = letter["payload"].as_str() {
            let event: Value = serde_json::from_str(payload).unwrap_or_default();
            let data = event["Records"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|record| base64::decode(record["kinesis"]["data"].as_str()?).ok());
            data.filter_map(|data| contact_of_record(&data)).collect()
        } else if let Some(info) = letter.get("KinesisBatchInfo") {
            let place = |name: &str| info[name].as_str()?.parse::<usize>().ok();
            let (first, last) = (place("startSequenceNumber"), place("endSequenceNumber"));
            let records = self.stream.records.iter().enumerate();
            let is_in = |(at, _): &(usize, _)| {
                first.is_some_and(|first| *at >= first) && last.is_some_and(|last| *at <= last)
            };
            records.filter(is_in).filter_map(|(_, record)| contact_of_record(&record.data)).collect()
        } else if letter.get("ContactId").is_some() {
            contact_of_record(body.as_bytes()).into_iter().collect()
        } else {
            return voicemail_in(body).map_or(Letter::Unknown, Letter::Of);
        };
        if contacts.is_empty() { Letter::Unknown } else { Letter::OfContacts(contacts) }
    }
}

/// The contact of a record, if it belongs to this run.
fn contact_of_record(data: &[u8]) -> Option<String> {
    let record: Value = serde_json::from_slice(data).ok()?;
    let contact = record["ContactId"].as_str()?;
    voicemail_in(contact).filter(|id| id == contact)
}
