//! Determines a message's fragments, and whether all of them are listed.
//!
//! The service lists fragments in no order and with a delay, and a stream also has fragments of other contacts, of
//! other messages, and of the time in which an agent was talking to the caller. Fragments skipped on purpose are not
//! missing: they are never requested and never replaced by silence.

use std::fmt;

use jiff::Timestamp;
use kvs_media::FragmentNumber;
use vmx_contract::contact_record::{AgentTime, ContactRecordError, Media};
use vmx_contract::objects::ContactId;

/// How much of a fragment's distance to the next one may exceed its length, in ms, before audio counts as lost: half of
/// what Connect puts into one fragment.
const GAP_MS: i64 = 500;

/// One fragment in the stream's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its number.
    pub(crate) number: FragmentNumber,
    /// When its audio starts, in ms since 1970: by Connect's clock, or by the stream's if that is missing.
    pub(crate) start_ms: Option<i64>,
    /// Its length, in ms.
    pub(crate) length_ms: i64,
}

impl Listed {
    fn end_ms(&self) -> Option<i64> {
        self.start_ms.map(|start| start.saturating_add(self.length_ms.max(0)))
    }

    /// Whether an agent was talking in it. A fragment without a time may count.
    fn is_agents(&self, agent: AgentTime) -> bool {
        match (self.start_ms, self.end_ms()) {
            (Some(start), Some(end)) => touches(agent, start, end),
            _ => true,
        }
    }
}

fn touches(agent: AgentTime, start_ms: i64, end_ms: i64) -> bool {
    let time = |ms| Timestamp::from_millisecond(ms);
    match (time(start_ms), time(end_ms)) {
        (Ok(start), Ok(end)) => agent.touches(start, end),
        _ => true,
    }
}

/// The part of its stream that belongs to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extent {
    first: FragmentNumber,
    last: FragmentNumber,
    /// The first fragment of the next message, if the stream continues with one.
    before: Option<FragmentNumber>,
}

impl Extent {
    /// The extent according to a contact record.
    pub(crate) fn of(media: &Media, contact: &ContactId) -> Result<Self, ContactRecordError> {
        let number = |text: &str, field| {
            text.parse()
                .map_err(|_| ContactRecordError::IncompleteMedia { contact_id: contact.clone(), field })
        };
        Ok(Self {
            first: number(&media.first_fragment, "FragmentStartNumber")?,
            last: number(&media.last_fragment, "FragmentStopNumber")?,
            before: media.before_fragment.as_deref().and_then(|before| before.parse().ok()),
        })
    }

    fn holds(&self, number: &FragmentNumber) -> bool {
        (&self.first..=&self.last).contains(&number)
            && self.before.as_ref().is_none_or(|before| number < before)
    }
}

/// What a list lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// All of it.
    Everything,
    /// The first fragment, and perhaps more.
    Beginning(FragmentNumber),
    /// The last fragment, and perhaps more.
    End(FragmentNumber),
    /// Audio between fragments, for the first time after this one.
    Between(FragmentNumber),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("all of its fragments"),
            Self::Beginning(first) => write!(f, "its first fragment, {first}"),
            Self::End(last) => write!(f, "its last fragment, {last}"),
            Self::Between(before) => write!(f, "audio after its fragment {before}"),
        }
    }
}

/// The fragments of one message, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// What to read: pieces with intended gaps in between.
    pieces: Vec<Vec<Listed>>,
    missing: Option<Missing>,
    begins_ms: Option<i64>,
    omits_agent: bool,
}

impl Listing {
    /// The stream's fragments within the extent, without those in which an agent was talking, in order, each once.
    pub(crate) fn new(
        fragments: impl IntoIterator<Item = Listed>,
        extent: &Extent,
        agent: Option<AgentTime>,
    ) -> Self {
        let mut all: Vec<Listed> = fragments.into_iter().collect();
        all.sort_by(|one, other| one.number.cmp(&other.number));
        all.dedup_by(|one, other| one.number == other.number);
        // Fragments after the message show that the list reaches its end.
        let next_is_there = extent
            .before
            .as_ref()
            .is_some_and(|before| all.last().is_some_and(|last| last.number >= *before));
        all.retain(|fragment| extent.holds(&fragment.number));
        let missing = missing(&all, extent, agent, next_is_there);
        let begins_ms = all.first().and_then(|first| first.start_ms);
        let mut pieces: Vec<Vec<Listed>> = Vec::new();
        let (mut goes_on, mut omits_agent) = (false, false);
        for fragment in all {
            if agent.is_some_and(|agent| fragment.is_agents(agent)) {
                (goes_on, omits_agent) = (false, true);
                continue;
            }
            match pieces.last_mut() {
                Some(piece) if goes_on && !agents_between(piece.last(), &fragment, agent) => {
                    piece.push(fragment)
                }
                _ => pieces.push(vec![fragment]),
            }
            goes_on = true;
        }
        Self { pieces, missing, begins_ms, omits_agent }
    }

