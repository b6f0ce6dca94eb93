//! The name of a voicemail, and the keys of its objects.
//!
//! A caller can leave several messages in one contact. A voicemail is therefore a message: its name is the contact's
//! ID, with `-2` for the second message of a contact, and so on. Every key consists only of that name, so that a
//! repeated event finds the work of the first.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mode::Mode;
use crate::objects::{
    CLAIMS_PREFIX, ContactId, ContactIdError, DELIVERED_PREFIX, ENDED_PREFIX, PACKAGES_PREFIX,
    RECORDING_SUFFIX, REDACTED_PREFIX, REVOKED_PREFIX, TRANSCRIPT_SUFFIX, UNDELIVERED_PREFIX,
};

/// The length of a contact's ID.
const CONTACT_ID_CHARACTERS: usize = 36;

/// The number of a contact's message: 1 to 4. Flows save three; a fourth can only be one in progress when the call
/// ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct MessageNumber(u8);

/// An invalid message number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a message number, which is 1 to 4")]
pub struct MessageNumberError(u8);

impl MessageNumber {
    /// The first message.
    pub const FIRST: Self = Self(1);
    /// All numbers, in order.
    pub const ALL: [Self; 4] = [Self(1), Self(2), Self(3), Self(4)];

    /// Whether it is the first.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.0 == 1
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for MessageNumber {
    fn default() -> Self {
        Self::FIRST
    }
}

impl TryFrom<u8> for MessageNumber {
    type Error = MessageNumberError;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::ALL.into_iter().find(|known| known.0 == number).ok_or(MessageNumberError(number))
    }
}

impl From<MessageNumber> for u8 {
    fn from(number: MessageNumber) -> Self {
        number.0
    }
}

impl fmt::Display for MessageNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The name of a voicemail: `<contact id>`, or `<contact id>-2` to `<contact id>-4`. Safe in keys, job names and URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VoicemailId {
    contact: ContactId,
    number: MessageNumber,
}

impl VoicemailId {
    /// The name of a contact's message.
    #[must_use]
    pub fn new(contact: ContactId, number: MessageNumber) -> Self {
        Self { contact, number }
    }

    /// Reads a name as [`Display`](fmt::Display) writes it.
    ///
    /// # Errors
    /// [`ContactIdError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ContactIdError> {
        let (contact, rest) = text.split_at_checked(CONTACT_ID_CHARACTERS).unwrap_or((text, ""));
        let number = match rest {
            "" => Some(MessageNumber::FIRST),
            // Each name has one spelling: the first message has no number.
            rest => MessageNumber::ALL[1..].iter().copied().find(|number| rest == format!("-{number}")),
        };
        match number {
            Some(number) => Ok(Self { contact: ContactId::parse(contact)?, number }),
            None => Err(ContactIdError::of(text)),
        }
    }

    /// The contact that left it.
    #[must_use]
    pub fn contact(&self) -> &ContactId {
        &self.contact
    }

    /// Its number among the contact's messages.
    #[must_use]
    pub fn number(&self) -> MessageNumber {
        self.number
    }

    /// Key of the recording in the recordings bucket.
    #[must_use]
    pub fn recording_key(&self) -> String {
        format!("{self}{RECORDING_SUFFIX}")
    }

    /// Key of the transcript in the transcripts bucket.
    #[must_use]
    pub fn transcript_key(&self) -> String {
        format!("{self}{TRANSCRIPT_SUFFIX}")
    }

    /// Key of the transcript in which personal data is redacted, in the transcripts bucket.
    #[must_use]
    pub fn redacted_transcript_key(&self) -> String {
        format!("{REDACTED_PREFIX}{self}{TRANSCRIPT_SUFFIX}")
    }

    /// Name of the transcription job of an installation's stack.
    #[must_use]
    pub fn job_name(&self, stack: &str) -> String {
        format!("{stack}.{self}")
    }

    /// The voicemail of a transcription job: one of this stack, or one of the earlier version, whose jobs were named
    /// after the contact alone. Other jobs have other names.
    #[must_use]
    pub fn of_job(name: &str, stack: &str) -> Option<Self> {
        let own = name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('.'));
        Self::parse(own.unwrap_or(name)).ok()
    }

    /// Key of the package in the transcripts bucket, as delivered but without the playback link.
    #[must_use]
    pub fn package_key(&self) -> String {
        format!("{PACKAGES_PREFIX}{self}")
    }

    /// Key in the state bucket that exists from before the recording until the voicemail has ended.
    #[must_use]
    pub fn undelivered_key(&self) -> String {
        format!("{UNDELIVERED_PREFIX}{self}")
    }

    /// Key of the witness in the state bucket, the permanent record of how the voicemail ended.
    #[must_use]
    pub fn ended_key(&self) -> String {
        format!("{ENDED_PREFIX}{self}")
    }

    /// Key of the earlier version's marker for a delivered voicemail, in the transcripts bucket. It counts as a witness
    /// while it is kept.
    #[must_use]
    pub fn old_delivered_key(&self) -> String {
        format!("{DELIVERED_PREFIX}{self}")
    }

    /// Key of one mode's receipt in the state bucket: it exists once the voicemail was delivered by that mode. The
    /// earlier version kept it in the transcripts bucket, under the same key.
    #[must_use]
    pub fn delivered_by_key(&self, mode: Mode) -> String {
        format!("{DELIVERED_PREFIX}{self}/{mode}")
    }

    /// Key of the marker for a part of one mode's delivery, in the state bucket: it exists once that part is done, so
    /// that it is not repeated if another part fails. The earlier version kept it in the transcripts bucket.
    #[must_use]
    pub fn part_key(&self, mode: Mode, part: &str) -> String {
        format!("{DELIVERED_PREFIX}{self}/{mode}.{part}")
    }

    /// Key of one mode's claim, in the state bucket: while it is recent, that delivery is in progress.
    #[must_use]
    pub fn claim_key(&self, mode: Mode) -> String {
        format!("{CLAIMS_PREFIX}{self}/{mode}")
    }

    /// Key of the object that revokes this voicemail's playback links, in the state bucket. The earlier version kept it
    /// in the transcripts bucket, under the same key.
    #[must_use]
    pub fn revoked_key(&self) -> String {
        format!("{REVOKED_PREFIX}{self}")
    }

    /// The voicemail of a recording's or a transcript's key.
    ///
    /// # Errors
    /// [`ContactIdError`] for any other key.
    pub fn of_key(key: &str) -> Result<Self, ContactIdError> {
        let recording = key.strip_suffix(RECORDING_SUFFIX);
        let transcript = key.strip_suffix(TRANSCRIPT_SUFFIX);
        let transcript = transcript.map(|stem| stem.strip_prefix(REDACTED_PREFIX).unwrap_or(stem));
        Self::parse(recording.or(transcript).unwrap_or(key))
    }
}

