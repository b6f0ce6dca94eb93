//! Checks an action's parameters.

use serde_json::{Map, Value};

use super::{Place, Problems};
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
            problems.action(place, ProblemKind::InvalidValue, place.path("Parameters"), detail);
            return;
        }
    };
    let rules: Vec<&ParameterRule> = std::iter::once(rule).chain(form).map(|rule| &rule.parameters).collect();
    for name in parameters.keys() {
        if !rules.iter().any(|rule| rule.known().any(|known| known == name)) {
            let detail = format!("{kind} has no parameter {name} here");
            problems.action(place, ProblemKind::InvalidName, path(place, name), detail);
        }
    }
    for rule in &rules {
        for name in &rule.required {
            if !parameters.contains_key(name) {
                let detail = format!("{kind} needs the parameter {name}");
                problems.action(place, ProblemKind::MissingProperty, path(place, name), detail);
            }
        }
        alternatives(place, kind, &rule.exactly_one_of, true, parameters, problems);
        alternatives(place, kind, &rule.at_most_one_of, false, parameters, problems);
        values(place, rule, parameters, problems);
    }
    for (name, value) in parameters {
        scalars(place, &path(place, name), value, problems);
    }
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
            problems.action(place, ProblemKind::MissingProperty, path(place, first), detail);
        }
        return;
    }
    for name in given {
        let detail = format!("{kind} takes only one of the parameters {list}");
        problems.action(place, ProblemKind::InvalidName, path(place, name), detail);
    }
}

fn values(place: &Place<'_>, rule: &ParameterRule, parameters: &Map<String, Value>, problems: &mut Problems) {
    let mut invalid = |name: &str, detail: String| {
        problems.action(place, ProblemKind::InvalidValue, path(place, name), detail);
    };
    for (name, (least, most)) in &rule.integers {
        let Some(text) = parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
            continue;
        };
        let in_range = text.parse::<i64>().is_ok_and(|number| (*least..=*most).contains(&number));
        if !in_range && !text.starts_with("$.") {
            invalid(name, format!("{name} must be a whole number from {least} to {most}, or a reference"));
        }
    }
    for (name, allowed) in &rule.values {
        let Some(text) = parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
            continue;
        };
        if !allowed.iter().any(|value| value == text) {
            invalid(name, format!("{name} must be one of {}", allowed.join(", ")));
        }
    }
    for (name, most) in &rule.max_entries {
        let entries = parameters.get(name).and_then(Value::as_object).map_or(0, Map::len);
        if entries > *most {
            invalid(name, format!("{name} has {entries} entries; at most {most} are allowed"));
        }
    }
}

/// All scalars, however deep, must be texts that are not empty.
fn scalars(place: &Place<'_>, path: &str, value: &Value, problems: &mut Problems) {
    let detail = match value {
        Value::String(text) if !text.is_empty() => return,
        Value::String(_) => "an empty text is refused; leave the parameter out instead",
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
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            "numbers and truth values must be written as texts, and null is refused"
        }
    };
    problems.action(place, ProblemKind::InvalidValue, path.to_owned(), detail);
}
