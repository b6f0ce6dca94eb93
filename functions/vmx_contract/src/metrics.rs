//! What is counted of the pipeline: the functions write it, the dashboard shows it.

/// The namespace in CloudWatch.
pub const NAMESPACE: &str = "VoicemailExpress";
/// The dimension of every metric: the stack's name.
pub const STACK: &str = "Stack";
/// The further dimension of what is counted by delivery mode.
pub const MODE: &str = "Mode";
/// The further dimension of what is counted by its cause.
pub const CAUSE: &str = "Cause";

/// A metric. Its dimensions take few values: neither contacts nor callers are among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Voicemails whose recording was made.
    Captured,
    /// How long these recordings are.
    AudioSeconds,
    /// Voicemails that were delivered with a transcript.
    Transcribed,
    /// Voicemails that were delivered without one, by cause: `empty`, `failed` or `late`.
    WithoutTranscript,
    /// Voicemails that were delivered by every mode that they ask for; by mode as well.
    Delivered,
    /// How long that took from the end of the call.
    SecondsToDelivery,
    /// Attempts at a step that failed, by cause. An attempt is repeated, so that this is no count of voicemails.
    FailedAttempts,
    /// Messages of which there is no voicemail since an agent answered while they were being left.
    Cancelled,
    /// Calls that ended before a word was said.
    NothingSaid,
    /// Voicemails without speech that were not delivered, as the installation wants it.
    Dropped,
    /// Rounds of the scheduled function. Its silence is an alarm.
    Rounds,
    /// Voicemails that have not ended, in each round.
    Undelivered,
    /// How long the oldest of them has waited.
    OldestUndelivered,
    /// Those that were pushed on in vain: somebody has to look.
    Stuck,
    /// Those of them that were not in the round before.
    NewStuck,
    /// Parts of the chain that do not work or could not be looked at: triggers, rules, what the instance is set up to do.
    Broken,
    /// Dead letters that came since the round before.
    NewLetters,
    /// Dead letters that expire within four days.
    LettersExpiring,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 18] = [
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
        Self::NewStuck,
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
            Self::NewStuck => "NewStuck",
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
