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
    /// The day on which the sources were last read.
    pub recorded: String,
    /// Where the rules come from.
    pub sources: BTreeMap<String, String>,
    /// Size limits.
    pub limits: Limits,
    /// The types of actions that are only known to exist, by the source that has them.
    pub named: BTreeMap<String, Vec<String>>,
    /// The rule of each action, by type.
    pub actions: BTreeMap<String, ActionRule>,
}

impl Rules {
    /// Whether a type of action exists, although it may have no rule here.
    #[must_use]
    pub fn knows(&self, kind: &str) -> bool {
        self.types().any(|known| known == kind)
    }

    /// All types of actions that exist.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.actions.keys().chain(self.named.values().flatten()).map(String::as_str)
    }
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
    /// The texts that no identifier may be.
    pub identifiers_forbidden: Vec<String>,
}

/// The rules of one type of action.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActionRule {
    /// How well the rule is known.
    pub basis: Basis,
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
    /// Whether the service accepts it in other types too, although a source says otherwise.
    pub doubted_flow_types: bool,
    /// What is uncertain about this rule.
    pub note: Option<String>,
}

/// How well a rule is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The service was seen to refuse what breaks it.
    #[default]
    Probed,
    /// The documentation has it, and is often incomplete.
    Documented,
}

/// The rules of an action's parameters. A parameter is a text unless it is listed otherwise.
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
    /// Those that are objects.
    pub objects: Vec<String>,
    /// Those that are lists.
    pub lists: Vec<String>,
    /// Those that hold any JSON, with numbers, booleans and empty texts.
    pub structured: Vec<String>,
    /// Whole numbers, with their least and most.
    pub integers: BTreeMap<String, (i64, Option<i64>)>,
    /// Whole numbers that are unusual above this.
    pub usual_most: BTreeMap<String, i64>,
    /// Those with one of a few values. A path such as `A.B` leads to members, also of a list's items.
    pub values: BTreeMap<String, Vec<String>>,
    /// Those of `integers` and `values` that cannot be a reference (`$.…`).
    #[serde(rename = "static")]
    pub fixed: Vec<String>,
    /// Maps, with all the keys that they can have.
    pub keys: BTreeMap<String, Vec<String>>,
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
    /// If there are any, an operand is one of these characters.
    #[serde(default)]
    pub operand_characters: String,
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
    /// Its value if it is omitted.
    pub otherwise: String,
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
        let input = &rules().actions["GetParticipantInput"];
        assert_eq!(input.parameters.integers["InputTimeLimitSeconds"], (1, None));
        assert!(input.forms.as_ref().is_some_and(|forms| forms.of.len() == 2));
        let date: Vec<&str> = rules().recorded.split('-').collect();
        assert_eq!(date.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 2, 2]);
        assert!(rules().named.keys().all(|source| rules().sources.contains_key(source)));
    }

    /// The developer guide's four lists of actions.
    #[test]
    fn every_documented_type_is_known() {
        const CONTACT: &str = "CompleteOutboundCall CreateCase CreateTask CreateWisdomSession \
            DequeueContactAndTransferToQueue EndFlowModuleExecution GetCase InvokeFlowModule StartOutboundChatContact \
            TagContact TransferContactToAgent TransferContactToQueue UnTagContact UpdateCase UpdateContactAttributes \
            UpdateContactCallbackNumber UpdateContactData UpdateContactEventHooks UpdateContactMediaProcessing \
            UpdateContactMediaStreamingBehavior UpdateContactRecordingAndAnalyticsBehavior \
            UpdateContactRecordingBehavior ResumeContact UpdateContactRoutingBehavior UpdateContactTargetQueue \
            UpdateContactTextToSpeechVoice UpdatePreviousContactParticipantState";
        const FLOW_CONTROL: &str = "CheckHoursOfOperation CheckMetricData CheckOutboundCallStatus CheckVoiceId Compare \
            DistributeByPercentage EndFlowExecution GetMetricData Loop StartVoiceIdStream TransferToFlow \
            UpdateFlowAttributes UpdateFlowLoggingBehavior UpdateRoutingCriteria Wait";
        const INTERACTIONS: &str = "AssociateContactToCustomerProfile CreateCallbackContact CreateCustomerProfile \
            InvokeLambdaFunction GetCustomerProfile GetCustomerProfileObject \
            GetCalculatedAttributesForCustomerProfile UpdateCustomerProfile";
        const PARTICIPANT: &str = "ConnectParticipantWithLexBot DisconnectParticipant GetParticipantInput \
            MessageParticipant MessageParticipantIteratively ShowView";
        let lists = [CONTACT, FLOW_CONTROL, INTERACTIONS, PARTICIPANT];
        let documented: Vec<&str> = lists.iter().flat_map(|list| list.split_whitespace()).collect();
        assert_eq!(documented.len(), 56);
        for kind in documented {
            assert!(rules().knows(kind), "{kind}");
        }
        let mut types: Vec<&str> = rules().types().collect();
        let all = types.len();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), all, "a type is both named and has rules");
    }

    #[test]
    fn rules_about_parameters_name_known_parameters() {
        let forms = |rule: &'static ActionRule| rule.forms.iter().flat_map(|forms| forms.of.values());
        for (name, rule) in &rules().actions {
            for rule in std::iter::once(rule).chain(forms(rule)) {
                let parameters = &rule.parameters;
                let listed =
                    [&parameters.objects, &parameters.lists, &parameters.structured, &parameters.fixed];
                let named = parameters
                    .integers
                    .keys()
                    .chain(parameters.usual_most.keys())
                    .chain(parameters.values.keys())
                    .chain(parameters.keys.keys())
                    .chain(parameters.max_entries.keys())
                    .chain(listed.into_iter().flatten());
                for parameter in named {
                    let first = parameter.split('.').next().unwrap_or_default();
                    assert!(
                        parameters.known().any(|known| known == first),
                        "{name} has no parameter {parameter}"
                    );
                }
            }
        }
    }
}
