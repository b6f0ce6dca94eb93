//! What these rules do not know and so do not judge.

use std::collections::BTreeMap;

use crate::check::{Code, Finding};
use crate::rules::rules;
use crate::{Flow, FlowType};

const FIX: &str = "publish the flow once in the console to have the service check it";

pub(super) fn check(flow: &Flow, flow_type: FlowType) -> Vec<Finding> {
    if flow_type == FlowType::Campaign {
        let what = "the rules of campaigns are not known here: identifiers and branches were checked, parameters were not";
        return vec![Finding::note(Code::UncheckedFlowType, what, FIX)];
    }
    let mut first: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (number, action) in flow.actions.iter().enumerate() {
        if rules().named.values().flatten().any(|kind| *kind == action.kind) {
            first.entry(&action.kind).or_insert((number, 0)).1 += 1;
        }
    }
    let finding = |(kind, (number, count)): (&str, (usize, usize))| {
        let others =
            if count > 1 { format!(" in this and {} more blocks", count - 1) } else { String::new() };
        let what = format!(
            "the rules of {kind} are not known here: its branches were checked, its parameters were not{others}"
        );
        Finding::note(Code::UncheckedType, what, FIX).at(flow, number, ".Type")
    };
    first.into_iter().map(finding).collect()
}
