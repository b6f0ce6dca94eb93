//! The words for people who get voicemails, in several languages: on the page behind a link, in tasks, emails and
//! records, in the agent guide. What callers hear is in `flows/words.yaml`.
//!
//! A language is one value of [`Words`], so none can lack a text. A text may have places for values, such as `{caller}`:
//! see [`fill`].

mod de;
mod en;
mod es;
mod fr;
mod it;
mod ja;
mod pt;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::package::{Package, Transcript};
use crate::voicemail::Warning;

/// The words of each language, sorted by their tags.
static ALL: [Words; 10] = [
    de::DE_DE,
    en::EN_GB,
    en::EN_US,
    es::ES_ES,
    es::ES_US,
    fr::FR_CA,
    fr::FR_FR,
    it::IT_IT,
    ja::JA_JP,
    pt::PT_BR,
];

/// The words of one language. Templates of emails get them by these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The language's tag.
    pub tag: &'static str,
    /// What the language calls itself.
    pub name: &'static str,
    /// How a time is written, for `strftime`, with its time zone.
    #[serde(skip)]
    pub time: &'static str,
    /// A voicemail.
    pub voicemail: &'static str,
    /// Subject of an email, name of a task: `{caller}`, `{recipient}`.
    pub title: &'static str,
    /// Heading of an email and of the guide: `{caller}`.
    pub heading: &'static str,
    /// Below the heading of an email: `{recipient}`, `{time}`, `{length}`.
    pub line: &'static str,
    /// Below the heading of the guide: `{recipient}`, `{time}`.
    pub guide_line: &'static str,
    /// The facts in a text without fields: `{time}`, `{iso}`, `{caller}`, `{length}`, `{recipient}`.
    pub facts: &'static str,
    /// In place of a caller's number, and after "from".
    pub unknown_number: &'static str,
    /// Label of the caller.
    pub caller: &'static str,
    /// Label of the caller, of whom a voicemail is.
    pub from: &'static str,
    /// Label of the recipient, for whom a voicemail is.
    pub recipient: &'static str,
    /// Label of the time.
    pub received: &'static str,
    /// Label of the length.
    pub length: &'static str,
    /// Label of the recording.
    pub recording: &'static str,
    /// Label of the number to call back.
    pub callback_number: &'static str,
    /// Before the number to call back.
    pub call_back: &'static str,
    /// Label of a queue.
    pub queue: &'static str,
    /// Label of an agent.
    pub agent: &'static str,
    /// Heading of the summary.
    pub summary: &'static str,
    /// A summary in a text without fields: `{summary}`.
    pub summary_line: &'static str,
    /// Heading of the transcript.
    pub transcript: &'static str,
    /// Heading of the notes.
    pub notes: &'static str,
    /// A note in a text without fields: `{note}`.
    pub note_line: &'static str,
    /// In place of a summary or of notes.
    pub none: &'static str,
    /// Says what the player plays, for screen readers.
    pub player: &'static str,
    /// When the player fails.
    pub trouble: &'static str,
    /// The link that saves the recording.
    pub download: &'static str,
    /// The button or link that plays the recording.
    pub listen: &'static str,
    /// Before the link in a text.
    pub listen_line: &'static str,
    /// Until when the link works: `{time}`.
    pub link_until: &'static str,
    /// That the link is a secret.
    pub secret: &'static str,
    /// When a task has no room for the link.
    pub link_too_long: &'static str,
    /// When there are no links.
    pub in_workspace: &'static str,
    /// In a guided task.
    pub guide_plays: &'static str,
    /// When an email has the recording.
    pub attached: &'static str,
    /// The link in the guide.
    pub open: &'static str,
    /// The button that gets a new link.
    pub new_link: &'static str,
    /// The button after a failure.
    pub try_again: &'static str,
    /// When the guide cannot show a voicemail.
    pub cannot_show: &'static str,
    /// What to do then.
    pub guide_advice: &'static str,
    /// To a flow of another instance.
    pub flow_refused: &'static str,
    /// To a flow that names no voicemail.
    pub flow_names_none: &'static str,
    /// When the guide's voicemail is not stored.
    pub not_stored: &'static str,
    /// Title of the page for every link that does not work.
    pub refused_title: &'static str,
    /// Why it may not work: the same whatever the reason is.
    pub refused: &'static str,
    /// What to do then.
    pub refused_advice: &'static str,
    /// Title of the page while a service fails.
    pub unavailable_title: &'static str,
    /// What to do then.
    pub unavailable: &'static str,
    /// When nothing is stored any more.
    pub voicemail_expired: &'static str,
    /// What to do then.
    pub expired_advice: &'static str,
    /// When the recording is not stored any more.
    pub recording_expired: &'static str,
    /// When only the recording is stored.
    pub transcript_expired: &'static str,
    /// In place of a transcript without words.
    pub no_speech: &'static str,
    /// In place of a failed transcript.
    pub transcription_failed: &'static str,
    /// In place of a late transcript.
    pub transcript_late: &'static str,
    /// The notes.
    #[serde(skip)]
    pub warnings: Warnings,
}

