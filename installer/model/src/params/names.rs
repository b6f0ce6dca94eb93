//! Names and IDs, checked when they are read.

use std::fmt;

use serde::{Deserialize, Serialize};
use vmx_contract::arn::InstanceArn;
use vmx_contract::language;
use vmx_contract::staff::Words;

use super::near::nearest;

/// An invalid name; the message says what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(String);

/// Defines a checked name type: reading, writing, display.
macro_rules! text_form {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// An AWS region's code, for example `eu-west-2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(String);

impl Region {
    /// Reads a region's code. Only AWS knows whether the region exists.
    ///
    /// # Errors
    /// [`NameError`] if it does not look like one.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let words: Vec<&str> = text.split('-').collect();
        let letters = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        let sound = words.len() >= 3
            && words[..words.len() - 1].iter().all(letters)
            && words[0].len() <= 3
            && words[words.len() - 1].bytes().all(|b| b.is_ascii_digit())
            && words[words.len() - 1].len() == 1;
        sound
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| NameError(format!("`{text}` is not an AWS region code, such as eu-west-2")))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_form!(Region);

/// The name of the CloudFormation stack.
///
/// CloudFormation allows 128 characters and capitals. But buckets are named after the stack, with at most 63 lowercase
/// characters, some of them for the account and region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StackName(String);

impl StackName {
    pub(super) const LONGEST: usize = 30;

    /// Reads a stack's name.
    ///
    /// # Errors
    /// [`NameError`] for anything but lowercase letters, digits and single hyphens, starting with a letter.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let sound = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(known)
            && !text.ends_with('-')
            && !text.contains("--")
            && text.len() <= Self::LONGEST;
        sound.then(|| Self(text.to_owned())).ok_or_else(|| {
            NameError(format!(
                "`{text}` is not a valid stack name: use a lowercase letter followed by lowercase letters, \
                 digits and single hyphens, at most {} characters",
                Self::LONGEST
            ))
        })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for StackName {
    fn default() -> Self {
        Self("voicemail-express".to_owned())
    }
}

text_form!(StackName);

/// A reference to the Amazon Connect instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum InstanceRef {
    /// By its alias, the first part of its access URL.
    Alias(String),
    /// By its id, a UUID.
    Id(String),
    /// By its ARN.
    Arn(InstanceArn),
}

impl InstanceRef {
    /// Reads an instance's alias, ID or ARN.
    ///
    /// # Errors
    /// [`NameError`] if it is none of them.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.starts_with("arn:") {
            return InstanceArn::parse(text).map(Self::Arn).map_err(|error| NameError(error.to_string()));
        }
        if is_uuid(text) {
            return Ok(Self::Id(text.to_owned()));
        }
        // The alias is a label of the access URL: `CreateInstance` accepts 1 to 45 characters of [0-9A-Za-z-].
        let sound = (1..=45).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !text.starts_with("d-");
        sound.then(|| Self::Alias(text.to_owned())).ok_or_else(|| {
            NameError(format!(
                "`{text}` is not the alias, ID or ARN of an Amazon Connect instance; the alias is the first \
                 part of the instance's access URL"
            ))
        })
    }

    /// The reference as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Alias(text) | Self::Id(text) => text,
            Self::Arn(arn) => arn.as_str(),
        }
    }
}

text_form!(InstanceRef);

/// A reference to a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum QueueRef {
    /// By its name.
    Name(String),
    /// By its id, a UUID.
    Id(String),
    /// By its ARN.
    Arn(String),
}

impl QueueRef {
    /// Reads a queue's name, ID or ARN.
    ///
    /// # Errors
    /// [`NameError`] if it is none of them.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let refused = |why: &str| NameError(format!("`{text}` is not a valid queue: {why}"));
        if text.starts_with("arn:") {
            let own_queue = text
                .split_once("/queue/")
                .is_some_and(|(instance, queue)| InstanceArn::parse(instance).is_ok() && is_uuid(queue));
            return own_queue
                .then(|| Self::Arn(text.to_owned()))
                .ok_or_else(|| refused("a queue's ARN is its instance's ARN followed by /queue/ and an ID"));
        }
        if is_uuid(text) {
            return Ok(Self::Id(text.to_owned()));
        }
        let sound = (1..=256).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        sound
            .then(|| Self::Name(text.to_owned()))
            .ok_or_else(|| refused("a queue's name has 1 to 256 characters"))
    }

    /// The reference as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name(text) | Self::Id(text) | Self::Arn(text) => text,
        }
    }
}

text_form!(QueueRef);

/// A language that Amazon Transcribe supports, for example `en-GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "String")]
pub struct Language(&'static str);

impl Language {
    /// Reads a language code, in any case.
    ///
    /// # Errors
    /// [`NameError`] for an unsupported language, with the closest codes.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        language::canonical(text).map(Self).ok_or_else(|| {
            NameError(format!(
                "`{text}` is not an Amazon Transcribe language code; the closest are {}",
                near_codes(text).join(", ")
            ))
        })
    }

    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl Default for Language {
    fn default() -> Self {
        Self("en-US")
    }
}

