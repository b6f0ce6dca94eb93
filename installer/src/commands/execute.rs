//! Applying an approved plan, and testing the result: shared by all commands.

use super::session::Session;
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::apply::{ApplyOptions, apply};
use vmx_engine::cloud::Cloud;
use vmx_engine::deployments::Deployment;
use vmx_engine::discover::describe_stack_whole;
use vmx_engine::pace::Pace;
use vmx_engine::progress::Progress;
use vmx_engine::smoke::link::Link;
use vmx_engine::smoke::smoke_test;
use vmx_model::plan::Plan;

/// Applies a plan and reports the result. `next` suggests what to do afterward.
pub(super) async fn execute(
    cloud: &Cloud,
    plan: &Plan,
    deployment: &Deployment,
    next: Vec<String>,
    session: &Session<'_>,
) -> Result<(), Failure> {
    if plan.changes().is_empty() {
        session.view.tell(&Event::Finished { changes: 0, next: Vec::new() });
        return Ok(());
    }
    let options = ApplyOptions {
        run_id: session.run_id,
        pace: Pace::default(),
        detach: session.apply.detach,
        express: session.apply.express,
        break_lock: session.apply.break_lock,
        interrupts: session.interrupts,
        deployment: Some(deployment),
        person: session.approver,
    };
    let applied = apply(cloud, plan, &options, session.view).await?;
    let broken =
        if applied.detached { Vec::new() } else { test(cloud, plan, options.pace, session.view).await };
    if !broken.is_empty() {
        return Err(Failure::Broken(broken));
    }
    let next = if applied.detached { vec![what_remains(plan)] } else { next };
    session.view.tell(&Event::Finished { changes: applied.changes, next });
    Ok(())
}

/// The links that do not work.
async fn test(cloud: &Cloud, plan: &Plan, pace: Pace, view: &dyn EventView) -> Vec<Link> {
    match describe_stack_whole(cloud, &plan.stack.name).await {
        Ok(stack) => {
            let stack = stack.unwrap_or_default();
            smoke_test(cloud, &stack, &plan.target.account, pace, view).await
        }
        Err(error) => {
            view.show(&Progress::Warning { text: format!("could not test the installation: {error}") });
            Vec::new()
        }
    }
}

/// What to tell a person who does not wait.
fn what_remains(plan: &Plan) -> String {
    format!(
        "CloudFormation is still updating the stack {}: follow it with `vmx-install status --watch`. The \
         instance is not connected yet: when the stack is done, run the same command again.",
        plan.stack.name
    )
}
