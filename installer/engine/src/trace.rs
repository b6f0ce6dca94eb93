//! Where a voicemail is: clues are looked for in every place that it leaves one, and put together to a story.

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
use crate::status::Seen;
use vmx_model::parts::Step;

pub(crate) use letters::records;
pub use look::{look, messages};
pub use story::story;

/// What is known of a voicemail.
#[derive(Debug, Clone, PartialEq)]
pub struct Clues {
    /// When it was looked.
    pub now: Timestamp,
    /// The contact, as Amazon Connect tells it.
    pub call: Seen<Call>,
    /// The recording.
    pub recording: Seen<Recording>,
    /// The transcription job; it is deleted after the delivery.
    pub job: Seen<Job>,
    /// When the transcript was written.
    pub transcript: Seen<Timestamp>,
    /// That it has not ended, as the state bucket lists it.
    pub open: Seen<Undelivered>,
    /// How it ended, as the state bucket says.
    pub ended: Seen<Ended>,
    /// That every mode is done.
    pub delivery: Seen<Delivery>,
    /// While there is none: the modes that are done.
    pub partly: Vec<ModeDelivery>,
    /// Dead letters about it.
    pub dead_letters: Vec<DeadLetter>,
    /// When Lambda gave up its contact record and left it in the state bucket, oldest first.
    pub stream_letters: Vec<Timestamp>,
    /// What is in the queues that the functions read; whose, nobody knows.
    pub queues: Vec<(Step, Depth)>,
    /// What the functions logged, oldest first.
    pub log: Vec<LogLine>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
}

/// The contact itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// For example `VOICE`.
    pub channel: String,
    /// When it began.
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
    /// When the caller hung up, as its metadata says.
    pub received: Option<Timestamp>,
    /// Its language, as its metadata says.
    pub language: Option<String>,
    /// What had to be worked around.
    pub warnings: Vec<&'static str>,
}

/// A transcription job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// For example `IN_PROGRESS`.
    pub status: String,
    /// When it was made.
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
    /// Each mode's, with what the receiving service knows it by and what had to be worked around.
    pub modes: Vec<ModeDelivery>,
}

/// One mode's delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeDelivery {
    /// The mode.
    pub mode: Mode,
    /// When, if that mode's own marker could be looked at.
    pub at: Option<Timestamp>,
    /// A task's contact, a mail's message id.
    pub reference: Option<String>,
    /// What had to be worked around.
    pub warnings: Vec<&'static str>,
}

/// A dead letter about the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The step that gave it up.
    pub step: Step,
    /// When it was first sent.
    pub sent: Option<Timestamp>,
    /// Why it was put there, where it says so.
    pub reason: Option<String>,
}

/// A line that a function logged about the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// The function's step.
    pub step: Step,
    /// Whether it tells that something went wrong.
    pub bad: bool,
    /// What it says.
    pub text: String,
}

/// A voicemail's story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// The voicemail: the contact's id, for its second message with `-2`, and so on.
    pub contact: String,
    /// How far it is.
    pub outcome: Outcome,
    /// How far it is, in a sentence.
    pub verdict: String,
    /// What happened, oldest first; at the end what is still to come.
    pub moments: Vec<Moment>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
}

/// How far a voicemail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its people have it.
    Delivered,
    /// It has ended without a delivery, and nothing is wrong.
    Ended,
    /// It is being worked on, or will be.
    UnderWay,
    /// A step gave it up.
    Stopped,
    /// There is no trace of a voicemail.
    Unknown,
}

/// Something in a voicemail's story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When; nothing for what is still to come.
    pub at: Option<Timestamp>,
    /// What part of its way it belongs to.
    pub stage: Stage,
    /// Whether it tells that something went wrong.
    pub bad: bool,
    /// What.
    pub text: String,
}

/// The parts of a voicemail's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The call itself.
    Call,
    /// Contact record to recording.
    Record,
    /// Recording to transcript.
    Transcribe,
    /// Everything gathered.
    Package,
    /// To its people.
    Deliver,
}

impl Stage {
    /// The four steps of the pipeline.
    pub const STEPS: [Self; 4] = [Self::Record, Self::Transcribe, Self::Package, Self::Deliver];

    /// The part's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Record => "record",
            Self::Transcribe => "transcribe",
            Self::Package => "package",
            Self::Deliver => "deliver",
        }
    }
}
