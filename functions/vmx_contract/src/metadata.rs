//! The state of a voicemail between the steps, in the recording's S3 object metadata.
//!
//! There is no tracking database. Metadata travels in HTTP headers, which allow only US-ASCII, so every value is
//! percent-encoded; S3 allows 2 KiB in all.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use crate::attributes::Prefix;
use crate::language;
use crate::mode::Mode;
use crate::voicemail::{Voicemail, Warning};
use crate::voicemail_id::VoicemailId;

/// S3's limit of an object's user metadata, keys and values together, in bytes. Source: Amazon S3 user guide, "Working
/// with object metadata".
pub const MAX_BYTES: usize = 2048;

/// Invalid metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// A key is missing.
    #[error(
        "the recording of voicemail {id} has no metadata `{key}`: it was not written by Voicemail Express or was copied without its metadata"
    )]
    Missing {
        /// The voicemail.
        id: VoicemailId,
        /// The key.
        key: &'static str,
    },
    /// A value is invalid.
    #[error("the recording of voicemail {id} has invalid metadata `{key}`")]
    Unreadable {
        /// The voicemail.
        id: VoicemailId,
        /// The key.
        key: &'static str,
    },
}

const PREFIX: &str = "vm-prefix";
const FROM: &str = "vm-from";
const RECIPIENT: &str = "vm-queue-arn";
const AGENT: &str = "vm-preferred-agent";
const LANGUAGE: &str = "vm-lang";
const MODES: &str = "vm-mode";
const PRIORITY: &str = "vm-priority";
const TASK_FLOW: &str = "vm-task-flow";
const EMAIL_FROM: &str = "vm-email-from";
const EMAIL_TO: &str = "vm-email-to";
const EMAIL_TEMPLATE: &str = "vm-email-template";
const SUMMARY: &str = "vm-summary";
const RECEIVED: &str = "vm-received-at";
const WARNINGS: &str = "vm-warnings";
/// How many ms of the recording are not silence, as measured by the recorder; decimal. Stored in addition to the keys
/// of [`encode`].
pub const VOICED: &str = "vm-voiced-ms";
/// Room reserved for it.
const VOICED_BYTES: usize = VOICED.len() + 20;

/// The voicemail as keys (without `x-amz-meta-`) and US-ASCII values, at most [`MAX_BYTES`]. Optional texts that do not
/// fit are omitted, with [`Warning::AttributeDropped`].
#[must_use]
pub fn encode(voicemail: &Voicemail) -> HashMap<String, String> {
    let mut kept = voicemail.clone();
    loop {
        let encoded = encode_all(&kept);
        let bytes: usize = encoded.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes <= MAX_BYTES - VOICED_BYTES || !drop_longest(&mut kept) {
            return encoded;
        }
    }
}

fn encode_all(voicemail: &Voicemail) -> HashMap<String, String> {
    let mut map = HashMap::new();
    let mut put = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            map.insert(key.to_owned(), percent_encode(value));
        }
    };
    put(PREFIX, Some(voicemail.prefix.as_str()));
    put(FROM, voicemail.from.as_deref());
    put(RECIPIENT, Some(&voicemail.recipient_arn));
    put(AGENT, voicemail.preferred_agent.as_deref());
    put(LANGUAGE, Some(&voicemail.language));
    put(MODES, Some(&join(voicemail.modes.iter().map(|mode| mode.as_str()))));
    put(PRIORITY, voicemail.priority.as_deref());
    put(TASK_FLOW, voicemail.task_flow.as_deref());
    put(EMAIL_FROM, voicemail.email_from.as_deref());
    put(EMAIL_TO, voicemail.email_to.as_deref());
    put(EMAIL_TEMPLATE, voicemail.email_template.as_deref());
    put(SUMMARY, voicemail.summary.map(|on| if on { "true" } else { "false" }));
    put(RECEIVED, Some(&voicemail.received_at.to_string()));
    if !voicemail.warnings.is_empty() {
        put(WARNINGS, Some(&join(voicemail.warnings.iter().map(|warning| warning.code()))));
    }
    map
}

/// Omits the longest optional text; returns whether there was one.
fn drop_longest(voicemail: &mut Voicemail) -> bool {
    let longest = [
        &mut voicemail.from,
        &mut voicemail.preferred_agent,
        &mut voicemail.priority,
        &mut voicemail.task_flow,
        &mut voicemail.email_from,
        &mut voicemail.email_to,
        &mut voicemail.email_template,
    ]
    .into_iter()
    .max_by_key(|text| text.as_deref().map(percent_encode).map_or(0, |encoded| encoded.len()));
    if longest.and_then(Option::take).is_none() {
        return false;
    }
    if !voicemail.warnings.contains(&Warning::AttributeDropped) {
        voicemail.warnings.push(Warning::AttributeDropped);
    }
    true
}

