//! The built-in text for callers, in several languages.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Key, Language, Params, Problem, Prompts, Wording, mode_prompt};

/// By language and by prompt.
static BUILT_IN: LazyLock<BTreeMap<String, BTreeMap<String, String>>> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../../../../flows/words.yaml"))
        .unwrap_or_else(|error| unreachable!("flows/words.yaml: {error}"))
});

/// What the standard engine of Amazon Polly plays for an expletive: a tone.
const BEEP: &str = r#"<speak><say-as interpret-as="expletive">beep</say-as></speak>"#;

/// The built-in voice, name or prompt of a language, or of the same language in another country, by key.
#[must_use]
pub fn built_in(language: Language, key: &str) -> Option<&'static str> {
    if key == "beep" {
        return Some(BEEP);
    }
    let family = |code: &str| code.split('-').next().unwrap_or_default().to_owned();
    let code = language.as_str();
    // The last one of a language has the most callers: en-US, es-US, fr-FR.
    let related =
        || BUILT_IN.iter().rev().find(|(other, _)| family(other) == family(code)).map(|(_, words)| words);
    BUILT_IN.get(code).or_else(related)?.get(key).map(String::as_str)
}

/// The languages with built-in text.
pub fn languages() -> impl Iterator<Item = &'static str> {
    BUILT_IN.keys().map(String::as_str)
}

impl Params {
    /// The languages for callers, with their prompts, the default one first.
    pub fn spoken(&self) -> impl Iterator<Item = (Language, &Prompts)> {
        let others = self.languages.iter().filter(|(language, _)| **language != self.default_language);
        std::iter::once((self.default_language, &self.prompts))
            .chain(others.map(|(language, prompts)| (*language, prompts)))
    }

    /// What the flows need to say but has no text: a problem for each language.
    pub(super) fn unsaid(&self) -> impl Iterator<Item = Problem> {
        self.spoken().filter_map(|(language, prompts)| {
            let within = if language == self.default_language {
                "prompts".to_owned()
            } else {
                format!("languages.{language}")
            };
            let keys: Vec<String> =
                self.unsaid_in(language, prompts).map(|key| format!("{within}.{key}")).collect();
            (!keys.is_empty()).then(|| Problem::NoWords { keys, language: language.to_string() })
        })
    }

    /// Whether a prompt in the default language has no text.
    #[must_use]
    pub fn lacks(&self, key: Key) -> bool {
        let mut unsaid = self.unsaid_in(self.default_language, &self.prompts);
        key.name().strip_prefix("prompts.").is_some_and(|name| unsaid.any(|key| key == name))
    }

    /// The prompts of a language, and its voice, that the flows need but that have no text.
    fn unsaid_in(&self, language: Language, prompts: &Prompts) -> impl Iterator<Item = &'static str> {
        let is_said = |key: &str| match key {
            // The apology replaces it: parameters of an earlier version do not have it.
            "too_many" => false,
            "waiting" | "offer" | "connecting" => self.flows.in_queue_offer,
            "test_queue" | "test_agent" | "test_in_queue" => self.flows.test_line,
            key => !key.starts_with("test_") || self.test_line_modes().any(|mode| mode_prompt(mode) == key),
        };
        let has_none = |key: &str| built_in(language, key).is_none();
        let voice = prompts.voice.given().is_none() && has_none("voice");
        let words = prompts
            .wordings()
            .filter(|(key, wording)| **wording == Wording::BuiltIn && is_said(key) && has_none(key));
        let words: Vec<&'static str> = words.map(|(key, _)| key).collect();
        voice.then_some("voice").into_iter().chain(words)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::BTreeSet;

    use super::*;
    use crate::params::Prompt;

    #[test]
    fn every_language_says_everything() {
        let needed: BTreeSet<&str> = Prompts::default()
            .wordings()
            .map(|(key, _)| key)
            .filter(|key| *key != "beep")
            .chain(["voice", "name"])
            .collect();
        // Staff can read each of them.
        let of_staff: Vec<&str> = vmx_contract::staff::Words::all().map(|words| words.tag).collect();
        assert_eq!(languages().collect::<Vec<_>>(), of_staff);
        for (code, words) in BUILT_IN.iter() {
            assert_eq!(Language::parse(code).unwrap().as_str(), code);
            assert_eq!(words.keys().map(String::as_str).collect::<BTreeSet<_>>(), needed, "{code}");
            for (key, text) in words {
                assert!(Prompt::parse(text).is_ok(), "{code}: {key}");
            }
            // The keys are the flows' and not the translator's.
            for (key, digits) in [
                ("offer", &["1", "2"][..]),
                ("test_queue", &["1"]),
                ("test_agent", &["2"]),
                ("test_in_queue", &["3"]),
                ("test_task", &["1"]),
                ("test_guided_task", &["2"]),
                ("test_email", &["3"]),
                ("test_sfcase", &["4"]),
                ("test_sfother", &["5"]),
                ("test_other", &["6"]),
            ] {
                let found: Vec<&str> = words[key].matches(|c: char| c.is_ascii_digit()).collect();
                assert_eq!(found, digits, "{code}: {key}");
            }
        }
    }

    #[test]
    fn no_two_languages_say_the_same_by_mistake() {
        let mut said = BTreeMap::new();
        for (code, words) in BUILT_IN.iter().filter(|(code, _)| *code != "en-GB") {
            if let Some(other) = said.insert(words["greeting"].clone(), code) {
                panic!("{code} greets as {other} does");
            }
        }
    }

    #[test]
    fn a_country_without_words_of_its_own_has_those_of_a_neighbor() {
        let voice = |code: &str| built_in(Language::parse(code).unwrap(), "voice");
        assert_eq!(voice("en-AU"), Some("Joanna"));
        assert_eq!(voice("es-MX"), Some("Lupe"));
        assert_eq!(voice("fr-CA"), Some("Chantal"));
        assert_eq!(voice("nl-NL"), None);
    }
}
