//! Names of the S3 objects of a voicemail. Each is made of the contact's id and nothing else, so that a second
//! delivery of the same event meets the first one's work.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::voicemail::Mode;

/// The media type of a recording.
pub const RECORDING_CONTENT_TYPE: &str = "audio/wav";
/// Bytes before a recording's samples: the header of a WAV file.
pub const RECORDING_HEADER_BYTES: u64 = 44;
/// Bytes of one millisecond of a recording: 8,000 samples a second of two bytes each, one channel.
pub const RECORDING_BYTES_PER_MS: u64 = 16;
/// The last characters of a recording's key.
pub const RECORDING_SUFFIX: &str = ".wav";
/// The last characters of a transcript's key.
pub const TRANSCRIPT_SUFFIX: &str = ".json";
/// What Amazon Transcribe writes before a transcript's name when personal data is redacted in it.
/// Source: the Amazon Transcribe API reference, SyncOutputConfiguration, which says it of transcriptions at once; of jobs
/// it says only that the redacted transcript is a file of its own.
pub const REDACTED_PREFIX: &str = "redacted-";
/// The first characters of a delivery marker's key. It must not end like a transcript.
pub const DELIVERED_PREFIX: &str = "delivered/";
/// The first characters of a package's key in the transcripts bucket. It must not end like a transcript.
pub const PACKAGES_PREFIX: &str = "packages/";
/// The first characters of the keys that revoke playback links, in the transcripts bucket.
pub const REVOKED_PREFIX: &str = "revoked/";
/// The key of the object that revokes every playback link that was issued before the time that it holds, RFC 3339.
pub const REVOKED_ALL_KEY: &str = "revoked/all";

/// The length in ms of a recording of so many bytes, its header included.
#[must_use]
pub fn recording_duration_ms(object_bytes: u64) -> u64 {
    object_bytes.saturating_sub(RECORDING_HEADER_BYTES) / RECORDING_BYTES_PER_MS
}

/// The id of a contact: a UUID, and therefore safe in keys, job names and URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContactId(String);

/// A text that cannot be a contact's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not a contact id (a UUID such as 00000000-0000-4000-8000-00000000c0de)")]
pub struct ContactIdError {
    shown: String,
}

impl ContactId {
    /// Reads a contact's id.
    ///
    /// # Errors
    /// [`ContactIdError`] for anything but a UUID in its hyphenated form.
    pub fn parse(text: &str) -> Result<Self, ContactIdError> {
        let groups = [8, 4, 4, 4, 12];
        let sound = text.split('-').map(str::len).eq(groups)
            && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        // The text came from outside: only its beginning is repeated, without control characters.
        let shown = || text.chars().filter(|c| !c.is_control()).take(64).collect();
        sound.then(|| Self(text.to_owned())).ok_or_else(|| ContactIdError { shown: shown() })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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

    /// Key of the delivery marker in the transcripts bucket: it exists once the voicemail was delivered by every mode.
    #[must_use]
    pub fn delivered_key(&self) -> String {
        format!("{DELIVERED_PREFIX}{self}")
    }

    /// Key of the delivery marker of one mode: it exists once the voicemail was delivered by that mode.
    #[must_use]
    pub fn delivered_by_key(&self, mode: Mode) -> String {
        format!("{DELIVERED_PREFIX}{self}/{mode}")
    }

    /// Key of the claim of one mode: while it is young, somebody is at work on that delivery.
    #[must_use]
    pub fn claim_key(&self, mode: Mode) -> String {
        format!("{DELIVERED_PREFIX}{self}/{mode}.claim")
    }

    /// Key of the marker of a part of one mode's delivery: it exists once that part is done, so that it is not repeated
    /// when another part fails.
    #[must_use]
    pub fn part_key(&self, mode: Mode, part: &str) -> String {
        format!("{DELIVERED_PREFIX}{self}/{mode}.{part}")
    }

    /// Key of the package in the transcripts bucket, as it was delivered but without the playback link.
    #[must_use]
    pub fn package_key(&self) -> String {
        format!("{PACKAGES_PREFIX}{self}")
    }

    /// Key of the object in the transcripts bucket that revokes the playback links of this voicemail by being there.
    #[must_use]
    pub fn revoked_key(&self) -> String {
        format!("{REVOKED_PREFIX}{self}")
    }

    /// The contact of a recording's or a transcript's key.
    ///
    /// # Errors
    /// [`ContactIdError`] when the key is not one that this module makes.
    pub fn of_key(key: &str) -> Result<Self, ContactIdError> {
        let recording = key.strip_suffix(RECORDING_SUFFIX);
        let transcript = key.strip_suffix(TRANSCRIPT_SUFFIX);
        let transcript = transcript.map(|stem| stem.strip_prefix(REDACTED_PREFIX).unwrap_or(stem));
        Self::parse(recording.or(transcript).unwrap_or(key))
    }
}

impl fmt::Display for ContactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ContactId {
    type Error = ContactIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ContactId> for String {
    fn from(id: ContactId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn keys_lead_back_to_the_contact() {
        let id = ContactId::parse("00000000-0000-4000-8000-00000000c0de").unwrap();
        assert_eq!(ContactId::of_key(&id.recording_key()), Ok(id.clone()));
        assert_eq!(ContactId::of_key(&id.transcript_key()), Ok(id.clone()));
        assert_eq!(ContactId::of_key(&id.redacted_transcript_key()), Ok(id.clone()));
        assert!(ContactId::of_key(&format!("redacted-{}", id.recording_key())).is_err());
        let by = [id.delivered_by_key(Mode::Email), id.claim_key(Mode::Email), id.part_key(Mode::Email, "x")];
        let markers = by.into_iter().chain([id.delivered_key()]);
        for key in markers {
            assert!(key.starts_with(DELIVERED_PREFIX) && !key.ends_with(TRANSCRIPT_SUFFIX), "{key}");
        }
        assert!(!id.package_key().ends_with(TRANSCRIPT_SUFFIX), "a package is no transcript");
        assert!(id.revoked_key().starts_with(REVOKED_PREFIX) && REVOKED_ALL_KEY.starts_with(REVOKED_PREFIX));
    }

    #[test]
    fn a_recordings_size_tells_its_length() {
        assert_eq!(recording_duration_ms(44 + 16 * 1024), 1024);
        assert_eq!((recording_duration_ms(44), recording_duration_ms(0)), (0, 0));
    }

    #[test]
    fn only_a_uuid_is_a_contact_id() {
        for bad in [
            "",
            "x",
            "../../etc/passwd",
            "00000000-0000-4000-8000-00000000c0de.wav",
            "00000000_0000-4000-8000-00000000c0de",
        ] {
            assert!(ContactId::parse(bad).is_err(), "{bad}");
        }
        let long = "\u{7}".repeat(10) + &"a".repeat(500);
        assert!(ContactId::parse(&long).unwrap_err().to_string().len() < 200);
    }
}
