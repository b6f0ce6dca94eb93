//! Dead letters: those that are new, and those that will expire.
//!
//! A queue tells how many messages it has, and not how old they are. So what came when is remembered from round to
//! round. Where a number goes down it is not said which letters went: the oldest if they were about to expire, else the
//! newest, so that what is left rather counts as too old than as too young.

use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::objects::LETTERS_PREFIX;
use vmx_contract::watchdog::Arrival;
use vmx_lambda::failure::Failure;

use crate::config::{Clients, Config};
use crate::look::time;

/// How long a letter is kept, in its queue as in the bucket.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long before that it counts as one that expires.
const SOON: SignedDuration = SignedDuration::from_hours(4 * 24);
/// By so much a letter can be older than its arrival here: the attempts before it count as well.
const ATTEMPTS: SignedDuration = SignedDuration::from_hours(4);
/// What comes within so long of each other is remembered as one.
const TOGETHER: SignedDuration = SignedDuration::from_hours(6);
/// So many pages of a thousand letters are listed.
const PAGES: usize = 3;
/// What the letters are called that lie in the bucket.
pub(crate) const IN_BUCKET: &str = "stream";

/// The letters of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letters {
    /// Where they lie.
    pub(crate) place: String,
    /// What came when, as far as it is there.
    pub(crate) arrivals: Vec<Arrival>,
    /// How many came since the round before.
    pub(crate) new: u64,
    /// How many expire soon.
    pub(crate) expiring: u64,
}

/// Looks at the letters of every place. `before` gives what the round before remembered of it.
pub(crate) async fn look<'a>(
    clients: &Clients,
    config: &Config,
    before: impl Fn(&str) -> &'a [Arrival],
    now: Timestamp,
) -> Vec<(String, Result<Letters, Failure>)> {
    let queues = stream::iter(&config.watched.dead_letters).map(async |(place, url)| {
        let letters = in_queue(clients, url).await.map(|count| counted(place, before(place), count, now));
        (place.clone(), letters)
    });
    let queues = queues.buffered(4).collect::<Vec<_>>();
    let (mut all, in_bucket) = tokio::join!(queues, in_bucket(clients, config, now));
    let in_bucket = in_bucket
        .map(|(count, expiring)| Letters { expiring, ..counted(IN_BUCKET, before(IN_BUCKET), count, now) });
    all.push((IN_BUCKET.to_owned(), in_bucket));
    all
}

/// How many messages a queue has, those that somebody is just reading included.
async fn in_queue(clients: &Clients, url: &str) -> Result<u64, Failure> {
    let names = [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible];
    let request = clients.sqs.get_queue_attributes().queue_url(url);
    let told = request.set_attribute_names(Some(names.to_vec())).send().await;
    let told = told.map_err(|error| Failure::of("sqs:GetQueueAttributes", &error))?;
    let attributes = told.attributes.unwrap_or_default();
    let number = |name| attributes.get(&name).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    Ok(names.map(number).iter().sum())
}

/// How many letters Lambda has written, and how many of them expire soon. Their keys begin with the trigger's id, so that
/// the first are not the oldest.
async fn in_bucket(clients: &Clients, config: &Config, now: Timestamp) -> Result<(u64, u64), Failure> {
    let (mut count, mut expiring, mut after) = (0, 0, None);
    for _ in 0..PAGES {
        let request = clients.s3.list_objects_v2().bucket(&config.state_bucket).prefix(LETTERS_PREFIX);
        let page = request.set_start_after(after).send().await;
        let page = page.map_err(|error| Failure::of("s3:ListBucket", &error))?;
        for object in page.contents() {
            count += 1;
            expiring += u64::from(expires_soon(time(object.last_modified()), now));
        }
        after = page.contents().last().and_then(|object| object.key()).map(str::to_owned);
        if page.is_truncated != Some(true) || after.is_none() {
            break;
        }
    }
    Ok((count, expiring))
}

fn expires_soon(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) >= KEPT - SOON - ATTEMPTS
}

