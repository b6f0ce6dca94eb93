//! Why a command did not succeed.

use std::path::PathBuf;

use flow_language::check::ReadError;
use jiff::Timestamp;

use crate::plan_file::PlanFileError;
use vmx_engine::apply::{ApplyError, Holder, Step};
use vmx_engine::build::BuildError;
use vmx_engine::cloud::CloudError;
use vmx_engine::deployments::DeploymentError;
use vmx_engine::discover::DiscoverError;
use vmx_engine::finding::Finding;
use vmx_engine::pipeline::PipelineError;
use vmx_engine::redrive::RedriveError;
use vmx_engine::smoke::link::Link;
use vmx_engine::teardown::TeardownError;
use vmx_model::params::ParamsError;
use vmx_model::plan::PlanError;
use vmx_model::render::RenderError;

/// Why a command did not succeed. Its exit code is [`exit_code`](crate::exit::exit_code)'s to say.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The parameters cannot be used.
    #[error(transparent)]
    Params(#[from] Box<ParamsError>),
    /// The functions could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A call to AWS failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// What is there is not as it must be.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// A document could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// What is there stands in the way.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A plan file cannot be applied.
    #[error(transparent)]
    PlanFile(#[from] PlanFileError),
    /// The installation cannot work here, or does not.
    #[error("{}", told(.0))]
    Unwell(Vec<Finding>),
    /// There is something to change, and the exit code shall say so: no failure.
    #[error("there are changes to make")]
    ChangesFound,
    /// Somebody is at work on the stack.
    #[error("{}", busy(.stack, .status, *.since, .holder.as_deref()))]
    Busy {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
        /// Since when.
        since: Option<Timestamp>,
        /// Whose run it is, where it is one of this program's.
        holder: Option<Box<Holder>>,
    },
    /// The plan could not be applied whole.
    #[error(transparent)]
    Apply(#[from] Box<ApplyError>),
    /// There is no way back.
    #[error(transparent)]
    Deployments(#[from] DeploymentError),
    /// The installation cannot be looked at.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// Something is wrong with the installation.
    #[error("{}", not_well(*.troubles))]
    NotWell {
        /// How many things are.
        troubles: usize,
    },
    /// A contact's voicemail will not arrive by itself.
    #[error("{verdict}")]
    NotDelivered {
        /// How far it is, and what to do.
        verdict: String,
    },
    /// The operation that was watched did not succeed.
    #[error(transparent)]
    Watched(Box<Step>),
    /// Not every dead letter was moved.
    #[error(transparent)]
    Redrive(#[from] RedriveError),
    /// Everything was installed, and something of it does not work.
    #[error("everything is installed, but {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Broken(Vec<Link>),
    /// The installation could not be taken away whole.
    #[error(transparent)]
    Teardown(#[from] Box<TeardownError>),
    /// A file could not be written.
    #[error("could not write {}: {source}", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Flow files could not be read.
    #[error(transparent)]
    ReadFlows(#[from] ReadError),
    /// Amazon Connect would refuse flows that were checked.
    #[error("Amazon Connect would refuse {refused} of {checked}; see the fixes above")]
    FlowsRefused {
        /// How many would be refused.
        refused: usize,
        /// How many were checked, in words.
        checked: String,
    },
    /// A file is no flow that could be drawn.
    #[error("could not draw {file}: {why}; run `vmx-install flows check` for details")]
    NotDrawn {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// Nobody can be asked, and the flag that answers is not there.
    #[error(
        "approval needed, but there is no terminal to prompt on; review the list above and add {flag} to \
         approve it"
    )]
    ApprovalNeeded {
        /// The flag.
        flag: &'static str,
    },
    /// The program could not begin.
    #[error("could not start: {source}")]
    Start {
        /// What the system says.
        source: std::io::Error,
    },
    /// The name that was given as an approval is not that of what would go.
    #[error("--confirm is `{given}`, but the stack is `{name}`; nothing was changed")]
    OtherName {
        /// The name that was given.
        given: String,
        /// The stack's name.
        name: String,
    },
    /// What was discovered cannot be a parameter.
    #[error("cannot use the discovered value of `{key}`: {why}")]
    Discovered {
        /// The parameter.
        key: String,
        /// Why.
        why: String,
    },
    /// The wizard has nobody to ask.
    #[error(
        "the wizard needs a terminal to prompt on; write params.yaml (params.example.yaml explains every \
         key) and run `vmx-install --non-interactive params.yaml`"
    )]
    NobodyToAsk,
    /// The person interrupted the wizard before anything was made.
    #[error("interrupted; nothing was changed")]
    StoppedEarly,
    /// The person said no.
    #[error("nothing was changed")]
    Declined,
    /// The person interrupted the program.
    #[error(
        "interrupted; CloudFormation finishes what it has started; run the same command again to continue"
    )]
    Interrupted,
}

fn busy(stack: &str, status: &str, since: Option<Timestamp>, holder: Option<&Holder>) -> String {
    let since = since.map(|since| since.strftime(" since %Y-%m-%d %H:%M:%S UTC").to_string());
    let who = holder.map(|holder| format!(", started by {} on {}", holder.principal, holder.host));
    format!(
        "CloudFormation is updating the stack {stack} ({status}){}{}; follow it with `vmx-install status \
         --watch`, then run the same command again",
        since.unwrap_or_default(),
        who.unwrap_or_default()
    )
}

/// What is wrong, and what to do about each.
fn told(findings: &[Finding]) -> String {
    let wrong: Vec<String> = findings.iter().map(|finding| format!("{}: {finding}", finding.code)).collect();
    match wrong.as_slice() {
        [one] => one.clone(),
        several => format!("{} problems found. {}", several.len(), several.join(". ")),
    }
}

fn not_well(troubles: usize) -> String {
    match troubles {
        1 => "1 problem found".to_owned(),
        _ => format!("{troubles} problems found"),
    }
}

impl From<ParamsError> for Failure {
    fn from(error: ParamsError) -> Self {
        Self::Params(Box::new(error))
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        Self::Apply(Box::new(error))
    }
}

impl From<TeardownError> for Failure {
    fn from(error: TeardownError) -> Self {
        Self::Teardown(Box::new(error))
    }
}
