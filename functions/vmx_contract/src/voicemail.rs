//! What a contact record says about one voicemail.
//!
//! A missing, unknown or refused setting never costs a voicemail: it is replaced by the installation's default, and a
//! [`Warning`] tells the recipients.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::arn::InstanceArn;
use crate::attributes::message::Slot;
use crate::attributes::{Name, Prefix, Prefixed, value};
use crate::contact_record::ContactRecord;
use crate::language;
use crate::messages::Message;
use crate::mode::Mode;
use crate::voicemail_id::VoicemailId;

/// A problem with a voicemail that was worked around.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    IntoStaticStr,
    EnumString,
    EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Warning {
    /// The queue was missing or not of this instance; the default queue is used.
    QueueReplaced,
    /// Amazon Transcribe does not support the language; the default language is used.
    LanguageReplaced,
    /// The delivery mode is unknown; the default mode is used.
    ModeReplaced,
    /// The delivery mode is not installed; the default mode is used.
    ModeNotEnabled,
    /// The agent is unknown; the voicemail goes to the queue.
    AgentReplaced,
    /// An attribute was too long and was omitted.
    AttributeDropped,
    /// Audio was missing in the stream and is replaced by silence.
    AudioGaps,
    /// The queue's or the agent's details could not be read.
    RecipientUnknown,
    /// Personal data should have been redacted in the transcript and was not.
    NotRedacted,
    /// An email address of the contact is not allowed; another is used.
    EmailAddressReplaced,
    /// The email template is missing or invalid; the built-in one is used.
    EmailTemplateReplaced,
    /// The recording is too large for an email, which has only the link.
    RecordingNotAttached,
    /// The agent has no active user in Salesforce, or one that cannot own records.
    OwnerReplaced,
    /// Salesforce does not accept the priority; the default one is used.
    PriorityReplaced,
    /// No speech was found in the message.
    Silent,
    /// No playback link could be created.
    LinkMissing,
    /// The call was streamed several times, and the record does not say which stream is the message.
    StreamUncertain,
    /// Audio from the time in which an agent was talking is left out.
    AgentOmitted,
    /// The flow did not note where in the recording of the call the message begins.
    BeginUnknown,
}

impl Warning {
    /// The warning's stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Reads a code as [`Warning::code`] writes it.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}

/// The installation's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// A language code of [`language::CODES`].
    pub language: String,
    /// The delivery mode.
    pub mode: Mode,
    /// ARN of a queue of the instance.
    pub queue_arn: String,
}

/// A voicemail, as the contact record describes it: one message of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voicemail {
    /// Its name.
    pub id: VoicemailId,
    /// The prefix of the contact's attributes.
    pub prefix: Prefix,
    /// The callback number, as given; usually E.164.
    pub from: Option<String>,
    /// ARN of the recipient queue, or of the agent's own queue; always of the contact's instance.
    pub recipient_arn: String,
    /// Username of the recipient agent, if the queue's ARN does not identify it.
    pub preferred_agent: Option<String>,
    /// Language code, always one of [`language::CODES`].
    pub language: String,
    /// Delivery modes, at least one.
    pub modes: Vec<Mode>,
    /// Priority of a Salesforce case.
    pub priority: Option<String>,
    /// ID of the task flow to use instead of the installed one.
    pub task_flow: Option<String>,
    /// Sender of the email.
    pub email_from: Option<String>,
    /// Recipient of the email.
    pub email_to: Option<String>,
    /// Template of the email.
    pub email_template: Option<String>,
    /// Whether to summarize this voicemail; `None`: as installed.
    pub summary: Option<bool>,
    /// When the caller hung up.
    pub received_at: Timestamp,
    /// The warnings.
    pub warnings: Vec<Warning>,
}

/// The longest attribute value to keep, in bytes: S3 object metadata has 2 KiB in all.
const LONGEST_ATTRIBUTE: usize = 128;

/// Whether a text from outside can be used as it is. The network's caller data is no safer than an attribute: a SIP
/// caller writes it.
fn is_tame(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ATTRIBUTE && !text.chars().any(char::is_control)
}

