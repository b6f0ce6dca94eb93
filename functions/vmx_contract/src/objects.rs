//! The keys of voicemails' S3 objects, and the contact ID from which they are built.
//!
//! | bucket | keys |
//! |---|---|
//! | recordings | `<voicemail>.wav` |
//! | transcripts | `<voicemail>.json`, `redacted-<voicemail>.json`, `packages/<voicemail>` |
//! | state | `undelivered/`, `ended/`, `delivered/`, `claims/`, `revoked/`, `aws/lambda/`, `watchdog/` |
//!
//! The earlier version had no state bucket and kept `delivered/` and `revoked/` with the transcripts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The media type of a recording.
pub const RECORDING_CONTENT_TYPE: &str = "audio/wav";
/// Bytes before a recording's samples: the header of a WAV file.
pub const RECORDING_HEADER_BYTES: u64 = 44;
/// Bytes of one millisecond of a recording: 8,000 samples a second of two bytes each, one channel.
pub const RECORDING_BYTES_PER_MS: u64 = 16;
/// The suffix of a recording's key.
pub const RECORDING_SUFFIX: &str = ".wav";
/// The suffix of a transcript's key.
pub const TRANSCRIPT_SUFFIX: &str = ".json";
/// Amazon Transcribe's prefix of a redacted transcript's name. Source: the Amazon Transcribe API reference,
/// SyncOutputConfiguration, which documents it for synchronous transcriptions; for jobs it only says that the redacted
/// transcript is a separate file.
pub const REDACTED_PREFIX: &str = "redacted-";
/// The key prefix of voicemails in progress.
pub const UNDELIVERED_PREFIX: &str = "undelivered/";
/// The key prefix of the objects that record how a voicemail ended.
pub const ENDED_PREFIX: &str = "ended/";
/// The key prefix of delivery receipts.
pub const DELIVERED_PREFIX: &str = "delivered/";
/// The key prefix of claims, which mark a delivery in progress.
pub const CLAIMS_PREFIX: &str = "claims/";
/// The key prefix under which AWS Lambda stores the contact records that it gave up reading from the stream. Source:
/// the AWS Lambda developer guide, "Capturing records of failed invocations", destination Amazon S3.
pub const LETTERS_PREFIX: &str = "aws/lambda/";
/// The key of the watchdog's last round.
pub const WATCHDOG_KEY: &str = "watchdog/last";
/// The key of the object that marks the earlier version's recordings as completely entered.
pub const MIGRATED_KEY: &str = "watchdog/migrated";
/// The key prefix of packages in the transcripts bucket. A package's key must not have a transcript's suffix.
pub const PACKAGES_PREFIX: &str = "packages/";
/// The key prefix of revocations of playback links.
pub const REVOKED_PREFIX: &str = "revoked/";
/// The key of the object that revokes every playback link issued before the time in it, RFC 3339.
pub const REVOKED_ALL_KEY: &str = "revoked/all";

/// The length in ms of a recording of this size, header included.
#[must_use]
pub fn recording_duration_ms(object_bytes: u64) -> u64 {
    object_bytes.saturating_sub(RECORDING_HEADER_BYTES) / RECORDING_BYTES_PER_MS
}

/// A contact's ID: a UUID, and therefore safe in keys, job names and URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContactId(String);

/// A text that is not a contact ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not a contact ID (a UUID such as 00000000-0000-4000-8000-00000000c0de)")]
pub struct ContactIdError {
    shown: String,
}

impl ContactIdError {
    /// The text is untrusted: show only its start, without control characters.
    pub(crate) fn of(text: &str) -> Self {
        Self { shown: text.chars().filter(|c| !c.is_control()).take(64).collect() }
    }
}

impl ContactId {
    /// Parses a contact ID.
    ///
    /// # Errors
    /// [`ContactIdError`] for anything but a UUID in its hyphenated form.
    pub fn parse(text: &str) -> Result<Self, ContactIdError> {
        let groups = [8, 4, 4, 4, 12];
        let sound = text.split('-').map(str::len).eq(groups)
            && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        sound.then(|| Self(text.to_owned())).ok_or_else(|| ContactIdError::of(text))
    }

    /// The ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
