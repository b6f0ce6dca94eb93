//! How an installation is: looked at, judged, told.

mod backlog;
mod judge;
mod look;
#[cfg(any(test, feature = "testing"))]
pub mod sample;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Serialize;

use crate::cloud::CloudError;
use crate::dead_letters::Depth;
use vmx_model::parts::Step;

pub use backlog::{Backlog, OpenVoicemail, StreamLetters};
pub use judge::ago;
pub use judge::judge;
pub use look::look;
pub(crate) use look::timestamp;

/// An installation as it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// When it was looked at.
    pub at: Timestamp,
    /// The stack.
    pub stack: StackStatus,
    /// The functions, in the order of their steps.
    pub functions: Vec<FunctionStatus>,
    /// What hands work to the functions.
    pub triggers: Vec<TriggerStatus>,
    /// What brings events to the queues.
    pub rules: Vec<RuleStatus>,
    /// The alarms that are on.
    pub alarms: Seen<Vec<AlarmStatus>>,
    /// The queues, in the order of their steps.
    pub queues: Vec<QueueStatus>,
    /// The buckets.
    pub buckets: Vec<BucketStatus>,
    /// The voicemails that have not ended; `None` where the version before is installed, which keeps no list of them.
    pub undelivered: Option<Seen<Backlog>>,
    /// The contact records that Lambda gave up and left in the state bucket; `None` where there is none.
    pub stream_letters: Option<Seen<StreamLetters>>,
    /// The scheduled function; `None` where the version before is installed, which has none.
    pub watchdog: Option<WatchdogStatus>,
    /// The flows.
    pub flows: Vec<FlowStatus>,
    /// What the instance is set up to do with media, records and functions.
    pub associations: Vec<AssociationStatus>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
    /// What is wrong; empty when all is well. Worst first.
    pub troubles: Vec<Trouble>,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen<T> {
    /// It is there.
    Found(T),
    /// It is not there.
    Missing,
    /// It could not be looked at; [`Status::unseen`] says why.
    Unseen,
}

impl<T> Seen<T> {
    /// What a look came to. Why nothing could be seen is added to `unseen`.
    pub(crate) fn of(looked: Result<T, CloudError>, unseen: &mut Vec<String>) -> Self {
        match looked {
            Ok(found) => Self::Found(found),
            Err(error) if error.is_not_found() => Self::Missing,
            Err(error) => {
                unseen.push(error.to_string());
                Self::Unseen
            }
        }
    }

    /// What was found, if anything.
    #[must_use]
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Missing | Self::Unseen => None,
        }
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// What.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// The stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackStatus {
    /// Its name.
    pub name: String,
    /// For example `UPDATE_COMPLETE`.
    pub status: String,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
    /// When it was last changed.
    pub since: Option<Timestamp>,
    /// The version of Voicemail Express that is installed, where the stack tells.
    pub installed: Option<String>,
    /// The version of this program.
    pub program: String,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FunctionStatus {
    /// Its step.
    pub step: Step,
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: Seen<FunctionState>,
}

/// How a function is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FunctionState {
    /// For example `Active`.
    pub state: String,
    /// Why, where Lambda says so.
    pub reason: Option<String>,
    /// How the last update went, for example `Successful`.
    pub last_update: String,
    /// SHA-256 of its code in Base64.
    pub code_sha256: String,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// Memory in MiB.
    pub memory: i32,
}

/// An event source mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriggerStatus {
    /// What the template calls it.
    pub name: String,
    /// Its id.
    pub uuid: String,
    /// How it is.
    pub state: Seen<TriggerState>,
}

/// How an event source mapping is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriggerState {
    /// For example `Enabled`.
    pub state: String,
    /// How the last batch went, for example `OK` or `PROBLEM: …`.
    pub last_result: Option<String>,
}

/// An EventBridge rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleStatus {
    /// What the template calls it.
    pub name: String,
    /// The rule's own name.
    pub rule: String,
    /// Whether it is enabled.
    pub enabled: Seen<bool>,
}

/// An alarm that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmStatus {
    /// What the template calls it.
    pub name: String,
    /// What it says, and what to do, as the template has it.
    pub says: String,
    /// Since when it is on.
    pub since: Option<Timestamp>,
}

/// A step's queue and dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueStatus {
    /// The step.
    pub step: Step,
    /// The queue that its function reads.
    pub queue: Seen<Depth>,
    /// Its dead letters.
    pub dead_letters: Seen<DeadLetters>,
}

/// The dead letters of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeadLetters {
    /// How many.
    pub count: u64,
    /// When the oldest of those that could be looked at was first sent.
    pub oldest: Option<Timestamp>,
    /// Whether there are more than were looked at.
    pub more: bool,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BucketStatus {
    /// What it is for, for example `recordings`.
    pub what: String,
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub state: Seen<()>,
}

/// The scheduled function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchdogStatus {
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: Seen<FunctionState>,
    /// Its last round; [`Seen::Missing`] if there was none.
    pub last: Seen<Round>,
}

/// A round of the scheduled function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Round {
    /// When it was.
    pub at: Timestamp,
    /// What did not work or could not be looked at, and why.
    pub broken: Vec<String>,
}

/// A flow of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowStatus {
    /// Which flow.
    pub key: String,
    /// How it is.
    pub state: Seen<FlowState>,
}

/// How a flow is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowState {
    /// Its name.
    pub name: String,
    /// Whether callers meet it.
    pub published: bool,
    /// Whether somebody changed it since it was installed.
    pub edited: bool,
}

/// Something that the instance is set up to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssociationStatus {
    /// What, for example `contact records`.
    pub what: String,
    /// Where to, as it should be.
    pub target: String,
    /// Whether it is so.
    pub set: Seen<bool>,
}