/// A language that people read, for example `de-DE`. There may be no words for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LanguageTag(String);

impl LanguageTag {
    pub(super) const LONGEST: usize = 35;

    /// Reads a language tag.
    ///
    /// # Errors
    /// [`NameError`] if it does not look like one.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let mut parts = text.split('-');
        let sound = parts.next().is_some_and(|language| {
            (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic())
        }) && parts
            .all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
            && text.len() <= Self::LONGEST;
        sound
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| NameError(format!("`{text}` is not a language tag, such as de-DE or pt-BR")))
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LanguageTag {
    fn default() -> Self {
        Self(Words::english().tag.to_owned())
    }
}

text_form!(LanguageTag);

/// The codes of the same language, or else the most similar ones.
fn near_codes(text: &str) -> Vec<&'static str> {
    let of = |code: &str| code.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let same: Vec<&str> = language::CODES.into_iter().filter(|code| of(code) == of(text)).collect();
    if same.is_empty() { nearest(text, language::CODES.into_iter()) } else { same }
}

text_form!(Language);

// A derived implementation would require a text with the lifetime of the list of languages.
impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// A time zone, by its name in the IANA time zone database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(String);

impl TimeZone {
    /// Reads a time zone's name.
    ///
    /// # Errors
    /// [`NameError`] for a name that is not in the database.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let zone = jiff::tz::TimeZone::get(text).ok();
        let name = zone.as_ref().and_then(jiff::tz::TimeZone::iana_name);
        name.map(|name| Self(name.to_owned())).ok_or_else(|| {
            NameError(format!(
                "`{text}` is not a time zone; examples are UTC, Europe/Berlin and America/New_York"
            ))
        })
    }

    /// The names of the database, sorted.
    #[must_use]
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        names.sort();
        names
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

text_form!(TimeZone);

fn is_uuid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// The attribute prefix, without its underscore.
pub(super) mod prefix {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use vmx_contract::attributes::Prefix;

    /// The known prefixes.
    pub(crate) const NAMES: [&str; 3] = ["vm", "vmx", "vmx3"];

    pub(crate) fn serialize<S: Serializer>(prefix: &Prefix, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(prefix.as_str().trim_end_matches('_'))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Prefix, D::Error> {
        let text = String::deserialize(deserializer)?;
        Prefix::parse(&format!("{text}_")).ok_or_else(|| {
            de::Error::custom(format_args!("`{text}` is not a prefix; use one of {}", NAMES.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
    const UUID: &str = "00000000-0000-4000-8000-0000000000bb";

    #[test]
    fn regions_stacks_and_instances_are_read() {
        for good in ["eu-west-2", "us-gov-west-1", "cn-north-1", "ap-southeast-4"] {
            assert!(Region::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "eu-west", "EU-WEST-2", "eu-west-2a", "eu--2", "eu-west-22 "] {
            assert!(Region::parse(bad).is_err(), "{bad}");
        }
        for bad in ["", "Voicemail", "1a", "a_b", "a--b", "a-", &"a".repeat(31)] {
            assert!(StackName::parse(bad).is_err(), "{bad}");
        }
        assert!(matches!(InstanceRef::parse("my-alias"), Ok(InstanceRef::Alias(_))));
        assert!(matches!(InstanceRef::parse(UUID), Ok(InstanceRef::Id(_))));
        assert!(matches!(InstanceRef::parse(ARN), Ok(InstanceRef::Arn(_))));
        for bad in ["", "my alias", "arn:aws:s3:::bucket", "https://my-alias.my.connect.aws"] {
            assert!(InstanceRef::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn queues_are_names_ids_or_arns() {
        assert!(matches!(QueueRef::parse("Billing – night"), Ok(QueueRef::Name(_))));
        assert!(matches!(QueueRef::parse(UUID), Ok(QueueRef::Id(_))));
        assert!(matches!(QueueRef::parse(&format!("{ARN}/queue/{UUID}")), Ok(QueueRef::Arn(_))));
        for bad in ["", "a\nb", ARN, &format!("{ARN}/queue/agent/{UUID}")] {
            assert!(QueueRef::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wrong_language_is_answered_with_near_ones() {
        assert_eq!(Language::parse("fr-ca").map(Language::as_str), Ok("fr-CA"));
        let message = |code: &str| {
            Language::parse(code).map_or_else(|error| error.to_string(), |code| code.to_string())
        };
        assert!(message("fr_FR").ends_with("the closest are fr-CA, fr-FR"));
        assert!(message("frr-FR").contains("fr-FR"));
    }
}