    /// How many fragments to read.
    pub(crate) fn len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    /// Whether there is nothing to read: nothing is listed, or an agent was talking all the time.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// What is missing. It must be known before the media is read, because an object's metadata comes before its
    /// content.
    pub(crate) fn missing(&self) -> Option<&Missing> {
        self.missing.as_ref()
    }

    /// Whether fragments in which an agent was talking are left out.
    pub(crate) fn omits_agent(&self) -> bool {
        self.omits_agent
    }

    /// Whether the message's first fragment, even one that is not read, starts before a time. One without a time may.
    pub(crate) fn begins_before(&self, time: Timestamp) -> bool {
        self.begins_ms.is_none_or(|begins| begins < time.as_millisecond())
    }

    /// The first and the last fragment to read.
    pub(crate) fn ends(&self) -> Option<(FragmentNumber, FragmentNumber)> {
        let (first, last) = (self.pieces.first()?.first()?, self.pieces.last()?.last()?);
        Some((first.number.clone(), last.number.clone()))
    }

    /// The numbers of each piece, in order, at most this many at a time.
    pub(crate) fn pieces(&self, at_a_time: usize) -> impl Iterator<Item = impl Iterator<Item = Vec<String>>> {
        self.pieces.iter().map(move |piece| {
            let numbers = |call: &[Listed]| call.iter().map(|fragment| fragment.number.to_string()).collect();
            piece.chunks(at_a_time).map(numbers)
        })
    }
}

/// What the extent lacks. `all` are its fragments, including those in which an agent was talking: what the recording
/// omits must still be listed.
fn missing(
    all: &[Listed],
    extent: &Extent,
    agent: Option<AgentTime>,
    next_is_there: bool,
) -> Option<Missing> {
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return Some(Missing::Everything);
    };
    if !next_is_there && last.number != extent.last {
        return Some(Missing::End(extent.last.clone()));
    }
    if first.number != extent.first {
        return Some(Missing::Beginning(extent.first.clone()));
    }
    let is_gap = |pair: &&[Listed]| match (pair[0].end_ms(), pair[1].start_ms) {
        (Some(end), Some(next)) => next - end > GAP_MS && !agents_between(pair.first(), &pair[1], agent),
        _ => false,
    };
    all.windows(2).find(is_gap).map(|pair| Missing::Between(pair[0].number.clone()))
}

