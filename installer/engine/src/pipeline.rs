//! The steps of an installed pipeline and their resources, by the stack's names.

use crate::cloud::{Cloud, CloudError};
use crate::discover::describe_stack_with_resources;
use vmx_model::actual::StackState;
use vmx_model::parts::{Function, STATE_BUCKET, Step};

/// Why an installation cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// A call failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The stack does not exist.
    #[error(
        "no stack {stack} in {region}: nothing is installed there, or the parameters name another region or \
         stack; check both, or install it"
    )]
    NoStack {
        /// Its name.
        stack: String,
        /// The region.
        region: String,
    },
    /// The stack lacks a resource of the pipeline.
    #[error(
        "the stack {stack} is {status} and has no {missing}; install it first (`vmx-install install params.yaml`)"
    )]
    Incomplete {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
        /// The missing resource's logical ID.
        missing: String,
    },
}

/// An installation's stack with its resources.
///
/// # Errors
/// [`PipelineError`] if there is none, or a call fails.
pub async fn find_stack(cloud: &Cloud, name: &str) -> Result<StackState, PipelineError> {
    describe_stack_with_resources(cloud, name)
        .await?
        .ok_or_else(|| PipelineError::NoStack { stack: name.to_owned(), region: cloud.region.clone() })
}

/// An installation's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Name of the stack.
    pub stack: String,
    /// The resources of each step, in order.
    pub stations: [Station; 3],
    /// Name of the recordings bucket.
    pub recordings: String,
    /// Name of the transcripts bucket.
    pub transcripts: String,
    /// Name of the bucket that records which voicemails have ended. Stacks of the earlier version have none, and keep
    /// delivery markers with the transcripts.
    pub state: Option<String>,
    /// Name of the function behind playback links and guides.
    pub playback: String,
    /// The watchdog, if the stack's version has one.
    pub watchdog: Option<Watchdog>,
}

/// The scheduled function that retries stalled voicemails and checks everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watchdog {
    /// Name of the function.
    pub function: String,
    /// Name of the function's log group.
    pub log_group: String,
}

/// The resources of a step.
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
    /// The resources of a step.
    #[must_use]
    pub fn station(&self, step: Step) -> &Station {
        &self.stations[step as usize]
    }

    /// The functions of the installed version, with their names.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (Function, &str)> {
        let stations = self.stations.iter().map(|station| &station.function);
        let watchdog = self.watchdog.iter().map(|watchdog| &watchdog.function);
        let names = stations.chain([&self.playback]).chain(watchdog);
        Function::ALL.into_iter().zip(names.map(String::as_str))
    }

    /// The log groups of the installed version's functions.
    #[must_use]
    pub fn log_groups(stack: &StackState) -> Vec<(Function, &str)> {
        let group = |function: Function| {
            Some((function, stack.physical_id(&format!("{}Logs", function.logical_prefix()))?))
        };
        Function::ALL.into_iter().filter_map(group).collect()
    }

    /// Reads the names from the stack.
    ///
    /// # Errors
    /// [`PipelineError::Incomplete`] if a resource is missing.
    pub fn of(stack: &StackState) -> Result<Self, PipelineError> {
        let known = |logical_id: &str| stack.physical_id(logical_id).map(str::to_owned);
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
            playback: name_of("PlaybackFunction".to_owned())?,
            watchdog: known("WatchdogFunction")
                .zip(known("WatchdogLogs"))
                .map(|(function, log_group)| Watchdog { function, log_group }),
        })
    }
}
