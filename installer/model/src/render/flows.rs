//! Renders the flows.

use std::collections::{BTreeMap, BTreeSet};

use flow_language::{Flow, FlowType};
use minijinja::context;
use minijinja::value::Serde;
use sha2::{Digest as _, Sha256};
use strum::IntoEnumIterator as _;
use vmx_contract::arn::InstanceArn;
use vmx_contract::attributes::{FLAG_DONE, FLAG_PROCESS, Name, Prefix, message, task};
use vmx_contract::mode::Mode;
use vmx_contract::staff::{Words, fill};

use super::documents::FlowDocument;
use super::templates::{self, RenderError};
use super::{designer, words};
use crate::facts::Facts;
use crate::params::{Params, mode_prompt};
use crate::parts::FlowKey;

/// The longest wait of one block, in seconds: a limit of the flow language.
const LONGEST_WAIT_SECONDS: u32 = 180;

/// The flows in the parameters, in order of creation.
pub fn wanted(params: &Params) -> impl Iterator<Item = FlowKey> + '_ {
    FlowKey::ALL.into_iter().filter(|key| is_wanted(*key, params))
}

fn is_wanted(key: FlowKey, params: &Params) -> bool {
    match key {
        FlowKey::Task | FlowKey::Voicemail => true,
        FlowKey::AgentGuide | FlowKey::GuidedTask => params.modes.has(Mode::GuidedTask),
        FlowKey::VoicemailModule => params.flows.voicemail_module,
        FlowKey::AgentWhisper | FlowKey::CustomerWhisper | FlowKey::InQueueOffer => {
            params.flows.in_queue_offer
        }
        FlowKey::TestLine => params.flows.test_line,
    }
}

/// A flow's template file, its name after the stack's, and its purpose.
fn about(key: FlowKey) -> (&'static str, &'static str, &'static str) {
    match key {
        FlowKey::Task => {
            ("flows/task.json.j2", "voicemail task", "Routes a voicemail's task to its queue or agent.")
        }
        FlowKey::AgentGuide => (
            "flows/agent_guide.json.j2",
            "voicemail agent guide",
            "Shows the voicemail to an agent who accepts a guided task, with a link created at that time.",
        ),
        FlowKey::GuidedTask => (
            "flows/task.json.j2",
            "voicemail guided task",
            "Routes a voicemail's task to its queue or agent, with a guide that plays it.",
        ),
        FlowKey::Voicemail => (
            "flows/voicemail.json.j2",
            "voicemail",
            "Takes a caller's message. Transfer a contact here from any inbound flow.",
        ),
        FlowKey::VoicemailModule => (
            "flows/voicemail.json.j2",
            "voicemail module",
            "Takes a caller's message and continues in the flow that invoked it.",
        ),
        FlowKey::AgentWhisper => (
            "flows/agent_whisper.json.j2",
            "voicemail agent whisper",
            "Stops recording a caller's message when an agent answers.",
        ),
        FlowKey::CustomerWhisper => (
            "flows/customer_whisper.json.j2",
            "voicemail customer whisper",
            "Stops recording a caller's message when an agent answers.",
        ),
        FlowKey::InQueueOffer => (
            "flows/in_queue_offer.json.j2",
            "voicemail in queue",
            "Offers callers who wait in a queue to leave a message. Set it as the customer queue flow.",
        ),
        FlowKey::TestLine => (
            "flows/test_line.json.j2",
            "voicemail test line",
            "Tests voicemail. Assign it to a claimed phone number.",
        ),
    }
}

/// The name of a flow.
#[must_use]
pub fn name(key: FlowKey, params: &Params) -> String {
    format!("{} {}", params.stack, about(key).1)
}

