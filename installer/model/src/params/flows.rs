//! The flows to install in addition to those of every installation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Whole;
use super::checked::checked;

/// The flows to install in addition to those of every installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Flows {
    /// The voicemail flow as a module, for flows that continue after the message.
    pub voicemail_module: bool,
    /// A customer queue flow that lets waiting callers leave a message, and its whisper flows.
    pub in_queue_offer: bool,
    /// How often to offer it, in seconds.
    pub offer_every_seconds: Whole<20, 900>,
    /// How long the task of an agent's voicemail is offered to that agent only, in seconds, before any agent of the queue
    /// can take it. 0 leaves it in the agent's own queue.
    pub agent_first_seconds: Whole<0, 86_400>,
    /// A flow for a claimed phone number, to test voicemail.
    pub test_line: bool,
    /// The agent to whom the test line can leave a message.
    pub test_agent: AgentRef,
}

impl Default for Flows {
    fn default() -> Self {
        Self {
            voicemail_module: false,
            in_queue_offer: false,
            offer_every_seconds: const { Whole::of(60) },
            agent_first_seconds: const { Whole::of(0) },
            test_line: false,
            test_agent: AgentRef::default(),
        }
    }
}

checked!(
    /// An agent's ID or ARN; empty for none.
    #[derive(Default)]
    AgentRef,
    |text| {
        let id = match text.split_once("/agent/") {
            Some((instance, id)) if instance.starts_with("arn:") => id,
            _ => text,
        };
        text.is_empty() || uuid::Uuid::try_parse(id).is_ok()
    },
    "an agent's ID or ARN; the ID is the last part of the agent's page address in the console"
);
