//! The steps of an installed pipeline and what works for them, by the names that the stack tells.

use crate::cloud::{Cloud, CloudError};
use crate::discover::describe_stack_with_resources;
use vmx_model::actual::StackState;
use vmx_model::parts::{Function, STATE_BUCKET, Step};

/// Why an installation cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// A call failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// There is no such stack.
    #[error(
        "no stack {stack} in {region}: nothing is installed there, or the parameters name another region or \
         stack"
    )]
    NoStack {
        /// Its name.
        stack: String,
        /// Where it was looked for.
        region: String,
    },
    /// The stack does not have what the pipeline consists of.
    #[error(
        "the stack {stack} is {status} and has no {missing}; install it first (`vmx-install --non-interactive params.yaml`)"
    )]
    Incomplete {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
        /// What is missing, as the template calls it.
        missing: String,
    },
}

/// The stack of an installation with all that is in it.
///
/// # Errors
/// [`PipelineError`] when there is none, or a call fails.
pub async fn find_stack(cloud: &Cloud, name: &str) -> Result<StackState, PipelineError> {
    describe_stack_with_resources(cloud, name)
        .await?
        .ok_or_else(|| PipelineError::NoStack { stack: name.to_owned(), region: cloud.region.clone() })
}

/// The functions that the version of a stack has: the one before had no state, and no watchdog over it.
pub(crate) fn functions_of(stack: &StackState) -> impl Iterator<Item = Function> {
    let of_now = [STATE_BUCKET, Function::Watchdog.output()];
    let has_watchdog = of_now.iter().any(|output| stack.outputs.contains_key(*output));
    Function::ALL.into_iter().filter(move |function| has_watchdog || *function != Function::Watchdog)
}

/// What an installation consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Name of the stack.
    pub stack: String,
    /// What works for each step, in their order.
    pub stations: [Station; 3],
    /// Name of the recordings bucket.
    pub recordings: String,
    /// Name of the bucket for transcripts.
    pub transcripts: String,
    /// Name of the bucket that says of each voicemail whether it has ended; stacks of the version before have none, and
    /// keep their delivery markers beside the transcripts.
    pub state: Option<String>,
    /// What looks after everything else; not in stacks of the version before.
    pub watchdog: Option<Watchdog>,
}

/// The scheduled function that sends voicemails on that stand still, and looks whether everything else works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watchdog {
    /// Name of the function.
    pub function: String,
    /// Name of the function's log group.
    pub log_group: String,
}

/// What works for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// The step.
    pub step: Step,
    /// Name of the function.
    pub function: String,
    /// Name of the function's log group.
    pub log_group: String,
    /// URL of the queue that the function reads.
    pub queue: String,
    /// URL of that queue's dead-letter queue.
    pub dead_letters: String,
}

impl Pipeline {
    /// What works for a step.
    #[must_use]
    pub fn station(&self, step: Step) -> &Station {
        &self.stations[step as usize]
    }

    /// Reads the names from the stack.
    ///
    /// # Errors
    /// [`PipelineError::Incomplete`] when something is not there.
    pub fn of(stack: &StackState) -> Result<Self, PipelineError> {
        let known = |logical_id: &str| {
            let resource = stack.resources.iter().find(|resource| resource.logical_id == logical_id);
            resource.map(|resource| resource.physical_id.clone())
        };
        let name_of = |logical_id: String| {
            known(&logical_id).ok_or_else(|| PipelineError::Incomplete {
                stack: stack.name.clone(),
                status: stack.status.clone(),
                missing: logical_id,
            })
        };
        let station = |step: Step| {
            let (function, queue) = step.logical_ids();
            Ok::<_, PipelineError>(Station {
                step,
                function: name_of(format!("{function}Function"))?,
                log_group: name_of(format!("{function}Logs"))?,
                queue: name_of(queue.to_owned())?,
                dead_letters: name_of(format!("{queue}DeadLetters"))?,
            })
        };
        Ok(Self {
            stack: stack.name.clone(),
            stations: [station(Step::Record)?, station(Step::Transcribe)?, station(Step::Deliver)?],
            recordings: name_of("RecordingsBucket".to_owned())?,
            transcripts: name_of("TranscriptsBucket".to_owned())?,
            state: known(STATE_BUCKET),
            watchdog: known("WatchdogFunction")
                .zip(known("WatchdogLogs"))
                .map(|(function, log_group)| Watchdog { function, log_group }),
        })
    }
}
