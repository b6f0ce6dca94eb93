//! The pipeline's metrics: written by the functions, shown on the dashboard.

/// The namespace in CloudWatch.
pub const NAMESPACE: &str = "VoicemailExpress";
/// The dimension of every metric: the stack's name.
pub const STACK: &str = "Stack";
/// The additional dimension of metrics by delivery mode.
pub const MODE: &str = "Mode";
/// The additional dimension of metrics by cause.
pub const CAUSE: &str = "Cause";

/// A metric. Its dimensions have few values, and no contacts or callers among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Broken or unreadable parts: triggers, rules, settings of the instance.
    Broken,
    /// Dead letters since the previous round.
    NewLetters,
    /// Dead letters that expire within four days.
    LettersExpiring,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 17] = [
        Self::Captured,
        Self::AudioSeconds,
        Self::Transcribed,
        Self::WithoutTranscript,
        Self::Delivered,
        Self::SecondsToDelivery,
        Self::FailedAttempts,
        Self::Cancelled,
        Self::NothingSaid,
        Self::Dropped,
        Self::Rounds,
        Self::Undelivered,
        Self::OldestUndelivered,
        Self::Stuck,
        Self::Broken,
        Self::NewLetters,
        Self::LettersExpiring,
    ];

    /// Its name in CloudWatch.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "Captured",
            Self::AudioSeconds => "AudioSeconds",
            Self::Transcribed => "Transcribed",
            Self::WithoutTranscript => "WithoutTranscript",
            Self::Delivered => "Delivered",
            Self::SecondsToDelivery => "SecondsToDelivery",
            Self::FailedAttempts => "FailedAttempts",
            Self::Cancelled => "Cancelled",
            Self::NothingSaid => "NothingSaid",
            Self::Dropped => "Dropped",
            Self::Rounds => "Rounds",
            Self::Undelivered => "Undelivered",
            Self::OldestUndelivered => "OldestUndelivered",
            Self::Stuck => "Stuck",
            Self::Broken => "Broken",
            Self::NewLetters => "NewLetters",
            Self::LettersExpiring => "LettersExpiring",
        }
    }

    /// The metric with a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.as_str() == name)
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
