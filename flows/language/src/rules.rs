//! The language's rules, as data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::FlowType;

/// The rules of a flow.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The only version.
    pub version: String,
    /// Size limits.
    pub limits: Limits,
    /// The rule of each action, by type.
    pub actions: BTreeMap<String, ActionRule>,
}

/// Size limits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most actions of a flow.
    pub actions: usize,
    /// The most characters of a flow's text.
    pub content_characters: usize,
    /// The most characters of an identifier.
    pub identifier_characters: usize,
    /// The characters that no identifier may have.
    pub identifier_forbidden: String,
}

/// The rules of one type of action.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActionRule {
    /// Its parameters.
    pub parameters: ParameterRule,
    /// Its `NextAction`.
    pub next_action: NextActionRule,
    /// Its branches for errors.
    pub errors: ErrorRule,
    /// Its branches for results; without a rule it has none.
    pub conditions: Option<ConditionRule>,
    /// Additional rules that depend on a parameter's value.
    pub forms: Option<Forms>,
    /// The flow types that can use it; without a list, all.
    pub flow_types: Option<Vec<FlowType>>,
    /// What is uncertain about this rule.
    pub note: Option<String>,
}

/// The rules of an action's parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParameterRule {
    /// Required ones.
    pub required: Vec<String>,
    /// Optional ones.
    pub optional: Vec<String>,
    /// Exactly one of these is required.
    pub exactly_one_of: Vec<String>,
    /// At most one of these is allowed.
    pub at_most_one_of: Vec<String>,
    /// Whole numbers, with their range. A reference (`$.…`) is accepted too.
    pub integers: BTreeMap<String, (i64, i64)>,
    /// Those with one of a few values.
    pub values: BTreeMap<String, Vec<String>>,
    /// Maps, with the most entries.
    pub max_entries: BTreeMap<String, usize>,
}

impl ParameterRule {
    /// All known parameters, required or optional.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        [&self.required, &self.optional, &self.exactly_one_of, &self.at_most_one_of]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }
}

/// Whether an action has a `NextAction`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NextActionRule {
    /// Required.
    #[default]
    Required,
    /// Optional.
    Optional,
    /// It ends the flow: no transitions.
    Refused,
}

/// An action's error branches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorRule {
    /// Required ones.
    pub required: Vec<String>,
    /// Optional ones.
    pub optional: Vec<String>,
}

/// An action's result branches. Every condition has exactly one operand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionRule {
    /// The allowed operators.
    pub operators: Vec<String>,
    /// The allowed operands; any, if empty.
    #[serde(default)]
    pub operands: Vec<String>,
    /// Whether each of the operands needs a branch.
    #[serde(default)]
    pub all_operands: bool,
}

/// Rules that depend on a parameter's value, in addition to the action's own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forms {
    /// The parameter.
    pub by: String,
    /// The rule for each of its values.
    pub of: BTreeMap<String, ActionRule>,
}

#[expect(clippy::expect_used, reason = "the file is part of the program; a test reads it")]
static RULES: LazyLock<Rules> =
    LazyLock::new(|| serde_json::from_str(include_str!("../rules.json")).expect("rules.json is valid"));

/// The rules that this crate ships.
#[must_use]
pub fn rules() -> &'static Rules {
    &RULES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_are_read() {
        assert_eq!(rules().version, "2019-10-30");
        assert_eq!(rules().actions.len(), 29);
        let input = &rules().actions["GetParticipantInput"];
        assert_eq!(input.parameters.integers["InputTimeLimitSeconds"], (1, 180));
        assert!(input.forms.as_ref().is_some_and(|forms| forms.of.len() == 2));
    }

    #[test]
    fn rules_about_parameters_name_known_parameters() {
        for (name, rule) in &rules().actions {
            let parameters = &rule.parameters;
            let named = parameters
                .integers
                .keys()
                .chain(parameters.values.keys())
                .chain(parameters.max_entries.keys());
            for parameter in named {
                assert!(
                    parameters.known().any(|known| known == parameter),
                    "{name} has no parameter {parameter}"
                );
            }
        }
    }
}
