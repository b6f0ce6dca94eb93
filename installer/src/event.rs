//! What commands report about a run, in addition to the work's progress.

use std::path::PathBuf;

use flow_language::check::Report;
use serde::Serialize;

use vmx_engine::deployments::Past;
use vmx_engine::discover::survey::Survey;
use vmx_engine::finding::Finding;
use vmx_engine::logs::LogLine;
use vmx_engine::migrate::OwnFlow;
use vmx_engine::progress::View;
use vmx_engine::status::Status;
use vmx_engine::trace::Trace;
use vmx_engine::voicemails::FoundVoicemail;
use vmx_model::ancestor::Fate;
use vmx_model::change::Change;
use vmx_model::params::Parameter;
use vmx_model::plan::{Details, Target};

/// Version of the events' format. It rises when a field is removed or changes its meaning, not for new events and
/// fields.
pub const EVENTS_VERSION: u32 = 2;

/// Shows a run.
pub trait EventView: View {
    /// Shows an event.
    fn tell(&self, event: &Event);
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Who acts, where and on what. Comes before any change.
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
    /// A file was written.
    Written {
        /// The file.
        path: PathBuf,
    },
    /// Files in directories that hold no readable flow and were left out.
    FilesSkipped {
        /// The files, and hidden directories.
        files: Vec<PathBuf>,
    },
    /// A flow was checked. Shown to people on standard output.
    FlowChecked {
        /// The result.
        report: Report,
    },
    /// A document that another program reads. Shown to people on standard output.
    Document {
        /// The text, including the last line's end.
        text: String,
    },
    /// The parameters, each with the source of its value.
    Parameters {
        /// Every key, in the model's order.
        values: Vec<Parameter>,
    },
    /// The account and the instance are being checked.
    Discovering,
    /// The caller's identity.
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
    /// The earlier systems in the region.
    EarlierSystems {
        /// Each of them.
        systems: Vec<EarlierSystem>,
    },
    /// What an earlier system becomes.
    Migration {
        /// Which one.
        system: EarlierSystem,
        /// Each of its parameters, with what became of it.
        parameters: Vec<EarlierParameter>,
        /// The instance's flows that refer to its flows and are not its own.
        flows: Vec<OwnFlow>,
    },
    /// Contact records are about to move from one system to another.
    Handover {
        /// Stack of the system that reads them.
        from: String,
        /// Stack of the one that will.
        to: String,
        /// What will be done, one step each.
        steps: Vec<String>,
    },
    /// How a file will change: a unified diff, empty if it stays the same.
    FileChange {
        /// The file.
        path: PathBuf,
        /// The diff.
        diff: String,
    },
    /// What the run will do.
    Planned {
        /// Its purpose.
        purpose: Purpose,
        /// One per change. Empty if everything matches.
        changes: Vec<Change>,
        /// Remarks on what stays as it is.
        notes: Vec<String>,
        /// The changes in detail.
        details: Box<Details>,
    },
    /// A check of the account, the instance or the installation.
    Checked(Finding),
    /// The installation works, as far as it could be checked.
    Well {
        /// How many checks were made.
        checks: usize,
        /// How many of them had a warning.
        warnings: usize,
    },
    /// An existing installation would get new permissions.
    PermissionsBroaden {
        /// One per policy statement.
        statements: Vec<String>,
    },
    /// The changes are approved, and begin.
    Approved,
    /// What blocks a removal.
    Blocked {
        /// Each blocker with its fix.
        by: Vec<String>,
    },
    /// The full log of the run was written.
    Story {
        /// The file.
        path: PathBuf,
    },
    /// The installation's health.
    Status(Box<Status>),
    /// CloudFormation is not updating the stack, or has finished.
    NothingUnderWay {
        /// Name of the stack.
        stack: String,
        /// Its status.
        status: String,
    },
    /// What is known of a contact.
    Traced(Box<Trace>),
    /// A function logged a line.
    Logged(LogLine),
    /// Voicemails that were asked for.
    Voicemails {
        /// Newest first.
        voicemails: Vec<FoundVoicemail>,
        /// How many older ones were not looked at, because there are as many as were asked for.
        more: usize,
    },
    /// A recording is on hold, or no longer.
    Held {
        /// The voicemail.
        voicemail: String,
        /// Whether it is on hold now.
        is_held: bool,
        /// Whether that is new.
        is_changed: bool,
    },
    /// Voicemails were copied to a folder.
    Exported {
        /// The folder.
        folder: PathBuf,
        /// How many voicemails.
        voicemails: usize,
        /// How many of them have a recording.
        recordings: usize,
    },
    /// The deployments to roll back to.
    Deployments {
        /// Their times, newest first. The first is installed now.
        times: Vec<String>,
        /// The same with who installed them and what each changed.
        deployments: Vec<Past>,
        /// The target.
        to: String,
    },
    /// The run succeeded.
    Finished {
        /// How many changes were made.
        changes: usize,
        /// Suggested next steps, one line each.
        next: Vec<String>,
    },
}

/// An earlier system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EarlierSystem {
    /// Name of its root stack.
    pub stack: String,
    /// Which system it is, and where it reads callers' voices.
    pub system: String,
}

/// A parameter of an earlier system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EarlierParameter {
    /// Its name.
    pub name: String,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The purpose of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To install or update.
    Install,
    /// To remove the installation.
    Teardown,
}

impl Event {
    /// Who acts, where and on what. Shown before any change.
    #[must_use]
    pub fn target(target: &Target, stack: &str) -> Self {
        Self::Target {
            account: target.account.clone(),
            region: target.region.clone(),
            principal: target.principal.clone(),
            stack: stack.to_owned(),
            instance: format!("{} ({})", target.instance_alias, target.instance_id),
        }
    }
}
