//! Renders the flows.

use flow_language::FlowType;
use minijinja::context;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use vmx_contract::attributes::{FLAG_DONE, FLAG_PROCESS, Name, task};

use super::documents::{FlowDocument, FlowKey};
use super::facts::Facts;
use super::templates::{self, RenderError};
use crate::params::{Params, Prompt};

/// The longest that one block waits for a key, in seconds: a limit of the flow language.
const LONGEST_WAIT_SECONDS: u32 = 180;

/// Renders one flow.
pub(super) fn render(key: FlowKey, params: &Params, facts: &Facts) -> Result<FlowDocument, RenderError> {
    let (template, purpose, description) = match key {
        FlowKey::Task => {
            ("flows/task.json.j2", "voicemail task", "Routes the task of a voicemail to its queue or agent.")
        }
        FlowKey::Voicemail => (
            "flows/voicemail.json.j2",
            "voicemail",
            "Takes a caller's message. Transfer a contact here from any inbound flow.",
        ),
    };
    let name = format!("{} {purpose}", params.stack);
    let text = templates::render(
        template,
        context! {
            name => name.as_str(),
            description,
            attribute => attribute_names(params),
            flag => context! { process => FLAG_PROCESS, done => FLAG_DONE },
            default_queue => context! {
                arn => facts.default_queue.arn.as_str(),
                name => facts.default_queue.name.as_str(),
            },
            default_language => params.default_language.as_str(),
            default_mode => params.default_mode.as_str(),
            task => context! {
                target => task::TARGET,
                target_agent => task::TARGET_AGENT,
                agent_id => task::AGENT_ID,
                queue_arn => task::QUEUE_ARN,
            },
            prompts => context! {
                greeting => prompt(&params.prompts.greeting),
                goodbye => prompt(&params.prompts.goodbye),
                apology => prompt(&params.prompts.apology),
                queue_full => prompt(&params.prompts.queue_full),
            },
            flow_logging => params.flow_logging,
            ..waits(params.longest_message_seconds.get())
        },
    )?;
    let json: Value =
        serde_json::from_str(&text).map_err(|source| RenderError::NotJson { template, source })?;
    let content = format!("{json:#}\n");
    Ok(FlowDocument {
        key,
        name,
        flow_type: FlowType::ContactFlow,
        description: description.to_owned(),
        hash: Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect(),
        content,
    })
}

/// How the longest message is divided into waits: some full ones in a loop, and one for the rest.
fn waits(seconds: u32) -> minijinja::Value {
    let full = seconds.saturating_sub(1) / LONGEST_WAIT_SECONDS;
    context! {
        full_waits => full.to_string(),
        full_wait_seconds => LONGEST_WAIT_SECONDS.to_string(),
        last_wait_seconds => (seconds - full * LONGEST_WAIT_SECONDS).to_string(),
    }
}

/// A prompt as the parameter of a block.
fn prompt(prompt: &Prompt) -> minijinja::Value {
    context! { parameter => prompt.parameter(), value => prompt.as_str() }
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
