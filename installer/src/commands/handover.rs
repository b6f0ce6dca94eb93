//! `migrate switch` and `migrate back`: who reads contact records.

use super::installation::connect;
use crate::approval::{CommandKind, Request, gate};
use crate::cli::{ApprovalArgs, HandoverArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::approver::Approver;
use vmx_engine::handover::{self, Readers, look};
use vmx_engine::pace::Pace;

/// Hands contact records over to the installation.
pub(super) async fn switch(
    args: &HandoverArgs,
    profile: Option<&str>,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    let found = look(&cloud, &params).await?;
    if found.readers() == Readers::This && !found.back_begun {
        view.tell(&Event::Finished { changes: 0, next: after_switch(&found.earlier) });
        return Ok(());
    }
    let steps = [
        "disable the trigger of the earlier system, and wait until its function is idle",
        "enter what it has recorded, so that this installation skips it",
        "enable the trigger of this installation",
    ];
    approve("Switch to this installation?", [&found.earlier, &found.stack], steps, args, view, approver)
        .await?;
    let changes = handover::switch(&cloud, &found, Pace::default(), view).await?;
    view.tell(&Event::Finished { changes, next: after_switch(&found.earlier) });
    Ok(())
}

/// Hands contact records back to the earlier system.
pub(super) async fn back(
    args: &HandoverArgs,
    profile: Option<&str>,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let (params, cloud) = connect(&args.installation, profile, view).await?;
    let found = look(&cloud, &params).await?;
    if found.readers() == Readers::Earlier && !found.back_begun {
        view.tell(&Event::Finished { changes: 0, next: after_back() });
        return Ok(());
    }
    let steps = [
        "disable the trigger of this installation",
        "recreate the trigger of the earlier system, to read from that time on",
        "record here what arrived before and was not read; what is recorded here is delivered here",
    ];
    approve("Go back to the earlier system?", [&found.stack, &found.earlier], steps, args, view, approver)
        .await?;
    let changes = handover::back(&cloud, &found, Pace::default(), view).await?;
    view.tell(&Event::Finished { changes, next: after_back() });
    Ok(())
}

/// Shows what a handover from one stack to the other does, and prompts for approval.
async fn approve(
    question: &str,
    [from, to]: [&str; 2],
    steps: [&str; 3],
    args: &HandoverArgs,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    view.tell(&Event::Handover {
        from: from.to_owned(),
        to: to.to_owned(),
        steps: steps.map(str::to_owned).to_vec(),
    });
    let request = Request { question, command: CommandKind::Asking, changes: true, broadening: &[] };
    gate(request, ApprovalArgs { yes: args.yes, allow_iam: false }, view, approver).await
}

fn after_switch(earlier: &str) -> Vec<String> {
    vec![
        "leave a voicemail, and see how it does with `vmx-install status` and `vmx-install trace CONTACT_ID`"
            .to_owned(),
        "let the watchdog monitor the trigger from now on: `vmx-install install params.yaml`".to_owned(),
        "to undo this, run `vmx-install migrate back`".to_owned(),
        format!("change your flows, then remove the stack {earlier}: see docs/migrating.md"),
    ]
}

fn after_back() -> Vec<String> {
    vec!["to try again, run `vmx-install migrate switch`".to_owned()]
}
