//! What the commands tell of a run, besides the progress of the work itself.

use std::path::PathBuf;

use flow_language::check::Report;
use serde::Serialize;

use vmx_engine::discover::survey::Survey;
use vmx_engine::finding::Finding;
use vmx_engine::progress::View;
use vmx_engine::status::Status;
use vmx_engine::trace::Trace;
use vmx_model::change::Change;
use vmx_model::params::Parameter;
use vmx_model::plan::{Details, Target};

/// Version of the events' form. It rises when a field goes or changes its meaning; new events and fields do not count.
pub const EVENTS_VERSION: u32 = 2;

/// Whoever is shown a run.
pub trait EventView: View {
    /// Takes note of an event.
    fn tell(&self, event: &Event);
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
    /// What keeps an installation from being taken away.
    Blocked {
        /// What it is and how to mend it, one for each.
        by: Vec<String>,
    },
    /// Everything that happened in the run is in a file.
    Story {
        /// The file.
        path: PathBuf,
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

impl Event {
    /// Who acts, where and on what: to be shown before anything is written.
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
