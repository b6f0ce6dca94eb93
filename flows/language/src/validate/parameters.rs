//! Checks an action's parameters.

use serde_json::{Map, Value};

use super::{Place, Problems, nearest};
use crate::ProblemKind;
use crate::rules::{ActionRule, ParameterRule};

pub(super) fn check(
    place: &Place<'_>,
    kind: &str,
    rule: &ActionRule,
    form: Option<&ActionRule>,
    parameters: Option<&Value>,
    problems: &mut Problems,
) {
    let none = Map::new();
    let parameters = match parameters {
        None => &none,
        Some(Value::Object(parameters)) => parameters,
        Some(_) => {
            let detail = "Parameters must be an object";
            let fix = "write \"Parameters\": {}, with names and values inside";
            problems.action(place, ProblemKind::InvalidValue, place.path("Parameters"), detail, fix);
            return;
        }
    };
    let rules: Vec<&ParameterRule> = std::iter::once(rule).chain(form).map(|rule| &rule.parameters).collect();
    for name in parameters.keys() {
        if !rules.iter().any(|rule| rule.known().any(|known| known == name)) {
            let detail = format!("{kind} has no parameter {name} here");
            let known =
                rules.iter().flat_map(|rule| rule.known()).filter(|name| !parameters.contains_key(*name));
            let fix = match nearest(name, known) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("remove {name}"),
            };
            problems.action(place, ProblemKind::InvalidName, path(place, name), detail, fix);
        }
    }
    for rule in &rules {
        for name in &rule.required {
            if !parameters.contains_key(name) {
                let detail = format!("{kind} needs the parameter {name}");
                let fix = format!("add {name} to Parameters{}", example(rule, name));
                problems.action(place, ProblemKind::MissingProperty, path(place, name), detail, fix);
            }
        }
        alternatives(place, kind, &rule.exactly_one_of, true, parameters, problems);
        alternatives(place, kind, &rule.at_most_one_of, false, parameters, problems);
        values(place, rule, parameters, problems);
    }
    check_scalars(place, parameters, problems);
}

/// Checks the rules for all actions' parameters.
pub(super) fn check_scalars(place: &Place<'_>, parameters: &Map<String, Value>, problems: &mut Problems) {
    for (name, value) in parameters {
        scalars(place, &path(place, name), value, problems);
    }
}

/// A parameter's possible value, if the rules know it.
fn example(rule: &ParameterRule, name: &str) -> String {
    if let Some((least, most)) = rule.integers.get(name) {
        return format!(", a number from {least} to {most} as a string");
    }
    rule.values.get(name).map(|values| format!(": {}", values.join(" or "))).unwrap_or_default()
}

fn path(place: &Place<'_>, parameter: &str) -> String {
    place.path(&format!("Parameters.{parameter}"))
}

fn alternatives(
    place: &Place<'_>,
    kind: &str,
    names: &[String],
    needed: bool,
    parameters: &Map<String, Value>,
    problems: &mut Problems,
) {
    let mut given = names.iter().filter(|name| parameters.contains_key(*name));
    let Some(first) = names.first() else { return };
    let list = names.join(", ");
    if given.next().is_none() {
        if needed {
            let detail = format!("{kind} needs one of the parameters {list}");
            let fix = format!("add one of {list} to Parameters");
            problems.action(place, ProblemKind::MissingProperty, path(place, first), detail, fix);
        }
        return;
    }
    for name in given {
        let detail = format!("{kind} allows only one of the parameters {list}");
        let fix = format!("keep one of them, remove {name} or the other");
        problems.action(place, ProblemKind::InvalidName, path(place, name), detail, fix);
    }
}

fn values(place: &Place<'_>, rule: &ParameterRule, parameters: &Map<String, Value>, problems: &mut Problems) {
    let mut invalid = |name: &str, detail: String, fix: String| {
        problems.action(place, ProblemKind::InvalidValue, path(place, name), detail, fix);
    };
    for (name, (least, most)) in &rule.integers {
        let Some(text) = parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
            continue;
        };
        let in_range = text.parse::<i64>().is_ok_and(|number| (*least..=*most).contains(&number));
        if !in_range && !text.starts_with("$.") {
            let detail = format!("{name} must be a whole number from {least} to {most}, or a reference");
            let fix = match text.parse::<i64>() {
                Ok(number) if number > *most => format!("write \"{most}\" or less"),
                Ok(number) if number < *least => format!("write \"{least}\" or more"),
                _ => {
                    format!("write a number from {least} to {most}, or a reference such as $.Attributes.name")
                }
            };
            invalid(name, detail, fix);
        }
    }
    for (name, allowed) in &rule.values {
        let Some(text) = parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
            continue;
        };
        if !allowed.iter().any(|value| value == text) {
            let fix = match nearest(text, allowed.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("write {}", allowed.join(" or ")),
            };
            invalid(name, format!("{name} must be one of {}", allowed.join(", ")), fix);
        }
    }
    for (name, most) in &rule.max_entries {
        let entries = parameters.get(name).and_then(Value::as_object).map_or(0, Map::len);
        if entries > *most {
            let fix = format!("keep {most}, move the rest into another block of this type");
            invalid(name, format!("{name} has {entries} entries; at most {most} are allowed"), fix);
        }
    }
}

/// All scalars, however deep, must be strings that are not empty.
fn scalars(place: &Place<'_>, path: &str, value: &Value, problems: &mut Problems) {
    let (detail, fix) = match value {
        Value::String(text) if !text.is_empty() => return,
        Value::String(_) => (
            "an empty string is refused; omit the parameter instead",
            "write a value or remove it".to_owned(),
        ),
        Value::Object(members) => {
            for (name, value) in members {
                scalars(place, &format!("{path}.{name}"), value, problems);
            }
            return;
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                scalars(place, &format!("{path}[{index}]"), value, problems);
            }
            return;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (
            "numbers and booleans must be strings, and null is refused",
            match value {
                Value::Bool(true) => "write \"True\"".to_owned(),
                Value::Bool(false) => "write \"False\"".to_owned(),
                Value::Number(number) => format!("write \"{number}\""),
                _ => "write a value or remove it".to_owned(),
            },
        ),
    };
    problems.action(place, ProblemKind::InvalidValue, path.to_owned(), detail, fix);
}
