//! How long a recording is kept: the tag that selects the bucket's lifecycle rule.
//!
//! The lifecycle counts whole days from an object's creation, but retention begins when the voicemail ends. The tag
//! therefore records the delay between the two, in a few classes with one rule each.

use jiff::{SignedDuration, Timestamp};

/// The tag's key.
pub const TAG: &str = "vm-state";
/// The maximum number of tags per object. Source: the Amazon S3 user guide, "Categorizing your objects using tags".
pub const MOST_TAGS: usize = 10;
/// The delay after which an end is late. The rule for ends on time adds a day; one hour of it covers the difference
/// between the functions' clocks and S3's.
pub const LATE_AFTER: SignedDuration = SignedDuration::from_hours(23);
/// The minimum number of days to keep the recording of a voicemail that has not ended.
pub const OPEN_DAYS: u32 = 480;
/// The extra days for recordings that the previous version tagged as late.
const LATE_BEFORE_DAYS: u32 = 30;

/// The values of [`TAG`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retention {
    /// The voicemail has not ended: kept for at least [`OPEN_DAYS`].
    Open,
    /// It ended within [`LATE_AFTER`].
    Done,
    /// It ended later, but within 60 days.
    Late60,
    /// Within 120 days.
    Late120,
    /// Within 240 days.
    Late240,
    /// Within 480 days.
    Late480,
    /// It ended after more than 480 days: kept until somebody deletes it.
    Kept,
    /// The previous version's tag: it ended after more than a day and within 30 days.
    Late,
    /// On hold: only the person who set this changes it.
    Hold,
}

impl Retention {
    /// Every value.
    pub const ALL: [Self; 9] = [
        Self::Open,
        Self::Done,
        Self::Late60,
        Self::Late120,
        Self::Late240,
        Self::Late480,
        Self::Kept,
        Self::Late,
        Self::Hold,
    ];
    /// The classes of late ends, shortest first.
    const CLASSES: [Self; 4] = [Self::Late60, Self::Late120, Self::Late240, Self::Late480];

    /// The class of a voicemail that ends now and was recorded at that time.
    #[must_use]
    pub fn ended(recorded_at: Timestamp, now: Timestamp) -> Self {
        let delay = now.duration_since(recorded_at);
        if delay <= LATE_AFTER {
            return Self::Done;
        }
        let covers = |class: &Self| delay <= SignedDuration::from_hours(24 * i64::from(class.later()));
        Self::CLASSES.into_iter().find(covers).unwrap_or(Self::Kept)
    }

    /// The maximum delay of this class, in days.
    fn later(self) -> u32 {
        match self {
            Self::Late60 => 60,
            Self::Late120 => 120,
            Self::Late240 => 240,
            Self::Late480 => 480,
            Self::Late => LATE_BEFORE_DAYS,
            Self::Open | Self::Done | Self::Kept | Self::Hold => 0,
        }
    }

    /// How many days after its creation a recording may expire, given the days to keep it after its voicemail has
    /// ended; `None` for never. The extra day covers an end within the first day and differences between the clocks of
    /// S3 and the functions.
    #[must_use]
    pub fn expires_after(self, days: u32) -> Option<u32> {
        match self {
            Self::Open => Some(days.max(OPEN_DAYS)),
            Self::Done | Self::Late60 | Self::Late120 | Self::Late240 | Self::Late480 | Self::Late => {
                Some(days + self.later() + 1)
            }
            Self::Kept | Self::Hold => None,
        }
    }

    /// Whether the recording no longer waits for its voicemail to end.
    #[must_use]
    pub fn is_settled(self) -> bool {
        self != Self::Open
    }

    /// The tag's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Late60 => "late-60",
            Self::Late120 => "late-120",
            Self::Late240 => "late-240",
            Self::Late480 => "late-480",
            Self::Kept => "kept",
            Self::Late => "late",
            Self::Hold => "hold",
        }
    }

    /// Parses a tag's value.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|retention| retention.as_str() == value)
    }

    /// The tag in the form of a request header: `vm-state=open`.
    #[must_use]
    pub fn header(self) -> String {
        format!("{TAG}={}", self.as_str())
    }

    /// How to change a recording's tags to this retention. S3 replaces all tags of an object at once, so the other
    /// tags are written again.
    #[must_use]
    pub fn change(self, mut tags: Vec<(String, String)>) -> Change {
        let ours = tags.iter().position(|(key, _)| key == TAG);
        match ours.map(|at| tags[at].1.as_str()) {
            Some(value) if value == Self::Hold.as_str() => return Change::Held,
            Some(value) if value == self.as_str() => return Change::None,
            _ => {}
        }
        match ours {
            Some(at) => self.as_str().clone_into(&mut tags[at].1),
            None if tags.len() >= MOST_TAGS => return Change::Full,
            None => tags.push((TAG.to_owned(), self.as_str().to_owned())),
        }
        Change::Tags(tags)
    }
}

