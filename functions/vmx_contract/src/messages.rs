//! Finds the messages of a contact record, and the audio of each.
//!
//! A contact can hold several messages. They are in slots, except one that was cut off by the end of the call: it is
//! only in [`message::TAKING`]. An agent may answer at any moment, so streams and messages need not correspond. This
//! module pairs them; docs/attributes.md lists the rules in a table.

use crate::attributes::{Attributes, Name, Prefix, message, value};
use crate::contact_record::{
    AgentTime, ContactRecord, ContactRecordError, Stream, decimal_order, is_decimal,
};
use crate::objects::ContactId;
use crate::voicemail_id::{MessageNumber, VoicemailId};

/// One message of a contact.
#[derive(Debug)]
pub struct Message {
    /// The message's ID.
    pub id: VoicemailId,
    /// The prefix of the attributes that control its delivery.
    pub prefix: Prefix,
    /// Its slot; `None` if the call ended while the caller was leaving it.
    pub slot: Option<message::Slot>,
    /// Whether the caller was told that it is saved.
    pub is_saved: bool,
    /// Where to find its audio.
    pub source: Source,
    /// Whether the record does not determine which streams hold it, or they may hold more than it.
    pub is_uncertain: bool,
    /// Whether only the flag says that there is one. A transferred contact has the flag of an earlier one.
    pub is_only_flagged: bool,
}

/// Where to find a message's audio.
#[derive(Debug)]
pub enum Source {
    /// In these streams, in time order. There are several if the record does not determine which one holds a saved
    /// message. Fragments in which an agent was talking are excluded: see [`ContactRecord::agent_time`].
    Streams(Vec<Stream>),
    /// Nowhere: an agent answered while the caller was leaving it.
    Cancelled,
    /// The record does not say.
    Missing(ContactRecordError),
}

/// A flow's note about a message.
struct Note {
    number: MessageNumber,
    slot: Option<message::Slot>,
    /// The caller was told that it is saved.
    is_saved: bool,
    /// Whether an agent has answered since it began; `None` if the flow does not say.
    answered: Option<bool>,
    fragment: Option<String>,
    /// The time at which it ended, as a number of a recording's fragments.
    until: Option<String>,
    /// It has ended. Its audio is not part of any other message.
    has_ended: bool,
}

impl Message {
    /// The messages of a contact record, oldest first; empty if there is no voicemail. As long as Connect has not added
    /// the contact's recordings, the source of each is [`ContactRecordError::RecordingsPending`]; if only another
    /// contact's notes say that there are any, the updated record decides.
    #[must_use]
    pub fn all(record: &ContactRecord) -> Vec<Self> {
        if !record.is_call() {
            return Vec::new();
        }
        let attributes = &record.attributes;
        let notes = notes(attributes, &record.contact_id);
        let flagged = Prefix::flagged(attributes);
        let all_ended = |notes: &Vec<Note>| notes.iter().all(|note| note.has_ended);
        if notes.as_ref().is_some_and(all_ended) || (notes.is_none() && flagged.is_none()) {
            return Vec::new();
        }
        // The flag was copied with another contact's notes. Only a flow without slots could have taken a message here,
        // and the updated record shows whether it streamed anything. Waiting for a message that does not exist would
        // end in a dead letter.
        if notes.is_none() && record.recordings.is_none() && has_notes(attributes) {
            return Vec::new();
        }
        let (streams, unusable) = record.streams();
        let agent = record.agent_time();
        // The functions may have reset the flag for an earlier contact of the call.
        let unflagged = || {
            Prefix::ALL.into_iter().find(|prefix| value(attributes, &prefix.attribute(Name::Flag)).is_some())
        };
        let prefix = flagged.or_else(unflagged).unwrap_or_default();
        let messages = match notes {
            Some(mut notes) => {
                let is_held = |note: &Note| {
                    let fragment = note.fragment.as_deref();
                    fragment.is_some_and(|fragment| streams.iter().any(|stream| stream.holds(fragment)))
                };
                notes.retain(|note| note.slot.is_some() || !note.has_ended || is_held(note));
                with_slots(record, &notes, streams, agent, unusable)
            }
            None => without_slots(record, streams, agent, unusable),
        };
        let contact = &record.contact_id;
        let is_early = record.recordings.is_none();
        let source = |source| {
            if is_early {
                Source::Missing(ContactRecordError::RecordingsPending(contact.clone()))
            } else {
                source
            }
        };
        messages
            .into_iter()
            .map(|message| Self { prefix, source: source(message.source), ..message })
            .collect()
    }
}

