//! Where a voicemail is: clues from every place that it passes, combined into a history.

mod letters;
mod look;
#[cfg(any(test, feature = "testing"))]
pub mod sample;
mod story;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Serialize;
use vmx_contract::mode::Mode;
use vmx_contract::state::{Ended, Undelivered};

use crate::dead_letters::Depth;
use crate::finding::Finding;
use crate::status::Seen;
use vmx_model::parts::Step;

pub(crate) use letters::{names_contact, records};
pub use look::{look, messages};
pub use story::story;

/// What is known about a voicemail.
#[derive(Debug, Clone, PartialEq)]
pub struct Clues {
    /// When it was read.
    pub now: Timestamp,
    /// The contact, from Amazon Connect.
    pub call: Seen<Call>,
    /// The recording.
    pub recording: Seen<Recording>,
    /// The transcription job, which is deleted after the delivery.
    pub job: Seen<Job>,
    /// When the transcript was written.
    pub transcript: Seen<Timestamp>,
    /// The state bucket's entry, while it has not ended.
    pub open: Seen<Undelivered>,
    /// How it ended, from the state bucket.
    pub ended: Seen<Ended>,
    /// The completed delivery by all modes.
    pub delivery: Seen<Delivery>,
    /// Without it: the modes that are done.
    pub partly: Vec<ModeDelivery>,
    /// Dead letters about it.
    pub dead_letters: Vec<DeadLetter>,
    /// When Lambda gave up on its contact record and stored it in the state bucket, oldest first.
    pub stream_letters: Vec<Timestamp>,
    /// What is wrong with the functions, triggers and rules that a voicemail needs.
    pub broken: Vec<Finding>,
    /// The messages in the functions' queues, of any voicemail.
    pub queues: Vec<(Step, Depth)>,
    /// What the functions logged, oldest first.
    pub log: Vec<LogLine>,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
}

/// The contact itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// For example `VOICE`.
    pub channel: String,
    /// When it started.
    pub began: Option<Timestamp>,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
}

/// A recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// When it was written.
    pub at: Timestamp,
    /// Its length in ms.
    pub duration_ms: u64,
    /// When the caller hung up, from its metadata.
    pub received: Option<Timestamp>,
    /// Its language, from its metadata.
    pub language: Option<String>,
    /// Its warnings.
    pub warnings: Vec<&'static str>,
}

/// A transcription job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// For example `IN_PROGRESS`.
    pub status: String,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it failed.
    pub reason: Option<String>,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// Each mode's delivery, with the receiving service's ID and its warnings.
    pub modes: Vec<ModeDelivery>,
}

/// One mode's delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeDelivery {
    /// The mode.
    pub mode: Mode,
    /// When, if that mode's own marker could be read.
    pub at: Option<Timestamp>,
    /// The ID of a task's contact or of an email.
    pub reference: Option<String>,
    /// Its warnings.
    pub warnings: Vec<&'static str>,
}

/// A dead letter about the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The step that gave it up.
    pub step: Step,
    /// When it was first sent.
    pub sent: Option<Timestamp>,
    /// Why it became a dead letter, if it says so.
    pub reason: Option<String>,
}

/// A function's log line about the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// The function's step.
    pub step: Step,
    /// Whether it reports a problem.
    pub bad: bool,
    /// Its message.
    pub text: String,
}

/// A voicemail's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The voicemail's ID: the contact's, with `-2` for its second message, and so on.
    pub contact: String,
    /// How far it has come.
    pub outcome: Outcome,
    /// How far it has come, in a sentence.
    pub verdict: String,
    /// What happened, oldest first, then what is still to come.
    pub moments: Vec<Moment>,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
}

/// How far a voicemail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was delivered.
    Delivered,
    /// It has ended without a delivery, as intended.
    Ended,
    /// It is in progress.
    UnderWay,
    /// It became a dead letter, or is stuck.
    Stopped,
    /// There is no trace of a voicemail.
    Unknown,
}

/// An event in a voicemail's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When. Empty for what is still to come.
    pub at: Option<Timestamp>,
    /// Its stage.
    pub stage: Stage,
    /// Whether it reports a problem.
    pub bad: bool,
    /// What happened.
    pub text: String,
}

/// The stages of a voicemail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum Stage {
    /// The call itself.
    Call,
    /// Contact record to recording.
    Record,
    /// Recording to transcript.
    Transcribe,
    /// Everything gathered.
    Package,
    /// Delivery.
    Deliver,
}

impl Stage {
    /// The four steps of the pipeline.
    pub const STEPS: [Self; 4] = [Self::Record, Self::Transcribe, Self::Package, Self::Deliver];

    /// The stage's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