impl fmt::Display for VoicemailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.number.is_first() {
            self.contact.fmt(f)
        } else {
            write!(f, "{}-{}", self.contact, self.number)
        }
    }
}

impl TryFrom<String> for VoicemailId {
    type Error = ContactIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<VoicemailId> for String {
    fn from(id: VoicemailId) -> Self {
        id.to_string()
    }
}

impl From<ContactId> for VoicemailId {
    /// The contact's first message.
    fn from(contact: ContactId) -> Self {
        Self { contact, number: MessageNumber::FIRST }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";

    fn ids() -> impl Iterator<Item = VoicemailId> {
        let contact = ContactId::parse(CONTACT).unwrap();
        MessageNumber::ALL.into_iter().map(move |number| VoicemailId::new(contact.clone(), number))
    }

    #[test]
    fn a_name_is_read_again_and_has_one_spelling() {
        let names: Vec<String> = ids().map(|id| id.to_string()).collect();
        assert_eq!(names[0], CONTACT);
        assert_eq!(names[1], format!("{CONTACT}-2"));
        for id in ids() {
            assert_eq!(VoicemailId::parse(&id.to_string()), Ok(id));
        }
        for bad in ["-1", "-0", "-5", "-02", "-2-2", "-", "2", "-2 ", "é"] {
            assert!(VoicemailId::parse(&format!("{CONTACT}{bad}")).is_err(), "{bad}");
        }
        assert!(VoicemailId::parse("").is_err());
    }

    #[test]
    fn keys_lead_back_to_the_voicemail() {
        for id in ids() {
            assert_eq!(VoicemailId::of_key(&id.recording_key()), Ok(id.clone()));
            assert_eq!(VoicemailId::of_key(&id.transcript_key()), Ok(id.clone()));
            assert_eq!(VoicemailId::of_key(&id.redacted_transcript_key()), Ok(id.clone()));
            assert!(VoicemailId::of_key(&format!("redacted-{}", id.recording_key())).is_err());
            for key in [id.package_key(), id.delivered_by_key(Mode::Email), id.old_delivered_key()] {
                assert!(!key.ends_with(TRANSCRIPT_SUFFIX), "{key} would be taken for a transcript");
            }
        }
    }

    #[test]
    fn keys_of_different_voicemails_and_kinds_are_different() {
        let mut keys: Vec<String> = ids()
            .flat_map(|id| {
                [
                    id.undelivered_key(),
                    id.ended_key(),
                    id.old_delivered_key(),
                    id.delivered_by_key(Mode::Task),
                    id.part_key(Mode::Other, "event"),
                    id.claim_key(Mode::Task),
                    id.revoked_key(),
                ]
            })
            .collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }

    #[test]
    fn a_job_tells_its_voicemail_if_it_is_ours() {
        for id in ids() {
            assert_eq!(VoicemailId::of_job(&id.job_name("stack"), "stack"), Some(id.clone()));
            assert_eq!(VoicemailId::of_job(&id.job_name("other"), "stack"), None);
        }
        assert_eq!(VoicemailId::of_job(CONTACT, "stack").unwrap().to_string(), CONTACT);
        assert_eq!(VoicemailId::of_job("stack.their-own-job", "stack"), None);
    }
}
