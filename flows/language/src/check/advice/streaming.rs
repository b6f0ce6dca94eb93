//! Whether a caller may still be streamed when the contact leaves the flow.

use serde_json::Value;

use crate::check::{Code, Finding};
use crate::graph::{BranchKind, Graph};
use crate::{Action, Flow};

/// What a block does to the stream if it succeeds.
enum Effect {
    Starts,
    Stops,
    None,
}

/// Follows the paths from each block that starts streaming on which nothing stops it.
pub(super) fn check(flow: &Flow, graph: &Graph<'_>) -> Vec<Finding> {
    // For each block, the block that started the stream that may be running there.
    let mut streamed_by: Vec<Option<usize>> = vec![None; graph.blocks.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (block, reached) in graph.reachable().into_iter().enumerate() {
        if reached && matches!(effect(&flow.actions[block]), Effect::Starts) {
            // If starting fails, nothing is streamed.
            let started =
                graph.branches[block].iter().filter(|branch| !matches!(branch.kind, BranchKind::Error(_)));
            open.extend(started.map(|branch| (branch.to, block)));
        }
    }
    while let Some((block, starter)) = open.pop() {
        if streamed_by[block].is_some() {
            continue;
        }
        streamed_by[block] = Some(starter);
        // A failed stop counts as stopped: a flow could not do more.
        if !matches!(effect(&flow.actions[block]), Effect::Stops) {
            open.extend(graph.branches[block].iter().map(|branch| (branch.to, starter)));
        }
    }
    let mut findings = Vec::new();
    for (block, starter) in streamed_by.into_iter().enumerate() {
        let Some(starter) = starter.filter(|_| graph.leaves(block)) else { continue };
        let what = format!(
            "the contact leaves the flow here, but the media streaming started by {:?} may still be running",
            flow.actions[starter].identifier
        );
        let fix = "put an UpdateContactMediaStreamingBehavior with MediaStreamingState Disabled on every \
                   path to this block";
        findings.push(Finding::advice(Code::StreamingLeftOn, what, fix).at(flow, block, ""));
    }
    findings
}

fn effect(action: &Action) -> Effect {
    match (action.kind.as_str(), action.parameters.get("MediaStreamingState").and_then(Value::as_str)) {
        ("UpdateContactMediaStreamingBehavior", Some("Enabled")) => Effect::Starts,
        ("UpdateContactMediaStreamingBehavior", Some("Disabled")) => Effect::Stops,
        // A module is unknown here, and may stop the stream.
        ("InvokeFlowModule", _) => Effect::Stops,
        _ => Effect::None,
    }
}
