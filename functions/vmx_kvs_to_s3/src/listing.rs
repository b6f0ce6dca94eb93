//! Which fragments a voicemail consists of.

use kvs_media::FragmentNumber;
use std::ops::RangeInclusive;

/// How much of a fragment's distance to the next one may be unexplained by its length, in ms, before audio counts as
/// lost: half of what Connect puts into one fragment.
const GAP_MS: i64 = 500;

/// One fragment in the stream's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its number.
    pub(crate) number: FragmentNumber,
    /// When its audio begins, in ms since 1970, by the clock of Connect.
    pub(crate) start_ms: Option<i64>,
    /// How long it is, in ms.
    pub(crate) length_ms: i64,
}

/// The fragments of one voicemail, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    fragments: Vec<Listed>,
}

impl Listing {
    /// Those of the fragments that are within the range, in order, each once. The service lists in no order, and the
    /// stream holds other contacts' fragments as well.
    pub(crate) fn new(
        fragments: impl IntoIterator<Item = Listed>,
        range: &RangeInclusive<FragmentNumber>,
    ) -> Self {
        let mut fragments: Vec<Listed> =
            fragments.into_iter().filter(|fragment| range.contains(&fragment.number)).collect();
        fragments.sort_by(|one, other| one.number.cmp(&other.number));
        fragments.dedup_by(|one, other| one.number == other.number);
        Self { fragments }
    }

    pub(crate) fn len(&self) -> usize {
        self.fragments.len()
    }

    /// Whether the last fragment of the range is there: the service lists a fragment some time after it was written.
    pub(crate) fn is_complete(&self, range: &RangeInclusive<FragmentNumber>) -> bool {
        self.fragments.last().is_some_and(|last| last.number == *range.end())
    }

    /// The numbers, in order, at most so many at a time.
    pub(crate) fn calls(&self, at_a_time: usize) -> impl Iterator<Item = Vec<String>> {
        self.fragments
            .chunks(at_a_time)
            .map(|call| call.iter().map(|fragment| fragment.number.to_string()).collect())
    }

    /// Whether audio is missing between the fragments. It is asked before the media is read, since an object's
    /// metadata has to be given before its content.
    pub(crate) fn has_gaps(&self) -> bool {
        self.fragments.windows(2).any(|pair| match (pair[0].start_ms, pair[1].start_ms) {
            (Some(start), Some(next)) => next - start - pair[0].length_ms > GAP_MS,
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn listed(number: u64, start_ms: i64) -> Listed {
        Listed { number: number.to_string().parse().unwrap(), start_ms: Some(start_ms), length_ms: 1024 }
    }

    fn range(first: u64, last: u64) -> RangeInclusive<FragmentNumber> {
        first.to_string().parse().unwrap()..=last.to_string().parse().unwrap()
    }

    #[test]
    fn fragments_are_put_in_order_and_others_left_out() {
        let range = range(9, 100);
        let all = [
            listed(100, 2048),
            listed(9, 0),
            listed(8, 0),
            listed(10, 1024),
            listed(101, 0),
            listed(10, 1024),
        ];
        let listing = Listing::new(all, &range);
        assert_eq!(listing.calls(2).collect::<Vec<_>>(), [vec!["9", "10"], vec!["100"]]);
        assert!(listing.is_complete(&range));
        assert!(!Listing::new([listed(9, 0)], &range).is_complete(&range));
        assert!(!Listing::default().is_complete(&range));
    }

    #[test]
    fn a_lost_fragment_is_a_gap_and_an_uneven_clock_is_none() {
        let range = range(1, 9);
        assert!(Listing::new([listed(1, 0), listed(2, 2048)], &range).has_gaps());
        assert!(!Listing::new([listed(1, 0), listed(2, 1100), listed(3, 2060)], &range).has_gaps());
        let unknown = Listed { start_ms: None, ..listed(2, 0) };
        assert!(!Listing::new([listed(1, 0), unknown, listed(3, 9000)], &range).has_gaps());
    }
}
