//! What the watchdog checks, and what it remembers between rounds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the watchdog checks: the value of [`WATCHDOG`](crate::environment::WATCHDOG), JSON. Names are those of the
/// template, so that findings can be looked up there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watched {
    /// The IDs of the event source mappings.
    pub triggers: BTreeMap<String, String>,
    /// The names of the functions.
    pub functions: BTreeMap<String, String>,
    /// The IDs of the rules that send events to the queues.
    pub rules: BTreeMap<String, String>,
    /// The URLs of the dead-letter queues.
    pub dead_letters: BTreeMap<String, String>,
    /// The ARN of the stream to which the instance must write its contact records.
    pub stream_arn: String,
    /// The required prefix of the instance's media stream names.
    pub media_prefix: String,
}

/// The result of the last round: the content of [`WATCHDOG_KEY`](crate::objects::WATCHDOG_KEY).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Last {
    /// [`VERSION`](crate::state::VERSION).
    pub v: u32,
    /// When the round ran, UTC.
    pub at: Timestamp,
    /// The result of the last complete listing of undelivered voicemails.
    #[serde(default)]
    pub seen: Seen,
    /// The result so far of a listing that takes several rounds.
    #[serde(default)]
    pub so_far: Seen,
    /// The key at which that listing continues; absent if the next round starts a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_to: Option<String>,
    /// The last voicemail processed, if more were due than one round handles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worked_to: Option<String>,
    /// The dead letters, by location.
    #[serde(default)]
    pub letters: BTreeMap<String, Vec<Arrival>>,
    /// The IDs of the dead letters that were seen, by location.
    #[serde(default)]
    pub letter_ids: BTreeMap<String, BTreeSet<String>>,
    /// The broken parts of the pipeline, including those that could not be checked.
    #[serde(default)]
    pub broken: Vec<Broken>,
}

/// The result of listing undelivered voicemails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// The number of voicemails that have not ended.
    pub undelivered: u64,
    /// How many of them are stuck: retries did not help.
    pub stuck: u64,
    /// When the oldest of them began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
}

impl Seen {
    /// Adds the result of another part of the same listing.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            undelivered: self.undelivered + more.undelivered,
            stuck: self.stuck + more.stuck,
            oldest: [self.oldest, more.oldest].into_iter().flatten().min(),
        }
    }

    /// The greater of each count: a lower bound while a listing is incomplete.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        Self {
            undelivered: self.undelivered.max(other.undelivered),
            stuck: self.stuck.max(other.stuck),
            oldest: [self.oldest, other.oldest].into_iter().flatten().min(),
        }
    }
}

/// Dead letters of one location that were sent within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When the first of them was sent, to whichever queue, or when it was first seen if that is unknown.
    pub at: Timestamp,
    /// How many of them remain.
    pub count: u64,
}

/// A part of the pipeline that does not work or could not be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// Its name in the template, or a description.
    pub what: String,
    /// The reason.
    pub why: String,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_a_later_version_adds_is_ignored_and_what_an_earlier_one_lacks_is_nothing() {
        let last: Last =
            serde_json::from_str(r#"{"v":2,"at":"2026-11-23T10:00:00Z","listedTo":"k","more":1}"#).unwrap();
        assert_eq!((last.listed_to.as_deref(), last.seen), (Some("k"), Seen::default()));
        assert_eq!(serde_json::from_str::<Last>(&serde_json::to_string(&last).unwrap()).unwrap(), last);
    }

    #[test]
    fn parts_of_a_listing_add_up() {
        let at = |text: &str| Some(text.parse().unwrap());
        let one = Seen { undelivered: 1000, stuck: 2, oldest: at("2026-11-23T10:00:00Z") };
        let more = Seen { undelivered: 5, stuck: 0, oldest: at("2026-11-22T10:00:00Z") };
        assert_eq!(one.and(more), Seen { undelivered: 1005, stuck: 2, oldest: more.oldest });
        assert_eq!(one.at_least(more), Seen { undelivered: 1000, stuck: 2, oldest: more.oldest });
        assert_eq!(one.and(Seen::default()), one);
    }
}
