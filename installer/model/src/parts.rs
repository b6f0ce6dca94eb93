//! The parts of an installation: its functions, its flows, the steps of its pipeline, and their logical IDs.

use std::fmt;

use flow_language::FlowType;
use serde::{Deserialize, Serialize};

/// The functions of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
        match self {
            Self::KvsToS3 => "vmx_kvs_to_s3",
            Self::Transcriber => "vmx_transcriber",
            Self::Packager => "vmx_packager",
            Self::Playback => "vmx_playback",
            Self::Watchdog => "vmx_watchdog",
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.crate_name())
    }
}

/// The flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        match self {
            Self::Task => "task",
            Self::Voicemail => "voicemail",
            Self::VoicemailModule => "voicemail_module",
            Self::AgentWhisper => "agent_whisper",
            Self::CustomerWhisper => "customer_whisper",
            Self::InQueueOffer => "in_queue_offer",
            Self::AgentGuide => "agent_guide",
            Self::GuidedTask => "guided_task",
            Self::TestLine => "test_line",
        }
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

impl fmt::Display for FlowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The logical ID of the bucket that records which voicemails have ended.
pub const STATE_BUCKET: &str = "StateBucket";

/// A step of the pipeline with its own function, queue and dead-letter queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
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
        match self {
            Self::Record => "record",
            Self::Transcribe => "transcribe",
            Self::Deliver => "deliver",
        }
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
        match self {
            Self::Record => ("KvsToS3", "RetryQueue"),
            Self::Transcribe => ("Transcriber", "RecordingsQueue"),
            Self::Deliver => ("Packager", "TranscriptsQueue"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