/// Renders one flow.
pub(super) fn render(key: FlowKey, params: &Params, facts: &Facts) -> Result<FlowDocument, RenderError> {
    let (template, _, description) = about(key);
    let name = name(key, params);
    let others: BTreeMap<FlowKey, String> =
        wanted(params).map(|other| (other, other.stand_in(&facts.instance))).collect();
    let (language_menu, language_keys) = words::language_menu(params);
    let test_agent = Some(params.flows.test_agent.as_str()).filter(|agent| !agent.is_empty());
    let text = templates::render(
        template,
        context! {
            is_module => key.flow_type() == FlowType::Module,
            is_guided => key == FlowKey::GuidedTask,
            attribute => attribute_names(params),
            flag => context! { process => FLAG_PROCESS },
            message => message_attributes(),
            lang => words::context(params),
            language_menu,
            language_keys,
            where_to => where_to(params, test_agent.is_some()),
            modes => params.test_line_modes().map(|mode| test_line_mode(mode).1).collect::<Vec<_>>(),
            mode_keys => params.test_line_modes().map(|mode| test_line_mode(mode).0).collect::<BTreeMap<_, _>>(),
            flow => others.iter().map(|(key, arn)| (key.as_str(), arn.clone())).collect::<BTreeMap<_, _>>(),
            default_queue => facts.default_queue.arn.as_str(),
            default_mode => params.default_mode.as_str(),
            test_agent,
            offers_to_wait => params.flows.in_queue_offer,
            offer_every_seconds => params.flows.offer_every_seconds.get().to_string(),
            waits => waits(params.longest_message_seconds.get()),
            task => context! {
                target => task::TARGET,
                target_agent => task::TARGET_AGENT,
                agent_id => task::AGENT_ID,
                queue_arn => task::QUEUE_ARN,
                contact_id => task::CONTACT_ID,
                guide_function => task::GUIDE_FUNCTION,
            },
            agent_first_seconds => Some(params.flows.agent_first_seconds.get())
                .filter(|seconds| *seconds > 0)
                .map(|seconds| seconds.to_string()),
            detail_view => detail_view(&facts.instance),
            staff => staff(params),
            flow_logging => params.flow_logging,
        },
    )?;
    let flow = Flow::parse(&text).map_err(|source| RenderError::NotAFlow { template, source })?;
    let mut names: BTreeMap<String, String> =
        others.into_iter().map(|(other, arn)| (arn, self::name(other, params))).collect();
    names.insert(facts.default_queue.arn.clone(), facts.default_queue.name.clone());
    names.insert(detail_view(&facts.instance), "Detail".to_owned());
    let flow = designer::finished(flow, &name, description, key.flow_type(), &names);
    let content = format!("{:#}\n", serde_json::json!(flow));
    Ok(FlowDocument {
        key,
        name,
        flow_type: key.flow_type(),
        description: description.to_owned(),
        hash: Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect(),
        content,
    })
}

/// AWS's detail view, in its first version: every instance has it, and it does not change. Source: the administrator
/// guide, AWS managed views.
fn detail_view(instance: &InstanceArn) -> String {
    let partition = instance.as_str().split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:connect:{}:aws:view/detail:1", instance.region())
}

/// The guide's words. The values of its lines are those that the function answers.
fn staff(params: &Params) -> minijinja::Value {
    let words = Words::of(params.language_of_staff.as_str());
    let values = [
        ("caller", "$.External.caller"),
        ("recipient", "$.External.recipient"),
        ("time", "$.External.received_at"),
    ];
    context! {
        words => minijinja::Value::from(Serde(words)),
        heading => fill(words.heading, &values),
        line => fill(words.guide_line, &values),
    }
}

