//! An installation's health: read, judged, reported.

mod backlog;
mod judge;
mod look;
mod recent;
#[cfg(any(test, feature = "testing"))]
pub mod sample;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Serialize;

use crate::cloud::CloudError;
use crate::dead_letters::Depth;
use crate::finding::Finding;
use vmx_model::parts::Step;

pub use crate::checks::{FunctionState, TriggerState};
pub use backlog::{Backlog, OpenVoicemail, StreamLetters};
pub use judge::ago;
pub use judge::judge;
pub use look::look;
pub(crate) use look::timestamp;
pub use recent::{Recent, recent};

/// An installation's health.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// When it was read. Every event has its own time.
    #[serde(skip)]
    pub at: Timestamp,
    /// The stack.
    pub stack: StackStatus,
    /// The functions, in the order of their steps.
    pub functions: Vec<FunctionStatus>,
    /// The functions' triggers.
    pub triggers: Vec<TriggerStatus>,
    /// The rules that send events to the queues.
    pub rules: Vec<RuleStatus>,
    /// The alarms in state ALARM.
    pub alarms: Seen<Vec<AlarmStatus>>,
    /// The queues, in the order of their steps.
    pub queues: Vec<QueueStatus>,
    /// The buckets.
    pub buckets: Vec<BucketStatus>,
    /// The voicemails in progress, or `None` for the earlier version, which keeps no list of them.
    pub undelivered: Option<Seen<Backlog>>,
    /// The contact records that Lambda gave up on and stored in the state bucket, or `None` if there are none.
    pub stream_letters: Option<Seen<StreamLetters>>,
    /// The watchdog, or `None` for the earlier version, which has none.
    pub watchdog: Option<WatchdogStatus>,
    /// The flows.
    pub flows: Vec<FlowStatus>,
    /// The instance's settings for media, records and functions.
    pub associations: Vec<AssociationStatus>,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
    /// The problems, worst first. Empty if healthy.
    pub troubles: Vec<Trouble>,
}

/// The result of a read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen<T> {
    /// It exists.
    Found(T),
    /// It does not exist.
    Missing,
    /// It could not be read; [`Status::unseen`] says why.
    Unseen,
}

impl<T> Seen<T> {
    /// A result. The reason for an unknown one is added to `unseen`.
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

    /// The same of something whose absence is no error.
    pub(crate) fn of_optional(looked: Result<Option<T>, CloudError>, unseen: &mut Vec<String>) -> Self {
        looked.transpose().map_or(Self::Missing, |looked| Self::of(looked, unseen))
    }

    /// The same of another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Found(found) => Seen::Found(f(found)),
            Self::Missing => Seen::Missing,
            Self::Unseen => Seen::Unseen,
        }
    }

    /// The value, if it exists.
    #[must_use]
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Missing | Self::Unseen => None,
        }
    }
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// What is wrong.
    pub what: String,
    /// The fix.
    pub remedy: String,
}

impl From<Finding> for Trouble {
    fn from(finding: Finding) -> Self {
        Self { what: format!("{}: {}", finding.what, finding.why), remedy: finding.remedy }
    }
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
    /// When it was last updated.
    pub since: Option<Timestamp>,
    /// The installed version of Voicemail Express, if the stack has it.
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
    /// Its state.
    pub state: Seen<FunctionState>,
}

/// An event source mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriggerStatus {
    /// Its logical ID.
    pub name: String,
    /// Its id.
    pub uuid: String,
    /// Its state.
    pub state: Seen<TriggerState>,
}

/// An EventBridge rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleStatus {
    /// Its logical ID.
    pub name: String,
    /// The rule's name.
    pub rule: String,
    /// Whether it is enabled.
    pub enabled: Seen<bool>,
}

/// An alarm in state ALARM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmStatus {
    /// Its logical ID.
    pub name: String,
    /// Its description from the template, with the fix.
    pub says: String,
    /// When it went into alarm.
    pub since: Option<Timestamp>,
}

/// A step's queue and dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueStatus {
    /// The step.
    pub step: Step,
    /// The queue of its function.
    pub queue: Seen<Depth>,
    /// Its dead letters.
    pub dead_letters: Seen<DeadLetters>,
}

/// The dead letters of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeadLetters {
    /// How many.
    pub count: u64,
    /// When the oldest that was read was first sent.
    pub oldest: Option<Timestamp>,
    /// Whether there are more than were read.
    pub more: bool,
    /// The voicemails of those that were read.
    pub voicemails: Vec<String>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BucketStatus {
    /// Its purpose, for example `recordings`.
    pub what: String,
    /// Its name.
    pub name: String,
    /// Whether it exists.
    pub state: Seen<()>,
}

/// The watchdog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchdogStatus {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: Seen<FunctionState>,
    /// Its last round, or [`Seen::Missing`].
    pub last: Seen<Round>,
}

/// A round of the watchdog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Round {
    /// When it was.
    pub at: Timestamp,
    /// What did not work or could not be checked, and why.
    pub broken: Vec<String>,
}

/// A flow of the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowStatus {
    /// Which flow.
    pub key: String,
    /// Its state.
    pub state: Seen<FlowState>,
}

/// The state of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowState {
    /// Its name.
    pub name: String,
    /// Whether it is published.
    pub published: bool,
    /// Whether it was edited since its installation.
    pub edited: bool,
}

/// A setting of the instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssociationStatus {
    /// What, for example `contact records`.
    pub what: String,
    /// The expected target.
    pub target: String,
    /// Whether it is set.
    pub set: Seen<bool>,
}
