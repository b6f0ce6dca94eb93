//! The pipeline's metrics: written by the functions, shown on the dashboard.

use strum::{EnumIter, EnumString, IntoStaticStr};

/// The namespace in CloudWatch.
pub const NAMESPACE: &str = "VoicemailExpress";
/// The dimension of every metric: the stack's name.
pub const STACK: &str = "Stack";
/// The additional dimension of metrics by delivery mode.
pub const MODE: &str = "Mode";
/// The additional dimension of metrics by cause.
pub const CAUSE: &str = "Cause";

/// A metric. Its dimensions have few values, and no contacts or callers among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString, EnumIter)]
pub enum Metric {
    /// Voicemails that were recorded.
    Captured,
    /// The length of these recordings.
    AudioSeconds,
    /// Voicemails that were delivered with a transcript.
    Transcribed,
    /// Voicemails that were delivered without one, by cause: `empty`, `failed` or `late`.
    WithoutTranscript,
    /// Voicemails delivered by all their modes; also by mode.
    Delivered,
    /// The time from the end of the call to that delivery.
    SecondsToDelivery,
    /// Failed attempts at a step, by cause. Attempts are repeated, so this does not count voicemails.
    FailedAttempts,
    /// Messages that were interrupted by an agent's answer.
    Cancelled,
    /// Calls that ended without a word.
    NothingSaid,
    /// Voicemails without speech that were dropped, as the installation is set up.
    Dropped,
    /// Rounds of the watchdog. An alarm monitors them.
    Rounds,
    /// Voicemails in progress, in each round.
    Undelivered,
    /// The age of the oldest one.
    OldestUndelivered,
    /// Stuck voicemails: somebody has to look.
    Stuck,
    /// A voicemail has become stuck.
    NewStuck,
    /// Broken or unreadable parts: triggers, rules, settings of the instance.
    Broken,
    /// Dead letters since the previous round.
    NewLetters,
    /// Dead letters that expire within four days.
    LettersExpiring,
}

impl Metric {
    /// Its name in CloudWatch.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The metric with a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// Its unit, as CloudWatch spells it.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::AudioSeconds | Self::SecondsToDelivery | Self::OldestUndelivered => "Seconds",
            _ => "Count",
        }
    }
}
