//! Checks an action's transitions.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Place, Problems};
use crate::ProblemKind;
use crate::rules::{ActionRule, ConditionRule, NextActionRule};

pub(super) fn check(
    place: &Place<'_>,
    kind: &str,
    rule: &ActionRule,
    form: Option<&ActionRule>,
    transitions: Option<&Value>,
    identifiers: &HashSet<&str>,
    problems: &mut Problems,
) {
    let transitions = match transitions {
        Some(Value::Object(transitions)) => transitions,
        Some(_) => {
            let detail = "Transitions must be an object";
            problems.action(place, ProblemKind::InvalidValue, place.path("Transitions"), detail);
            return;
        }
        None if rule.next_action == NextActionRule::Refused => {
            let detail = "an action that ends a flow has empty Transitions: {}";
            problems.action(place, ProblemKind::MissingProperty, place.path("Transitions"), detail);
            return;
        }
        // What is missing inside is said below.
        None => &Map::new(),
    };
    if rule.next_action == NextActionRule::Refused {
        if transitions.values().any(|value| !is_empty_list(value)) {
            let detail = format!("{kind} ends the flow: nothing can follow it");
            problems.action(place, ProblemKind::TransitionsNotSupported, place.path("Transitions"), detail);
        }
        return;
    }
    for name in transitions.keys() {
        if !["NextAction", "Errors", "Conditions"].contains(&name.as_str()) {
            let path = place.path(&format!("Transitions.{name}"));
            let detail = format!("Transitions have no member {name}");
            problems.action(place, ProblemKind::InvalidName, path, detail);
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
    let (kind, detail) = match target {
        Some(Value::String(target)) if identifiers.contains(target.as_str()) => return,
        Some(Value::String(target)) => {
            (ProblemKind::InvalidValue, format!("there is no action {target:?} to go to"))
        }
        Some(_) => (ProblemKind::InvalidValue, "NextAction must be a text".to_owned()),
        None => (ProblemKind::MissingProperty, "the action that follows must be named".to_owned()),
    };
    problems.action(place, kind, path, detail);
}

/// The items of an optional list of objects, each with its path. What is no object is reported and left out.
fn items<'a>(
    place: &Place<'_>,
    name: &str,
    list: Option<&'a Value>,
    problems: &mut Problems,
) -> Vec<(String, &'a Map<String, Value>)> {
    let path = place.path(&format!("Transitions.{name}"));
    let mut invalid = |path: String| {
        let detail = format!("{name} must be a list of objects");
        problems.action(place, ProblemKind::InvalidValue, path, detail);
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
                let detail = "an error branch names its ErrorType";
                problems.action(place, ProblemKind::MissingProperty, format!("{path}.ErrorType"), detail);
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
                    problems.action(place, problem, format!("{path}.ErrorType"), detail);
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
            problems.action(place, problem, place.path.clone(), detail);
        }
    }
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
            problems.action(place, ProblemKind::InvalidCondition, path, detail);
            continue;
        };
        let Some(condition) = branch.get("Condition").and_then(Value::as_object) else {
            let detail = "a branch for a result needs its Condition, an object";
            problems.action(place, ProblemKind::MissingProperty, path, detail);
            continue;
        };
        match condition.get("Operator").and_then(Value::as_str) {
            Some(operator) if rule.operators.iter().any(|known| known == operator) => {}
            _ => {
                let detail = format!("{kind} compares with {}", rule.operators.join(", "));
                problems.action(place, ProblemKind::InvalidCondition, format!("{path}.Operator"), detail);
            }
        }
        let operand = match condition.get("Operands").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::String(operand)]) if !operand.is_empty() => operand.as_str(),
            _ => {
                let detail = "a condition has exactly one operand, a text that is not empty";
                problems.action(place, ProblemKind::InvalidCondition, format!("{path}.Operands"), detail);
                continue;
            }
        };
        if !rule.operands.is_empty() && !rule.operands.iter().any(|known| known == operand) {
            let detail = format!("{kind} compares with one of {}", rule.operands.join(", "));
            problems.action(place, ProblemKind::InvalidCondition, format!("{path}.Operands"), detail);
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
            problems.action(place, problem, place.path.clone(), detail);
        }
    }
}
