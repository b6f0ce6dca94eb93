//! What the library tells of its work. The library never prints: the command line shows events as it likes.

use std::fmt;
use std::path::PathBuf;

use flow_language::check::Report;
use serde::Serialize;

use crate::discover::survey::Survey;
use crate::params::Parameter;
use crate::pipeline::Step;
use crate::plan::{Change, Details};
use crate::preflight::Finding;
use crate::redrive::{Source, Waiting};
use crate::root_cause::Cause;
use crate::smoke::Link;
use crate::status::Status;
use crate::teardown::Stays;
use crate::trace::Trace;

/// Version of the events' form. It rises when a field goes or changes its meaning; new events and fields do not count.
pub const EVENTS_VERSION: u32 = 2;

/// Whoever is shown the events. Called from several threads.
pub trait View: Sync {
    /// Takes note of an event.
    fn show(&self, event: &Event);
}

/// A view that shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl View for Silent {
    fn show(&self, _: &Event) {}
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Who acts, where and on what. Comes before anything is written.
    Target {
        /// AWS account, twelve digits.
        account: String,
        /// AWS region.
        region: String,
        /// ARN of the caller.
        principal: String,
        /// Name of the stack.
        stack: String,
        /// The instance: alias and id.
        instance: String,
    },
    /// The functions are about to be built.
    BuildStarted {
        /// Their names.
        functions: Vec<String>,
        /// Rust's target triple.
        target: String,
        /// What builds them.
        compiler: String,
    },
    /// The functions' sources are those of the last build: its zips are used again, and nothing is compiled.
    SourcesUnchanged {
        /// Their names.
        functions: Vec<String>,
        /// Rust's target triple.
        target: String,
    },
    /// A line that the compiler wrote.
    CompilerOutput {
        /// The line, without its end.
        line: String,
    },
    /// A function is built and packed.
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
    /// A file was written.
    Written {
        /// The file.
        path: PathBuf,
    },
    /// A flow file was checked. People get it on standard output.
    FlowChecked {
        /// What was found.
        report: Report,
    },
    /// A text that was asked for and that another program reads: people get it on standard output.
    Document {
        /// The text, with the end of its last line.
        text: String,
    },
    /// The parameters, each with the place that its value comes from.
    Parameters {
        /// Every key, in the model's order.
        values: Vec<Parameter>,
    },
    /// The account and the instance are looked at.
    Discovering,
    /// Whose credentials these are.
    Caller {
        /// AWS account, twelve digits.
        account: String,
        /// AWS region.
        region: String,
        /// ARN of the caller.
        principal: String,
    },
    /// What an instance already has.
    Surveyed(Box<Survey>),
    /// How a file is going to change: a unified diff; empty where it stays as it is.
    FileChange {
        /// The file.
        path: PathBuf,
        /// The diff.
        diff: String,
    },
    /// What the run is going to do.
    Planned {
        /// What it is for.
        purpose: Purpose,
        /// One for each change; none when everything is as it should be.
        changes: Vec<Change>,
        /// What is worth knowing and is left as it is.
        notes: Vec<String>,
        /// What the changes are in detail.
        details: Box<Details>,
    },
    /// A check of the account, the instance or what is installed.
    Checked(Finding),
    /// The installation works, as far as it can be looked at.
    Well {
        /// How many checks were made.
        checks: usize,
        /// How many of them gave a warning.
        warnings: usize,
    },
    /// An installation that is there would get permissions that it has not.
    PermissionsBroaden {
        /// One for each statement of a policy.
        statements: Vec<String>,
    },
    /// Something is done, and took effect.
    Changed {
        /// What was done.
        action: Action,
        /// To which kind of thing.
        kind: Kind,
        /// Which one.
        name: String,
    },
    /// Something is left as it is.
    Kept {
        /// Which kind of thing.
        kind: Kind,
        /// Which one.
        name: String,
        /// Why.
        reason: String,
    },
    /// What stays when an installation goes, and why: told before it goes and when it is gone.
    Stays {
        /// Each thing; none when nothing stays.
        things: Vec<Stays>,
    },
    /// What keeps an installation from being taken away.
    Blocked {
        /// What it is and how to mend it, one for each.
        by: Vec<String>,
    },
    /// CloudFormation works on the stack.
    StackOperation {
        /// Name of the stack.
        stack: String,
        /// What it does.
        operation: StackOperation,
    },
    /// A resource of the stack changed its state.
    StackEvent(StackEvent),
    /// What was installed was tested.
    SmokeTested {
        /// Every link of the chain that a voicemail goes along.
        links: Vec<Link>,
    },
    /// Recordings of the version before are being entered as delivered or undelivered.
    Entering {
        /// How many were looked at.
        looked_at: u64,
        /// How many of them have ended.
        ended: u64,
        /// How many of them are undelivered.
        open: u64,
    },
    /// Everything that happened in the run is in a file.
    Story {
        /// The file.
        path: PathBuf,
    },
    /// Somebody wants the program to stop while CloudFormation is at work.
    Interrupted {
        /// Name of the stack.
        stack: String,
        /// What CloudFormation goes on doing.
        operation: StackOperation,
    },
    /// Something is not as it should be and does not stop the run.
    Warning {
        /// What, why it matters, and what to do.
        text: String,
    },
    /// Why the stack could not be made or changed: the first failure and those that are no mere consequence of it.
    RootCause {
        /// Oldest first.
        causes: Vec<Cause>,
    },
    /// How the installation is.
    Status(Box<Status>),
    /// CloudFormation is not, or no longer, doing anything to the stack.
    NothingUnderWay {
        /// Name of the stack.
        stack: String,
        /// Its status.
        status: String,
    },
    /// What is known of a contact.
    Traced(Box<Trace>),
    /// How many dead letters wait for each step, and what else can be put back into work.
    DeadLetters {
        /// One for each step that was looked at.
        waiting: Vec<Waiting>,
        /// How many batches of contact records Lambda gave up.
        stream_letters: usize,
        /// How many voicemails have not ended and do not move.
        stuck: usize,
        /// How many voicemails that were dropped are wanted.
        dropped: usize,
    },
    /// Dead letters of a step are back in work.
    Redriven {
        /// The step.
        step: Step,
        /// How many.
        moved: usize,
        /// How many were removed, since their voicemails have ended.
        ended: usize,
        /// Which stay where they are, and why: one line each.
        kept: Vec<String>,
    },
    /// Something else is back in work.
    SentOn {
        /// What.
        source: Source,
        /// How many.
        moved: usize,
        /// How many were removed, since their voicemails have ended.
        ended: usize,
        /// Which stay where they are, and why: one line each.
        kept: Vec<String>,
    },
    /// What an installation can go back to.
    Deployments {
        /// Their times, newest first: the first is what is installed.
        times: Vec<String>,
        /// The one to go to.
        to: String,
    },
    /// The run ended well.
    Finished {
        /// How many changes took effect.
        changes: usize,
        /// What a person may want to do next, one line each.
        next: Vec<String>,
    },
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To install or update.
    Install,
    /// To take the installation away.
    Teardown,
}

