//! Contact attributes that nearly match those that a program reads: names and values must match exactly.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Flow;
use crate::check::{Code, Finding};

pub(super) fn check(flow: &Flow, known: &BTreeMap<String, BTreeSet<String>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, action) in flow.actions.iter().enumerate() {
        if action.kind != "UpdateContactAttributes" {
            continue;
        }
        for (name, value) in
            action.parameters.get("Attributes").and_then(Value::as_object).into_iter().flatten()
        {
            let found = match known.get(name) {
                Some(values) => value.as_str().and_then(|value| about_value(name, value, values)),
                None => about_name(name, known),
            };
            let below = format!(".Parameters.Attributes.{name}");
            findings.extend(found.map(|finding| finding.at(flow, number, &below)));
        }
    }
    findings
}

/// A name that people would read as a known one.
fn about_name(name: &str, known: &BTreeMap<String, BTreeSet<String>>) -> Option<Finding> {
    let plain = |name: &str| name.trim().to_lowercase().replace(['-', ' '], "_");
    let meant = known.keys().find(|known| plain(known) == plain(name))?;
    let what =
        format!("the attribute {name:?} is set, but nothing reads it: only {meant} counts, in this spelling");
    Some(Finding::advice(Code::MisspelledAttribute, what, format!("rename it to {meant}")))
}

/// A meaningless value. A reference's value is unknown here.
fn about_value(name: &str, value: &str, values: &BTreeSet<String>) -> Option<Finding> {
    if values.is_empty() || values.contains(value) || value.contains("$.") || value.contains("$[") {
        return None;
    }
    let near = values.iter().find(|known| known.eq_ignore_ascii_case(value.trim()));
    let either = values.iter().map(String::as_str).collect::<Vec<_>>().join(" or ");
    let what = format!("{value:?} is not a value of {name}, which must be exactly {either}");
    let fix = near.map_or_else(|| format!("set it to {either}"), |near| format!("set it to {near}"));
    Some(Finding::advice(Code::MeaninglessValue, what, fix))
}