/// How to change a recording's tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Leave them: they already have this value.
    None,
    /// Leave them: the recording is on hold.
    Held,
    /// Leave them: other tags use up the object's limit. Without this tag, the recording is kept.
    Full,
    /// Write these tags.
    Tags(Vec<(String, String)>),
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn tags(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_end_is_of_the_smallest_class_that_covers_its_delay() {
        let recorded: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let day = 24 * 3600;
        for (seconds, retention) in [
            (0, Retention::Done),
            (23 * 3600, Retention::Done),
            (23 * 3600 + 1, Retention::Late60),
            (60 * day, Retention::Late60),
            (60 * day + 1, Retention::Late120),
            (120 * day + 1, Retention::Late240),
            (240 * day + 1, Retention::Late480),
            (480 * day, Retention::Late480),
            (480 * day + 1, Retention::Kept),
        ] {
            let now = recorded + SignedDuration::from_secs(seconds);
            assert_eq!(Retention::ended(recorded, now), retention, "{seconds}");
        }
    }

    #[test]
    fn values_are_read_as_they_are_written() {
        for retention in Retention::ALL {
            assert_eq!(Retention::parse(retention.as_str()), Some(retention));
            assert_eq!(retention.is_settled(), retention != Retention::Open);
        }
        assert_eq!((Retention::parse("Done"), Retention::Open.header().as_str()), (None, "vm-state=open"));
        // The previous version's late ends were up to 30 days late.
        assert_eq!(Retention::Late.expires_after(90), Some(121));
        assert_eq!((Retention::Hold.expires_after(1), Retention::Kept.expires_after(1)), (None, None));
    }

    #[test]
    fn tags_of_others_stay_and_a_hold_is_never_changed() {
        let done = |of: &[(&str, &str)]| Retention::Done.change(tags(of));
        assert_eq!(done(&[("vm-state", "open")]), Change::Tags(tags(&[("vm-state", "done")])));
        assert_eq!(
            done(&[("case", "7"), ("vm-state", "open"), ("vm-state-of", "x")]),
            Change::Tags(tags(&[("case", "7"), ("vm-state", "done"), ("vm-state-of", "x")]))
        );
        // Somebody replaced our tag with their own.
        assert_eq!(done(&[("case", "7")]), Change::Tags(tags(&[("case", "7"), ("vm-state", "done")])));
        assert_eq!(done(&[("vm-state", "done")]), Change::None);
        for retention in Retention::ALL {
            assert_eq!(retention.change(tags(&[("vm-state", "hold"), ("case", "7")])), Change::Held);
        }
        let ten: Vec<_> = (0..10).map(|n| (format!("key-{n}"), String::new())).collect();
        assert_eq!(Retention::Done.change(ten.clone()), Change::Full);
        let mut with_ours = ten;
        with_ours[3] = ("vm-state".to_owned(), "open".to_owned());
        assert!(matches!(Retention::Done.change(with_ours), Change::Tags(tags) if tags.len() == 10));
    }

    proptest! {
        /// S3 counts whole days from the creation and rounds up to the next midnight UTC, never down.
        #[test]
        fn no_recording_expires_earlier_than_so_many_days_after_the_end(
            delay in 0..700 * 86_400i64, days in 1..4000u32, clock_is_slow_by in 0..3600i64,
        ) {
            let recorded = Timestamp::from_second(1_795_428_000).unwrap();
            let told = recorded + SignedDuration::from_secs((delay - clock_is_slow_by).max(0));
            let retention = Retention::ended(recorded, told);
            if let Some(expires) = retention.expires_after(days) {
                prop_assert!(i64::from(expires) * 86_400 >= delay + i64::from(days) * 86_400, "{retention:?}");
            } else {
                prop_assert_eq!(retention, Retention::Kept);
            }
            prop_assert!(Retention::Open.expires_after(days).unwrap() > 366);
        }
    }
}