/// Whether a record's attributes allow for messages. Used for records that cannot be read.
#[must_use]
pub fn may_hold_messages(attributes: &Attributes) -> bool {
    let is_open = |slot: message::Slot| value(attributes, &slot.state()).is_some_and(message::is_open);
    Prefix::flagged(attributes).is_some()
        || value(attributes, message::TAKING) == Some(message::ON)
        || message::Slot::ALL.into_iter().any(is_open)
}

/// Whether the caller finished a message in this contact, even if it has ended since.
#[must_use]
pub fn has_saved(record: &ContactRecord) -> bool {
    let notes = notes(&record.attributes, &record.contact_id).unwrap_or_default();
    notes.iter().any(|note| note.is_saved)
}

/// The notes of the contact's flows about its messages; `None` if the flows have no slots. Notes with another
/// contact's ID were copied on a transfer: contacts of one call share attributes. Source: the Amazon Connect
/// administrator guide, "Contacts, contact chains, and contact attributes".
fn notes(attributes: &Attributes, contact: &ContactId) -> Option<Vec<Note>> {
    let is_own = |name: &str| value(attributes, name).is_none_or(|noted| noted == contact.as_str());
    let mut own = false;
    let mut notes = Vec::new();
    let mut free = None;
    for (slot, number) in message::Slot::ALL.into_iter().zip(MessageNumber::ALL) {
        let Some(state) = value(attributes, &slot.state()) else {
            free = free.or(Some(number));
            continue;
        };
        if !is_own(&slot.contact()) {
            continue;
        }
        own = true;
        let has_ended = state.eq_ignore_ascii_case(message::DONE);
        if has_ended || message::is_open(state) {
            let is_saved = !state.eq_ignore_ascii_case(message::UNSAVED);
            let answered = answered(attributes, &slot.answered());
            let until = fragment(attributes, &slot.until());
            let fragment = fragment(attributes, &slot.fragment());
            notes.push(Note { number, slot: Some(slot), is_saved, answered, fragment, until, has_ended });
        }
    }
    if let Some(taking) = value(attributes, message::TAKING).filter(|_| is_own(message::TAKING_CONTACT)) {
        own = true;
        let number = free.unwrap_or(MessageNumber::ALL[3]);
        let fragment = fragment(attributes, message::TAKING_FRAGMENT);
        // Audio of an abandoned or ended message is not part of another one either. A slot may have the same note.
        let is_noted = notes.iter().any(|note: &Note| note.fragment == fragment);
        let has_ended = taking != message::ON;
        if !has_ended || (fragment.is_some() && !is_noted) {
            let answered = answered(attributes, message::ANSWERED);
            let (slot, until) = (None, None);
            notes.push(Note { number, slot, is_saved: false, answered, fragment, until, has_ended });
        }
    }
    // A fragment noted for several messages cannot tell them apart: streaming was not started anew.
    let fragments: Vec<Option<String>> = notes.iter().map(|note| note.fragment.clone()).collect();
    for note in &mut notes {
        if fragments.iter().filter(|fragment| **fragment == note.fragment).count() > 1 {
            note.fragment = None;
        }
    }
    own.then_some(notes)
}

fn answered(attributes: &Attributes, name: &str) -> Option<bool> {
    match value(attributes, name)? {
        message::ON => Some(true),
        message::OFF => Some(false),
        _ => None,
    }
}

fn fragment(attributes: &Attributes, name: &str) -> Option<String> {
    value(attributes, name).filter(|text| is_decimal(text)).map(str::to_owned)
}

