//! Checks an action's transitions.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Place, Problems, TRANSITIONS, connect_to, nearest};
use crate::ProblemKind;
use crate::rules::{ActionRule, ConditionRule, ErrorRule, NextActionRule};

pub(super) fn check(
    place: &Place<'_>,
    kind: &str,
    rule: &ActionRule,
    form: Option<&ActionRule>,
    transitions: Option<&Value>,
    identifiers: &HashSet<&str>,
    problems: &mut Problems,
) {
    if transitions.is_none() && rule.next_action == NextActionRule::Refused {
        let detail = "an action that ends a flow has empty Transitions: {}";
        let fix = "add \"Transitions\": {}";
        problems.action(place, ProblemKind::MissingProperty, place.path("Transitions"), detail, fix);
        return;
    }
    // Missing members are reported below.
    let none = Value::Object(Map::new());
    let Some(transitions) = TRANSITIONS.members(place, transitions.or(Some(&none)), problems) else { return };
    if rule.next_action == NextActionRule::Refused {
        if transitions.values().any(|value| !is_empty_list(value)) {
            let detail = format!("{kind} ends the flow: nothing can follow it");
            let fix = "write \"Transitions\": {}, and put what should follow before this block";
            let kind = ProblemKind::TransitionsNotSupported;
            problems.action(place, kind, place.path("Transitions"), detail, fix);
        }
        return;
    }
    for name in transitions.keys() {
        if !["NextAction", "Errors", "Conditions"].contains(&name.as_str()) {
            let path = place.path(&format!("Transitions.{name}"));
            let detail = format!("Transitions have no member {name}");
            let fix = match nearest(name, ["NextAction", "Errors", "Conditions"].into_iter()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("remove {name}"),
            };
            problems.action(place, ProblemKind::InvalidName, path, detail, fix);
        }
    }
    if transitions.contains_key("NextAction") || rule.next_action == NextActionRule::Required {
        let path = place.path("Transitions.NextAction");
        target(place, path, transitions.get("NextAction"), identifiers, problems);
    }
    errors(place, kind, rule, form, transitions.get("Errors"), identifiers, problems);
    let conditions = form.and_then(|form| form.conditions.as_ref()).or(rule.conditions.as_ref());
    self::conditions(place, kind, conditions, transitions.get("Conditions"), identifiers, problems);
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

fn target(
    place: &Place<'_>,
    path: String,
    target: Option<&Value>,
    identifiers: &HashSet<&str>,
    problems: &mut Problems,
) {
    let connect = || "connect the branch to a block: \"NextAction\": and its identifier".to_owned();
    let (kind, detail, fix) = match target {
        Some(Value::String(target)) if identifiers.contains(target.as_str()) => return,
        Some(Value::String(target)) => (
            ProblemKind::InvalidValue,
            format!("the next action {target:?} does not exist"),
            connect_to(target, identifiers),
        ),
        Some(_) => (ProblemKind::InvalidValue, "NextAction must be a string".to_owned(), connect()),
        None => (ProblemKind::MissingProperty, "the next action is missing".to_owned(), connect()),
    };
    // No action of any type can lead nowhere.
    problems.by(false, |problems| problems.action(place, kind, path, detail, fix));
}

/// Checks that an action continues at existing actions, whatever its type is.
pub(super) fn check_targets(
    place: &Place<'_>,
    transitions: Option<&Value>,
    identifiers: &HashSet<&str>,
    problems: &mut Problems,
) {
    let Some(transitions) = TRANSITIONS.members(place, transitions, problems) else { return };
    if let Some(next) = transitions.get("NextAction") {
        target(place, place.path("Transitions.NextAction"), Some(next), identifiers, problems);
    }
    for name in ["Errors", "Conditions"] {
        for (path, branch) in items(place, name, transitions.get(name), problems) {
            target(place, format!("{path}.NextAction"), branch.get("NextAction"), identifiers, problems);
        }
    }
}

/// The items of an optional list of objects, each with its path. What is not an object is reported and skipped.
fn items<'a>(
    place: &Place<'_>,
    name: &str,
    list: Option<&'a Value>,
    problems: &mut Problems,
) -> Vec<(String, &'a Map<String, Value>)> {
    let path = place.path(&format!("Transitions.{name}"));
    let mut invalid = |path: String| {
        let detail = format!("{name} must be a list of objects");
        let fix = format!("write \"{name}\": [] with an object for each branch");
        problems.action(place, ProblemKind::InvalidValue, path, detail, fix);
    };
    let list = match list {
        None => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            invalid(path);
            return Vec::new();
        }
    };
    let mut items = Vec::with_capacity(list.len());
    for (index, item) in list.iter().enumerate() {
        let path = format!("{path}[{index}]");
        match item {
            Value::Object(item) => items.push((path, item)),
            _ => invalid(path),
        }
    }
    items
}

