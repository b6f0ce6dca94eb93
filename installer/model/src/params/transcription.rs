//! How recordings are transcribed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checked::checked;
use super::{Language, Whole};

/// How recordings are transcribed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Transcription {
    /// How long to wait for a transcript, in minutes. Then the voicemail is delivered without it.
    pub deadline_minutes: Whole<5, 1440>,
    /// Two to five languages for Amazon Transcribe to choose from, unless the call sets its language.
    pub identify_language: Candidates,
    /// Amazon Transcribe custom vocabularies by language.
    #[schemars(schema_with = "super::schema::vocabularies")]
    pub vocabularies: BTreeMap<Language, Vocabulary>,
    /// Replace personal data with `[PII]` in transcripts. Amazon Transcribe supports en-US and es-US.
    pub redact: bool,
}

impl Default for Transcription {
    fn default() -> Self {
        Self {
            deadline_minutes: const { Whole::of(60) },
            identify_language: Candidates::default(),
            vocabularies: BTreeMap::new(),
            redact: false,
        }
    }
}

/// Languages to choose from: none, or two to five.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Language>", into = "Vec<Language>")]
pub struct Candidates(Vec<Language>);

impl Candidates {
    /// The languages.
    #[must_use]
    pub fn get(&self) -> &[Language] {
        &self.0
    }
}

impl TryFrom<Vec<Language>> for Candidates {
    type Error = String;

    fn try_from(languages: Vec<Language>) -> Result<Self, String> {
        if let Some(twice) = languages.iter().enumerate().find(|(n, code)| languages[..*n].contains(code)) {
            return Err(format!("the language {} is listed twice", twice.1));
        }
        if !matches!(languages.len(), 0 | 2..=5) {
            return Err(format!(
                "found {}, expected two to five languages to choose from, or none",
                if languages.len() == 1 {
                    "one language".to_owned()
                } else {
                    format!("{} languages", languages.len())
                }
            ));
        }
        Ok(Self(languages))
    }
}

impl From<Candidates> for Vec<Language> {
    fn from(candidates: Candidates) -> Self {
        candidates.0
    }
}

checked!(
    /// The name of a custom vocabulary. Source: the Amazon Transcribe API reference, CreateVocabulary.
    Vocabulary,
    |name| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=200).contains(&name.len()) && name.bytes().all(known)
    },
    "a valid vocabulary name: use 1 to 200 letters, digits and ._-"
);
