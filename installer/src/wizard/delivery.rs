//! The questions about delivery: the modes, and their settings.

use vmx_contract::email;
use vmx_contract::mode::Mode;

use super::question::Choice;
use vmx_engine::discover::survey::Survey;
use vmx_model::params::{Key, Params};

/// How many verified identities to show.
const TOLD: usize = 3;

/// A mode in one line.
fn why(mode: Mode) -> &'static str {
    match mode {
        Mode::Task => "to the queue or agent, with the transcript and a link",
        Mode::GuidedTask => "the same, plus an agent guide with a player",
        Mode::Email => "an email through Amazon SES, to the queue or agent",
        Mode::Sfcase => "a case in Salesforce",
        Mode::Sfother => "a custom object record in Salesforce",
        Mode::Other => "an EventBridge event for your own systems",
    }
}

pub(super) fn choice(mode: Mode) -> Choice {
    Choice::new(mode.as_str(), &format!("{mode}: {}", why(mode)))
}

/// Whether the chosen modes make a question unnecessary.
pub(super) fn is_moot(key: Key, params: &Params) -> bool {
    let has = |mode| params.modes.has(mode);
    match key {
        Key::DefaultMode => params.modes.get().len() < 2,
        Key::EmailFrom | Key::EmailTo => !has(Mode::Email),
        Key::SalesforceSecret => !has(Mode::Sfcase) && !has(Mode::Sfother),
        Key::SalesforceObject | Key::SalesforceTranscriptField => !has(Mode::Sfother),
        Key::OtherTarget => !has(Mode::Other),
        Key::OtherSecret => !has(Mode::Other) || !params.other.is_webhook(),
        _ => false,
    }
}

/// A discovered default for a value that is still empty.
pub(super) fn found(key: Key, survey: &Survey) -> Option<String> {
    let senders = survey.senders.as_deref().unwrap_or_default();
    // A verified address has a reader, who confirmed it.
    let address = senders.iter().find(|sender| email::domain(sender).is_some()).cloned();
    match key {
        Key::EmailFrom => address.or_else(|| senders.first().map(|domain| format!("voicemail@{domain}"))),
        Key::EmailTo => address,
        _ => None,
    }
}

/// What was discovered, shown with a question.
pub(super) fn beside(key: Key, survey: &Survey) -> Option<String> {
    let senders = survey.senders.as_deref().ok().filter(|_| key == Key::EmailFrom)?;
    Some(match senders.len() {
        0 => " None is verified in this region yet.".to_owned(),
        1..=TOLD => format!(" Verified here: {}.", senders.join(", ")),
        more => format!(" Verified here: {} and {} more.", senders[..TOLD].join(", "), more - TOLD),
    })
}
