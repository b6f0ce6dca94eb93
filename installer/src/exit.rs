//! Exit codes, chosen in one place.

use std::process::ExitCode;

use serde::Serialize;

use crate::error::Failure;
use crate::plan_file::PlanFileError;
use vmx_engine::apply::{ApplyError, StepError};
use vmx_engine::build::BuildError;
use vmx_engine::cloud::{CloudError, ErrorKind};
use vmx_engine::deletion::DeletionError;
use vmx_engine::discover::DiscoverError;
use vmx_engine::finding::{Code, Finding};
use vmx_engine::handover::HandoverError;
use vmx_engine::pipeline::PipelineError;
use vmx_engine::redrive::RedriveError;
use vmx_engine::teardown::TeardownError;
use vmx_engine::voicemails::{ExportError, HoldError};
use vmx_model::plan::PlanError;

/// Exit codes of `vmx-install`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Ok = 0,
    /// Failed; nothing was changed.
    Failed = 1,
    /// The command line or the parameters are wrong; nothing was changed.
    Usage = 2,
    /// Credentials are missing or expired, or lack permissions; nothing was changed.
    Permission = 3,
    /// Failed or cancelled halfway; the changes were rolled back.
    RolledBack = 4,
    /// Failed halfway; the message says what to fix, or to run the same command again.
    NeedsRepair = 5,
    /// Approval is needed, but there is no terminal to prompt on.
    ApprovalNeeded = 6,
    /// There are changes. Only with `--detailed-exitcode`.
    ChangesFound = 7,
    /// Another operation on the same stack is in progress.
    Busy = 8,
    /// The program was interrupted, or the answer was no.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The exit code of a failure.
#[must_use]
pub fn exit_code(failure: &Failure) -> Exit {
    match failure {
        Failure::Params(_)
        | Failure::NoKey { .. }
        | Failure::NoInstallation { .. }
        | Failure::NoEarlierSystem { .. }
        | Failure::NotEarlier { .. }
        | Failure::SeveralEarlier { .. }
        | Failure::NoConsole { .. }
        | Failure::OtherName { .. }
        | Failure::ReadFlows(_)
        | Failure::NotDrawn { .. } => Exit::Usage,
        Failure::Build(
            BuildError::NoSource { .. } | BuildError::NotTheSource { .. } | BuildError::NotAPackage { .. },
        ) => Exit::Usage,
        Failure::Build(BuildError::Interrupted)
        | Failure::Declined
        | Failure::Interrupted
        | Failure::StoppedEarly => Exit::Interrupted,
        Failure::Build(_)
        | Failure::Render(_)
        | Failure::Write { .. }
        | Failure::Start { .. }
        | Failure::FlowsRefused { .. } => Exit::Failed,
        Failure::Cloud(error) | Failure::Discover(DiscoverError::Cloud(error)) => of_call(error),
        Failure::Discover(
            DiscoverError::NoInstance { .. }
            | DiscoverError::NoQueue { .. }
            | DiscoverError::OtherAccount { .. },
        ) => Exit::Usage,
        Failure::Discover(_) => Exit::Failed,
        Failure::PlanFile(PlanFileError::NotAPlan { .. } | PlanFileError::Read { .. }) => Exit::Usage,
        Failure::PlanFile(_) => Exit::Failed,
        Failure::Deployments(_) => Exit::Failed,
        Failure::Unwell(findings) if findings.iter().any(is_denied) => Exit::Permission,
        Failure::Unwell(_) => Exit::Failed,
        Failure::ChangesFound => Exit::ChangesFound,
        Failure::Busy { .. } | Failure::Plan(PlanError::Busy { .. }) => Exit::Busy,
        Failure::Plan(PlanError::Stuck { .. }) => Exit::NeedsRepair,
        Failure::Plan(_) => Exit::Failed,
        Failure::Apply(error) => of_apply(error),
        Failure::Broken(_) => Exit::NeedsRepair,
        Failure::Teardown(error) => of_teardown(error),
        Failure::Redrive(error) => of_redrive(error),
        Failure::Hold(HoldError::Cloud(error))
        | Failure::Deletion(DeletionError::Cloud(error))
        | Failure::Export(ExportError::Cloud(error)) => of_call(error),
        Failure::Hold(_) | Failure::Deletion(_) | Failure::Export(_) => Exit::Failed,
        Failure::Pipeline(error) => of_pipeline(error),
        Failure::Handover(error) => of_handover(error),
        Failure::NotWell { .. }
        | Failure::NotDelivered { .. }
        | Failure::NoVoicemail { .. }
        | Failure::NoRecord { .. }
        | Failure::NoPage { .. }
        | Failure::NoRecording { .. } => Exit::Failed,
        Failure::Watched(step) => match step.as_ref() {
            StepError::RolledBack { .. } => Exit::RolledBack,
            _ => Exit::NeedsRepair,
        },
        Failure::ApprovalNeeded { .. } | Failure::FileExists { .. } | Failure::NobodyToAsk => {
            Exit::ApprovalNeeded
        }
    }
}

fn of_call(error: &CloudError) -> Exit {
    match error.kind {
        ErrorKind::NoRegion | ErrorKind::NoProfile => Exit::Usage,
        ErrorKind::Credentials | ErrorKind::Denied => Exit::Permission,
        _ => Exit::Failed,
    }
}

