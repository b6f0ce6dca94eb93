//! The language's rules, as data.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::FlowType;

/// What a flow must obey.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The one version there is.
    pub version: String,
    /// How large things may be.
    pub limits: Limits,
    /// The rule of each action, by type.
    pub actions: BTreeMap<String, ActionRule>,
}

/// How large things may be.
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

/// What an action of one type must obey.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActionRule {
    /// Its parameters.
    pub parameters: ParameterRule,
    /// Its `NextAction`.
    pub next_action: NextActionRule,
    /// Its branches for errors.
    pub errors: ErrorRule,
    /// Its branches for results; without a rule it may have none.
    pub conditions: Option<ConditionRule>,
    /// Further rules that depend on the value of a parameter.
    pub forms: Option<Forms>,
    /// The flow types that may use it; without a list, all.
    pub flow_types: Option<Vec<FlowType>>,
    /// What is not certain about this rule.
    pub note: Option<String>,
}

/// What an action's parameters must obey.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParameterRule {
    /// Those that must be there.
    pub required: Vec<String>,
    /// Those that may be there.
    pub optional: Vec<String>,
    /// Those of which one must be there, and no second one.
    pub exactly_one_of: Vec<String>,
    /// Those of which one may be there, and no second one.
    pub at_most_one_of: Vec<String>,
    /// Those that are whole numbers, and from where to where. A reference (`$.…`) is taken in their place.
    pub integers: BTreeMap<String, (i64, i64)>,
    /// Those that have one of a few values.
    pub values: BTreeMap<String, Vec<String>>,
    /// Those that are maps, and how many entries they may have.
    pub max_entries: BTreeMap<String, usize>,
}

impl ParameterRule {
    /// All parameters that are known, whether they must or may be there.
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
    /// It must.
    #[default]
    Required,
    /// It may.
    Optional,
    /// It ends the flow: no transition of any kind.
    Refused,
}

/// Which errors an action branches on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorRule {
    /// Those that must have a branch.
    pub required: Vec<String>,
    /// Those that may have one.
    pub optional: Vec<String>,
}

/// Which results an action branches on. Every condition has exactly one operand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionRule {
    /// The operators that may be used.
    pub operators: Vec<String>,
    /// The operands that may be used; any, if empty.
    #[serde(default)]
    pub operands: Vec<String>,
    /// Whether each of the operands must have a branch.
    #[serde(default)]
    pub all_operands: bool,
}

/// Rules that depend on the value of a parameter. They come on top of the action's own.
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