/// The messages of flows that have slots.
fn with_slots(
    record: &ContactRecord,
    notes: &[Note],
    streams: Vec<Stream>,
    agent: Option<AgentTime>,
    mut unusable: Option<ContactRecordError>,
) -> Vec<Message> {
    let pairs = pair(notes, &streams, unusable.is_none());
    let contact = &record.contact_id;
    let message = |(note, mut pair): (&Note, Pair)| {
        // Of the streams that an unfinished message may be in, those after the agent count: the flow says that none
        // has answered since it began.
        let is_after = |stream: &Stream| agent.is_some_and(|agent| stream.started_at >= agent.until);
        if !note.is_saved && note.answered == Some(false) && pair.streams.iter().any(is_after) {
            pair.streams.retain(is_after);
        }
        // If a stream was stopped for the agent and restarted, its single entry may hold a message that came after the
        // agent. Only the fragments show when the message began.
        if let (false, Some(stream), Some(agent), Some(own)) =
            (note.is_saved, pair.streams.first_mut(), agent, pair.begins_inside)
            && stream.started_at < agent.until
        {
            stream.first_fragment = Some(own);
            stream.not_before = Some(agent.until);
        }
        // Without a fragment, rely on the flow: it resets `vm_answered` when a message begins, so the agent had left.
        // Audio from while the agent talked is excluded.
        let has_left = note.fragment.is_none() && note.answered == Some(false);
        // An agent cancels the message being taken, but never a saved one. A message begun after the agent left counts
        // again.
        let is_cancelled = !note.is_saved
            && match (pair.streams.first(), agent) {
                (Some(stream), Some(agent)) => {
                    let is_before = stream.started_at < agent.until && stream.not_before.is_none();
                    let goes_on = has_left && stream.stopped_at > agent.until;
                    pair.is_uncertain |= is_before && goes_on;
                    is_before && !goes_on
                }
                (None, Some(_)) => note.answered == Some(true),
                (_, None) => false,
            };
        let source = if is_cancelled {
            Source::Cancelled
        } else if pair.streams.is_empty() {
            Source::Missing(unusable.take().unwrap_or_else(|| no_audio(contact)))
        } else {
            Source::Streams(pair.streams)
        };
        let id = VoicemailId::new(contact.clone(), note.number);
        let (slot, is_saved, is_uncertain) = (note.slot, note.is_saved, pair.is_uncertain);
        Message { id, prefix: Prefix::Vm, slot, is_saved, source, is_uncertain, is_only_flagged: false }
    };
    notes.iter().zip(pairs).filter(|(note, _)| !note.has_ended).map(message).collect()
}

/// The message of flows that only set the flag: the latest stream in which no agent was talking.
///
/// Another contact's notes may have replaced this contact's, because successive contacts of a call share attributes.
/// In that case, a stream before an agent is a message that the agent canceled.
fn without_slots(
    record: &ContactRecord,
    streams: Vec<Stream>,
    agent: Option<AgentTime>,
    unusable: Option<ContactRecordError>,
) -> Vec<Message> {
    // A flag without a place in the recording of the interaction may be that of the contact before a transfer.
    let is_own = |stream: &Stream| !stream.is_recording() || stream.is_marked || record.earlier.is_empty();
    let streams: Vec<Stream> = streams.into_iter().filter(is_own).collect();
    let were_streams = !streams.is_empty();
    let are_shared = has_notes(&record.attributes);
    let is_free = |stream: &Stream| {
        !agent.is_some_and(|agent| {
            agent.touches(stream.started_at, stream.stopped_at)
                || (are_shared && stream.started_at < agent.until)
        })
    };
    let mut free: Vec<Stream> = streams.into_iter().filter(is_free).collect();
    let is_uncertain = free.len() > 1 || ((are_shared || unusable.is_some()) && !free.is_empty());
    let contact = &record.contact_id;
    let source = match (free.pop(), unusable) {
        (Some(stream), _) => Source::Streams(vec![stream]),
        (None, Some(error)) => Source::Missing(error),
        (None, None) if were_streams => Source::Cancelled,
        // Both the flag and the notes belong to another contact of the call.
        (None, None) if are_shared => return Vec::new(),
        (None, None) => Source::Missing(no_audio(contact)),
    };
    let id = VoicemailId::new(contact.clone(), MessageNumber::FIRST);
    let (slot, is_saved) = (None, false);
    vec![Message { id, prefix: Prefix::Vm, slot, is_saved, source, is_uncertain, is_only_flagged: true }]
}

/// Whether the flows of the call have slots: they note each message, for this contact or for another one.
#[must_use]
pub fn has_notes(attributes: &Attributes) -> bool {
    value(attributes, message::TAKING).is_some()
        || message::Slot::ALL.into_iter().any(|slot| value(attributes, &slot.state()).is_some())
}

fn no_audio(contact: &ContactId) -> ContactRecordError {
    ContactRecordError::NoCustomerAudio(contact.clone())
}

/// A message with its streams.
struct Pair {
    streams: Vec<Stream>,
    /// The fragment noted by the flow, if the stream holds others before it.
    begins_inside: Option<String>,
    is_uncertain: bool,
}