fn of_apply(error: &ApplyError) -> Exit {
    match &error.step {
        StepError::Stuck { .. } | StepError::LostSight { .. } => Exit::NeedsRepair,
        StepError::RolledBack { .. } | StepError::Cancelled { .. } if error.left.is_empty() => {
            Exit::RolledBack
        }
        StepError::Busy { .. } | StepError::Locked { .. } => Exit::Busy,
        StepError::Left { .. } | StepError::Interrupted if error.left.is_empty() => Exit::Interrupted,
        StepError::NotExpress => Exit::Usage,
        _ if error.changed => Exit::NeedsRepair,
        StepError::Cloud(error) => of_call(error),
        _ => Exit::Failed,
    }
}

fn of_redrive(error: &RedriveError) -> Exit {
    match error {
        RedriveError::Pipeline(error) => of_pipeline(error),
        RedriveError::Count(error) => of_call(error),
        RedriveError::Kept { moved: 0, .. }
        | RedriveError::NoState
        | RedriveError::HasEnded { .. }
        | RedriveError::Unknown { .. } => Exit::Failed,
        RedriveError::Kept { .. } => Exit::NeedsRepair,
    }
}

fn of_handover(error: &HandoverError) -> Exit {
    match error {
        HandoverError::Cloud(error) => of_call(error),
        HandoverError::Pipeline(error) => of_pipeline(error),
        HandoverError::NoMigration | HandoverError::NoStack { .. } | HandoverError::Missing { .. } => {
            Exit::Usage
        }
        HandoverError::Slow { .. } | HandoverError::NotSent { .. } => Exit::NeedsRepair,
        HandoverError::OtherStream { .. }
        | HandoverError::Expired { .. }
        | HandoverError::BackBegun { .. }
        | HandoverError::Encrypted { .. } => Exit::Failed,
    }
}

fn of_pipeline(error: &PipelineError) -> Exit {
    match error {
        PipelineError::Cloud(error) => of_call(error),
        PipelineError::NoStack { .. } | PipelineError::Incomplete { .. } => Exit::Failed,
    }
}

fn of_teardown(error: &TeardownError) -> Exit {
    match error {
        TeardownError::Discover(DiscoverError::Cloud(error)) => of_call(error),
        TeardownError::Discover(_) => Exit::Usage,
        TeardownError::Blocked(_) => Exit::Failed,
        TeardownError::Busy { .. } => Exit::Busy,
        TeardownError::Inventory(error) => of_call(error),
        TeardownError::Cloud(_) | TeardownError::Stuck { .. } | TeardownError::LostSight { .. } => {
            Exit::NeedsRepair
        }
    }
}

/// Whether a policy denies what the installation needs: the caller's, or the organization's.
fn is_denied(finding: &Finding) -> bool {
    matches!(finding.code, Code::Permissions | Code::Services)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vmx_engine::finding::Finding;
    use vmx_engine::progress::StackOperation;

    fn call(kind: ErrorKind) -> CloudError {
        CloudError { wanted: "x".into(), kind, code: None, message: "y".into() }
    }

    fn applied(step: StepError, changed: bool, left: &[&str]) -> Failure {
        Failure::from(ApplyError {
            step,
            changed,
            taken_back: changed,
            left: left.iter().map(|&name| name.to_owned()).collect(),
        })
    }

    fn finding(code: Code) -> Finding {
        Finding::fatal(code, "", "", "")
    }

    fn rolled_back() -> StepError {
        StepError::RolledBack {
            stack: "vmx".into(),
            operation: StackOperation::Create,
            status: "DELETE_COMPLETE".into(),
            causes: Vec::new(),
        }
    }

    #[test]
    fn every_end_has_its_code() {
        for (failure, exit) in [
            (Failure::Cloud(call(ErrorKind::Credentials)), Exit::Permission),
            (Failure::Cloud(call(ErrorKind::NoRegion)), Exit::Usage),
            (Failure::Cloud(call(ErrorKind::Unreachable)), Exit::Failed),
            (Failure::Discover(call(ErrorKind::Denied).into()), Exit::Permission),
            (
                Failure::Plan(PlanError::Busy { stack: "vmx".into(), status: "UPDATE_IN_PROGRESS".into() }),
                Exit::Busy,
            ),
            (applied(StepError::Cloud(call(ErrorKind::Denied)), false, &[]), Exit::Permission),
            (applied(StepError::Cloud(call(ErrorKind::Denied)), true, &[]), Exit::NeedsRepair),
            (applied(rolled_back(), true, &[]), Exit::RolledBack),
            (applied(rolled_back(), true, &["flow x"]), Exit::NeedsRepair),
            (Failure::ApprovalNeeded { flag: "--yes" }, Exit::ApprovalNeeded),
            (Failure::from(TeardownError::Blocked(Vec::new())), Exit::Failed),
            (Failure::from(TeardownError::Cloud(call(ErrorKind::Denied))), Exit::NeedsRepair),
            (Failure::from(TeardownError::Inventory(call(ErrorKind::Denied))), Exit::Permission),
            (Failure::Declined, Exit::Interrupted),
            (Failure::ChangesFound, Exit::ChangesFound),
            (Failure::Unwell(vec![finding(Code::Permissions)]), Exit::Permission),
            (Failure::Unwell(vec![finding(Code::Services)]), Exit::Permission),
            (Failure::Unwell(vec![finding(Code::Key)]), Exit::Failed),
        ] {
            assert_eq!(exit_code(&failure), exit, "{failure}");
        }
    }

    #[test]
    fn messages_say_what_became_of_changes() {
        let text = |failure: Failure| failure.to_string();
        assert!(
            text(applied(StepError::Cloud(call(ErrorKind::Refused)), false, &[]))
                .ends_with("nothing was changed")
        );
        assert!(text(applied(rolled_back(), true, &[])).ends_with("changes in the instance were undone"));
        assert!(text(applied(rolled_back(), true, &["flow x"])).ends_with("left in the instance: flow x"));
    }
}
