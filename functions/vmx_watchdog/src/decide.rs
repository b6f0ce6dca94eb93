//! Decides what to do with a voicemail that has not ended. Pure, so that each case is one line of a test table.

use jiff::{SignedDuration, Timestamp};
use vmx_contract::state::Undelivered;

/// How long a voicemail may make no progress before the first retry. Normally it takes a minute or two.
pub(crate) const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(10);
/// The number of retries without progress before a voicemail is stuck.
pub(crate) const PUSHES: u32 = 3;
/// The interval between checks of a waiting voicemail: an event may be lost at any time.
const NEXT_LOOK: SignedDuration = SignedDuration::from_mins(10);
/// The interval between checks of a stuck voicemail: an operator may have fixed it.
const NEXT_LOOK_AT_STUCK: SignedDuration = SignedDuration::from_hours(1);

/// A voicemail's progress.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// When its recording was written.
    pub(crate) recorded_at: Option<Timestamp>,
    /// The key of its transcript, and when that was written.
    pub(crate) transcript: Option<(String, Timestamp)>,
}

/// The step that is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The recording. Its contact record is still in a queue or a dead letter, so there is nothing to send.
    Recording,
    /// The start of the transcription.
    Transcription,
    /// The delivery with the transcript under this key.
    Delivery(String),
    /// The delivery without a transcript.
    DeliveryWithout {
        /// When the transcript was due.
        due_at: Timestamp,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Do nothing until this time.
    Wait(Timestamp),
    /// Send the event for the next step again and write this note.
    Push(Awaited, Undelivered),
    /// Write this note: retries have not helped, or something has changed since.
    Note(Undelivered),
}

/// Decides what to do with a voicemail. `deadline` is how long to wait for its transcript after the recording.
pub(crate) fn decide(
    noted: &Undelivered,
    progress: &Progress,
    deadline: SignedDuration,
    now: Timestamp,
) -> Decision {
    let due_at = progress.recorded_at.map(|at| later(at, deadline));
    let (awaited, since, first_wait) = match (&progress.transcript, progress.recorded_at, due_at) {
        (Some((key, at)), _, _) => (Awaited::Delivery(key.clone()), *at, FIRST_WAIT),
        (None, Some(_), Some(due_at)) if due_at <= now => {
            (Awaited::DeliveryWithout { due_at }, due_at, SignedDuration::ZERO)
        }
        (None, Some(at), _) => (Awaited::Transcription, at, FIRST_WAIT),
        (None, None, _) => (Awaited::Recording, noted.since, FIRST_WAIT),
    };
    let pushed_at = noted.pushed_at.filter(|at| *at >= since);
    let pushes = if pushed_at.is_some() { noted.pushes } else { 0 };
    let stuck_since = noted.stuck_since.filter(|_| pushed_at.is_some());
    let next = match pushed_at {
        Some(at) => later(at, wait_after(pushes)),
        None => later(since, first_wait),
    };
    if stuck_since.is_none() && noted.stuck_since.is_some() {
        // It has made progress since it was given up.
        return Decision::Note(Undelivered { pushes, pushed_at, stuck_since, ..noted.clone() });
    }
    if stuck_since.is_some() {
        return Decision::Wait(later(now, NEXT_LOOK_AT_STUCK));
    }
    // A transcription takes time: nothing is wrong until the transcript is due.
    let is_patient = awaited == Awaited::Transcription && pushes >= PUSHES;
    if now < next || is_patient {
        let look = later(now, NEXT_LOOK);
        let look = if is_patient { look } else { look.min(next) };
        let due_at = due_at.filter(|due_at| *due_at > now && progress.transcript.is_none());
        return Decision::Wait(due_at.map_or(look, |due_at| look.min(due_at)));
    }
    if pushes >= PUSHES {
        return Decision::Note(Undelivered { stuck_since: Some(now), ..noted.clone() });
    }
    let pushed = Undelivered { pushes: pushes + 1, pushed_at: Some(now), stuck_since: None, ..noted.clone() };
    Decision::Push(awaited, pushed)
}