/// The test line's key for a mode with its block, and the flow's settings for the mode.
fn test_line_mode(mode: Mode) -> ((&'static str, String), minijinja::Value) {
    let (key, named) = match mode {
        Mode::Task => ("1", "task"),
        Mode::GuidedTask => ("2", "guided task"),
        Mode::Email => ("3", "e-mail"),
        Mode::Sfcase => ("4", "case"),
        Mode::Sfother => ("5", "record"),
        Mode::Other => ("6", "own way"),
    };
    let known = context! { named, mode => mode.as_str(), prompt => mode_prompt(mode) };
    ((key, format!("Deliver by {named}")), known)
}

/// Splits the longest message into waits, in seconds: full ones, and the rest.
fn waits(seconds: u32) -> Vec<String> {
    let full = seconds.saturating_sub(1) / LONGEST_WAIT_SECONDS;
    let rest = seconds - full * LONGEST_WAIT_SECONDS;
    let full = std::iter::repeat_n(LONGEST_WAIT_SECONDS, full as usize);
    full.chain([rest]).map(|wait| wait.to_string()).collect()
}

/// The test line's keys and their blocks.
fn where_to(params: &Params, to_agent: bool) -> BTreeMap<&'static str, &'static str> {
    let choices = [
        (true, "1", "Take the queue"),
        (to_agent, "2", "Take the agent"),
        (params.flows.in_queue_offer, "3", "Take the queue to wait in"),
    ];
    choices.into_iter().filter(|(there, ..)| *there).map(|(_, key, block)| (key, block)).collect()
}

/// The contact attributes that the functions read, with their values. Empty if any value is valid.
#[must_use]
pub fn contact_attributes() -> BTreeMap<String, BTreeSet<String>> {
    let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<BTreeSet<_>>();
    let named = Prefix::ALL.into_iter().flat_map(|prefix| {
        Name::iter().map(move |name| {
            let flag: &[&str] = if name == Name::Flag { &[FLAG_PROCESS, FLAG_DONE] } else { &[] };
            (prefix.attribute(name), values(flag))
        })
    });
    let switch = || values(&[message::ON, message::OFF]);
    let slots = message::Slot::ALL.into_iter().flat_map(|slot| {
        let further = [slot.contact(), slot.fragment(), slot.queue_arn(), slot.lang(), slot.mode()];
        let state = (slot.state(), values(&[message::SAVED, message::UNSAVED, message::DONE]));
        let answered = (slot.answered(), switch());
        further.map(|name| (name, BTreeSet::new())).into_iter().chain([state, answered])
    });
    named
        .chain([
            (message::TAKING.to_owned(), switch()),
            (message::ANSWERED.to_owned(), switch()),
            (message::TAKING_CONTACT.to_owned(), BTreeSet::new()),
            (message::TAKING_FRAGMENT.to_owned(), BTreeSet::new()),
            (message::TAKING_QUEUE_ARN.to_owned(), BTreeSet::new()),
            (message::TAKING_LANG.to_owned(), BTreeSet::new()),
            (message::TAKING_MODE.to_owned(), BTreeSet::new()),
        ])
        .chain(slots)
        .collect()
}

/// The attributes of a contact's messages, and their values.
fn message_attributes() -> minijinja::Value {
    let slots = message::Slot::ALL.map(|slot| {
        context! {
            number => slot.number(),
            state => slot.state(),
            contact => slot.contact(),
            fragment => slot.fragment(),
            answered => slot.answered(),
            queue_arn => slot.queue_arn(),
            lang => slot.lang(),
            mode => slot.mode(),
        }
    });
    context! {
        taking => message::TAKING,
        contact => message::TAKING_CONTACT,
        fragment => message::TAKING_FRAGMENT,
        queue_arn => message::TAKING_QUEUE_ARN,
        lang => message::TAKING_LANG,
        mode => message::TAKING_MODE,
        answered => message::ANSWERED,
        on => message::ON,
        off => message::OFF,
        saved => message::SAVED,
        unsaved => message::UNSAVED,
        done => message::DONE,
        slots => slots.to_vec(),
    }
}

/// The full names of the contact attributes that a flow sets.
fn attribute_names(params: &Params) -> minijinja::Value {
    let name = |name| params.attribute_prefix.attribute(name);
    context! {
        flag => name(Name::Flag),
        from => name(Name::From),
        queue_arn => name(Name::QueueArn),
        lang => name(Name::Lang),
        mode => name(Name::Mode),
    }
}