fn errors(
    place: &Place<'_>,
    kind: &str,
    rule: &ActionRule,
    form: Option<&ActionRule>,
    errors: Option<&Value>,
    identifiers: &HashSet<&str>,
    problems: &mut Problems,
) {
    let rules = || std::iter::once(rule).chain(form).map(|rule| &rule.errors);
    let mut seen = HashSet::new();
    for (path, error) in items(place, "Errors", errors, problems) {
        match error.get("ErrorType").and_then(Value::as_str) {
            None => {
                let detail = "an error branch needs its ErrorType";
                let fix = "add \"ErrorType\", for example \"NoMatchingError\"";
                let path = format!("{path}.ErrorType");
                problems.action(place, ProblemKind::MissingProperty, path, detail, fix);
            }
            Some(name) => {
                let known =
                    rules().any(|rule| rule.required.iter().chain(&rule.optional).any(|known| known == name));
                let detail = if !known {
                    Some(format!("{kind} has no branch for the error {name} here"))
                } else if !seen.insert(name) {
                    Some(format!("there are two branches for the error {name}"))
                } else {
                    None
                };
                if let Some(detail) = detail {
                    let problem = ProblemKind::InvalidError(name.to_owned());
                    let fix =
                        if known { "remove one of the two".to_owned() } else { allowed_errors(rules()) };
                    problems.action(place, problem, format!("{path}.ErrorType"), detail, fix);
                }
            }
        }
        let path = format!("{path}.NextAction");
        target(place, path, error.get("NextAction"), identifiers, problems);
    }
    for name in rules().flat_map(|rule| &rule.required) {
        if !seen.contains(name.as_str()) {
            let detail = format!("{kind} needs a branch for the error {name}");
            let problem = ProblemKind::MissingError(name.clone());
            let fix = format!("connect the block's {name} branch: add it to Transitions.Errors");
            problems.action(place, problem, place.path.clone(), detail, fix);
        }
    }
}

/// The fix for a branch for an error that an action does not raise.
fn allowed_errors<'a>(rules: impl Iterator<Item = &'a ErrorRule>) -> String {
    let errors: Vec<&str> =
        rules.flat_map(|rule| rule.required.iter().chain(&rule.optional)).map(String::as_str).collect();
    if errors.is_empty() {
        return "remove the branch: this block has none for errors".to_owned();
    }
    format!("remove the branch; the block has {}", errors.join(", "))
}

fn conditions(
    place: &Place<'_>,
    kind: &str,
    rule: Option<&ConditionRule>,
    conditions: Option<&Value>,
    identifiers: &HashSet<&str>,
    problems: &mut Problems,
) {
    let mut operands_seen = HashSet::new();
    for (path, branch) in items(place, "Conditions", conditions, problems) {
        let next = format!("{path}.NextAction");
        target(place, next, branch.get("NextAction"), identifiers, problems);
        let path = format!("{path}.Condition");
        let Some(rule) = rule else {
            let detail = format!("{kind} has no conditions here");
            let fix = "remove the branch, or use a Compare block for it";
            problems.action(place, ProblemKind::InvalidCondition, path, detail, fix);
            continue;
        };
        let Some(condition) = branch.get("Condition").and_then(Value::as_object) else {
            let detail = "a branch for a result needs its Condition, an object";
            let fix = "add \"Condition\" with an Operator and Operands";
            problems.action(place, ProblemKind::MissingProperty, path, detail, fix);
            continue;
        };
        match condition.get("Operator").and_then(Value::as_str) {
            Some(operator) if rule.operators.iter().any(|known| known == operator) => {}
            _ => {
                let detail = format!("{kind} compares with {}", rule.operators.join(", "));
                let fix = format!("write {}", rule.operators.join(" or "));
                let path = format!("{path}.Operator");
                problems.action(place, ProblemKind::InvalidCondition, path, detail, fix);
            }
        }
        let operand = match condition.get("Operands").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::String(operand)]) if !operand.is_empty() => operand.as_str(),
            _ => {
                let detail = "a condition has exactly one operand, a string that is not empty";
                let fix = "write one string, as in \"Operands\": [\"1\"], and a branch for each further one";
                let path = format!("{path}.Operands");
                problems.action(place, ProblemKind::InvalidCondition, path, detail, fix);
                continue;
            }
        };
        if !rule.operands.is_empty() && !rule.operands.iter().any(|known| known == operand) {
            let detail = format!("{kind} compares with one of {}", rule.operands.join(", "));
            let fix = format!("write {}, or remove the branch", rule.operands.join(" or "));
            let path = format!("{path}.Operands");
            problems.action(place, ProblemKind::InvalidCondition, path, detail, fix);
        }
        let characters = &rule.operand_characters;
        let mut pressed = operand.chars();
        let is_one =
            pressed.next().is_some_and(|first| characters.contains(first)) && pressed.next().is_none();
        if !characters.is_empty() && !is_one {
            let detail = format!("{kind} compares with one key, not with {operand:?}");
            let fix = format!(
                "write one of {characters}; to take several digits, set StoreInput to True and compare \
                               $.StoredCustomerInput"
            );
            let path = format!("{path}.Operands");
            problems.action(place, ProblemKind::InvalidCondition, path, detail, fix);
        }
        operands_seen.insert(operand);
    }
    let Some(rule) = rule.filter(|rule| rule.all_operands) else {
        return;
    };
    for operand in &rule.operands {
        if !operands_seen.contains(operand.as_str()) {
            let detail = format!("{kind} needs a branch for {operand}");
            let problem = ProblemKind::MissingCondition(operand.clone());
            let fix = format!("connect the block's {operand} branch: add it to Transitions.Conditions");
            problems.action(place, problem, place.path.clone(), detail, fix);
        }
    }
}