/// Reads what [`encode`] wrote. Unknown keys are ignored.
///
/// # Errors
/// [`MetadataError`] if a required key is missing or a value is invalid.
pub fn decode(id: &VoicemailId, map: &HashMap<String, String>) -> Result<Voicemail, MetadataError> {
    let reader = Reader { id, map };
    let modes = reader.need(MODES, |text| text.split(',').map(Mode::parse).collect::<Option<Vec<_>>>())?;
    let warnings = reader.optional(WARNINGS)?.unwrap_or_default();
    let summary = reader.optional(SUMMARY)?;
    Ok(Voicemail {
        id: id.clone(),
        prefix: reader.need(PREFIX, Prefix::parse)?,
        from: reader.optional(FROM)?,
        recipient_arn: reader.need(RECIPIENT, |text| Some(text.to_owned()))?,
        preferred_agent: reader.optional(AGENT)?,
        language: reader.need(LANGUAGE, |text| language::canonical(text).map(str::to_owned))?,
        modes,
        priority: reader.optional(PRIORITY)?,
        task_flow: reader.optional(TASK_FLOW)?,
        email_from: reader.optional(EMAIL_FROM)?,
        email_to: reader.optional(EMAIL_TO)?,
        email_template: reader.optional(EMAIL_TEMPLATE)?,
        summary: summary.map(|text| text == "true"),
        received_at: reader.need(RECEIVED, |text| text.parse::<Timestamp>().ok())?,
        warnings: warnings.split(',').filter_map(Warning::parse).collect(),
    })
}

/// How many ms are not silence, as measured by the recorder; `None` if it did not.
#[must_use]
pub fn voiced_ms(map: &HashMap<String, String>) -> Option<u64> {
    map.get(VOICED)?.parse().ok()
}

struct Reader<'a> {
    id: &'a VoicemailId,
    map: &'a HashMap<String, String>,
}

impl Reader<'_> {
    fn optional(&self, key: &'static str) -> Result<Option<String>, MetadataError> {
        let unreadable = || MetadataError::Unreadable { id: self.id.clone(), key };
        self.map.get(key).map(|value| percent_decode(value).ok_or_else(unreadable)).transpose()
    }

    fn need<T>(&self, key: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, MetadataError> {
        let id = || self.id.clone();
        let value = self.optional(key)?.ok_or_else(|| MetadataError::Missing { id: id(), key })?;
        read(&value).ok_or_else(|| MetadataError::Unreadable { id: id(), key })
    }
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(",")
}

/// Encodes a value: visible ASCII except `%` is kept; every other byte becomes `%XX`.
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_graphic() && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn voicemail() -> Voicemail {
        Voicemail {
            id: VoicemailId::parse("00000000-0000-4000-8000-00000000c0de").unwrap(),
            prefix: Prefix::Vmx,
            from: Some("+15555550100".into()),
            recipient_arn: "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q".into(),
            preferred_agent: Some("zoë".into()),
            language: "en-US".into(),
            modes: vec![Mode::Task, Mode::Email],
            priority: None,
            task_flow: None,
            email_from: None,
            email_to: None,
            email_template: None,
            summary: Some(false),
            received_at: "2026-11-23T10:00:00Z".parse().unwrap(),
            warnings: vec![Warning::AudioGaps],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let written = voicemail();
        let encoded = encode(&written);
        assert_eq!(encoded["vm-preferred-agent"], "zo%C3%AB");
        assert_eq!(decode(&written.id, &encoded), Ok(written));
    }

    #[test]
    fn a_missing_key_and_a_broken_value_are_named() {
        let written = voicemail();
        let id = &written.id;
        for key in [PREFIX, RECIPIENT, LANGUAGE, MODES, RECEIVED] {
            let mut map = encode(&written);
            map.remove(key);
            let error = decode(id, &map).unwrap_err();
            assert_eq!(error, MetadataError::Missing { id: id.clone(), key });
            map.insert(key.to_owned(), "%zz".into());
            assert!(matches!(decode(id, &map), Err(MetadataError::Unreadable { .. })));
        }
    }

    proptest! {
        #[test]
        fn any_texts_fit_and_survive_or_are_dropped_with_a_warning(texts in prop::collection::vec("\\PC{0,128}", 7)) {
            let mut written = voicemail();
            let mut texts = texts.into_iter().map(Some);
            let voicemail = &mut written;
            for slot in [
                &mut voicemail.from, &mut voicemail.preferred_agent, &mut voicemail.priority, &mut voicemail.task_flow,
                &mut voicemail.email_from, &mut voicemail.email_to, &mut voicemail.email_template,
            ] {
                *slot = texts.next().unwrap();
            }
            let encoded = encode(&written);
            let bytes: usize = encoded.iter().map(|(key, value)| key.len() + value.len()).sum();
            prop_assert!(bytes + VOICED_BYTES <= MAX_BYTES);
            prop_assert!(encoded.values().all(|value| value.bytes().all(|b| b.is_ascii_graphic())));
            let read = decode(&written.id, &encoded).unwrap();
            prop_assert!(read == written || read.warnings.contains(&Warning::AttributeDropped));
        }

        #[test]
        fn decoding_never_panics(value in "\\PC*") {
            let _ = percent_decode(&value);
        }
    }
}