/// Pairs messages, oldest first, with streams, in time order: by the fragment that the flow noted, or else [by
/// time](by_time).
///
/// `is_all` means that no unreadable entry could be the stream of a message without one.
fn pair(notes: &[Note], streams: &[Stream], is_all: bool) -> Vec<Pair> {
    let by_fragment = |note: &Note| {
        let fragment = note.fragment.as_deref()?;
        streams.iter().position(|stream| stream.holds(fragment))
    };
    let known: Vec<Option<usize>> = notes.iter().map(by_fragment).collect();
    // Connect may have written one entry for all streams; a message that began after its end is not in it.
    let may_share = |n: usize| match (streams, &notes[n].fragment) {
        ([only], Some(own)) => is_all && !only.ends_before(own),
        ([_], None) => is_all,
        _ => false,
    };
    let places = |n: usize| match known[n] {
        Some(place) => Places { all: vec![place], is_uncertain: false },
        None => match by_time(&known, n, streams.len(), is_all) {
            places if places.all.is_empty() && may_share(n) => Places { all: vec![0], is_uncertain: true },
            places => places,
        },
    };
    let found: Vec<Places> = (0..notes.len()).map(places).collect();
    let pair = |n: usize| {
        let mut places = found[n].all.as_slice();
        if notes[n].slot.is_none() {
            // The message being taken when the call ended is the last one.
            places = &places[places.len().saturating_sub(1)..];
        }
        let mut streams: Vec<Stream> = places.iter().map(|place| streams[*place].clone()).collect();
        let mut begins_inside = None;
        if let ([stream], Some(own)) = (streams.as_mut_slice(), &notes[n].fragment) {
            let is_first =
                stream.first_fragment.as_deref().is_none_or(|first| decimal_order(first, own).is_eq());
            begins_inside = (stream.holds(own) && !is_first).then(|| own.clone());
            // A stream with several messages is cut where each of them begins.
            let shares = |m: usize| m != n && found[m].all == found[n].all;
            if begins_inside.is_some() && (0..n).any(shares) {
                stream.first_fragment.clone_from(&begins_inside);
            }
            // A recording was not started for the message, so each of its messages is cut out.
            if stream.is_recording() && stream.holds(own) {
                stream.first_fragment = Some(own.clone());
                stream.is_marked = true;
            }
            let begins =
                |m: usize| notes[m].fragment.as_ref().filter(|other| decimal_order(other, own).is_gt());
            let next = (0..notes.len()).filter(|m| shares(*m)).filter_map(begins);
            // A function that failed at the end of the message leaves the mark of its beginning.
            let is_end = |until: &&String| stream.is_recording() && decimal_order(until, own).is_gt();
            let ends = next.chain(notes[n].until.as_ref().filter(is_end));
            stream.before_fragment = ends.min_by(|one, other| decimal_order(one, other)).cloned();
        }
        Pair { streams, begins_inside, is_uncertain: found[n].is_uncertain }
    };
    (0..notes.len()).map(pair).collect()
}

/// The positions of a message's streams among all streams of the contact.
struct Places {
    all: Vec<usize>,
    is_uncertain: bool,
}

/// All streams that could be the `n`th message. They lie between the `known` streams of the messages around it, minus
/// one for each other message in that range. If there are more streams than messages, some were abandoned, and nothing
/// shows which. If there are fewer, Connect wrote one entry for a stream that was stopped and restarted.
fn by_time(known: &[Option<usize>], n: usize, streams: usize, is_all: bool) -> Places {
    let from = known[..n].iter().rposition(Option::is_some);
    let to = known[n..].iter().position(Option::is_some).map(|place| n + place);
    let place = |m: Option<usize>| m.and_then(|m| known[m]);
    let between = place(from).map_or(0, |place| place + 1)..place(to).unwrap_or(streams);
    let free: Vec<usize> = between.filter(|place| !known.contains(&Some(*place))).collect();
    let first = from.map_or(0, |m| m + 1);
    let (nth, messages) = (n - first, to.unwrap_or(known.len()) - first);
    let more = free.len().saturating_sub(messages);
    let fewer = messages.saturating_sub(free.len());
    // An unreadable entry could belong to any message.
    let (low, high) = if is_all {
        (Some(nth.saturating_sub(fewer)), (nth + more).min(free.len().saturating_sub(1)))
    } else {
        (nth.checked_sub(fewer), (nth + more).saturating_sub(fewer))
    };
    let all = low.and_then(|low| free.get(low..=high)).map(<[usize]>::to_vec).unwrap_or_default();
    Places { is_uncertain: more + fewer > 0 && !all.is_empty(), all }
}
