//! What the service accepts but callers, or the flow's maintainers, regret.

mod paths;
mod placement;
mod references;
mod spelling;
mod streaming;
mod texts;
mod unchecked;

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Document, Finding, Options};
use crate::graph::Graph;
use crate::{Flow, FlowType};

pub(super) use references::attributes_set;
pub(super) use texts::placeholder;

/// All advice about a flow. `attributes` are those that are set.
pub(super) fn about(
    flow: &Flow,
    document: &Document,
    flow_type: FlowType,
    attributes: &BTreeSet<String>,
    options: &Options,
) -> Vec<Finding> {
    let graph = Graph::of(flow);
    let mut findings = paths::check(flow, &graph, flow_type);
    findings.extend(streaming::check(flow, &graph));
    findings.extend(references::check(flow, attributes));
    findings.extend(spelling::check(flow, &options.read_attributes));
    findings.extend(texts::check(flow, document.is_template));
    findings.extend(placement::check(flow));
    if document.modules.is_none() {
        findings.extend(unchecked::check(flow, flow_type));
    }
    findings
}

/// Every text in a value, however deep, with its path.
fn texts_in<'a>(value: &'a Value, path: &str, found: &mut impl FnMut(&str, &'a str)) {
    match value {
        Value::String(text) => found(path, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts_in(item, &format!("{path}[{index}]"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                texts_in(member, &format!("{path}.{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The names of a few blocks, for a sentence.
fn names(flow: &Flow, blocks: impl IntoIterator<Item = usize>) -> String {
    const MOST: usize = 6;
    let mut blocks: Vec<usize> = blocks.into_iter().collect();
    blocks.sort_unstable();
    let mut names: Vec<String> =
        blocks.iter().take(MOST).map(|block| format!("{:?}", flow.actions[*block].identifier)).collect();
    if blocks.len() > MOST {
        names.push(format!("{} more", blocks.len() - MOST));
    }
    names.join(", ")
}
