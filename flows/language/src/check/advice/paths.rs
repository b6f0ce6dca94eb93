//! Paths through a flow: blocks without a way in, loops without a way out.

use std::collections::HashSet;

use super::names;
use crate::check::{Code, Finding};
use crate::graph::{BranchKind, Graph, hands_on};
use crate::rules::{Basis, rules};
use crate::{Flow, FlowType};

pub(super) fn check(flow: &Flow, graph: &Graph<'_>, flow_type: FlowType) -> Vec<Finding> {
    let reachable = graph.reachable();
    let mut findings = Vec::new();
    for block in (0..graph.blocks.len()).filter(|block| !reachable[*block] && graph.start.is_some()) {
        let what = "the block cannot be reached from the start";
        let fix = "connect a branch to it or remove it";
        findings.push(Finding::advice(Code::Unreachable, what, fix).at(flow, block, ""));
    }
    let loops = loops(flow, graph, flow_type, &reachable);
    if loops.is_empty() && !plays_until_answered(flow_type) && never_ends(graph, &reachable) {
        let what = "no reachable block ends the flow or passes the contact on: it can only hang up";
        let fix = "connect a branch to DisconnectParticipant, a transfer, or the block that ends flows of this \
             type";
        findings.push(Finding::advice(Code::NeverEnds, what, fix));
    }
    findings.extend(loops);
    findings.extend(repeated_conditions(flow, graph));
    findings
}

/// Whether flows of a type loop until they are ended from outside.
fn plays_until_answered(flow_type: FlowType) -> bool {
    matches!(flow_type, FlowType::CustomerQueue | FlowType::CustomerHold | FlowType::AgentHold)
}

fn never_ends(graph: &Graph<'_>, reachable: &[bool]) -> bool {
    graph.start.is_some() && !(0..graph.blocks.len()).any(|block| reachable[block] && graph.leaves(block))
}

/// Whether a contact stays at a block for a while, so that looping is harmless. Unknown blocks and modules are assumed
/// to be harmless.
fn waits(kind: &str, flow_type: FlowType) -> bool {
    match kind {
        "GetParticipantInput"
        | "Wait"
        | "MessageParticipantIteratively"
        | "ShowView"
        | "InvokeFlowModule" => true,
        "MessageParticipant" => plays_until_answered(flow_type),
        _ => rules().actions.get(kind).is_none_or(|rule| rule.basis == Basis::Documented),
    }
}

fn loops(flow: &Flow, graph: &Graph<'_>, flow_type: FlowType, reachable: &[bool]) -> Vec<Finding> {
    let cycles = graph.cycles(|block| reachable[block] && !waits(&flow.actions[block].kind, flow_type));
    cycles
        .into_iter()
        .filter_map(|cycle| {
            let outward = || {
                let leaves = |block: &usize| graph.taken(*block).filter(|branch| !cycle.contains(&branch.to));
                cycle.iter().flat_map(leaves)
            };
            if outward().any(|branch| !branch.kind.is_failure()) {
                return None;
            }
            let first = cycle.iter().copied().min()?;
            let blocks = names(flow, cycle.iter().copied());
            let retries = cycle.iter().any(|block| hands_on(&flow.actions[*block].kind));
            let finding = if retries {
                Finding::advice(
                    Code::LoopWithoutPause,
                    format!("if the transfer fails it is retried immediately in an endless loop: {blocks}"),
                    "put a Wait, a Loop with a count, or something the caller hears and answers into the loop",
                )
            } else {
                let failures = outward().next().is_some();
                let out = if failures { "only a failure leaves the loop" } else { "nothing leaves the \
                    loop" };
                Finding::advice(
                    Code::LoopWithoutExit,
                    format!("{out}, and nothing in it waits for the contact: {blocks}"),
                    "put a Loop block with a count into it and connect DoneLooping to a block outside",
                )
            };
            Some(finding.at(flow, first, ""))
        })
        .collect()
}

fn repeated_conditions(flow: &Flow, graph: &Graph<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (block, branches) in graph.branches.iter().enumerate() {
        let mut seen = HashSet::new();
        for branch in branches {
            if let BranchKind::Condition(operator, operands) = branch.kind
                && !seen.insert((operator, operands))
            {
                let what = format!(
                    "two branches are for {operator} {}: the second one is never taken",
                    operands.join(", ")
                );
                let fix = "remove one of the two";
                let finding = Finding::advice(Code::RepeatedCondition, what, fix);
                findings.push(finding.at(flow, block, ".Transitions.Conditions"));
            }
        }
    }
    findings
}
