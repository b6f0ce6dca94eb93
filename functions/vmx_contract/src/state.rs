//! The voicemail states in the state bucket: small JSON objects. Tags on the recordings determine how long they are
//! kept ([`retention`](crate::retention)).
//!
//! Events are hints; these objects are the truth. `undelivered/<voicemail>` exists from before the recording is
//! written until `ended/<voicemail>` records how the voicemail ended. The writer of `ended/` tags the recording and
//! then removes `undelivered/`. A listing of `undelivered/` therefore shows all remaining work and does not grow with
//! the archive. None of these objects contains a caller's number or words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

/// The version of these formats. Readers ignore unknown fields.
pub const VERSION: u32 = 1;

/// A voicemail that has not ended: the content of `undelivered/<voicemail>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undelivered {
    /// [`VERSION`].
    pub v: u32,
    /// When the object was first written, UTC.
    pub since: Timestamp,
    /// How often the watchdog has retried it since its last progress.
    #[serde(default)]
    pub pushes: u32,
    /// When the watchdog last retried it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_at: Option<Timestamp>,
    /// When the watchdog gave up retrying it: it needs an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck_since: Option<Timestamp>,
    /// Whether an operator asked for delivery even without speech.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wanted: bool,
}

impl Undelivered {
    /// A voicemail that begins at this time.
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
    /// Every delivery mode delivered it.
    Delivered,
    /// An agent answered while the caller was leaving it, so there is no message.
    Cancelled,
    /// The caller hung up without speaking.
    NothingSaid,
    /// It has no speech, and the installation drops such messages. The recording is kept.
    Dropped,
    /// It could not be delivered, and an operator gave it up. The recording is kept like any other.
    GivenUp,
    /// The earlier system that this installation replaces has recorded it, and delivers it.
    Earlier,
}

impl Outcome {
    /// The outcome's name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The record of an end: the content of `ended/<voicemail>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// [`VERSION`].
    pub v: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// When it ended, UTC.
    pub at: Timestamp,
    /// When an operator deleted its recording and its words, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}

impl Ended {
    /// An end at this time.
    #[must_use]
    pub fn new(outcome: Outcome, at: Timestamp) -> Self {
        Self { v: VERSION, outcome, at, deleted_at: None }
    }
}

/// How to handle a message that has audio but no speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Silent {
    /// Deliver it like any other.
    Deliver,
    /// Deliver it with a note.
    #[default]
    Mark,
    /// Do not deliver it: it ends as [`Outcome::Dropped`].
    Drop,
}

impl Silent {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Deliver, Self::Mark, Self::Drop];

    /// The choice's name in parameters and the environment.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Parses a choice.
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
            let deleted = Ended { deleted_at: Some(at), ..ended };
            let json = serde_json::to_value(&deleted).unwrap();
            assert_eq!(json["deletedAt"], "2026-11-23T10:00:00Z");
            assert_eq!(serde_json::from_value::<Ended>(json).unwrap(), deleted);
        }
    }

    #[test]
    fn fields_of_later_versions_are_ignored() {
        let json = r#"{"v":2,"since":"2026-11-23T10:00:00Z","takenBy":"somebody"}"#;
        assert_eq!(serde_json::from_str::<Undelivered>(json).unwrap().pushes, 0);
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