/// What was done to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is new.
    Created,
    /// It is in the artifact bucket now.
    Uploaded,
    /// It was there and is different now.
    Updated,
    /// It is gone.
    Deleted,
    /// All that was in it is gone.
    Emptied,
    /// The instance uses it now.
    Associated,
    /// The instance does not use it any more.
    Disassociated,
}

/// The kinds of things that a run touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An S3 bucket.
    Bucket,
    /// A function's zip in the artifact bucket.
    Artifact,
    /// The CloudFormation stack.
    Stack,
    /// Where the instance puts something: a storage config.
    StorageConfig,
    /// A function that flows of the instance may invoke.
    Lambda,
    /// A contact flow.
    Flow,
    /// A log group.
    LogGroup,
    /// A resource of the stack.
    Resource,
    /// Recordings of voicemails.
    Recordings,
    /// A Kinesis video stream.
    VideoStream,
}

/// What CloudFormation is asked to do with a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StackOperation {
    /// Make it.
    Create,
    /// Change it.
    Update,
    /// Delete it.
    Delete,
}

/// A resource of a stack changed its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackEvent {
    /// The event's own id.
    pub id: String,
    /// When, in milliseconds since 1970, by CloudFormation's clock.
    pub at_ms: i64,
    /// The resource's name in the template; the stack's own name for the stack.
    pub logical_id: String,
    /// For example `AWS::Lambda::Function`.
    pub resource_type: String,
    /// For example `CREATE_FAILED`.
    pub status: String,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
}

impl Action {
    /// The action as an order: `create`.
    #[must_use]
    pub fn imperative(self) -> &'static str {
        match self {
            Self::Created => "create",
            Self::Uploaded => "upload",
            Self::Updated => "update",
            Self::Deleted => "delete",
            Self::Emptied => "empty",
            Self::Associated => "associate",
            Self::Disassociated => "disassociate",
        }
    }

    /// The action when it is done: `created`.
    #[must_use]
    pub fn participle(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Uploaded => "uploaded",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Emptied => "emptied",
            Self::Associated => "associated",
            Self::Disassociated => "disassociated",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bucket => "bucket",
            Self::Artifact => "code of",
            Self::Stack => "stack",
            Self::StorageConfig => "storage of",
            Self::Lambda => "function",
            Self::Flow => "flow",
            Self::LogGroup => "log group",
            Self::Resource => "resource",
            Self::Recordings => "recordings",
            Self::VideoStream => "video stream",
        })
    }
}

impl StackEvent {
    /// Whether it is the stack itself that changed its state, and not a resource in it.
    #[must_use]
    pub fn is_of_the_stack(&self) -> bool {
        self.resource_type == "AWS::CloudFormation::Stack"
    }
}

impl StackOperation {
    /// The operation when it is done: `created`.
    #[must_use]
    pub fn participle(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Update => "updated",
            Self::Delete => "deleted",
        }
    }
}