/// The wait after this many retries: 20 minutes after the first, 40 after the others.
fn wait_after(pushes: u32) -> SignedDuration {
    FIRST_WAIT.saturating_mul(1 << pushes.min(2))
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    fn minute(minute: i64) -> Timestamp {
        let start: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        start + SignedDuration::from_mins(minute)
    }

    fn recorded(at: i64) -> Progress {
        Progress { recorded_at: Some(minute(at)), transcript: None }
    }

    fn transcribed(at: i64) -> Progress {
        Progress { recorded_at: Some(minute(0)), transcript: Some(("k.json".into(), minute(at))) }
    }

    /// Simulates a check every minute: the minutes of retries, the awaited step, and when it is given up.
    fn told(progress: impl Fn(i64) -> Progress, deadline: SignedDuration, minutes: i64) -> Vec<String> {
        let mut noted = Undelivered::new(minute(0));
        let mut told = Vec::new();
        for at in 0..minutes {
            match decide(&noted, &progress(at), deadline, minute(at)) {
                Decision::Wait(_) => {}
                Decision::Push(awaited, then) => {
                    let name = format!("{awaited:?}");
                    told.push(format!("{at} {}", name.split([' ', '(']).next().unwrap()));
                    noted = then;
                }
                Decision::Note(then) => {
                    told.push(format!("{at} {}", if then.stuck_since.is_some() { "stuck" } else { "moved" }));
                    noted = then;
                }
            }
        }
        told
    }

    #[test]
    fn what_stands_still_is_pushed_three_times_and_then_given_up() {
        assert_eq!(
            told(|_| Progress::default(), HOUR, 600),
            ["10 Recording", "30 Recording", "70 Recording", "110 stuck"]
        );
        assert_eq!(
            told(|_| transcribed(5), HOUR, 600),
            ["15 Delivery", "35 Delivery", "75 Delivery", "115 stuck"]
        );
    }

    #[test]
    fn a_transcription_may_take_until_it_is_due_and_is_then_delivered_without() {
        assert_eq!(
            told(|_| recorded(0), SignedDuration::from_hours(24), 3000),
            [
                "10 Transcription",
                "30 Transcription",
                "70 Transcription",
                "1440 DeliveryWithout",
                "1460 DeliveryWithout",
                "1500 DeliveryWithout",
                "1540 stuck"
            ]
        );
        // Longer than the four hours after which Lambda stops a loop of messages that a function sends to itself.
        assert_eq!(
            told(|_| recorded(0), SignedDuration::from_mins(300), 310),
            ["10 Transcription", "30 Transcription", "70 Transcription", "300 DeliveryWithout"]
        );
        // The deadline applies even if no retry is due.
        assert_eq!(told(|_| recorded(0), SignedDuration::from_mins(5), 20), ["5 DeliveryWithout"]);
        assert_eq!(
            told(|_| recorded(0), SignedDuration::from_mins(31), 40),
            ["10 Transcription", "30 Transcription", "31 DeliveryWithout"]
        );
    }

    #[test]
    fn what_moves_on_is_counted_anew_and_is_stuck_no_more() {
        let progress = |at| if at < 200 { Progress::default() } else { recorded(200) };
        assert_eq!(
            told(progress, HOUR, 265),
            [
                "10 Recording",
                "30 Recording",
                "70 Recording",
                "110 stuck",
                "200 moved",
                "210 Transcription",
                "230 Transcription",
                "260 DeliveryWithout"
            ]
        );
    }

    #[test]
    fn in_order_nothing_is_done() {
        // Recorded in the first minute, transcribed in the second, and checked before it is removed.
        assert_eq!(told(|at| if at < 2 { recorded(0) } else { transcribed(2) }, HOUR, 11), [""; 0]);
    }

    proptest! {
        /// Whatever the note says, the next check is in the near future, and no voicemail is forgotten: within 28
        /// hours it is retried or stuck.
        #[test]
        fn nothing_is_forgotten(
            pushes in 0..9u32,
            pushed_at in prop::option::of(-100..200i64),
            stuck_since in prop::option::of(-100..200i64),
            recorded_at in prop::option::of(0..200i64),
            transcript in prop::option::of(0..200i64),
            deadline in 1..1440i64,
        ) {
            let mut noted = Undelivered {
                pushes,
                pushed_at: pushed_at.map(minute),
                stuck_since: stuck_since.map(minute),
                ..Undelivered::new(minute(0))
            };
            let progress = Progress {
                recorded_at: recorded_at.map(minute),
                transcript: transcript.map(|at| ("k.json".to_owned(), minute(at))),
            };
            let (start, mut now) = (minute(200), minute(200));
            let mut is_told = false;
            while now < start + SignedDuration::from_hours(28) {
                match decide(&noted, &progress, SignedDuration::from_mins(deadline), now) {
                    Decision::Wait(next) => {
                        prop_assert!(next > now && next <= now + HOUR, "{now} {next}");
                        now = next;
                    }
                    Decision::Push(_, then) => {
                        prop_assert!(then.pushes <= PUSHES && then.pushed_at == Some(now));
                        (noted, is_told) = (then, true);
                    }
                    Decision::Note(then) => {
                        is_told |= then.stuck_since.is_some();
                        prop_assert!(then != noted);
                        noted = then;
                    }
                }
            }
            prop_assert!(is_told || noted.stuck_since.is_some());
            prop_assert!(noted.stuck_since.is_some());
        }
    }
}
