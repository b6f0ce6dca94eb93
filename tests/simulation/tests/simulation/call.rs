//! A call: what the caller said and heard, what the flow noted, and when an agent was talking.
//!
//! The truth about a call is kept apart from Connect's records of it. The account compares deliveries with the truth,
//! and never asks the code under test what should have been delivered.

pub(crate) mod draw;
pub(crate) mod media;
mod record;
pub(crate) mod script;

use std::collections::BTreeMap;

use vmx_contract::mode::Mode;
use vmx_contract::objects::ContactId;

/// The instance's ARN.
pub(crate) const INSTANCE: &str =
    "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
/// The common prefix of all contact IDs of a run.
pub(crate) const PREFIX: &str = "c0de0000-0000-4000-8000-";
/// The length of a contact ID.
const ID_CHARACTERS: usize = 36;

/// A finished call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) contact: ContactId,
    /// The contacts of the same call before it, oldest first: each transfer makes a new one.
    pub(crate) earlier: Vec<ContactId>,
    /// The attributes set by the flows.
    pub(crate) attributes: BTreeMap<String, String>,
    /// The streamed audio, in time order.
    pub(crate) streams: Vec<Streamed>,
    /// The agent who answered.
    pub(crate) agent: Option<Talk>,
    /// The messages that the caller left or began to leave.
    pub(crate) messages: Vec<Message>,
    /// Its length.
    pub(crate) took_ms: u64,
    /// How Connect writes its record.
    pub(crate) writing: Writing,
}

impl Call {
    /// The contact as which the call began.
    pub(crate) fn initial(&self) -> &ContactId {
        self.earlier.first().unwrap_or(&self.contact)
    }
}

/// A continuous part of a call's streamed audio.
#[derive(Debug, Clone)]
pub(crate) struct Streamed {
    /// The index of the contact's stream that holds it.
    pub(crate) stream: u32,
    /// When it began, from the start of the call.
    pub(crate) from_ms: u64,
    /// When it ended.
    pub(crate) until_ms: u64,
    /// The index of its first fragment among all of the contact's.
    pub(crate) first: u64,
    /// The audio.
    pub(crate) pcm: Vec<u8>,
}

/// An agent's part of the call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk {
    /// When the agent was connected, from the start of the call.
    pub(crate) from_ms: u64,
    /// When the agent left.
    pub(crate) until_ms: u64,
    /// Whether they talked. An agent can be connected to a caller who has just hung up.
    pub(crate) talked: bool,
    /// Whether the record says when the agent's after-call work began.
    pub(crate) has_work_after: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Its ID.
    pub(crate) id: String,
    /// Its required end.
    pub(crate) truth: Truth,
    /// Whether the caller was told that it is saved.
    pub(crate) heard_saved: bool,
    /// How to deliver it.
    pub(crate) modes: Vec<Mode>,
    /// What the caller said.
    pub(crate) said: Vec<u8>,
    /// How closely the recording must match it.
    pub(crate) match_: Match,
}

/// The required end of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    /// A voicemail.
    Voicemail,
    /// A voicemail without speech.
    Silent,
    /// An agent answered while it was being taken.
    Cancelled,
    /// The caller hung up without speaking.
    NothingSaid,
    /// The audio never reached the stream, so it can only become a dead letter.
    NoMedia,
}

/// How closely a recording must match what the caller said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// Byte for byte.
    Exact,
    /// Its beginning: the rest shares a fragment with an agent's time.
    Beginning,
    /// It is contained, among other words of the same caller: the record does not show where the message ends.
    Within,
}

/// How Connect writes a contact's record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing {
    /// One entry per stream, rather than one per continuous part.
    pub(crate) one_entry: bool,
    /// The entries are in reverse time order.
    pub(crate) reversed: bool,
    /// The spelling of the participant.
    pub(crate) participant: Option<&'static str>,
}

impl Default for Writing {
    fn default() -> Self {
        Self { one_entry: false, reversed: false, participant: Some("CUSTOMER") }
    }
}

/// The contact with this number.
pub(crate) fn contact(number: usize) -> ContactId {
    ContactId::parse(&format!("{PREFIX}{number:012}")).unwrap()
}

/// The voicemails that a text names, without those that have no number if one with a number is named: texts about a
/// second message name its contact as well.
fn voicemails_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(PREFIX).filter_map(|(start, _)| {
        let rest = &text[start..];
        let contact = rest.get(..ID_CHARACTERS)?;
        let numbered = rest.get(..ID_CHARACTERS + 2).filter(|id| {
            let mut tail = id[ID_CHARACTERS..].bytes();
            let next = rest.as_bytes().get(ID_CHARACTERS + 2);
            tail.next() == Some(b'-')
                && matches!(tail.next(), Some(b'2'..=b'4'))
                && !next.is_some_and(u8::is_ascii_alphanumeric)
        });
        Some(numbered.unwrap_or(contact))
    })
}

/// The voicemail of this run that a text is about: the first one named, if none has a number.
pub(crate) fn voicemail_in(text: &str) -> Option<String> {
    let found = voicemails_in(text).reduce(|first, next| if next.len() > first.len() { next } else { first });
    found.map(str::to_owned)
}

/// The contact of a voicemail.
pub(crate) fn contact_of(voicemail: &str) -> &str {
    voicemail.get(..ID_CHARACTERS).unwrap_or(voicemail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_about_the_message_with_a_number() {
        let id = contact(7);
        let second = format!("{id}-2");
        assert_eq!(voicemail_in(&format!("contact {id}, file {second}.wav")), Some(second.clone()));
        assert_eq!(voicemail_in(&format!("token {id}-20")), Some(id.to_string()));
        assert_eq!(voicemail_in("nobody"), None);
        assert_eq!(contact_of(&second), id.as_str());
    }
}
