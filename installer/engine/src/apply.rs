//! Applies a plan: artifacts, the flows that the stack refers to, the stack, the instance's settings, the other flows,
//! the recordings of the earlier version.
//!
//! Every step checks before it writes, or is idempotent, so an interrupted run can be run again.

mod announced;
mod artifacts;
mod enter;
mod error;
mod flows;
mod instance;
mod lock;
mod media;
mod refusal;
mod stack;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeMap;

use aws_sdk_connect::types::InstanceStorageResourceType;

use crate::approver::Approver;
use crate::cloud::Cloud;
use crate::deployments::{Bucket, Deployment, record};
use crate::interrupt::Interrupts;
use crate::pace::Pace;
use crate::progress::{Progress, StackOperation, View};
use vmx_model::change::{Action, Kind};
use vmx_model::parts::FlowKey;
use vmx_model::plan::{Plan, StackChange};

pub use error::{ApplyError, StepError};
pub use lock::Holder;
pub use lock::holder;

/// How a plan is applied.
#[derive(Clone, Copy)]
pub struct ApplyOptions<'a> {
    /// Marks the run's requests to CloudFormation: letters, digits and hyphens, starting with a letter.
    pub run_id: &'a str,
    /// How often to poll CloudFormation.
    pub pace: Pace,
    /// Start the stack update without waiting for its end.
    pub detach: bool,
    /// Do not wait for resources to stabilize.
    pub express: bool,
    /// Take the lock from whoever holds it.
    pub break_lock: bool,
    /// Signals that stop the run.
    pub interrupts: &'a Interrupts,
    /// The deployment to record when the run succeeds.
    pub deployment: Option<&'a Deployment>,
    /// Who answers what to do about an interrupted update.
    pub person: &'a dyn Approver,
}

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// How many changes were made.
    pub changes: usize,
    /// Whether CloudFormation is still working: the steps after the stack remain.
    pub detached: bool,
}

/// What a run created in the instance and can undo.
#[derive(Debug, Clone, PartialEq)]
enum Made {
    Flow { key: FlowKey, id: String, name: String },
    Storage { association_id: String, what: InstanceStorageResourceType, name: &'static str },
    Association { arn: String },
}

/// A run: the plan, its clients, and its changes so far.
struct Run<'a> {
    cloud: &'a Cloud,
    plan: &'a Plan,
    options: ApplyOptions<'a>,
    view: &'a dyn View,
    changes: usize,
    made: Vec<Made>,
    /// Whether CloudFormation may be updating the stack, which may need what was created in the instance.
    at_work: bool,
    /// The ARNs of the flows created by the run, by their placeholders in other flows.
    flow_arns: BTreeMap<String, String>,
}

impl<'a> Run<'a> {
    /// A run without changes.
    fn new(cloud: &'a Cloud, plan: &'a Plan, options: ApplyOptions<'a>, view: &'a dyn View) -> Self {
        Self {
            cloud,
            plan,
            options,
            view,
            changes: 0,
            made: Vec::new(),
            at_work: false,
            flow_arns: BTreeMap::new(),
        }
    }

    /// Reports a change.
    fn changed(&mut self, action: Action, kind: Kind, name: &str) {
        self.changes += 1;
        self.view.show(&Progress::Changed { action, kind, name: name.to_owned() });
    }
}

/// Applies a plan.
///
/// # Errors
/// [`ApplyError`], which says how far the run came and what was undone.
pub async fn apply(
    cloud: &Cloud,
    plan: &Plan,
    options: &ApplyOptions<'_>,
    view: &dyn View,
) -> Result<Applied, ApplyError> {
    let mut run = Run::new(cloud, plan, *options, view);
    match locked(&mut run).await {
        Ok(detached) => Ok(Applied { changes: run.changes, detached }),
        Err(step) => {
            // After a failed update the instance keeps what it already uses. Nothing uses what a failed first
            // installation created.
            let take_back = plan.is_first_installation() && !run.at_work;
            let left = if take_back { instance::take_back(&mut run).await } else { Vec::new() };
            Err(ApplyError { changed: run.changes > 0, taken_back: take_back, left, step })
        }
    }
}

/// The steps, under the lock. Returns whether CloudFormation is still working.
async fn locked(run: &mut Run<'_>) -> Result<bool, StepError> {
    stack::check_express(run)?;
    artifacts::bucket(run).await?;
    let lock = lock::take(run.cloud, run.plan, &run.options, run.view).await?;
    let mut signals = run.options.interrupts.listener();
    let ended = tokio::select! {
        // In this order, a signal that arrives as the stack update starts goes to its watcher.
        biased;
        ended = remembered(run) => ended,
        _ = signals.next() => Err(stopped(run.plan, run.at_work)),
    };
    lock.give_back(run.view).await;
    ended
}

/// The end of a run that is stopped where nobody is asked. The stack update may have just started.
fn stopped(plan: &Plan, at_work: bool) -> StepError {
    let operation = match plan.stack.change {
        _ if !at_work => return StepError::Interrupted,
        StackChange::Update { .. } | StackChange::None => StackOperation::Update,
        StackChange::Create | StackChange::Replace { .. } => StackOperation::Create,
    };
    StepError::Left { stack: plan.stack.name.clone(), operation }
}

/// The steps, then the record of the deployment. The lock keeps other runs from uploading what would be pruned.
async fn remembered(run: &mut Run<'_>) -> Result<bool, StepError> {
    let detached = steps(run).await?;
    if let Some(deployment) = run.options.deployment.filter(|_| !detached && run.changes > 0) {
        let (plan, id) = (run.plan, run.options.run_id);
        let bucket = Bucket { name: &plan.bucket.name, owner: &plan.target.account };
        if let Err(error) = record(run.cloud, bucket, deployment, id).await {
            let text = format!(
                "everything is applied, but `rollback` cannot return to it: could not record \
                                the deployment: {error}"
            );
            run.view.show(&Progress::Warning { text });
        }
    }
    Ok(detached)
}

async fn steps(run: &mut Run<'_>) -> Result<bool, StepError> {
    let plan = run.plan;
    artifacts::upload(run).await?;
    let mut flow_ids: BTreeMap<FlowKey, String> = BTreeMap::new();
    for flow in plan.flows.iter().filter(|flow| flow.before_stack) {
        flow_ids.insert(flow.key, flows::flow(run, flow).await?);
    }
    let Some(outputs) = stack::change(run, &flow_ids).await? else { return Ok(true) };
    for storage in &plan.storage {
        instance::storage(run, storage, &outputs).await?;
    }
    for stream in &plan.keep_media {
        media::keep(run, stream).await?;
    }
    for function in &plan.associations {
        instance::associate(run, function, &outputs).await?;
    }
    // The plan lists whispers before the flows that take messages: whispers of an earlier version would undo what these
    // save.
    for flow in plan.flows.iter().filter(|flow| !flow.before_stack) {
        flows::flow(run, flow).await?;
    }
    match &plan.enter {
        Some(unentered) => enter::enter(run, unentered).await?,
        None if plan.is_first_installation() => enter::nothing(run, &outputs).await,
        None => {}
    }
    Ok(false)
}
