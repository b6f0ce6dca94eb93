//! `redrive`: counts the dead letters, asks, moves them.

use super::open;
use crate::approval::{CommandKind, Request, gate};
use crate::cli::{ApprovalArgs, ParamsArgs};
use crate::cloud::Cloud;
use crate::error::Failure;
use crate::event::{Event, View};
use crate::pipeline::{Pipeline, Step, find_stack};
use crate::redrive::{RedriveError, count, redrive as move_all};
use crate::ui::Approver;

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    /// Only the dead letters of one step.
    pub(super) step: Option<Step>,
    /// It is approved already.
    pub(super) yes: bool,
}

/// Puts dead letters back into work.
pub(super) async fn redrive(
    params: &ParamsArgs,
    profile: Option<&str>,
    wish: Wish,
    view: &dyn View,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = open(params, profile).await?;
    redrive_in(&cloud, params.stack.as_str(), wish, view, approver).await
}

async fn redrive_in(
    cloud: &Cloud,
    stack: &str,
    wish: Wish,
    view: &dyn View,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let pipeline = Pipeline::of(&find_stack(cloud, stack).await.map_err(RedriveError::from)?);
    let pipeline = pipeline.map_err(RedriveError::from)?;
    let waiting = count(cloud, &pipeline, wish.step).await?;
    view.show(&Event::DeadLetters { waiting: waiting.clone() });
    let all: u64 = waiting.iter().map(|waiting| waiting.count).sum();
    if all == 0 {
        view.show(&Event::Finished { changes: 0, next: Vec::new() });
        return Ok(());
    }
    let request = Request {
        question: "Put them back into work?",
        command: CommandKind::Asking,
        changes: true,
        broadening: &[],
    };
    gate(request, ApprovalArgs { yes: wish.yes, allow_iam: false }, view, approver).await?;
    let changes = move_all(cloud, &pipeline, &waiting, view).await?;
    let next = "what fails again is a dead letter again after some attempts; `vmx-install trace CONTACT_ID` tells how far a voicemail is";
    view.show(&Event::Finished { changes, next: vec![next.to_owned()] });
    Ok(())
}