/// A text for each [`Warning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each has the name of its warning")]
pub struct Warnings {
    pub queue_replaced: &'static str,
    pub language_replaced: &'static str,
    pub mode_replaced: &'static str,
    pub mode_not_enabled: &'static str,
    pub agent_replaced: &'static str,
    pub attribute_dropped: &'static str,
    pub audio_gaps: &'static str,
    pub recipient_unknown: &'static str,
    pub not_redacted: &'static str,
    pub email_address_replaced: &'static str,
    pub email_template_replaced: &'static str,
    pub recording_not_attached: &'static str,
    pub owner_replaced: &'static str,
    pub priority_replaced: &'static str,
    pub silent: &'static str,
    pub link_missing: &'static str,
    pub stream_uncertain: &'static str,
    pub agent_omitted: &'static str,
    pub begin_unknown: &'static str,
}

impl Words {
    /// The words in English.
    #[must_use]
    pub fn english() -> &'static Self {
        const { &en::EN_US }
    }

    /// The words of every language.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        ALL.iter()
    }

    /// The words of a language: of its tag, or else of the same language in another country. English for a language
    /// without words.
    #[must_use]
    pub fn of(tag: &str) -> &'static Self {
        Self::known(tag).unwrap_or_else(Self::english)
    }

    /// The same; `None` for a language without words.
    #[must_use]
    pub fn known(tag: &str) -> Option<&'static Self> {
        let family = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let same = |words: &&Self| words.tag.eq_ignore_ascii_case(&tag.replace('_', "-"));
        // The last one of a language has the most readers: en-US, es-US, fr-FR.
        let related = || ALL.iter().rev().find(|words| family(words.tag) == family(tag));
        ALL.iter().find(same).or_else(related)
    }

    /// A time in a time zone, a name from the IANA database; in UTC if that is unknown.
    #[must_use]
    pub fn moment(&self, at: Timestamp, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        at.to_zoned_datetime(zone).strftime(self.time).to_string()
    }

    /// The caller's number, or that it is unknown.
    #[must_use]
    pub fn caller_of<'a>(&self, package: &'a Package) -> &'a str {
        package.from.as_deref().unwrap_or(self.unknown_number)
    }

    /// A voicemail in one line, for subjects and names.
    #[must_use]
    pub fn title_of(&self, package: &Package) -> String {
        let places = [("caller", self.caller_of(package)), ("recipient", package.recipient.name())];
        fill(self.title, &places)
    }

    /// The transcript, or a note in its place.
    #[must_use]
    pub fn transcript_of<'a>(&self, package: &'a Package) -> &'a str {
        match &package.transcript {
            Transcript::Completed { text } => text,
            Transcript::Empty => self.no_speech,
            Transcript::Failed { .. } => self.transcription_failed,
            Transcript::Late => self.transcript_late,
        }
    }

    /// A warning's text.
    #[must_use]
    pub fn warning(&self, warning: Warning) -> &'static str {
        let all = &self.warnings;
        match warning {
            Warning::QueueReplaced => all.queue_replaced,
            Warning::LanguageReplaced => all.language_replaced,
            Warning::ModeReplaced => all.mode_replaced,
            Warning::ModeNotEnabled => all.mode_not_enabled,
            Warning::AgentReplaced => all.agent_replaced,
            Warning::AttributeDropped => all.attribute_dropped,
            Warning::AudioGaps => all.audio_gaps,
            Warning::RecipientUnknown => all.recipient_unknown,
            Warning::NotRedacted => all.not_redacted,
            Warning::EmailAddressReplaced => all.email_address_replaced,
            Warning::EmailTemplateReplaced => all.email_template_replaced,
            Warning::RecordingNotAttached => all.recording_not_attached,
            Warning::OwnerReplaced => all.owner_replaced,
            Warning::PriorityReplaced => all.priority_replaced,
            Warning::Silent => all.silent,
            Warning::LinkMissing => all.link_missing,
            Warning::StreamUncertain => all.stream_uncertain,
            Warning::AgentOmitted => all.agent_omitted,
            Warning::BeginUnknown => all.begin_unknown,
        }
    }
}

