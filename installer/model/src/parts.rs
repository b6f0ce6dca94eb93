//! The parts of an installation: its functions, its flows, the steps of its pipeline, and their logical IDs.

use std::fmt;

use flow_language::FlowType;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// The functions of the pipeline.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    IntoStaticStr,
)]
#[strum(serialize_all = "snake_case", prefix = "vmx_")]
pub enum Function {
    /// Contact record → recording.
    KvsToS3,
    /// Recording → transcription job.
    Transcriber,
    /// Transcript → delivered voicemail.
    Packager,
    /// Playback link or guide → voicemail.
    Playback,
    /// Retries stalled voicemails, and checks everything above.
    Watchdog,
}

impl Function {
    /// Every function, in the pipeline's order.
    pub const ALL: [Self; 5] =
        [Self::KvsToS3, Self::Transcriber, Self::Packager, Self::Playback, Self::Watchdog];

    /// Name of the crate and of its binary.
    #[must_use]
    pub fn crate_name(self) -> &'static str {
        self.into()
    }

    /// The prefix of its logical IDs: of the function, its role and its log group.
    #[must_use]
    pub fn logical_prefix(self) -> &'static str {
        match self {
            Self::KvsToS3 => "KvsToS3",
            Self::Transcriber => "Transcriber",
            Self::Packager => "Packager",
            Self::Playback => "Playback",
            Self::Watchdog => "Watchdog",
        }
    }
}

/// The flows.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FlowKey {
    /// Routes the task of a voicemail to its queue or agent.
    Task,
    /// Takes a caller's message.
    Voicemail,
    /// The same as a module.
    VoicemailModule,
    /// What an answering agent hears. Stops the recording of the message in progress.
    AgentWhisper,
    /// What an answered caller hears. Stops the recording of the message in progress.
    CustomerWhisper,
    /// What callers hear in a queue, with the offer to leave a message.
    InQueueOffer,
    /// What an agent sees with a guided task.
    AgentGuide,
    /// Routes the guided task of a voicemail to its queue or agent.
    GuidedTask,
    /// A test flow for a phone number.
    TestLine,
}

impl FlowKey {
    /// Every flow, in order of creation: a flow comes after those that it names. Whispers come before the flows that
    /// take messages: during an update, an earlier version's whispers would still reset the flag that these set.
    pub const ALL: [Self; 9] = [
        Self::Task,
        Self::AgentGuide,
        Self::GuidedTask,
        Self::AgentWhisper,
        Self::CustomerWhisper,
        Self::Voicemail,
        Self::VoicemailModule,
        Self::InQueueOffer,
        Self::TestLine,
    ];

    /// The flow's key: its file name and tag value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The flow's type.
    #[must_use]
    pub fn flow_type(self) -> FlowType {
        match self {
            Self::Task | Self::Voicemail | Self::AgentGuide | Self::GuidedTask | Self::TestLine => {
                FlowType::ContactFlow
            }
            Self::VoicemailModule => FlowType::Module,
            Self::AgentWhisper => FlowType::AgentWhisper,
            Self::CustomerWhisper => FlowType::CustomerWhisper,
            Self::InQueueOffer => FlowType::CustomerQueue,
        }
    }

    /// The placeholder for the flow's ARN in other flows, until it has one: a made-up ARN. `instance` is the instance's
    /// ARN.
    #[must_use]
    pub fn stand_in(self, instance: impl fmt::Display) -> String {
        let kind = if self.flow_type() == FlowType::Module { "flow-module" } else { "contact-flow" };
        format!("{instance}/{kind}/00000000-0000-4000-8000-00000000f1{:02}", self as u8)
    }
}

/// The logical ID of the bucket that records which voicemails have ended.
pub const STATE_BUCKET: &str = "StateBucket";

/// A step of the pipeline with its own function, queue and dead-letter queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Step {
    /// Contact record to recording.
    Record,
    /// Recording to transcript.
    Transcribe,
    /// Transcript to delivered voicemail.
    Deliver,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 3] = [Self::Record, Self::Transcribe, Self::Deliver];

    /// The step's name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The step's function.
    #[must_use]
    pub fn function(self) -> Function {
        match self {
            Self::Record => Function::KvsToS3,
            Self::Transcribe => Function::Transcriber,
            Self::Deliver => Function::Packager,
        }
    }

    /// The prefix of the step's logical IDs for function and queue.
    #[must_use]
    pub fn logical_ids(self) -> (&'static str, &'static str) {
        let queue = match self {
            Self::Record => "RetryQueue",
            Self::Transcribe => "RecordingsQueue",
            Self::Deliver => "TranscriptsQueue",
        };
        (self.function().logical_prefix(), queue)
    }
}
