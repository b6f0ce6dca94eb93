//! Executes a plan: artifacts, the flows that the stack refers to, the stack, what the instance uses, the other flows.
//!
//! Every step looks before it writes or repeats without harm, so that a run that was stopped can simply be run again.

mod announced;
mod artifacts;
mod error;
mod instance;
mod refusal;
mod stack;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use aws_sdk_connect::types::InstanceStorageResourceType;

use crate::cloud::Cloud;
use crate::event::{Action, Event, Kind, View};
use crate::pace::Pace;
use crate::plan::Plan;
use crate::render::FlowKey;

pub use error::{ApplyError, Step};

/// What a run made in the instance, and can take back.
#[derive(Debug, Clone, PartialEq)]
enum Made {
    Flow { id: String, name: String },
    Storage { association_id: String, what: InstanceStorageResourceType, name: &'static str },
    Association { arn: String },
}

/// A run: the plan, what it acts with, and what it has done.
struct Run<'a> {
    cloud: &'a Cloud,
    plan: &'a Plan,
    pace: Pace,
    id: &'a str,
    view: &'a dyn View,
    changes: usize,
    made: Vec<Made>,
}

impl Run<'_> {
    /// Tells of a change that took effect.
    fn changed(&mut self, action: Action, kind: Kind, name: &str) {
        self.changes += 1;
        self.view.show(&Event::Changed { action, kind, name: name.to_owned() });
    }
}

/// Applies a plan and gives the number of changes that took effect. `run_id` marks what the run asks of
/// CloudFormation: letters, digits and hyphens, a letter first.
///
/// # Errors
/// [`ApplyError`], which says how far the run came and what was taken back.
pub async fn apply(
    cloud: &Cloud,
    plan: &Plan,
    pace: Pace,
    run_id: &str,
    view: &dyn View,
) -> Result<usize, ApplyError> {
    let mut run = Run { cloud, plan, pace, id: run_id, view, changes: 0, made: Vec::new() };
    match steps(&mut run).await {
        Ok(()) => Ok(run.changes),
        Err(step) => {
            // An update leaves the instance to those who use it already; what a first installation made, nobody uses.
            let left =
                if plan.is_first_installation() { instance::take_back(&mut run).await } else { Vec::new() };
            Err(ApplyError {
                changed: run.changes > 0,
                first_installation: plan.is_first_installation(),
                left,
                step,
            })
        }
    }
}

async fn steps(run: &mut Run<'_>) -> Result<(), Step> {
    let plan = run.plan;
    artifacts::bucket(run).await?;
    artifacts::upload(run).await?;
    let mut flow_ids: BTreeMap<FlowKey, String> = BTreeMap::new();
    for flow in plan.flows.iter().filter(|flow| flow.before_stack) {
        flow_ids.insert(flow.key, instance::flow(run, flow).await?);
    }
    let outputs = stack::change(run, &flow_ids).await?;
    for storage in &plan.storage {
        instance::storage(run, storage, &outputs).await?;
    }
    for arn in &plan.associations {
        instance::associate(run, arn).await?;
    }
    for flow in plan.flows.iter().filter(|flow| !flow.before_stack) {
        instance::flow(run, flow).await?;
    }
    Ok(())
}