/// Whether an agent was talking between two fragments: the whisper stops the stream.
fn agents_between(one: Option<&Listed>, next: &Listed, agent: Option<AgentTime>) -> bool {
    match (agent, one.and_then(Listed::end_ms), next.start_ms) {
        (Some(agent), Some(end), Some(start)) if start > end => touches(agent, end, start),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn number(number: u64) -> FragmentNumber {
        number.to_string().parse().unwrap()
    }

    fn listed(n: u64, start_ms: i64) -> Listed {
        Listed { number: number(n), start_ms: Some(start_ms), length_ms: 1024 }
    }

    /// Consecutive fragments.
    fn run(numbers: std::ops::RangeInclusive<u64>) -> Vec<Listed> {
        numbers.map(|n| listed(n, n as i64 * 1024)).collect()
    }

    fn extent(first: u64, last: u64) -> Extent {
        Extent { first: number(first), last: number(last), before: None }
    }

    fn agent(from_ms: i64, until_ms: i64) -> Option<AgentTime> {
        let time = |ms| Timestamp::from_millisecond(ms).unwrap();
        Some(AgentTime { from: time(from_ms), until: time(until_ms) })
    }

    fn pieces(listing: &Listing, at_a_time: usize) -> Vec<Vec<Vec<String>>> {
        listing.pieces(at_a_time).map(Iterator::collect).collect()
    }

    #[test]
    fn fragments_are_put_in_order_and_others_left_out() {
        let all = [
            listed(100, 2048),
            listed(9, 0),
            listed(8, 0),
            listed(10, 1024),
            listed(101, 0),
            listed(10, 1024),
        ];
        let listing = Listing::new(all, &extent(9, 100), None);
        assert_eq!(pieces(&listing, 2), [[vec!["9", "10"], vec!["100"]]]);
        assert_eq!((listing.missing(), listing.len()), (None, 3));
        assert_eq!(listing.ends(), Some((number(9), number(100))));
    }

    #[test]
    fn both_ends_and_everything_between_has_to_be_there() {
        let missing = |listed: Vec<Listed>| Listing::new(listed, &extent(1, 6), None).missing().cloned();
        assert_eq!(missing(run(0..=9)), None);
        assert_eq!(missing(run(1..=5)), Some(Missing::End(number(6))));
        assert_eq!(missing(run(5..=6)), Some(Missing::Beginning(number(1))), "two of six seconds");
        assert_eq!(missing(run(2..=9)), Some(Missing::Beginning(number(1))));
        assert_eq!(missing([run(1..=2), run(4..=6)].concat()), Some(Missing::Between(number(2))));
        assert_eq!(missing(run(7..=9)), Some(Missing::Everything));
        assert_eq!(missing(Vec::new()), Some(Missing::Everything));
    }

    #[test]
    fn a_lost_fragment_is_a_gap_and_an_uneven_clock_is_none() {
        let missing =
            |listed: Vec<Listed>, last| Listing::new(listed, &extent(1, last), None).missing().cloned();
        assert!(missing(vec![listed(1, 0), listed(2, 2048)], 2).is_some());
        assert_eq!(missing(vec![listed(1, 0), listed(2, 1100), listed(3, 2060)], 3), None);
        let unknown = Listed { start_ms: None, ..listed(2, 0) };
        assert_eq!(missing(vec![listed(1, 0), unknown, listed(3, 9000)], 3), None);
    }

    #[test]
    fn a_message_ends_where_the_next_one_begins() {
        let extent = Extent { before: Some(number(5)), ..extent(1, 9) };
        let listing = Listing::new(run(1..=9), &extent, None);
        assert_eq!((listing.len(), listing.missing()), (4, None));
        assert_eq!(listing.ends(), Some((number(1), number(4))));
        // The list does not reach the next message, so it may not reach the end of this one.
        let late = Listing::new(run(1..=3), &extent, None);
        assert!(matches!(late.missing(), Some(Missing::End(_))));
        let next = Extent { first: number(5), before: None, ..extent };
        assert_eq!(Listing::new(run(1..=9), &next, None).len(), 5);
    }

    #[test]
    fn fragments_in_which_an_agent_was_talking_are_never_asked_for_and_not_missed() {
        let listing = Listing::new(run(1..=9), &extent(1, 9), agent(3 * 1024, 5 * 1024));
        assert_eq!(pieces(&listing, 10), [[vec!["1"]], [vec!["5", "6", "7", "8", "9"]]]);
        assert_eq!(listing.missing(), None);
        // The whisper stopped the stream: nothing was streamed while they were talking.
        let stopped = Listing::new([run(1..=2), run(7..=9)].concat(), &extent(1, 9), agent(3200, 6000));
        assert_eq!(pieces(&stopped, 10), [vec![vec!["1", "2"]], vec![vec!["7", "8", "9"]]]);
        assert_eq!(stopped.missing(), None);
        // A gap elsewhere counts.
        let torn = Listing::new([run(1..=2), run(4..=9)].concat(), &extent(1, 9), agent(8200, 9000));
        assert_eq!(torn.missing(), Some(&Missing::Between(number(2))));
        let time = |ms| Timestamp::from_millisecond(ms).unwrap();
        assert!(listing.begins_before(time(1025)) && !listing.begins_before(time(1024)));
        let all = Listing::new(run(1..=9), &extent(1, 9), agent(0, 20_000));
        assert!(all.is_empty() && all.missing().is_none() && all.ends().is_none());
    }

    #[test]
    fn no_fragment_that_touches_an_agents_time_is_ever_left() {
        for from in (0..9000).step_by(250) {
            for length in [1, 500, 1024, 5000] {
                let agent = agent(from, from + length).unwrap();
                let listing = Listing::new(run(1..=9), &extent(1, 9), Some(agent));
                let read = listing.pieces.iter().flatten();
                assert!(read.clone().all(|fragment| !fragment.is_agents(agent)), "{from} {length}");
                assert_eq!(
                    run(1..=9).iter().filter(|fragment| !fragment.is_agents(agent)).count(),
                    read.count(),
                    "{from} {length}"
                );
            }
        }
        let unknown = Listed { start_ms: None, ..listed(1, 0) };
        assert!(Listing::new([unknown], &extent(1, 1), agent(0, 1)).is_empty());
    }
}
