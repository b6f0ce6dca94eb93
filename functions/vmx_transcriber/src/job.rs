//! The Amazon Transcribe job for a recording. Pure.

use std::collections::BTreeMap;
use std::fmt;

use vmx_contract::language;

/// How recordings are transcribed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Languages to choose from; none, or two to five.
    pub identify: Vec<String>,
    /// Custom vocabularies by language.
    pub vocabularies: BTreeMap<String, String>,
    /// Whether to redact personal data, in the languages that Transcribe supports.
    pub redact: bool,
    /// ARN of Transcribe's role for jobs over its limit, which then queue. Without it they are refused, and their
    /// recordings wait in the pipeline's own queue.
    pub queueing_role: Option<String>,
}

/// The language of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// It is known.
    In(String),
    /// Transcribe chooses one of these.
    OneOf(Vec<String>),
}

/// One way to transcribe a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) spoken: Spoken,
    /// Vocabularies of the recording's possible languages.
    pub(crate) vocabularies: BTreeMap<String, String>,
    pub(crate) redacted: bool,
}

impl Job {
    /// The ways to transcribe a recording, the best first: a setting that Transcribe refuses must not cost the
    /// transcript. Redaction is never dropped in a language that supports it.
    ///
    /// The language is identified if nobody set it, which means that it is the default one, and if it is one of those
    /// to choose from. According to the Amazon Transcribe developer guide, a job that identifies the language cannot
    /// redact, so redaction takes precedence.
    pub(crate) fn attempts(options: &Options, language: &str, default: &str) -> Vec<Self> {
        let is_candidate = language == default || options.identify.iter().any(|code| code == language);
        let identifies = !options.redact && options.identify.len() > 1 && is_candidate;
        let best = if identifies {
            Self::of(options, Spoken::OneOf(options.identify.clone()))
        } else {
            Self::of(options, Spoken::In(language.to_owned()))
        };
        let in_language = Self::of(options, Spoken::In(language.to_owned())).plain();
        let in_default = Self::of(options, Spoken::In(default.to_owned())).plain();
        let mut attempts = vec![best.clone()];
        for attempt in [best.plain(), in_language, in_default] {
            if !attempts.contains(&attempt) {
                attempts.push(attempt);
            }
        }
        attempts
    }

    fn of(options: &Options, spoken: Spoken) -> Self {
        let vocabularies = options.vocabularies.iter().filter(|(code, _)| spoken.may_be(code));
        let redacted = options.redact
            && matches!(&spoken, Spoken::In(code) if language::REDACTED.contains(&code.as_str()));
        Self {
            vocabularies: vocabularies.map(|(code, name)| (code.clone(), name.clone())).collect(),
            redacted,
            spoken,
        }
    }

    /// The same without vocabularies.
    fn plain(&self) -> Self {
        Self { vocabularies: BTreeMap::new(), ..self.clone() }
    }
}

impl Spoken {
    fn may_be(&self, language: &str) -> bool {
        match self {
            Self::In(code) => code == language,
            Self::OneOf(codes) => codes.iter().any(|code| code == language),
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spoken {
            Spoken::In(code) => f.write_str(code)?,
            Spoken::OneOf(codes) => write!(f, "one of {}", codes.join(", "))?,
        }
        if !self.vocabularies.is_empty() {
            let names: Vec<&str> = self.vocabularies.values().map(String::as_str).collect();
            write!(f, " with the vocabulary {}", names.join(", "))?;
        }
        f.write_str(if self.redacted { ", redacted" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(redact: bool) -> Options {
        let vocabularies = [("en-US", "names"), ("de-DE", "namen")];
        Options {
            queueing_role: None,
            identify: vec!["en-US".into(), "es-US".into()],
            vocabularies: vocabularies.map(|(code, name)| (code.to_owned(), name.to_owned())).into(),
            redact,
        }
    }

    fn attempts(options: &Options, language: &str, default: &str) -> Vec<String> {
        Job::attempts(options, language, default).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_options_the_default_language_is_the_second_attempt() {
        assert_eq!(attempts(&Options::default(), "fr-FR", "en-US"), ["fr-FR", "en-US"]);
        assert_eq!(attempts(&Options::default(), "en-US", "en-US"), ["en-US"]);
    }

    #[test]
    fn the_language_is_identified_where_it_may_be_one_of_several() {
        let identified = "one of en-US, es-US with the vocabulary names";
        let found = attempts(&options(false), "es-US", "en-US");
        assert_eq!(found, [identified, "one of en-US, es-US", "es-US", "en-US"]);
        assert_eq!(attempts(&options(false), "fr-FR", "fr-FR")[0], identified, "nobody said what it is");
        let known = attempts(&options(false), "de-DE", "en-US");
        assert_eq!(known, ["de-DE with the vocabulary namen", "de-DE", "en-US"]);
    }

    #[test]
    fn redaction_is_asked_for_where_it_can_be_and_is_never_given_up() {
        let found = attempts(&options(true), "en-US", "es-US");
        assert_eq!(
            found,
            ["en-US with the vocabulary names, redacted", "en-US, redacted", "es-US, redacted"]
        );
        let found = attempts(&options(true), "de-DE", "en-US");
        assert_eq!(found, ["de-DE with the vocabulary namen", "de-DE", "en-US, redacted"]);
    }
}
