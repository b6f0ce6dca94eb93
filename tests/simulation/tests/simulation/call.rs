//! A call: what the caller said and heard, what the flow noted of it, and when an agent was talking.
//!
//! The truth of a call is kept apart from what Connect writes of it. The account compares what reached people with the
//! truth, and never asks the code under test what should have reached them.

pub(crate) mod draw;
pub(crate) mod media;
mod record;
pub(crate) mod script;

use std::collections::BTreeMap;

use vmx_contract::mode::Mode;
use vmx_contract::objects::ContactId;

/// The instance.
pub(crate) const INSTANCE: &str =
    "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
/// The first characters of all contact ids of a run.
pub(crate) const PREFIX: &str = "c0de0000-0000-4000-8000-";
/// Characters of a contact's id.
const ID_CHARACTERS: usize = 36;

/// A call that is over.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The contact.
    pub(crate) contact: ContactId,
    /// What the flows wrote.
    pub(crate) attributes: BTreeMap<String, String>,
    /// What was streamed, in the order of time.
    pub(crate) streams: Vec<Streamed>,
    /// The agent who answered.
    pub(crate) agent: Option<Talk>,
    /// The messages that the caller left or began to leave.
    pub(crate) messages: Vec<Message>,
    /// How long it took.
    pub(crate) took_ms: u64,
    /// How Connect writes the record of it.
    pub(crate) writing: Writing,
}

impl Call {
    /// The contact that the call began as, where this one followed it by a transfer: notes tell of it.
    pub(crate) fn earlier(&self) -> Option<String> {
        let own = self.contact.as_str();
        let notes = self.attributes.iter().filter(|(name, _)| name.ends_with("_contact"));
        notes.map(|(_, contact)| contact).find(|contact| *contact != own).cloned()
    }
}

/// A stretch of a call that was streamed, from a start to a stop.
#[derive(Debug, Clone)]
pub(crate) struct Streamed {
    /// Which of the contact's streams holds it.
    pub(crate) stream: u32,
    /// When it began, since the beginning of the call.
    pub(crate) from_ms: u64,
    /// When it ended.
    pub(crate) until_ms: u64,
    /// Place of its first fragment among all of the contact.
    pub(crate) first: u64,
    /// What was streamed.
    pub(crate) pcm: Vec<u8>,
}

/// The time of an agent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk {
    /// When the agent was connected, since the beginning of the call.
    pub(crate) from_ms: u64,
    /// When the agent left.
    pub(crate) until_ms: u64,
    /// Whether they talked. An agent can be connected to a caller who has just hung up.
    pub(crate) talked: bool,
    /// Whether the record says when the agent's work after the call began.
    pub(crate) has_work_after: bool,
}

/// One message.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Its name.
    pub(crate) id: String,
    /// What is to become of it.
    pub(crate) truth: Truth,
    /// Whether the caller heard that it is saved.
    pub(crate) heard_saved: bool,
    /// How it is to be delivered.
    pub(crate) modes: Vec<Mode>,
    /// What the caller said.
    pub(crate) said: Vec<u8>,
    /// How closely the recording can be that.
    pub(crate) match_: Match,
}

/// What is to become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    /// It is a voicemail.
    Voicemail,
    /// It is one, without a word in it.
    Silent,
    /// An agent answered while it was being taken.
    Cancelled,
    /// The caller hung up without a word.
    NothingSaid,
    /// The stream never got what the caller said, so that it can only be a dead letter.
    NoMedia,
}

/// How closely a recording is what the caller said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is that, to the byte.
    Exact,
    /// It is the beginning of that: the rest shares a fragment with an agent's time.
    Beginning,
    /// It holds that, among other words of the same caller: the record leaves open where the message ends.
    Within,
}

/// How Connect writes a contact's record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writing {
    /// One entry for everything that was streamed to one stream, or one for each stretch.
    pub(crate) one_entry: bool,
    /// The entries are in the order of time, or the other way round.
    pub(crate) reversed: bool,
    /// The spelling of the participant.
    pub(crate) participant: Option<&'static str>,
}

impl Default for Writing {
    fn default() -> Self {
        Self { one_entry: false, reversed: false, participant: Some("CUSTOMER") }
    }
}

/// The contact of this number.
pub(crate) fn contact(number: usize) -> ContactId {
    ContactId::parse(&format!("{PREFIX}{number:012}")).unwrap()
}

/// The voicemails that a text names, those without a number left out where one with a number is named: what is sent of a
/// second message names its contact as well.
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

/// The voicemail of this run that a text is about: the first that it names, if none has a number.
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