/// A recording's length in minutes and seconds.
#[must_use]
pub fn length(package: &Package) -> String {
    let seconds = package.duration_ms.div_ceil(1000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A text with values in its places. A value that looks like a place stays as it is.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let found = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        rest = match found {
            Some((value, after)) => {
                filled += value;
                after
            }
            None => {
                filled.push('{');
                after
            }
        };
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;
    use strum::IntoEnumIterator as _;

    use super::*;

    /// Every text, by its name.
    fn texts(words: &Words) -> BTreeMap<String, String> {
        let named = serde_json::to_value(words).unwrap();
        let named = named.as_object().unwrap().iter();
        let named = named.map(|(name, text)| (name.clone(), text.as_str().unwrap().to_owned()));
        let notes = Warning::iter().map(|one| (one.code().to_owned(), words.warning(one).to_owned()));
        named.chain(notes).collect()
    }

    /// The names of a text's places.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn every_language_says_everything_with_the_same_values() {
        assert!(ALL.is_sorted_by_key(|words| words.tag));
        let english = texts(&en::EN_US);
        for words in Words::all() {
            let texts = texts(words);
            assert_eq!(texts.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
            for (name, text) in &texts {
                let same = places(text) == places(&english[name]);
                assert!(same && !text.trim().is_empty(), "{}: {name}: {text}", words.tag);
                assert_eq!(text.trim(), text, "{}: {name}", words.tag);
            }
            // Two references of a task with one name would be one.
            let references = [
                words.recording,
                words.callback_number,
                words.received,
                words.queue,
                words.agent,
                words.summary,
            ];
            assert_eq!(BTreeSet::from(references).len(), references.len(), "{}", words.tag);
        }
    }

    #[test]
    fn no_text_was_left_in_english() {
        let english = texts(&en::EN_US);
        for words in Words::all().filter(|words| !words.tag.starts_with("en")) {
            for (name, text) in texts(words) {
                // The same word in German and French.
                assert!(text != english[&name] || name == "agent", "{}: {name}", words.tag);
            }
        }
    }

    #[test]
    fn a_language_without_words_has_those_of_a_neighbor_or_english() {
        for (tag, expected) in [
            ("de-DE", "de-DE"),
            ("de-AT", "de-DE"),
            ("de", "de-DE"),
            ("EN-gb", "en-GB"),
            ("en-AU", "en-US"),
            ("es-MX", "es-US"),
            ("fr_CA", "fr-CA"),
            ("fr-BE", "fr-FR"),
            ("pt-PT", "pt-BR"),
            ("nl-NL", "en-US"),
            ("", "en-US"),
        ] {
            assert_eq!(Words::of(tag).tag, expected, "{tag}");
        }
        assert_eq!(Words::known("nl-NL"), None);
    }

    #[test]
    fn times_are_written_as_the_language_does_in_the_time_zone() {
        let at: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for (tag, zone, expected) in [
            ("en-US", "UTC", "2026-11-23 10:00 UTC"),
            ("en-US", "America/Sao_Paulo", "2026-11-23 07:00 -03"),
            ("en-US", "Middle-earth/Shire", "2026-11-23 10:00 UTC"),
            ("en-GB", "Europe/London", "23 Nov 2026, 10:00 GMT"),
            ("de-DE", "Europe/Berlin", "23.11.2026, 11:00 Uhr (CET)"),
            ("fr-FR", "Europe/Paris", "23/11/2026 à 11:00 (CET)"),
            ("fr-CA", "America/Toronto", "2026-11-23 à 05 h 00 (EST)"),
            ("es-ES", "Europe/Madrid", "23/11/2026, 11:00 (CET)"),
            ("it-IT", "Europe/Rome", "23/11/2026, 11:00 (CET)"),
            ("ja-JP", "Asia/Tokyo", "2026年11月23日 19:00（JST）"),
            ("pt-BR", "America/Sao_Paulo", "23/11/2026, 07:00 (-03)"),
        ] {
            assert_eq!(Words::of(tag).moment(at, zone), expected, "{tag} {zone}");
        }
        // So that a broken format is found here and not in a task.
        for words in Words::all() {
            assert!(words.moment(at, "UTC").contains("UTC"), "{}", words.tag);
        }
    }

    #[test]
    fn a_value_that_looks_like_a_place_stays() {
        let values = [("caller", "{recipient}"), ("recipient", "}{caller}")];
        assert_eq!(
            fill("{caller} to {recipient}, {other} {", &values),
            "{recipient} to }{caller}, {other} {"
        );
        assert_eq!(fill("none", &values), "none");
    }

    proptest! {
        #[test]
        fn values_stand_where_their_places_were(before in "[^{}]{0,9}", value in "\\PC{0,20}", after in "[^{}]{0,9}") {
            let filled = fill(&format!("{before}{{v}}{after}"), &[("v", &value)]);
            prop_assert_eq!(filled, format!("{before}{value}{after}"));
        }
    }
}
