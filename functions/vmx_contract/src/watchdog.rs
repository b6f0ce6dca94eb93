//! What the scheduled function looks after, and what it remembers from one round to the next.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the scheduled function looks after: the value of [`WATCHDOG`](crate::environment::WATCHDOG), JSON. The parts are
/// named as in the template, so that what is said of them can be found there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watched {
    /// The ids of the triggers.
    pub triggers: BTreeMap<String, String>,
    /// The names of the functions.
    pub functions: BTreeMap<String, String>,
    /// The names of the rules that bring events to the queues.
    pub rules: BTreeMap<String, String>,
    /// The URLs of the dead-letter queues.
    pub dead_letters: BTreeMap<String, String>,
    /// The ARN of the stream that the instance has to write its contact records to.
    pub stream_arn: String,
    /// What the names of the instance's media streams have to begin with.
    pub media_prefix: String,
}

/// What the scheduled function saw in its last round: the content of [`WATCHDOG_KEY`](crate::objects::WATCHDOG_KEY).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Last {
    /// [`VERSION`](crate::state::VERSION).
    pub v: u32,
    /// When the round was, UTC.
    pub at: Timestamp,
    /// What the last complete listing of the undelivered showed.
    #[serde(default)]
    pub seen: Seen,
    /// What the listing has shown so far that takes more than one round.
    #[serde(default)]
    pub so_far: Seen,
    /// The key up to which that listing has come; absent where the next one begins anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_to: Option<String>,
    /// The key up to which voicemails were looked at, where more were due than one round takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worked_to: Option<String>,
    /// The dead letters, by where they lie.
    #[serde(default)]
    pub letters: BTreeMap<String, Vec<Arrival>>,
    /// When the letters of a queue last said when they were sent, by where they lie.
    #[serde(default)]
    pub letters_read: BTreeMap<String, Timestamp>,
    /// What of the chain does not work or could not be looked at.
    #[serde(default)]
    pub broken: Vec<Broken>,
}

/// What a listing of the undelivered shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// How many voicemails have not ended.
    pub undelivered: u64,
    /// How many of them were pushed on in vain.
    pub stuck: u64,
    /// When the oldest of them began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
}

impl Seen {
    /// Adds another part of the same listing.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            undelivered: self.undelivered + more.undelivered,
            stuck: self.stuck + more.stuck,
            oldest: [self.oldest, more.oldest].into_iter().flatten().min(),
        }
    }

    /// The greater of each: what can be said while a listing is not complete.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        Self {
            undelivered: self.undelivered.max(other.undelivered),
            stuck: self.stuck.max(other.stuck),
            oldest: [self.oldest, other.oldest].into_iter().flatten().min(),
        }
    }
}

/// Dead letters of one place that were sent within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When the first of them was sent, to whichever queue, as far as that is known; else when it was seen.
    pub at: Timestamp,
    /// How many are left of them.
    pub count: u64,
}

/// A part of the chain that does not work or could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// Its name in the template, or what it is.
    pub what: String,
    /// What is wrong with it.
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
