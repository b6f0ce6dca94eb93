//! Why a command did not succeed.

use std::path::PathBuf;

use flow_language::check::ReadError;
use jiff::Timestamp;
use vmx_contract::voicemail_id::VoicemailId;

use crate::plan_file::PlanFileError;
use vmx_engine::apply::{ApplyError, Holder, StepError};
use vmx_engine::build::BuildError;
use vmx_engine::cloud::CloudError;
use vmx_engine::deletion::DeletionError;
use vmx_engine::deployments::DeploymentError;
use vmx_engine::discover::DiscoverError;
use vmx_engine::finding::Finding;
use vmx_engine::handover::HandoverError;
use vmx_engine::pipeline::PipelineError;
use vmx_engine::redrive::RedriveError;
use vmx_engine::smoke::link::Link;
use vmx_engine::teardown::TeardownError;
use vmx_engine::voicemails::{ExportError, HoldError};
use vmx_model::params::ParamsError;
use vmx_model::plan::PlanError;
use vmx_model::render::RenderError;

/// Why a command did not succeed. [`exit_code`](crate::exit::exit_code) chooses its exit code.
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
    /// The account or the instance is not as required.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// A document could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// Something existing blocks the plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A plan file cannot be applied.
    #[error(transparent)]
    PlanFile(#[from] PlanFileError),
    /// The installation cannot work here, or does not work.
    #[error("{}", told(.0))]
    Unwell(Vec<Finding>),
    /// There are changes, and the exit code should say so. Not a failure.
    #[error("there are changes to make")]
    ChangesFound,
    /// Another operation on the stack is in progress.
    #[error("{}", busy(.stack, .status, *.since, .holder.as_deref()))]
    Busy {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
        /// When it started.
        since: Option<Timestamp>,
        /// The run that started it, if it is one of this program's.
        holder: Option<Box<Holder>>,
    },
    /// The plan was not applied completely.
    #[error(transparent)]
    Apply(#[from] Box<ApplyError>),
    /// Rolling back is impossible.
    #[error(transparent)]
    Deployments(#[from] DeploymentError),
    /// The installation could not be checked.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// Something is wrong with the installation.
    #[error("{}", not_well(*.troubles))]
    NotWell {
        /// How many problems there are.
        troubles: usize,
    },
    /// A contact's voicemail will not arrive without help.
    #[error("{verdict}")]
    NotDelivered {
        /// Where it is, and what to do.
        verdict: String,
    },
    /// There is no earlier system to migrate from.
    #[error(
        "no stack of Voicemail Express V2 or V3 in {region}; name the region with `--region REGION`, or another \
         account with `--profile NAME`"
    )]
    NoEarlierSystem {
        /// The region.
        region: String,
    },
    /// The named stack is not an earlier system.
    #[error("the stack {stack} in {region} is not of Voicemail Express V2 or V3; use one of these: {}", .found.join(", "))]
    NotEarlier {
        /// The named stack.
        stack: String,
        /// The region.
        region: String,
        /// Stacks of earlier systems.
        found: Vec<String>,
    },
    /// There are several earlier systems.
    #[error("{} earlier systems in {region}; name one with `--stack NAME`: {}", .found.len(), .found.join(", "))]
    SeveralEarlier {
        /// The region.
        region: String,
        /// Their stacks.
        found: Vec<String>,
    },
    /// A file that would be written exists, and there is no terminal to prompt on.
    #[error(
        "{} exists and is different, so it was not written; name another file with `--params FILE`, or overwrite it \
         with --force", .path.display()
    )]
    FileExists {
        /// The file.
        path: PathBuf,
    },
    /// Contact records did not move from one system to the other.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// Nothing says which installation a command is about.
    #[error(
        "no such file: {}, so it is not known which installation this is about; name its stack with \
         `--stack NAME --region REGION`, or set `--set region=REGION --set instance=ALIAS`, and \
         `--set stack=NAME` if it is not voicemail-express", .file.display()
    )]
    NoInstallation {
        /// The file that does not exist.
        file: PathBuf,
    },
    /// An installation was named by its stack, which has no record of its parameters.
    #[error(
        "the stack {stack} in {region} has no record of a completed installation in its code bucket; use its \
         parameters file with --params, or set `--set region={region} --set instance=ALIAS --set stack={stack}`"
    )]
    NoRecord {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// What should be opened does not exist.
    #[error("the stack {stack} has no {what}; see what it has with `vmx-install open stack`")]
    NoPage {
        /// The stack.
        stack: String,
        /// What should be opened.
        what: &'static str,
    },
    /// The AWS console does not show a local cloud.
    #[error(
        "the AWS console does not show the local cloud at {endpoint}; open a voicemail's recording instead, \
         with `vmx-install open CONTACT_ID`"
    )]
    NoConsole {
        /// The local cloud's endpoint.
        endpoint: String,
    },
    /// There is no recording to open.
    #[error("no recording of the voicemail {id}; see what became of it with `vmx-install trace {id}`")]
    NoRecording {
        /// The voicemail.
        id: VoicemailId,
    },
    /// There is no such parameter to explain.
    #[error("no parameter `{key}`; see all of them with `vmx-install explain`")]
    NoKey {
        /// The key.
        key: String,
    },
    /// A voicemail whose links should be revoked does not exist.
    #[error(
        "no voicemail {id}, so it has no links; nothing was changed; check the ID and the parameters' `stack`"
    )]
    NoVoicemail {
        /// The ID.
        id: VoicemailId,
    },
    /// A recording could not be held or released.
    #[error(transparent)]
    Hold(#[from] HoldError),
    /// A voicemail could not be deleted.
    #[error(transparent)]
    Deletion(#[from] DeletionError),
    /// Voicemails could not be copied.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The watched operation did not succeed.
    #[error(transparent)]
    Watched(Box<StepError>),
    /// Some dead letters were not retried.
    #[error(transparent)]
    Redrive(#[from] RedriveError),
    /// Everything is installed, but some of it does not work.
    #[error("everything is installed, but {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Broken(Vec<Link>),
    /// The installation was not removed completely.
    #[error(transparent)]
    Teardown(#[from] Box<TeardownError>),
    /// A file could not be written.
    #[error("could not write {}: {source}; check that the directory exists, can be written and has space", .path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
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
        /// How many were checked, as text.
        checked: String,
    },
    /// A file is not a flow that can be drawn.
    #[error("could not draw {file}: {why}; run `vmx-install flows check` for details")]
    NotDrawn {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// There is no terminal to prompt on, and the flag that approves is missing.
    #[error(
        "approval needed, but there is no terminal to prompt on; review the list above and add {flag} to \
         approve it"
    )]
    ApprovalNeeded {
        /// The flag.
        flag: &'static str,
    },
    /// The program could not start.
    #[error("could not start: {source}; check the limits of processes and open files")]
    Start {
        /// The system's error.
        source: std::io::Error,
    },
    /// The confirmed name is not the stack's.
    #[error(
        "--confirm is `{given}`, but the stack is `{name}`; nothing was changed; write the name of the stack that the parameters name"
    )]
    OtherName {
        /// The confirmed name.
        given: String,
        /// The stack's name.
        name: String,
    },
    /// The wizard has no terminal to prompt on.
    #[error(
        "the wizard needs a terminal to prompt on; write params.yaml (params.example.yaml explains every \
         key) and run `vmx-install --non-interactive params.yaml`"
    )]
    NobodyToAsk,
    /// The program was interrupted before anything was approved.
    #[error("interrupted; nothing was changed")]
    StoppedEarly,
    /// The answer was no.
    #[error("nothing was changed")]
    Declined,
    /// The program was interrupted.
    #[error(
        "interrupted while changes were made, and CloudFormation finishes what it has started; run the same \
         command again to continue"
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

/// The problems, each with its fix.
fn told(findings: &[Finding]) -> String {
    let wrong: Vec<String> = findings.iter().map(|finding| format!("{}: {finding}", finding.code)).collect();
    match wrong.as_slice() {
        [one] => one.clone(),
        several => format!("{} problems found. {}", several.len(), several.join(". ")),
    }
}

fn not_well(troubles: usize) -> String {
    match troubles {
        1 => "1 problem found; fix it as shown above".to_owned(),
        _ => format!("{troubles} problems found; fix them from the first to the last, as shown above"),
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