/// Whether a switch is on. `yes` and `no` come from flows of earlier systems.
fn is_yes(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

impl Voicemail {
    /// One message of a contact record as a voicemail.
    #[must_use]
    pub fn of(record: &ContactRecord, message: &Message, defaults: &Defaults) -> Self {
        let attributes = Prefixed::behind(message.prefix, &record.attributes);
        // A slot's values are the message's; everything else is the contact's.
        let of_slot = |name: Option<String>| name.and_then(|name| value(&record.attributes, &name));
        let mut warnings = Vec::new();
        if message.is_uncertain {
            warnings.push(Warning::StreamUncertain);
        }
        let target_is_queue = attributes.get(Name::Target).is_some_and(|t| t.eq_ignore_ascii_case("queue"));
        let mut text = |name| {
            let value = attributes.get(name)?;
            if is_tame(value) {
                return Some(value.to_owned());
            }
            warnings.push(Warning::AttributeDropped);
            None
        };
        let mut voicemail = Self {
            id: message.id.clone(),
            prefix: attributes.prefix,
            from: text(Name::From).or_else(|| {
                let address = record.customer_address.as_deref().map(str::trim);
                address.filter(|address| is_tame(address)).map(str::to_owned)
            }),
            recipient_arn: defaults.queue_arn.clone(),
            preferred_agent: text(Name::PreferredAgent).filter(|_| !target_is_queue),
            language: defaults.language.clone(),
            modes: vec![defaults.mode],
            priority: text(Name::Priority),
            task_flow: text(Name::TaskFlow),
            email_from: text(Name::EmailFrom),
            email_to: text(Name::EmailTo),
            email_template: text(Name::EmailTemplate),
            summary: attributes.get(Name::GenaiSummary).and_then(is_yes),
            received_at: record.disconnected_at.or(record.initiated_at).unwrap_or(Timestamp::UNIX_EPOCH),
            warnings,
        };
        let slot = message.slot;
        let queue_arn = of_slot(slot.map(Slot::queue_arn)).or_else(|| attributes.get(Name::QueueArn));
        voicemail.choose_recipient(record, queue_arn);
        voicemail.choose_language(of_slot(slot.map(Slot::lang)).or_else(|| attributes.get(Name::Lang)));
        voicemail.choose_modes(of_slot(slot.map(Slot::mode)).or_else(|| attributes.get(Name::Mode)));
        voicemail.warnings.sort_unstable();
        voicemail.warnings.dedup();
        voicemail
    }

    fn choose_recipient(&mut self, record: &ContactRecord, asked: Option<&str>) {
        let own = |arn: &&str| record.instance.recipient(arn).is_ok();
        if let Some(arn) = asked.filter(own) {
            arn.clone_into(&mut self.recipient_arn);
            return;
        }
        self.warnings.push(Warning::QueueReplaced);
        if let Some(arn) = record.queue_arn.as_deref().filter(own) {
            arn.clone_into(&mut self.recipient_arn);
        }
    }

    fn choose_language(&mut self, asked: Option<&str>) {
        let Some(asked) = asked else { return };
        match language::canonical(asked) {
            Some(code) => code.clone_into(&mut self.language),
            None => self.warnings.push(Warning::LanguageReplaced),
        }
    }

    fn choose_modes(&mut self, asked: Option<&str>) {
        let Some(asked) = asked else { return };
        let known: Vec<Option<Mode>> = asked.split(',').map(Mode::parse).collect();
        if known.contains(&None) {
            self.warnings.push(Warning::ModeReplaced);
        }
        let mut modes: Vec<Mode> = known.into_iter().flatten().collect();
        modes.sort_unstable();
        modes.dedup();
        if !modes.is_empty() {
            self.modes = modes;
        }
    }

    /// Whether the recipient is an agent: by the queue's ARN, or by the agent's name.
    #[must_use]
    pub fn is_for_agent(&self, instance: &InstanceArn) -> bool {
        self.preferred_agent.is_some()
            || matches!(instance.recipient(&self.recipient_arn), Ok(crate::arn::RecipientArn::Agent { .. }))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use strum::IntoEnumIterator as _;

    const INSTANCE: &str =
        "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";

    fn defaults() -> Defaults {
        Defaults {
            language: "en-GB".into(),
            mode: Mode::Task,
            queue_arn: format!("{INSTANCE}/queue/default"),
        }
    }

    fn record(attributes: &[(&str, &str)]) -> ContactRecord {
        let attributes = attributes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        ContactRecord {
            contact_id: crate::objects::ContactId::parse("00000000-0000-4000-8000-00000000c0de").unwrap(),
            earlier: Vec::new(),
            instance: InstanceArn::parse(INSTANCE).unwrap(),
            channel: Some("VOICE".into()),
            attributes,
            customer_address: Some("+15555550100".into()),
            queue_arn: None,
            disconnected_at: Some("2026-11-23T10:00:00Z".parse().unwrap()),
            initiated_at: None,
            agent: None,
            recordings: Some(Vec::new()),
        }
    }

    /// The only message of a contact.
    fn of(record: &ContactRecord) -> Option<Voicemail> {
        let mut messages = Message::all(record);
        assert!(messages.len() <= 1);
        messages.pop().map(|message| Voicemail::of(record, &message, &defaults()))
    }

    #[test]
    fn a_contact_without_the_flag_left_no_voicemail() {
        assert_eq!(of(&record(&[("vm_mode", "task")])), None);
        assert_eq!(of(&record(&[("vm_flag", "0")])), None);
        let mut task = record(&[("vm_flag", "1")]);
        task.channel = Some("TASK".into());
        assert_eq!(of(&task), None);
    }

    #[test]
    fn settings_are_taken_over() {
        let queue = format!("{INSTANCE}/queue/agent/u1");
        let found = of(&record(&[
            ("vmx3_flag", "1"),
            ("vmx3_from", "+15555550111"),
            ("vmx3_queue_arn", &queue),
            ("vmx3_lang", "fr-fr"),
            ("vmx3_mode", "email, TASK"),
            ("vmx3_genai_summary", "True"),
        ]))
        .unwrap();
        assert_eq!(found.from.as_deref(), Some("+15555550111"));
        assert_eq!((found.recipient_arn.as_str(), found.language.as_str()), (queue.as_str(), "fr-FR"));
        assert_eq!(found.modes, [Mode::Task, Mode::Email]);
        assert_eq!((found.summary, found.prefix), (Some(true), Prefix::Vmx3));
        assert_eq!(found.warnings, []);
    }

    #[test]
    fn nothing_that_is_wrong_costs_the_voicemail() {
        let foreign = INSTANCE.replace("111122223333", "444455556666") + "/queue/q";
        let long = "x".repeat(LONGEST_ATTRIBUTE + 1);
        let found = of(&record(&[
            ("vm_flag", "1"),
            ("vm_queue_arn", &foreign),
            ("vm_lang", "klingon"),
            ("vm_mode", "pigeon"),
            ("vm_email_to", &long),
            ("vm_email_from", "a@example.com\r\nBcc: b@example.com"),
        ]))
        .unwrap();
        let defaults = defaults();
        assert_eq!(found.from.as_deref(), Some("+15555550100"));
        assert_eq!((found.recipient_arn, found.language), (defaults.queue_arn, defaults.language));
        assert_eq!((found.modes, found.email_to, found.email_from), (vec![Mode::Task], None, None));
        assert_eq!(
            found.warnings,
            [
                Warning::QueueReplaced,
                Warning::LanguageReplaced,
                Warning::ModeReplaced,
                Warning::AttributeDropped
            ]
        );
    }

    #[test]
    fn what_the_network_tells_of_the_caller_is_hostile_too() {
        for (address, taken) in [
            ("sip:zoe@example.com", true),
            ("", false),
            ("1\r\nBcc: b@example.com", false),
            (&"9".repeat(LONGEST_ATTRIBUTE + 1), false),
        ] {
            let mut contact = record(&[("vm_flag", "1")]);
            contact.customer_address = Some(address.into());
            let from = of(&contact).unwrap().from;
            assert_eq!(from.as_deref(), taken.then_some(address), "{address:?}");
        }
    }

    #[test]
    fn the_contacts_own_queue_comes_before_the_default() {
        let mut contact = record(&[("vm_flag", "1")]);
        contact.queue_arn = Some(format!("{INSTANCE}/queue/support"));
        assert!(of(&contact).unwrap().recipient_arn.ends_with("/support"));
    }

    #[test]
    fn a_slot_has_its_own_queue_language_and_mode() {
        let queue = |name: &str| format!("{INSTANCE}/queue/{name}");
        let (first, second) = (queue("first"), queue("second"));
        let contact = record(&[
            ("vm_flag", "1"),
            ("vm_from", "+15555550111"),
            ("vm_queue_arn", &second),
            ("vm_lang", "de-DE"),
            ("vm_saved_1", "saved"),
            ("vm_saved_1_queue_arn", &first),
            ("vm_saved_1_lang", "fr-FR"),
            ("vm_saved_1_mode", "email"),
            ("vm_saved_2", "saved"),
        ]);
        let found: Vec<Voicemail> = Message::all(&contact)
            .iter()
            .map(|message| Voicemail::of(&contact, message, &defaults()))
            .collect();
        assert_eq!(found[0].recipient_arn, first);
        assert_eq!(
            (found[0].language.as_str(), found[0].modes.as_slice()),
            ("fr-FR", [Mode::Email].as_slice())
        );
        assert_eq!(found[1].recipient_arn, second, "what a slot does not say, the contact says");
        assert_eq!(
            (found[1].language.as_str(), found[1].modes.as_slice()),
            ("de-DE", [Mode::Task].as_slice())
        );
        assert_eq!(found[1].from.as_deref(), Some("+15555550111"));
        assert!(found[1].id.to_string().ends_with("-2"));
    }

    #[test]
    fn codes_and_names_lead_back() {
        assert!(Mode::ALL.into_iter().all(|mode| Mode::parse(mode.as_str()) == Some(mode)));
        assert!(Warning::iter().all(|warning| Warning::parse(warning.code()) == Some(warning)));
    }
}
