//! Outages of the links between the functions, and lost events.

use std::fmt;
use std::time::Duration;

/// A link that can be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    /// The rule that announces recordings.
    RecordingsRule,
    /// The rule that announces transcripts.
    TranscriptsRule,
    /// The rule that announces failed jobs.
    JobsRule,
    /// The trigger that reads contact records.
    StreamTrigger,
    /// The trigger of the retry queue.
    RetryTrigger,
    /// The trigger of the queue of recordings.
    RecordingsTrigger,
    /// The trigger of the queue of transcripts.
    TranscriptsTrigger,
    /// The schedule.
    Schedule,
    /// Every run of the scheduled function fails.
    Watchdog,
}

impl Part {
    /// Every part.
    pub(crate) const ALL: [Self; 9] = [
        Self::RecordingsRule,
        Self::TranscriptsRule,
        Self::JobsRule,
        Self::StreamTrigger,
        Self::RetryTrigger,
        Self::RecordingsTrigger,
        Self::TranscriptsTrigger,
        Self::Schedule,
        Self::Watchdog,
    ];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RecordingsRule => "rule of recordings",
            Self::TranscriptsRule => "rule of transcripts",
            Self::JobsRule => "rule of failed jobs",
            Self::StreamTrigger => "trigger of contact records",
            Self::RetryTrigger => "trigger of the retry queue",
            Self::RecordingsTrigger => "trigger of recordings",
            Self::TranscriptsTrigger => "trigger of transcripts",
            Self::Schedule => "schedule",
            Self::Watchdog => "scheduled function",
        })
    }
}

/// A period, from the start of the run, in which a part is off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Off {
    pub(crate) part: Part,
    pub(crate) from: Duration,
    pub(crate) until: Duration,
}

impl Off {
    /// Turns a part off from the start.
    pub(crate) fn first(part: Part, lasts: Duration) -> Self {
        Self { part, from: Duration::ZERO, until: lasts }
    }
}

/// The faults between the functions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chain {
    /// The outages.
    pub(crate) off: Vec<Off>,
    /// One event in this many is lost; 0: none.
    pub(crate) loses_one_in: u64,
}

impl Chain {
    /// Draws one outage per part, of up to two hours in a run of this length, some of them overlapping; one event in
    /// fifty is lost.
    pub(crate) fn draw(lasts: Duration, draws: &mut fastrand::Rng) -> Self {
        let off = Part::ALL.into_iter().map(|part| {
            let from = Duration::from_secs(draws.u64(0..lasts.as_secs().max(1)));
            Off { part, from, until: from + Duration::from_secs(draws.u64(600..7200)) }
        });
        Self { off: off.collect(), loses_one_in: 50 }
    }

    /// How long a part stays off, if it is.
    pub(crate) fn off_for(&self, part: Part, after: Duration) -> Option<Duration> {
        let of_it = self.off.iter().filter(|off| off.part == part && off.from <= after && after < off.until);
        of_it.map(|off| off.until - after).max()
    }
}