/// How many of these letters expire soon.
pub(crate) fn expiring(arrivals: &[Arrival], now: Timestamp) -> u64 {
    arrivals.iter().filter(|arrival| expires_soon(arrival.at, now)).map(|arrival| arrival.count).sum()
}

/// What is known of a place that has so many letters now.
fn counted(place: &str, before: &[Arrival], count: u64, now: Timestamp) -> Letters {
    let mut arrivals = before.to_vec();
    let known: u64 = arrivals.iter().map(|arrival| arrival.count).sum();
    let new = count.saturating_sub(known);
    if new > 0 {
        match arrivals.last_mut().filter(|last| now.duration_since(last.at) < TOGETHER) {
            Some(last) => last.count += new,
            None => arrivals.push(Arrival { at: now, count: new }),
        }
    }
    let mut gone = known.saturating_sub(count);
    while let Some(arrival) = (gone > 0).then(|| leaving(&mut arrivals, now)).flatten() {
        let leave = arrival.count.min(gone);
        arrival.count -= leave;
        gone -= leave;
        arrivals.retain(|arrival| arrival.count > 0);
    }
    let expiring = expiring(&arrivals, now);
    Letters { place: place.to_owned(), arrivals, new, expiring }
}

/// Of which a letter has gone.
fn leaving(arrivals: &mut [Arrival], now: Timestamp) -> Option<&mut Arrival> {
    let has_expired = |arrival: &Arrival| now.duration_since(arrival.at) >= KEPT - ATTEMPTS;
    if arrivals.first().is_some_and(has_expired) { arrivals.first_mut() } else { arrivals.last_mut() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn hour(hour: i64) -> Timestamp {
        let start: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        start + SignedDuration::from_hours(hour)
    }

    /// Looks at these hours at so many letters; gives new and expiring.
    fn looks(counts: &[(i64, u64)]) -> Vec<(u64, u64)> {
        let mut arrivals = Vec::new();
        let mut told = Vec::new();
        for (at, count) in counts {
            let letters = counted("q", &arrivals, *count, hour(*at));
            told.push((letters.new, letters.expiring));
            arrivals = letters.arrivals;
        }
        told
    }

    #[test]
    fn a_letter_is_new_once_and_expires_four_days_before_its_end() {
        assert_eq!(looks(&[(0, 0), (1, 2), (2, 2), (2, 3)]), [(0, 0), (2, 0), (0, 0), (1, 0)]);
        // Ten days less the hours of its attempts.
        assert_eq!(looks(&[(0, 1), (235, 1), (236, 1), (330, 1)]), [(1, 0), (0, 0), (0, 1), (0, 1)]);
        // One that is there longer than bookkeeping expects is not new again.
        assert_eq!(looks(&[(0, 1), (340, 1), (341, 0), (342, 1)]), [(1, 0), (0, 1), (0, 0), (1, 0)]);
    }

    #[test]
    fn of_letters_that_went_the_old_ones_are_taken_to_be_left() {
        // Two of the first day, three of the tenth; three are put back to work.
        assert_eq!(looks(&[(0, 2), (230, 5), (236, 2)])[2], (0, 2));
        // The two of the first day expire.
        assert_eq!(looks(&[(0, 2), (230, 5), (333, 3)])[2], (0, 0));
    }

    proptest! {
        #[test]
        fn the_number_is_right_and_little_is_remembered(counts in prop::collection::vec((0..60i64, 0..50u64), 1..200)) {
            let (mut arrivals, mut at) = (Vec::new(), 0);
            for (pause, count) in counts {
                at += pause;
                let letters = counted("q", &arrivals, count, hour(at));
                arrivals = letters.arrivals;
                prop_assert_eq!(arrivals.iter().map(|arrival| arrival.count).sum::<u64>(), count);
                prop_assert!(letters.expiring <= count && arrivals.iter().all(|arrival| arrival.count > 0));
                prop_assert!(arrivals.is_sorted_by_key(|arrival| arrival.at));
            }
        }
    }
}
