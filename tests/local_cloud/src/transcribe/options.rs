//! How to transcribe a job: the language or candidates for it, vocabularies, redaction. No side effects.
//!
//! Source: the Amazon Transcribe API reference, StartTranscriptionJob, and the developer guide, "Redacting PII in your
//! batch job" and "Identifying the dominant languages in your media".

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::job::{bad_request, check_language, invalid, missing};
use crate::service::AwsError;

/// The languages that the service can redact.
const REDACTED: [&str; 2] = ["en-US", "es-US"];

/// The corresponding members of a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OptionsRequest {
    language_code: Option<String>,
    identify_language: Option<bool>,
    language_options: Option<Vec<String>>,
    language_id_settings: Option<BTreeMap<String, Vocabulary>>,
    settings: Option<Vocabulary>,
    content_redaction: Option<Redaction>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vocabulary {
    vocabulary_name: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Redaction {
    redaction_type: Option<String>,
    redaction_output: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// How a job is transcribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    /// The language; `None` until it is identified.
    pub(super) language: Option<String>,
    /// The candidates for identification; `None` if the language is known.
    pub(super) candidates: Option<Vec<String>>,
    /// Whether personal data is redacted.
    pub(super) redacted: bool,
}

impl OptionsRequest {
    /// The options for the job.
    ///
    /// # Errors
    /// `BadRequestException` for options that the service refuses or this one does not support.
    pub(super) fn into_options(self) -> Result<Options, AwsError> {
        let identifies = self.identify_language == Some(true);
        if self.language_code.is_some() == identifies {
            return Err(bad_request(
                "You must specify either a language code or automatic language identification, and not both.",
            ));
        }
        self.language_code.iter().try_for_each(|code| check_language("languageCode", code))?;
        let candidates = self.language_options.unwrap_or_default();
        candidates.iter().try_for_each(|code| check_language("languageOptions", code))?;
        if !identifies && (!candidates.is_empty() || self.language_id_settings.is_some()) {
            return Err(bad_request(
                "LanguageOptions and LanguageIdSettings can be used with automatic language identification only.",
            ));
        }
        if candidates.len() == 1 {
            return Err(bad_request("You must specify at least two language codes in LanguageOptions."));
        }
        let by_language = self.language_id_settings.unwrap_or_default();
        by_language.keys().try_for_each(|code| check_language("languageIdSettings", code))?;
        if by_language.len() > 5 {
            return Err(invalid(
                "languageIdSettings",
                "…",
                "Member must have length less than or equal to 5",
            ));
        }
        if identifies && self.settings.as_ref().is_some_and(|settings| settings.vocabulary_name.is_some()) {
            return Err(bad_request(
                "Use LanguageIdSettings for vocabularies with automatic language identification.",
            ));
        }
        for settings in self.settings.iter().chain(by_language.values()) {
            if let Some(member) = settings.others.keys().next() {
                return Err(bad_request(format!("the local cloud's Transcribe does not carry out {member}")));
            }
            if settings.vocabulary_name.is_some() {
                // They cannot be created here.
                return Err(bad_request(
                    "The requested vocabulary couldn't be found. Check the vocabulary name and try your request again.",
                ));
            }
        }
        let redacted = match &self.content_redaction {
            None => false,
            Some(redaction) => {
                redaction.check()?;
                if identifies {
                    return Err(bad_request(
                        "Content redaction can't be used with automatic language identification.",
                    ));
                }
                if !self.language_code.as_deref().is_some_and(|code| REDACTED.contains(&code)) {
                    return Err(bad_request(
                        "Content redaction isn't supported for the language that you specified.",
                    ));
                }
                true
            }
        };
        Ok(Options { candidates: identifies.then_some(candidates), language: self.language_code, redacted })
    }
}

impl Redaction {
    fn check(&self) -> Result<(), AwsError> {
        let kind = self.redaction_type.as_deref().ok_or_else(|| missing("contentRedaction.redactionType"))?;
        let output =
            self.redaction_output.as_deref().ok_or_else(|| missing("contentRedaction.redactionOutput"))?;
        if kind != "PII" {
            return Err(invalid(
                "contentRedaction.redactionType",
                kind,
                "Member must satisfy enum value set: [PII]",
            ));
        }
        if output != "redacted" {
            return Err(bad_request(format!(
                "the local cloud's Transcribe does not carry out RedactionOutput {output}"
            )));
        }
        match self.others.keys().next() {
            Some(member) => {
                Err(bad_request(format!("the local cloud's Transcribe does not carry out {member}")))
            }
            None => Ok(()),
        }
    }
}

impl Options {
    /// The language in which a job is transcribed. The recognizer only knows English, so it identifies the first
    /// English candidate; without candidates it is `en-US`.
    pub(super) fn spoken(&self) -> Option<&str> {
        match &self.candidates {
            None => self.language.as_deref(),
            Some(candidates) if candidates.is_empty() => Some("en-US"),
            Some(candidates) => candidates.iter().map(String::as_str).find(|code| code.starts_with("en-")),
        }
    }

    /// The corresponding members of a job's description.
    pub(super) fn describe(&self) -> Map<String, Value> {
        let mut members = Map::new();
        if let Some(code) = &self.language {
            members.insert("LanguageCode".to_owned(), json!(code));
        }
        if let Some(candidates) = &self.candidates {
            members.insert("IdentifyLanguage".to_owned(), json!(true));
            if !candidates.is_empty() {
                members.insert("LanguageOptions".to_owned(), json!(candidates));
            }
        }
        if self.redacted {
            let redaction = json!({"RedactionType": "PII", "RedactionOutput": "redacted"});
            members.insert("ContentRedaction".to_owned(), redaction);
        }
        members
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn options(request: Value) -> Result<Options, AwsError> {
        serde_json::from_value::<OptionsRequest>(request).unwrap().into_options()
    }

    fn pii(language: &Value) -> Value {
        let mut request = language.clone();
        request["ContentRedaction"] = json!({"RedactionType": "PII", "RedactionOutput": "redacted"});
        request
    }

    #[test]
    fn what_the_service_takes_is_taken() {
        let identified = options(json!({"IdentifyLanguage": true, "LanguageOptions": ["es-US", "en-GB"],
            "LanguageIdSettings": {"es-US": {}, "en-GB": {}}}));
        assert_eq!(identified.unwrap().spoken(), Some("en-GB"));
        assert_eq!(options(json!({"IdentifyLanguage": true})).unwrap().spoken(), Some("en-US"));
        let foreign = json!({"IdentifyLanguage": true, "LanguageOptions": ["es-US", "de-DE"]});
        assert_eq!(options(foreign).unwrap().spoken(), None);
        let redacted = options(pii(&json!({"LanguageCode": "es-US", "Settings": {}}))).unwrap();
        assert!(redacted.redacted);
        assert_eq!(redacted.describe()["ContentRedaction"]["RedactionType"], "PII");
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for request in [
            json!({}),
            json!({"LanguageCode": "en-US", "IdentifyLanguage": true}),
            json!({"LanguageCode": "xx-XX"}),
            json!({"LanguageCode": "en-US", "LanguageOptions": ["en-US", "es-US"]}),
            json!({"LanguageCode": "en-US", "LanguageIdSettings": {"en-US": {}}}),
            json!({"IdentifyLanguage": true, "LanguageOptions": ["en-US"]}),
            json!({"IdentifyLanguage": true, "LanguageOptions": ["en-US", "xx-XX"]}),
            json!({"IdentifyLanguage": true, "Settings": {"VocabularyName": "names"}}),
            json!({"LanguageCode": "en-US", "Settings": {"VocabularyName": "names"}}),
            json!({"LanguageCode": "en-US", "Settings": {"ShowSpeakerLabels": true}}),
            pii(&json!({"LanguageCode": "en-GB"})),
            pii(&json!({"IdentifyLanguage": true})),
            json!({"LanguageCode": "en-US", "ContentRedaction": {"RedactionType": "PII"}}),
            json!({"LanguageCode": "en-US", "ContentRedaction":
                {"RedactionType": "PII", "RedactionOutput": "redacted_and_unredacted"}}),
        ] {
            assert_eq!(options(request.clone()).unwrap_err().code, "BadRequestException", "{request}");
        }
    }
}
