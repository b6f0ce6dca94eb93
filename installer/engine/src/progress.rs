//! Progress of the work. Nothing here prints: a view shows it.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use crate::redrive::waiting::{Source, Waiting};
use crate::root_cause::cause::Cause;
use crate::smoke::link::Link;
use vmx_contract::mode::Mode;
use vmx_model::change::{Action, Kind, Stays};
use vmx_model::parts::Step;

/// Shows progress. Called from several threads.
pub trait View: Sync {
    /// Shows what happened.
    fn show(&self, progress: &Progress);
}

/// A view that shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl View for Silent {
    fn show(&self, _: &Progress) {}
}

/// A progress event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Progress {
    /// The functions' build starts.
    BuildStarted {
        /// Their names.
        functions: Vec<String>,
        /// Rust's target triple.
        target: String,
        /// What builds them.
        compiler: String,
    },
    /// The functions' sources are unchanged: the last build's zips are reused.
    SourcesUnchanged {
        /// Their names.
        functions: Vec<String>,
        /// Rust's target triple.
        target: String,
    },
    /// A line of the compiler's output.
    CompilerOutput {
        /// The line, without its end.
        line: String,
    },
    /// A function is built and packaged.
    Built {
        /// Its name.
        function: String,
        /// The zip.
        path: PathBuf,
        /// SHA-256 of the zip.
        sha256: String,
        /// Size of the zip.
        bytes: u64,
    },
    /// A change was made.
    Changed {
        /// What was done.
        action: Action,
        /// To which kind of thing.
        kind: Kind,
        /// Which one.
        name: String,
    },
    /// Something is kept.
    Kept {
        /// Which kind of thing.
        kind: Kind,
        /// Which one.
        name: String,
        /// Why.
        reason: String,
    },
    /// What is kept when an installation is removed, and why: reported before and after.
    Stays {
        /// Each thing. Empty if nothing is kept.
        things: Vec<Stays>,
    },
    /// CloudFormation starts an operation on the stack.
    StackOperation {
        /// Name of the stack.
        stack: String,
        /// The operation.
        operation: StackOperation,
    },
    /// A resource of the stack changed its status.
    StackEvent(StackEvent),
    /// The installation was tested.
    SmokeTested {
        /// Every link that a voicemail passes.
        links: Vec<Link>,
    },
    /// The earlier version's recordings are being entered as delivered or undelivered.
    Entering {
        /// How many were checked.
        looked_at: u64,
        /// How many of them have ended.
        ended: u64,
        /// How many of them are undelivered.
        open: u64,
    },
    /// Other flows are being read, which could refer to those of the installation.
    ReadingFlows {
        /// How many were read.
        read: usize,
        /// How many there are.
        all: usize,
    },
    /// The program was asked to stop during a stack operation.
    Interrupted {
        /// Name of the stack.
        stack: String,
        /// The operation that CloudFormation continues.
        operation: StackOperation,
    },
    /// Nothing was shown for some seconds, because the program waits.
    Waiting {
        /// For what.
        what: String,
        /// How long nothing was shown, in seconds.
        seconds: u64,
    },
    /// A problem that does not stop the run.
    Warning {
        /// The problem, why it matters, and the fix.
        text: String,
    },
    /// Why a stack operation failed: the first failure, and those that are not just a consequence.
    RootCause {
        /// Oldest first.
        causes: Vec<Cause>,
    },
    /// How many dead letters wait for each step, and what else can be retried.
    DeadLetters {
        /// One per examined step.
        waiting: Vec<Waiting>,
        /// How many batches of contact records Lambda gave up.
        stream_letters: usize,
        /// How many voicemails are stuck.
        stuck: usize,
        /// How many dropped voicemails are requested.
        dropped: usize,
    },
    /// Dead letters of a step were retried.
    Redriven {
        /// The step.
        step: Step,
        /// How many.
        moved: usize,
        /// How many were removed because their voicemails have ended.
        ended: usize,
        /// Which were not retried, and why: one line each.
        kept: Vec<String>,
    },
    /// A voicemail is about to be given up.
    GivingUp {
        /// Its name.
        voicemail: String,
        /// Since when it is listed as undelivered, if it is.
        since: Option<Timestamp>,
        /// When it was recorded, if it was.
        recorded: Option<Timestamp>,
        /// How many dead letters it has.
        letters: usize,
    },
    /// A voicemail was given up.
    GivenUp {
        /// Its name.
        voicemail: String,
        /// How many of its dead letters were removed.
        letters: usize,
        /// Which were not removed, and why: one line each.
        kept: Vec<String>,
    },
    /// A voicemail is about to be deleted.
    Deleting {
        /// Its name.
        voicemail: String,
        /// Whether there is a recording.
        has_recording: bool,
        /// The modes that have delivered it.
        delivered_by: Vec<Mode>,
    },
    /// A voicemail was deleted.
    Deleted {
        /// Its name.
        voicemail: String,
        /// How many objects that were, old versions included.
        objects: usize,
    },
    /// A trigger of contact records was enabled or disabled.
    TriggerSet {
        /// The stack whose contact records it reads.
        stack: String,
        /// Its ID.
        id: String,
        /// Whether it is enabled now.
        enabled: bool,
    },
    /// The earlier system's recordings were entered: this installation skips their contacts.
    HandedOver {
        /// How many.
        recordings: usize,
    },
    /// Contact records that this installation had not read were sent to its retry queue.
    SentBack {
        /// How many.
        records: usize,
    },
    /// Something else was retried.
    SentOn {
        /// What.
        source: Source,
        /// How many.
        moved: usize,
        /// How many were removed because their voicemails have ended.
        ended: usize,
        /// Which were not retried, and why: one line each.
        kept: Vec<String>,
    },
}

/// A stack operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StackOperation {
    /// Create it.
    Create,
    /// Update it.
    Update,
    /// Delete it.
    Delete,
}

/// A resource of a stack changed its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackEvent {
    /// The event's ID.
    pub id: String,
    /// When, in milliseconds since 1970, by CloudFormation's clock.
    pub at_ms: i64,
    /// The resource's logical ID, or the stack's name for the stack.
    pub logical_id: String,
    /// For example `AWS::Lambda::Function`.
    pub resource_type: String,
    /// For example `CREATE_FAILED`.
    pub status: String,
    /// Why, if CloudFormation says so.
    pub reason: Option<String>,
}

impl StackEvent {
    /// Whether it is the stack itself, not a resource in it.
    #[must_use]
    pub fn is_of_the_stack(&self) -> bool {
        self.resource_type == "AWS::CloudFormation::Stack"
    }
}

impl StackOperation {
    /// The completed operation: `created`.
    #[must_use]
    pub fn participle(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Update => "updated",
            Self::Delete => "deleted",
        }
    }
}
