//! Special conditions of a call: how Amazon Connect behaves, apart from the caller's actions.

use std::fmt;
use std::time::Duration;

use super::caller::{Step, seconds};

/// A special condition of the whole call. In a script it is a step, `given:NAME` or `given:NAME=VALUE`, at any
/// position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Circumstance {
    /// `streaming-fails=N`: the first N blocks that start media streaming fail, as in reality until the service has
    /// created the stream of a first call.
    StreamingFails(u32),
    /// `one-recording`: the contact record has a single entry for all media, from the first start to the last stop.
    OneRecording,
    /// `recordings-reversed`: the record's entries are in reverse time order.
    RecordingsReversed,
    /// `bare-end`: each part of the streamed media ends with a fragment without media.
    BareEnd,
    /// `no-whispers`: no whisper runs when an agent answers, as if it were missing or failed at its first block.
    NoWhispers,
    /// `after-contact-work=SECONDS`: how long the agent works on the contact after the conversation; 0 by default.
    AfterContactWork(Duration),
    /// `no-after-contact-work`: the record does not mention work after the contact.
    NoAfterContactWork,
}

impl Circumstance {
    /// Parses the text after `given:`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once('=') {
            None => match text {
                "one-recording" => Some(Self::OneRecording),
                "recordings-reversed" => Some(Self::RecordingsReversed),
                "bare-end" => Some(Self::BareEnd),
                "no-whispers" => Some(Self::NoWhispers),
                "no-after-contact-work" => Some(Self::NoAfterContactWork),
                _ => None,
            },
            Some(("streaming-fails", times)) => times.parse().ok().map(Self::StreamingFails),
            Some(("after-contact-work", time)) => seconds(time).map(Self::AfterContactWork),
            Some(_) => None,
        }
    }
}

/// The text that `Circumstance::parse` reads.
impl fmt::Display for Circumstance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StreamingFails(times) => write!(formatter, "streaming-fails={times}"),
            Self::OneRecording => formatter.write_str("one-recording"),
            Self::RecordingsReversed => formatter.write_str("recordings-reversed"),
            Self::BareEnd => formatter.write_str("bare-end"),
            Self::NoWhispers => formatter.write_str("no-whispers"),
            Self::AfterContactWork(time) => write!(formatter, "after-contact-work={}", time.as_secs_f64()),
            Self::NoAfterContactWork => formatter.write_str("no-after-contact-work"),
        }
    }
}

/// All special conditions of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Circumstances {
    /// How many blocks that start streaming will still fail.
    pub(super) streaming_failures: u32,
    pub(super) one_recording: bool,
    pub(super) recordings_reversed: bool,
    pub(super) bare_end: bool,
    pub(super) whispers: bool,
    /// The length of the agent's after-contact work; `None` if the record does not mention it.
    pub(super) after_contact_work: Option<Duration>,
}

impl Default for Circumstances {
    fn default() -> Self {
        Self {
            streaming_failures: 0,
            one_recording: false,
            recordings_reversed: false,
            bare_end: false,
            whispers: true,
            after_contact_work: Some(Duration::ZERO),
        }
    }
}

impl Circumstances {
    /// Removes the circumstances from a caller's steps.
    pub(super) fn take_from(steps: &mut Vec<Step>) -> Self {
        let mut all = Self::default();
        steps.retain(|step| {
            let Step::Given(given) = step else {
                return true;
            };
            match given {
                Circumstance::StreamingFails(times) => all.streaming_failures = *times,
                Circumstance::OneRecording => all.one_recording = true,
                Circumstance::RecordingsReversed => all.recordings_reversed = true,
                Circumstance::BareEnd => all.bare_end = true,
                Circumstance::NoWhispers => all.whispers = false,
                Circumstance::AfterContactWork(time) => all.after_contact_work = Some(*time),
                Circumstance::NoAfterContactWork => all.after_contact_work = None,
            }
            false
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circumstances_are_taken_out_of_the_steps() {
        let words = ["streaming-fails=2", "recordings-reversed", "after-contact-work=1.5", "no-whispers"];
        let mut steps: Vec<Step> =
            words.into_iter().filter_map(Circumstance::parse).map(Step::Given).collect();
        steps.insert(1, Step::HangUp);
        let all = Circumstances::take_from(&mut steps);
        assert_eq!(steps, [Step::HangUp]);
        let expected = Circumstances {
            streaming_failures: 2,
            recordings_reversed: true,
            whispers: false,
            after_contact_work: Some(Duration::from_millis(1500)),
            ..Circumstances::default()
        };
        assert_eq!(all, expected);
    }

    #[test]
    fn every_circumstance_is_read_as_it_is_written() {
        for text in [
            "streaming-fails=3",
            "one-recording",
            "recordings-reversed",
            "bare-end",
            "no-whispers",
            "after-contact-work=70",
            "no-after-contact-work",
        ] {
            assert_eq!(Circumstance::parse(text).map(|given| given.to_string()), Some(text.to_owned()));
        }
        for text in
            ["", "rain", "streaming-fails", "streaming-fails=-1", "one-recording=1", "after-contact-work=x"]
        {
            assert_eq!(Circumstance::parse(text), None, "{text}");
        }
    }
}
