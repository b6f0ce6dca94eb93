//! What the state bucket says of voicemails: small JSON objects, and the tags of recordings.
//!
//! Events are hints, this is the truth. `undelivered/<voicemail>` is there from before the recording is written until
//! `ended/<voicemail>` says how the voicemail ended. Whoever writes `ended/` tags the recording, and then removes
//! `undelivered/`. So a listing of `undelivered/` is the list of everything that still has to be done, and it does not
//! grow with what is kept. None of these objects holds a number or a word of a caller.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

/// The version of these forms. Readers ignore fields that they do not know.
pub const VERSION: u32 = 1;

/// A voicemail that has not ended: the content of `undelivered/<voicemail>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undelivered {
    /// [`VERSION`].
    pub v: u32,
    /// When the object was first written, UTC.
    pub since: Timestamp,
    /// How often the scheduled function has pushed it on since something last changed.
    #[serde(default)]
    pub pushes: u32,
    /// When it did that last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_at: Option<Timestamp>,
    /// Since when pushing has been given up: somebody has to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck_since: Option<Timestamp>,
    /// Whether somebody asked for it to be delivered even if it holds no speech.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wanted: bool,
}

impl Undelivered {
    /// A voicemail that begins now.
    #[must_use]
    pub fn new(since: Timestamp) -> Self {
        Self { v: VERSION, since, pushes: 0, pushed_at: None, stuck_since: None, wanted: false }
    }
}

/// How a voicemail ended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    IntoStaticStr,
    strum::Display,
    EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// It was delivered by every mode.
    Delivered,
    /// An agent answered while the caller was leaving it: there is none.
    Cancelled,
    /// The caller hung up without a word.
    NothingSaid,
    /// It holds no speech, and the installation does not deliver such messages. The recording is kept.
    Dropped,
    /// Somebody had it deleted.
    Deleted,
}

impl Outcome {
    /// The outcome as it stands in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The witness of an end: the content of `ended/<voicemail>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// [`VERSION`].
    pub v: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// When, UTC.
    pub at: Timestamp,
}

impl Ended {
    /// An end.
    #[must_use]
    pub fn new(outcome: Outcome, at: Timestamp) -> Self {
        Self { v: VERSION, outcome, at }
    }
}

/// The tag of a recording by which the bucket's lifecycle knows whether it may expire.
pub const TAG: &str = "vm-state";
/// After how long an end is late. The lifecycle counts from the creation of the recording.
pub const LATE_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// By how many days recordings are kept longer whose voicemail ended late.
pub const LATE_DAYS: u32 = 30;
/// For how many days at least a recording is kept whose voicemail has not ended.
pub const OPEN_DAYS: u32 = 365;

/// The values of [`TAG`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// The voicemail has not ended: kept for [`OPEN_DAYS`] at least.
    Open,
    /// It ended within [`LATE_AFTER`]: kept for as many days as the installation says.
    Done,
    /// It ended later: kept for [`LATE_DAYS`] more.
    Late,
    /// Not to expire. Nothing writes it yet.
    Hold,
}

impl Retention {
    /// Of a voicemail that ends now and was recorded at that time. One that is so late that [`Late`](Self::Late) might let
    /// it expire at once stays open, which keeps it for longer.
    #[must_use]
    pub fn ended(recorded_at: Timestamp, now: Timestamp) -> Self {
        let age = now.duration_since(recorded_at);
        if age <= LATE_AFTER {
            Self::Done
        } else if age < SignedDuration::from_hours(24 * i64::from(LATE_DAYS)) {
            Self::Late
        } else {
            Self::Open
        }
    }

    /// The tag's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Late => "late",
            Self::Hold => "hold",
        }
    }

    /// The tag as a request's header carries it, `vm-state=open`.
    #[must_use]
    pub fn header(self) -> String {
        format!("{TAG}={}", self.as_str())
    }
}

/// What becomes of a message that has audio but holds no speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Silent {
    /// It is delivered like any other.
    Deliver,
    /// It is delivered with a note.
    #[default]
    Mark,
    /// It is not delivered: it ends as [`Outcome::Dropped`].
    Drop,
}

impl Silent {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Deliver, Self::Mark, Self::Drop];

    /// The choice as parameters and environment spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Reads a choice.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::json;
    use strum::IntoEnumIterator as _;

    #[test]
    fn the_json_forms_are_short_and_read_again() {
        let at: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let new = Undelivered::new(at);
        assert_eq!(
            serde_json::to_value(&new).unwrap(),
            json!({"v": 1, "since": "2026-11-23T10:00:00Z", "pushes": 0})
        );
        let stuck = Undelivered { pushes: 3, pushed_at: Some(at), stuck_since: Some(at), ..new };
        let text = serde_json::to_string(&stuck).unwrap();
        assert_eq!(serde_json::from_str::<Undelivered>(&text).unwrap(), stuck);
        for outcome in Outcome::iter() {
            let ended = Ended::new(outcome, at);
            let json = serde_json::to_value(&ended).unwrap();
            assert_eq!(json, json!({"v": 1, "outcome": outcome.as_str(), "at": "2026-11-23T10:00:00Z"}));
            assert_eq!(serde_json::from_value::<Ended>(json).unwrap(), ended);
        }
    }

    #[test]
    fn fields_of_later_versions_are_ignored() {
        let json = r#"{"v":2,"since":"2026-11-23T10:00:00Z","takenBy":"somebody"}"#;
        assert_eq!(serde_json::from_str::<Undelivered>(json).unwrap().pushes, 0);
    }

    #[test]
    fn an_end_after_a_day_is_late_and_after_a_month_keeps_the_recording() {
        let recorded: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for (now, retention) in [
            ("2026-11-24T10:00:00Z", Retention::Done),
            ("2026-11-24T10:00:01Z", Retention::Late),
            ("2026-12-23T09:59:59Z", Retention::Late),
            ("2026-12-23T10:00:00Z", Retention::Open),
        ] {
            assert_eq!(Retention::ended(recorded, now.parse().unwrap()), retention);
        }
        assert_eq!(Retention::Open.header(), "vm-state=open");
    }

    #[test]
    fn silence_is_marked_unless_somebody_says_otherwise() {
        assert_eq!(Silent::default(), Silent::Mark);
        for choice in Silent::ALL {
            assert_eq!(Silent::parse(choice.as_str()), Some(choice));
        }
        assert_eq!(Silent::parse("Drop"), None);
    }
}
