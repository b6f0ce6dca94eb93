//! Checks an action's parameters.

use serde_json::{Map, Value};

use super::{PARAMETERS, Place, Problems, nearest};
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
    let none = Value::Object(Map::new());
    let Some(parameters) = PARAMETERS.members(place, parameters.or(Some(&none)), problems) else { return };
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
    for (name, value) in parameters {
        shape(place, &rules, name, value, problems);
    }
}

/// Checks whether a parameter is a text, a list or an object, and what is in it.
fn shape(place: &Place<'_>, rules: &[&ParameterRule], name: &str, value: &Value, problems: &mut Problems) {
    let among = |list: fn(&ParameterRule) -> &Vec<String>| {
        rules.iter().any(|rule| list(rule).iter().any(|one| one == name))
    };
    if among(|rule| &rule.structured) {
        return;
    }
    let is_known = rules.iter().any(|rule| rule.known().any(|known| known == name));
    let referred = value.as_str().is_some_and(is_reference);
    let (fits, what) = if among(|rule| &rule.objects) {
        (value.is_object(), "an object")
    } else if among(|rule| &rule.lists) {
        (value.is_array(), "a list")
    } else {
        (!(value.is_object() || value.is_array()), "a string")
    };
    if is_known && !fits && !referred {
        let (detail, fix) = (format!("{name} must be {what}"), format!("write {what}"));
        problems.action(place, ProblemKind::InvalidValue, path(place, name), detail, fix);
        return;
    }
    scalars(place, &path(place, name), value, problems);
}

fn is_reference(text: &str) -> bool {
    text.starts_with("$.") || text.starts_with("$[")
}

/// A parameter's possible value, if the rules know it.
fn example(rule: &ParameterRule, name: &str) -> String {
    if let Some((least, most)) = rule.integers.get(name) {
        return format!(", a number {} as a string", range(*least, *most));
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
        let number = text.parse::<i64>().ok();
        let in_range =
            number.is_some_and(|number| number >= *least && most.is_none_or(|most| number <= most));
        let is_static = rule.fixed.contains(name);
        if !in_range && (is_static || !is_reference(text)) {
            let or = match is_static {
                true if is_reference(text) => "; a reference is refused",
                true => "",
                false => ", or a reference",
            };
            let range = range(*least, *most);
            let detail = format!("{name} must be a whole number {range}{or}");
            let fix = match (number, most) {
                (Some(number), _) if number < *least => format!("write \"{least}\" or more"),
                (Some(_), Some(most)) => format!("write \"{most}\" or less"),
                _ if is_static => format!("write a number {range}"),
                _ => format!("write a number {range}, or a reference such as $.Attributes.name"),
            };
            invalid(name, detail, fix);
        }
    }
    for (path, allowed) in &rule.values {
        for (at, text) in texts_at(parameters, path) {
            let is_static = rule.fixed.contains(path);
            if text.is_empty()
                || allowed.iter().any(|value| value == text)
                || (!is_static && is_reference(text))
            {
                continue;
            }
            let fix = match nearest(text, allowed.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("write {}", allowed.join(" or ")),
            };
            let name = path.rsplit('.').next().unwrap_or(path);
            invalid(&at, format!("{name} must be one of {}", allowed.join(", ")), fix);
        }
    }
    for (name, known) in &rule.keys {
        for key in parameters.get(name).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            if !known.contains(key) {
                let fix = match nearest(key, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("write one of {}", known.join(", ")),
                };
                invalid(&format!("{name}.{key}"), format!("{name} has no {key}"), fix);
            }
        }
    }
    for (name, most) in &rule.max_entries {
        let entries = parameters.get(name).and_then(Value::as_object).map_or(0, Map::len);
        if entries > *most {
            let fix = format!("keep {most}, move the rest into another block of this type");
            invalid(name, format!("{name} has {entries} entries; at most {most} are allowed"), fix);
        }
    }
    for (name, usual) in &rule.usual_most {
        let number = parameters.get(name).and_then(Value::as_str).and_then(|text| text.parse::<i64>().ok());
        if number.is_some_and(|number| number > *usual) {
            let detail = format!("the console sets {name} to {usual} at most; published flows have more");
            let fix = format!("write \"{usual}\" or less if you edit the flow in the console");
            problems.by(true, |problems| {
                problems.action(place, ProblemKind::InvalidValue, path(place, name), detail, fix);
            });
        }
    }
}

/// A range in words.
fn range(least: i64, most: Option<i64>) -> String {
    match most {
        Some(most) => format!("from {least} to {most}"),
        None => format!("of {least} or more"),
    }
}

/// The texts at a path through members and items, each with its place.
fn texts_at<'a>(parameters: &'a Map<String, Value>, path: &str) -> Vec<(String, &'a str)> {
    let (first, below) = path.split_once('.').unwrap_or((path, ""));
    let mut open: Vec<(String, &Value, &str)> =
        parameters.get(first).map(|value| (first.to_owned(), value, below)).into_iter().collect();
    let mut texts = Vec::new();
    while let Some((at, value, below)) = open.pop() {
        match value {
            Value::String(text) if below.is_empty() => texts.push((at, text.as_str())),
            Value::Array(items) => {
                let items = items.iter().enumerate().rev();
                open.extend(items.map(|(index, item)| (format!("{at}[{index}]"), item, below)));
            }
            Value::Object(members) => {
                let (name, rest) = below.split_once('.').unwrap_or((below, ""));
                open.extend(members.get(name).map(|member| (format!("{at}.{name}"), member, rest)));
            }
            _ => {}
        }
    }
    texts
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
