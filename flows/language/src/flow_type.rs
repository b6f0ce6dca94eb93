//! The types of flows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoEnumIterator as _, IntoStaticStr};

/// A flow's purpose. It decides which actions the flow can use.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    IntoStaticStr,
    EnumString,
    EnumIter,
    strum::Display,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", parse_err_ty = UnknownFlowType, parse_err_fn = unknown)]
pub enum FlowType {
    /// An inbound flow: what a caller, or a task, meets first.
    ContactFlow,
    /// What a customer hears while waiting in a queue.
    CustomerQueue,
    /// What a customer hears on hold.
    CustomerHold,
    /// What a customer hears just before being joined with an agent.
    CustomerWhisper,
    /// What an agent hears on hold.
    AgentHold,
    /// What an agent hears just before being joined with a customer.
    AgentWhisper,
    /// What a customer hears of an outbound call before being joined with the agent.
    OutboundWhisper,
    /// What an agent meets when transferring a contact to an agent.
    AgentTransfer,
    /// What an agent meets when transferring a contact to a queue.
    QueueTransfer,
    /// A campaign's journey.
    Campaign,
    /// A flow module: a part that flows invoke. It has its own API calls, and no value in `CreateContactFlow`'s `Type`.
    Module,
}

impl FlowType {
    /// The name in the Connect API, for example `CONTACT_FLOW`; `MODULE` for a module, which the API does not list.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The name that people read in the console.
    #[must_use]
    pub fn console_name(self) -> &'static str {
        match self {
            Self::ContactFlow => "Inbound flow",
            Self::CustomerQueue => "Customer queue flow",
            Self::CustomerHold => "Customer hold flow",
            Self::CustomerWhisper => "Customer whisper flow",
            Self::AgentHold => "Agent hold flow",
            Self::AgentWhisper => "Agent whisper flow",
            Self::OutboundWhisper => "Outbound whisper flow",
            Self::AgentTransfer => "Transfer to agent flow",
            Self::QueueTransfer => "Transfer to queue flow",
            Self::Campaign => "Campaign flow",
            Self::Module => "Flow module",
        }
    }

    /// The type in a console export's `Metadata`, for example `contactFlow`. The API's names are accepted too, and
    /// tools' names for a module.
    #[must_use]
    pub fn from_console(word: &str) -> Option<Self> {
        let word = word.replace('_', "").to_ascii_lowercase();
        if ["flowmodule", "contactflowmodule"].contains(&word.as_str()) {
            return Some(Self::Module);
        }
        Self::iter().find(|flow_type| flow_type.as_str().replace('_', "").to_ascii_lowercase() == word)
    }
}

/// A text that is not a [`FlowType`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown flow type {0:?}; use one of {types}", types = types())]
pub struct UnknownFlowType(pub String);

/// The names of all types.
fn types() -> String {
    FlowType::iter().map(FlowType::as_str).collect::<Vec<_>>().join(", ")
}

fn unknown(text: &str) -> UnknownFlowType {
    UnknownFlowType(text.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_type_is_read_from_its_own_name() {
        for flow_type in FlowType::iter() {
            assert_eq!(flow_type.as_str().parse(), Ok(flow_type));
            assert_eq!(serde_json::to_value(flow_type).unwrap(), serde_json::Value::from(flow_type.as_str()));
        }
        let unknown = "contactFlow".parse::<FlowType>().unwrap_err().to_string();
        assert!(FlowType::iter().all(|flow_type| unknown.contains(flow_type.as_str())), "{unknown}");
        assert_eq!(FlowType::from_console("contactFlow"), Some(FlowType::ContactFlow));
        assert_eq!(FlowType::from_console("queueTransfer"), Some(FlowType::QueueTransfer));
        assert_eq!(FlowType::from_console("AGENT_WHISPER"), Some(FlowType::AgentWhisper));
        assert_eq!(FlowType::from_console("contactFlowModule"), Some(FlowType::Module));
        assert_eq!(FlowType::from_console("fax"), None);
    }
}
