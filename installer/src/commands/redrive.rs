//! `redrive`: counts what waits, prompts, and retries it.

use jiff::Timestamp;

use super::installation::connect;
use crate::approval::{CommandKind, Request, gate};
use crate::cli::{ApprovalArgs, InstallationArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_engine::approver::Approver;
use vmx_engine::pipeline::{Pipeline, find_stack};
use vmx_engine::redrive::{
    RedriveError, Selection, find, give_up as end, look_to_give_up, redrive as move_all,
};

/// Retries everything that waits for a person. `yes` approves it.
pub(super) async fn redrive(
    installation: &InstallationArgs,
    profile: Option<&str>,
    selection: Selection,
    yes: bool,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = connect(installation, profile, view).await?;
    let stack = find_stack(&cloud, params.stack.as_str()).await.map_err(RedriveError::from)?;
    let pipeline = Pipeline::of(&stack).map_err(RedriveError::from)?;
    let found = find(&cloud, &pipeline, &params, &selection, Timestamp::now()).await?;
    view.show(&found.event());
    if found.total() == 0 {
        view.tell(&Event::Finished { changes: 0, next: Vec::new() });
        return Ok(());
    }
    let request =
        Request { question: "Retry them?", command: CommandKind::Asking, changes: true, broadening: &[] };
    gate(request, ApprovalArgs { yes, allow_iam: false }, view, approver).await?;
    let changes = move_all(&cloud, &pipeline, &params, &found, selection.step, view).await?;
    let next = "a voicemail that fails again returns to the dead letters; `vmx-install trace CONTACT_ID` \
                shows where a voicemail is";
    view.tell(&Event::Finished { changes, next: vec![next.to_owned()] });
    Ok(())
}

/// Ends a voicemail that cannot be delivered. With `yes` it is approved already.
pub(super) async fn give_up(
    installation: &InstallationArgs,
    profile: Option<&str>,
    id: &VoicemailId,
    yes: bool,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = connect(installation, profile, view).await?;
    let stack = find_stack(&cloud, params.stack.as_str()).await.map_err(RedriveError::from)?;
    let pipeline = Pipeline::of(&stack).map_err(RedriveError::from)?;
    let found = look_to_give_up(&cloud, &pipeline, id).await?;
    view.show(&found.event());
    let request = Request {
        question: "Give it up permanently? It will never be delivered.",
        command: CommandKind::Asking,
        changes: true,
        broadening: &[],
    };
    gate(request, ApprovalArgs { yes, allow_iam: false }, view, approver).await?;
    let changes = end(&cloud, &pipeline, &found, view).await?;
    view.tell(&Event::Finished { changes, next: Vec::new() });
    Ok(())
}
