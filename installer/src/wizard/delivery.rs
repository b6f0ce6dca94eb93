//! The questions about delivery: the modes, and what those that are chosen need.

use vmx_contract::email;
use vmx_contract::mode::Mode;

use super::question::{Choice, Kind};
use vmx_engine::discover::survey::Survey;
use vmx_model::params::Params;

/// How many verified identities are told.
const TOLD: usize = 3;

/// What a mode is, in a line.
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

fn choice(mode: Mode) -> Choice {
    Choice::new(mode.as_str(), &format!("{mode}: {}", why(mode)))
}

/// How a question about delivery is answered, if it is by choosing.
pub(super) fn kind(key: &str, params: &Params) -> Option<Kind> {
    match key {
        "modes" => Some(Kind::ChooseMany(Mode::ALL.map(choice).to_vec())),
        "default_mode" => Some(Kind::Choose(params.modes.get().iter().copied().map(choice).collect())),
        _ => None,
    }
}

/// Whether the chosen modes make a question about delivery needless.
pub(super) fn is_moot(key: &str, params: &Params) -> bool {
    let has = |mode| params.modes.has(mode);
    match key {
        "default_mode" => params.modes.get().len() < 2,
        "email.from" | "email.to" => !has(Mode::Email),
        "salesforce.secret_arn" => !has(Mode::Sfcase) && !has(Mode::Sfother),
        "salesforce.object" | "salesforce.transcript_field" => !has(Mode::Sfother),
        "other.target" => !has(Mode::Other),
        "other.secret" => !has(Mode::Other) || !params.other.is_webhook(),
        _ => false,
    }
}

/// A default for what is empty yet, from what was found.
pub(super) fn found(key: &str, survey: &Survey) -> Option<String> {
    let senders = survey.senders.as_deref().unwrap_or_default();
    // Somebody reads the mail of an address that was verified by a mail to it.
    let address = senders.iter().find(|sender| email::domain(sender).is_some()).cloned();
    match key {
        "email.from" => address.or_else(|| senders.first().map(|domain| format!("voicemail@{domain}"))),
        "email.to" => address,
        _ => None,
    }
}

/// What is told beside a question, of what was found.
pub(super) fn beside(key: &str, survey: &Survey) -> Option<String> {
    let senders = survey.senders.as_deref().ok().filter(|_| key == "email.from")?;
    Some(match senders.len() {
        0 => " None is verified in this region yet.".to_owned(),
        1..=TOLD => format!(" Verified here: {}.", senders.join(", ")),
        more => format!(" Verified here: {} and {} more.", senders[..TOLD].join(", "), more - TOLD),
    })
}
