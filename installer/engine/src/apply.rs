//! Executes a plan: artifacts, the flows that the stack refers to, the stack, what the instance uses, the other flows, the
//! recordings of the version before.
//!
//! Every step looks before it writes or repeats without harm, so that a run that was stopped can simply be run again.

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

pub use error::{ApplyError, Step};
pub use lock::Holder;
pub use lock::holder;

/// How a plan is applied.
#[derive(Clone, Copy)]
pub struct How<'a> {
    /// Marks what the run asks of CloudFormation: letters, digits and hyphens, a letter first.
    pub run_id: &'a str,
    /// How often CloudFormation is looked at.
    pub pace: Pace,
    /// Begin the change of the stack, and do not wait for its end.
    pub detach: bool,
    /// Have CloudFormation not wait until resources are fully there.
    pub express: bool,
    /// Take the lock whoever holds it.
    pub break_lock: bool,
    /// What asks the run to stop.
    pub interrupts: &'a Interrupts,
    /// What is remembered of the run once it succeeded.
    pub deployment: Option<&'a Deployment>,
    /// Who is asked what shall become of a change that is interrupted.
    pub person: &'a dyn Approver,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// How many changes took effect.
    pub changes: usize,
    /// Whether CloudFormation was left at work: what comes after the stack remains to be done.
    pub detached: bool,
}

/// What a run made in the instance, and can take back.
#[derive(Debug, Clone, PartialEq)]
enum Made {
    Flow { key: FlowKey, id: String, name: String },
    Storage { association_id: String, what: InstanceStorageResourceType, name: &'static str },
    Association { arn: String },
}

/// A run: the plan, what it acts with, and what it has done.
struct Run<'a> {
    cloud: &'a Cloud,
    plan: &'a Plan,
    how: How<'a>,
    view: &'a dyn View,
    changes: usize,
    made: Vec<Made>,
    /// Whether CloudFormation may be at work on the stack, which may need what was made in the instance.
    at_work: bool,
    /// The ARNs of the flows that the run made, by what stands for them in the flows that name them.
    flow_arns: BTreeMap<String, String>,
}

impl<'a> Run<'a> {
    /// One that has done nothing yet.
    fn new(cloud: &'a Cloud, plan: &'a Plan, how: How<'a>, view: &'a dyn View) -> Self {
        Self {
            cloud,
            plan,
            how,
            view,
            changes: 0,
            made: Vec::new(),
            at_work: false,
            flow_arns: BTreeMap::new(),
        }
    }

    /// Tells of a change that took effect.
    fn changed(&mut self, action: Action, kind: Kind, name: &str) {
        self.changes += 1;
        self.view.show(&Progress::Changed { action, kind, name: name.to_owned() });
    }
}

/// Applies a plan.
///
/// # Errors
/// [`ApplyError`], which says how far the run came and what was taken back.
pub async fn apply(
    cloud: &Cloud,
    plan: &Plan,
    how: &How<'_>,
    view: &dyn View,
) -> Result<Applied, ApplyError> {
    let mut run = Run::new(cloud, plan, *how, view);
    match locked(&mut run).await {
        Ok(detached) => Ok(Applied { changes: run.changes, detached }),
        Err(step) => {
            // An update leaves the instance to those who use it already; what a first installation made, nobody uses.
            let take_back = plan.is_first_installation() && !run.at_work;
            let left = if take_back { instance::take_back(&mut run).await } else { Vec::new() };
            Err(ApplyError { changed: run.changes > 0, taken_back: take_back, left, step })
        }
    }
}

/// The steps, while nobody else may take any. Says whether CloudFormation was left at work.
async fn locked(run: &mut Run<'_>) -> Result<bool, Step> {
    stack::check_express(run)?;
    artifacts::bucket(run).await?;
    let lock = lock::take(run.cloud, run.plan, &run.how, run.view).await?;
    let mut signals = run.how.interrupts.listener();
    let ended = tokio::select! {
        // In this order, a signal that comes as the stack begins is for whoever begins to watch it.
        biased;
        ended = remembered(run) => ended,
        _ = signals.next() => Err(stopped(run.plan, run.at_work)),
    };
    lock.give_back(run.view).await;
    ended
}

/// How a run ends that is stopped where nobody is asked: the stack may have been at work for a moment already.
fn stopped(plan: &Plan, at_work: bool) -> Step {
    let operation = match plan.stack.change {
        _ if !at_work => return Step::Interrupted,
        StackChange::Update { .. } | StackChange::None => StackOperation::Update,
        StackChange::Create | StackChange::Replace { .. } => StackOperation::Create,
    };
    Step::Left { stack: plan.stack.name.clone(), operation }
}

/// The steps, and the memory of them: while the lock is held, nobody else uploads what would be pruned.
async fn remembered(run: &mut Run<'_>) -> Result<bool, Step> {
    let detached = steps(run).await?;
    if let Some(deployment) = run.how.deployment.filter(|_| !detached && run.changes > 0) {
        let (plan, id) = (run.plan, run.how.run_id);
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

async fn steps(run: &mut Run<'_>) -> Result<bool, Step> {
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
    // In the plan's order, whispers come before the flows that take messages: whispers of an earlier version would
    // undo what these save.
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
