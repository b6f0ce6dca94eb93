//! A flow document, typed.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A flow: what `CreateContactFlow` takes as `Content` and what the console exports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Flow {
    /// The language's version, `2019-10-30`.
    pub version: String,
    /// The identifier of the action that runs first.
    pub start_action: String,
    /// Positions, display names and other data of the designer. The service does not interpret it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// The actions, in the order written. The order has no meaning.
    pub actions: Vec<Action>,
    /// A module's input and output. Only modules have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
}

/// One block of a flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Action {
    /// The name that transitions refer to, unique in its flow.
    pub identifier: String,
    /// Its type, for example `MessageParticipant`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Its parameters. All scalars are strings.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// Where it continues.
    #[serde(default)]
    pub transitions: Transitions,
}

/// Where a block continues.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Transitions {
    /// The next action if nothing else applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<String>,
    /// The branches for errors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorBranch>,
    /// The branches for results.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionBranch>,
}

/// A branch for an error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorBranch {
    /// The next action.
    pub next_action: String,
    /// The error, for example `NoMatchingError`, which applies to every error without its own branch.
    pub error_type: String,
}

/// A branch for a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConditionBranch {
    /// The next action.
    pub next_action: String,
    /// Its condition.
    pub condition: Condition,
}

/// A test of a block's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Condition {
    /// How to compare, for example `Equals`.
    pub operator: String,
    /// What to compare with.
    pub operands: Vec<String>,
}

/// Why a text could not be read as a flow.
#[derive(Debug, thiserror::Error)]
#[error("could not read the flow: {0}")]
pub struct ParseError(#[from] serde_json::Error);

impl Flow {
    /// Reads a flow. Only its structure is checked: see [`validate`](crate::validate) for the rest.
    ///
    /// # Errors
    /// If the text is not JSON or lacks a required member; the error has line and column.
    pub fn parse(content: &str) -> Result<Self, ParseError> {
        Ok(serde_json::from_str(content)?)
    }

    /// The action with an identifier.
    #[must_use]
    pub fn action(&self, identifier: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.identifier == identifier)
    }
}

impl Transitions {
    /// The branch for an error by its exact name.
    #[must_use]
    pub fn error(&self, error_type: &str) -> Option<&str> {
        self.errors
            .iter()
            .find(|error| error.error_type == error_type)
            .map(|error| error.next_action.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const EXPORT: &str = r#"{
        "Version": "2019-10-30",
        "StartAction": "z",
        "Metadata": {
            "entryPointPosition": {"x": 40, "y": 40.5},
            "ActionMetadata": {"z": {"position": {"x": 1, "y": 2}}, "a": {"later": [null, true]}},
            "status": "published"
        },
        "Actions": [
            {"Identifier": "z", "Type": "Wait", "Parameters": {"TimeLimitSeconds": "5"}, "Transitions": {
                "NextAction": "a",
                "Errors": [{"NextAction": "a", "ErrorType": "NoMatchingError"}],
                "Conditions": [{"NextAction": "a", "Condition": {"Operator": "Equals", "Operands": ["WaitCompleted"]}}]
            }},
            {"Identifier": "a", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
        ]
    }"#;

    #[test]
    fn a_flow_is_written_as_it_was_read() {
        let flow = Flow::parse(EXPORT).unwrap();
        let written = serde_json::to_string(&flow).unwrap();
        let as_read: Value = serde_json::from_str(EXPORT).unwrap();
        // As text: the order of members is part of what is kept.
        assert_eq!(written, serde_json::to_string(&as_read).unwrap());
    }

    #[test]
    fn branches_are_found_by_name() {
        let flow = Flow::parse(EXPORT).unwrap();
        let wait = flow.action("z").unwrap();
        assert_eq!(wait.transitions.error("NoMatchingError"), Some("a"));
        assert_eq!(wait.transitions.error("ParticipantNotFound"), None);
        assert_eq!(flow.action("none"), None);
    }

    #[test]
    fn a_text_that_is_no_flow_is_refused_with_its_place() {
        let error = Flow::parse("{\"Version\": \"2019-10-30\"}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "could not read the flow: missing field `StartAction` at line 1 column 25"
        );
    }
}
