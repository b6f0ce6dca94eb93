//! How the work goes on. Nothing here prints: whoever watches shows it as they like.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use crate::redrive::waiting::{Source, Waiting};
use crate::root_cause::cause::Cause;
use crate::smoke::link::Link;
use vmx_model::change::{Action, Kind, Stays};
use vmx_model::parts::Step;

/// Whoever watches the work. Called from several threads.
pub trait View: Sync {
    /// Takes note of what happened.
    fn show(&self, progress: &Progress);
}

/// A view that shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl View for Silent {
    fn show(&self, _: &Progress) {}
}

/// Something that happened at work.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Progress {
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
    /// A voicemail is about to be given up.
    GivingUp {
        /// Its name.
        voicemail: String,
        /// Since when it is undelivered, if it stands there.
        since: Option<Timestamp>,
        /// When it was recorded, if it was.
        recorded: Option<Timestamp>,
        /// How many dead letters are about it.
        letters: usize,
    },
    /// A voicemail was given up.
    GivenUp {
        /// Its name.
        voicemail: String,
        /// How many dead letters were removed that were about it.
        letters: usize,
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
