//! References to attributes that are never set.

use std::collections::{BTreeSet, HashSet};

use super::texts_in;
use crate::Flow;
use crate::check::{Code, Finding};
use crate::validate::nearest;

/// The contact attributes that a flow sets, on its contact or on a task that it creates.
pub(in crate::check) fn attributes_set(flow: &Flow) -> impl Iterator<Item = &str> {
    keys(flow, &["UpdateContactAttributes", "CreateTask"], "Attributes")
}

fn keys<'a>(
    flow: &'a Flow,
    kinds: &'static [&str],
    parameter: &'static str,
) -> impl Iterator<Item = &'a str> {
    flow.actions
        .iter()
        .filter(|action| kinds.contains(&action.kind.as_str()))
        .filter_map(move |action| action.parameters.get(parameter)?.as_object())
        .flat_map(|attributes| attributes.keys().map(String::as_str))
}

pub(super) fn check(flow: &Flow, attributes: &BTreeSet<String>) -> Vec<Finding> {
    let flow_attributes: BTreeSet<&str> = keys(flow, &["UpdateFlowAttributes"], "FlowAttributes").collect();
    let mut findings = Vec::new();
    for (number, action) in flow.actions.iter().enumerate() {
        let mut told = HashSet::new();
        for (name, parameter) in &action.parameters {
            texts_in(parameter, &format!(".Parameters.{name}"), &mut |path, text| {
                for attribute in referenced(text, "Attributes") {
                    if !attributes.contains(attribute) && told.insert(("Attributes", attribute)) {
                        let near = nearest(attribute, attributes.iter().map(String::as_str));
                        let what = format!("$.Attributes.{attribute} is read, but no block sets it");
                        let fix = near.map_or_else(
                            || {
                                "set it before with UpdateContactAttributes, or declare it with --attribute"
                                    .to_owned()
                            },
                            |near| format!("did you mean {near}?"),
                        );
                        let finding = Finding::advice(Code::MissingAttribute, what, fix);
                        findings.push(finding.at(flow, number, path));
                    }
                }
                for attribute in referenced(text, "FlowAttributes") {
                    if !flow_attributes.contains(attribute) && told.insert(("FlowAttributes", attribute)) {
                        let what = format!(
                            "$.FlowAttributes.{attribute} is read, but no block of this flow sets it; flow \
                             attributes do not reach other flows"
                        );
                        let fix = "set it before with UpdateFlowAttributes";
                        let finding = Finding::advice(Code::MissingFlowAttribute, what, fix);
                        findings.push(finding.at(flow, number, path));
                    }
                }
            });
        }
    }
    findings
}

/// The names that a text refers to in a namespace, in the spellings of the administrator guide: `$.Attributes.name`,
/// `$.Attributes['a name']`, `$.Attributes.['a name']`, `$['Attributes']['a name']`.
fn referenced<'a>(text: &'a str, namespace: &str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices('$') {
        let rest = &text[at + 1..];
        let rest = match rest.strip_prefix('.') {
            Some(rest) => rest.strip_prefix(namespace),
            None => rest
                .strip_prefix("['")
                .and_then(|rest| rest.strip_prefix(namespace))
                .and_then(|rest| rest.strip_prefix("']")),
        };
        let Some(rest) = rest else { continue };
        let dotted = rest.strip_prefix('.');
        let name = if let Some(quoted) = dotted.unwrap_or(rest).strip_prefix("['") {
            quoted.split_once("']").map(|(name, _)| name)
        } else {
            dotted.map(|rest| {
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
                &rest[..end]
            })
        };
        names.extend(name.filter(|name| !name.is_empty()));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_a_reference() {
        let text = "a $.Attributes.one, $.Attributes['two 2'] $.Attributes.['three'] $['Attributes']['four'] \
                    $.Attributes.vm-5. $.AttributesX.no $.External.no $.FlowAttributes.no $.Attributes. $ é$.Attributes.sechs";
        assert_eq!(referenced(text, "Attributes"), ["one", "two 2", "three", "four", "vm-5", "sechs"]);
        assert_eq!(referenced(text, "FlowAttributes"), ["no"]);
    }
}
