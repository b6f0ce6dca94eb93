//! Whether the parts of an installation work: one way to look at each, and one to judge it. `status`, `doctor` and the
//! test after an installation select from these.

mod judge;
mod look;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use vmx_contract::chain::reads;

use crate::cloud::CloudError;
use crate::finding::Finding;
use vmx_model::actual::{ActualFlow, StackResource, StackState};
use vmx_model::flow_content::invoked_functions;
use vmx_model::ownership::GUIDE_FUNCTION_OUTPUT;
use vmx_model::parts::{FlowKey, Function};

pub(crate) use judge::{
    INSTALL, calls, contact_records, dead_letters, flow, function, gone, is_edited, media, names, queue,
    reported, rule, stuck, trigger,
};
pub(crate) use look::{last_round, look, look_at_queues};

/// What a service says about a part.
pub(crate) type Looked<T> = Result<T, CloudError>;

/// What runs, and what makes it run.
pub(crate) struct Running<'a> {
    /// Each function with its name.
    pub(crate) functions: Vec<(Function, &'a str, Looked<FunctionState>)>,
    pub(crate) triggers: Vec<(&'a StackResource, Looked<TriggerState>)>,
    /// Whether each rule is enabled.
    pub(crate) rules: Vec<(&'a StackResource, Looked<bool>)>,
    /// The earlier system that is being replaced.
    pub(crate) earlier: Option<&'a str>,
}

impl Running<'_> {
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let functions = self.functions.iter().map(|(which, name, looked)| function(*which, name, looked));
        let triggers = self.triggers.iter().map(|(resource, looked)| trigger(resource, looked, self.earlier));
        let rules = self.rules.iter().map(|(resource, looked)| rule(resource, looked));
        functions.chain(triggers).chain(rules).collect()
    }

    /// Whether something is about to change by itself.
    pub(crate) fn is_changing(&self) -> bool {
        let functions = self.functions.iter().filter_map(|(_, _, looked)| looked.as_ref().ok()?.changing());
        let triggers = self.triggers.iter().filter_map(|(_, looked)| looked.as_ref().ok()?.changing());
        functions.chain(triggers).next().is_some()
    }
}

/// The state of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FunctionState {
    /// For example `Active`.
    pub state: String,
    /// Why, if Lambda says so.
    pub reason: Option<String>,
    /// The result of the last update, for example `Successful`.
    pub last_update: String,
    /// SHA-256 of its code in Base64.
    pub code_sha256: String,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// Memory in MiB.
    pub memory: i32,
    /// How much concurrency is reserved for it. With 0 it does not run.
    pub reserved: Option<i32>,
}

impl FunctionState {
    /// What it is doing, if it is about to change by itself.
    pub(crate) fn changing(&self) -> Option<&str> {
        let is_changing = self.state == "Pending" || self.last_update == "InProgress";
        is_changing.then_some(if self.state == "Pending" { "pending" } else { "being updated" })
    }
}

/// The state of an event source mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriggerState {
    /// For example `Enabled`.
    pub state: String,
    /// The result of the last batch, for example `OK` or `PROBLEM: …`.
    pub last_result: Option<String>,
}

impl TriggerState {
    /// What it is doing, if it is about to change by itself.
    pub(crate) fn changing(&self) -> Option<&str> {
        Some(self.state.as_str()).filter(|state| reads(state) && *state != "Enabled")
    }
}

/// The functions that the instance has to allow: those that flows invoke, and the one that guided tasks name.
pub(crate) fn called(flows: &[ActualFlow], stack: &StackState) -> BTreeSet<String> {
    let is_guided = flows.iter().any(|flow| flow.key == FlowKey::AgentGuide);
    let guide = stack.outputs.get(GUIDE_FUNCTION_OUTPUT).filter(|_| is_guided);
    flows.iter().flat_map(|flow| invoked_functions(&flow.content)).chain(guide.cloned()).collect()
}
