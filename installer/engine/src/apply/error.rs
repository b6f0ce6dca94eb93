//! Why a run failed, and how far it came.

use std::fmt;

use super::lock::Holder;
use crate::cloud::CloudError;
use crate::progress::StackOperation;
use crate::root_cause::cause::Cause;

/// How to follow a stack update that another run started.
const WATCH: &str = "follow it with `vmx-install status --watch`, then run the same command again";

/// A plan that was not applied completely.
#[derive(Debug)]
pub struct ApplyError {
    /// The step that failed.
    pub step: StepError,
    /// Whether anything was changed before.
    pub changed: bool,
    /// Whether it was a first installation that undid its changes in the instance.
    pub taken_back: bool,
    /// What could not be undone, one line each.
    pub left: Vec<String>,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A call failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// A file could not be read.
    #[error("could not read {path}: {source}; check that it exists, and run the same command again")]
    File {
        /// The file.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// Amazon Connect refused a flow.
    #[error(
        "Amazon Connect refused the flow “{name}”: {}; fix that in the parameters or the instance, and run the same \
         command again",
        .problems.join("; ")
    )]
    Flow {
        /// The flow's name.
        name: String,
        /// The problems, in the service's words.
        problems: Vec<String>,
    },
    /// CloudFormation refused to create a change set. The stack is unchanged.
    #[error("CloudFormation refused to update the stack {stack}: {}", first_cause(.causes).unwrap_or_else(|| .reason.clone()))]
    ChangeSet {
        /// The stack.
        stack: String,
        /// Why.
        reason: String,
        /// Findings of its validations, if any.
        causes: Vec<Cause>,
    },
    /// CloudFormation would remove resources that the plan does not list. The stack is unchanged.
    #[error(
        "CloudFormation would make unplanned changes to the stack {stack}: {}; the stack was not changed. \
         Plan again; if they appear again, the stack was changed outside this program",
        .changes.join(", ")
    )]
    Unannounced {
        /// The stack.
        stack: String,
        /// What it would do, one line each.
        changes: Vec<String>,
    },
    /// The stack operation failed and was rolled back.
    #[error("{}", failed_stack(.stack, *.operation, .status, .causes))]
    RolledBack {
        /// The stack.
        stack: String,
        /// What was tried.
        operation: StackOperation,
        /// The stack's status.
        status: String,
        /// Why, oldest first.
        causes: Vec<Cause>,
    },
    /// The stack is stuck halfway.
    #[error("{}; the stack is stuck: fix it in the CloudFormation console", failed_stack(.stack, *.operation, .status, .causes))]
    Stuck {
        /// The stack.
        stack: String,
        /// What was tried.
        operation: StackOperation,
        /// The stack's status.
        status: String,
        /// Why, oldest first.
        causes: Vec<Cause>,
    },
    /// The stack's status could not be read for too long. Its operation may continue.
    #[error(
        "can no longer read the status of the stack {stack}; CloudFormation is still updating it: {source}; \
         {WATCH}"
    )]
    LostSight {
        /// The stack.
        stack: String,
        /// The last error.
        source: CloudError,
    },
    /// Another operation on the stack is in progress.
    #[error("another operation on the stack {stack} is in progress: {reason}; {WATCH}")]
    Busy {
        /// The stack.
        stack: String,
        /// CloudFormation's reason.
        reason: String,
    },
    /// Another run is changing the installation.
    #[error("{}", somebody_else(.stack, .holder))]
    Locked {
        /// The stack.
        stack: String,
        /// Who, and since when.
        holder: Box<Holder>,
    },
    /// The person stopped waiting.
    #[error(
        "the stack {stack} is still being {}; CloudFormation continues without this program; \
         {WATCH}",
        .operation.participle()
    )]
    Left {
        /// The stack.
        stack: String,
        /// The operation that continues.
        operation: StackOperation,
    },
    /// The person cancelled the operation.
    #[error("cancelled: the stack {stack} was not {} and is {status}", .operation.participle())]
    Cancelled {
        /// The stack.
        stack: String,
        /// What was in progress.
        operation: StackOperation,
        /// The stack's status.
        status: String,
    },
    /// The run was stopped while no stack operation was in progress.
    #[error("interrupted")]
    Interrupted,
    /// Express mode does not support the template.
    #[error(
        "express mode does not support custom resources, and the template has one; run this without \
         --express"
    )]
    NotExpress,
    /// The stack lacks an output that later steps need.
    #[error("the stack {stack} has no output {output}; see its events in the CloudFormation console")]
    NoOutput {
        /// The stack.
        stack: String,
        /// Name of the output.
        output: &'static str,
    },
}

fn somebody_else(stack: &str, holder: &Holder) -> String {
    let Holder { principal, host, pid, started, .. } = holder;
    let started = started.strftime("%Y-%m-%d %H:%M:%S UTC");
    format!(
        "{principal} has been changing the installation {stack} since {started}, in process {pid} on \
         {host}; wait until that is done, or add --break-lock if you know that it is no longer running"
    )
}

fn failed_stack(stack: &str, operation: StackOperation, status: &str, causes: &[Cause]) -> String {
    let cause = first_cause(causes).unwrap_or_else(|| "CloudFormation gave no reason".to_owned());
    format!("the stack {stack} could not be {} and is {status}; {cause}", operation.participle())
}

/// The root cause and its hint.
fn first_cause(causes: &[Cause]) -> Option<String> {
    let cause = causes.first()?;
    Some(match cause.hint {
        Some(hint) => format!("{cause}; {hint}"),
        None => cause.to_string(),
    })
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.step)?;
        if !self.left.is_empty() {
            return write!(f, "; left in the instance: {}", self.left.join(", "));
        }
        f.write_str(match (&self.step, self.changed, self.taken_back) {
            (StepError::Stuck { .. } | StepError::Locked { .. }, ..) => "",
            (StepError::LostSight { .. } | StepError::Left { .. }, ..) => "",
            (StepError::Cancelled { .. }, _, false) => "",
            (_, false, _) => "; nothing was changed",
            (
                StepError::RolledBack { .. } | StepError::ChangeSet { .. } | StepError::Cancelled { .. },
                true,
                true,
            ) => "; changes in the instance were undone",
            (_, true, true) => "; changes in the instance were undone; run the same command again to retry",
            (_, true, false) => "; run the same command again to retry",
        })
    }
}

impl std::error::Error for ApplyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.step)
    }
}
