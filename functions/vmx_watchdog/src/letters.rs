//! Dead letters: those that are new, and those that will expire.
//!
//! A queue counts its messages, and says of none how old it is: its metric of the oldest begins anew when a message comes
//! among the dead letters, while the days for which it is kept count from the day on which it was first sent, to
//! whichever queue. That day a message itself tells, when it is received. So letters are received and let go again,
//! whenever their number has changed, and once an hour; in between, what was sent when is remembered. A dead-letter queue
//! has no limit of receives.
//! Source: the Amazon SQS developer guide, "Using dead-letter queues", of standard queues and their retention.
//!
//! Letters that could not be received, since somebody else holds them or there are too many, count as sent when they were
//! first seen. Where a number goes down it is not said which of them went: the oldest if they were about to expire, else
//! the newest, so that what is left rather counts as too old than as too young.

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName as Name,
};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use tracing::warn;
use vmx_contract::objects::LETTERS_PREFIX;
use vmx_contract::watchdog::{Arrival, Last};
use vmx_lambda::failure::Failure;

use crate::config::{Clients, Config};
use crate::look::time;

/// How long a letter is kept, in its queue as in the bucket.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long before that it counts as one that expires.
const SOON: SignedDuration = SignedDuration::from_hours(4 * 24);
/// By so much a letter that could not be received is taken to be older than its arrival here: its attempts come before.
const ATTEMPTS: SignedDuration = SignedDuration::from_hours(4);
/// What was sent within so long of each other is remembered as one.
const TOGETHER: SignedDuration = SignedDuration::from_hours(1);
/// How often letters are received although their number is as it was: one may have come while another went.
const READ_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// So many pages of a thousand letters are listed.
const PAGES: usize = 3;
/// So many letters of a queue are received at most.
const RECEIVED: usize = 300;
/// The most messages of one call. Source: the SQS API reference.
const BATCH: i32 = 10;
/// For how long a letter that is received is hidden from others, in seconds, should this function die before it lets it
/// go.
const HELD_SECONDS: i32 = 30;
/// SQS asks only some of its servers unless it may wait a little.
const WAIT_SECONDS: i32 = 1;
/// What the letters are called that lie in the bucket.
pub(crate) const IN_BUCKET: &str = "stream";

/// What is remembered of a place from round to round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// What was sent when, as far as it is there.
    pub(crate) arrivals: Vec<Arrival>,
    /// When the letters said that last.
    pub(crate) read_at: Option<Timestamp>,
}

/// The letters of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letters {
    /// What is to be remembered.
    pub(crate) place: Place,
    /// How many came since the round before.
    pub(crate) new: u64,
    /// How many expire soon.
    pub(crate) expiring: u64,
}

/// What came of a look at a place.
#[derive(Debug)]
pub(crate) struct Looked {
    /// Where the letters lie.
    pub(crate) name: String,
    /// Nothing, where not even their number is known.
    pub(crate) letters: Option<Letters>,
    /// What could not be looked at.
    pub(crate) failed: Option<Failure>,
}

impl Place {
    /// What the round before has remembered.
    fn of(last: Option<&Last>, name: &str) -> Self {
        let arrivals = last.and_then(|last| last.letters.get(name)).cloned().unwrap_or_default();
        let read_at = last.and_then(|last| last.letters_read.get(name)).copied();
        Self { arrivals, read_at }
    }

    fn count(&self) -> u64 {
        self.arrivals.iter().map(|arrival| arrival.count).sum()
    }
}

/// Looks at the letters of every place. `last` is what the round before has remembered.
pub(crate) async fn look(
    clients: &Clients,
    config: &Config,
    last: Option<&Last>,
    now: Timestamp,
) -> Vec<Looked> {
    let queues = stream::iter(&config.watched.dead_letters)
        .map(async |(name, url)| in_queue(clients, name, url, Place::of(last, name), now).await);
    let queues = queues.buffered(4).collect::<Vec<_>>();
    let (mut all, in_bucket) = tokio::join!(queues, in_bucket(clients, config, now));
    let (letters, failed) = match in_bucket {
        Ok((count, expiring)) => {
            let letters = counted(Place::of(last, IN_BUCKET), count, now);
            (Some(Letters { expiring, ..letters }), None)
        }
        Err(failure) => (None, Some(failure)),
    };
    all.push(Looked { name: IN_BUCKET.to_owned(), letters, failed });
    all
}

/// The letters of a queue. Their number counts also where they cannot be received.
async fn in_queue(clients: &Clients, name: &str, url: &str, before: Place, now: Timestamp) -> Looked {
    let looked = |letters, failed| Looked { name: name.to_owned(), letters, failed };
    let count = match count(clients, url).await {
        Ok(count) => count,
        Err(failure) => return looked(None, Some(failure)),
    };
    let is_fresh = before.read_at.is_some_and(|at| now.duration_since(at) < READ_AGAIN);
    let is_as_it_was = is_fresh && count == before.count();
    let mut letters = counted(before, count, now);
    if count == 0 || is_as_it_was {
        return looked(Some(letters), None);
    }
    match receive(clients, url, count).await {
        Ok(sent) => {
            let arrivals = placed(&sent, &letters.place.arrivals, count);
            letters.expiring = expiring(&arrivals, now);
            letters.place = Place { arrivals, read_at: Some(now) };
            looked(Some(letters), None)
        }
        Err(failure) => looked(Some(letters), Some(failure)),
    }
}

/// How many messages a queue has, those that somebody is just reading included.
async fn count(clients: &Clients, url: &str) -> Result<u64, Failure> {
    let names = [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible];
    let request = clients.sqs.get_queue_attributes().queue_url(url);
    let told = request.set_attribute_names(Some(names.to_vec())).send().await;
    let told = told.map_err(|error| Failure::of("sqs:GetQueueAttributes", &error))?;
    let attributes = told.attributes.unwrap_or_default();
    let number = |name| attributes.get(&name).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    Ok(names.map(number).iter().sum())
}

/// When the letters of a queue were first sent, as far as they can be received. They are held until all are known, so
/// that none comes twice, and then let go. Their bodies are not looked at.
async fn receive(clients: &Clients, url: &str, count: u64) -> Result<Vec<Timestamp>, Failure> {
    let most = usize::try_from(count).unwrap_or(usize::MAX).min(RECEIVED);
    let (mut sent, mut handles, mut failed) = (Vec::new(), Vec::new(), None);
    while handles.len() < most {
        let request = clients.sqs.receive_message().queue_url(url).max_number_of_messages(BATCH);
        let request = request.visibility_timeout(HELD_SECONDS).wait_time_seconds(WAIT_SECONDS);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let messages = match request.send().await {
            Ok(received) => received.messages.unwrap_or_default(),
            Err(error) => {
                failed = Some(Failure::of("sqs:ReceiveMessage", &error));
                break;
            }
        };
        // The others are held by somebody else.
        if messages.is_empty() {
            break;
        }
        sent.extend(messages.iter().filter_map(sent_at));
        handles.extend(messages.into_iter().filter_map(|message| message.receipt_handle));
    }
    release(clients, url, &handles).await;
    failed.map_or(Ok(sent), Err)
}

/// When a message was first sent, to whichever queue.
fn sent_at(message: &Message) -> Option<Timestamp> {
    let sent = message.attributes.as_ref()?.get(&MessageSystemAttributeName::SentTimestamp)?;
    Timestamp::from_millisecond(sent.parse().ok()?).ok()
}

/// Lets letters go. Where that fails they can be received again in half a minute all the same.
async fn release(clients: &Clients, url: &str, handles: &[String]) {
    for handles in handles.chunks(BATCH as usize) {
        let entry = |(n, handle): (usize, &String)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(n.to_string())
                .receipt_handle(handle)
                .visibility_timeout(0)
                .build()
                .ok()
        };
        let entries = handles.iter().enumerate().filter_map(entry).collect();
        let request = clients.sqs.change_message_visibility_batch().queue_url(url);
        if let Err(error) = request.set_entries(Some(entries)).send().await {
            let failure = Failure::of("sqs:ChangeMessageVisibility", &error);
            warn!(%failure, "dead letters stay hidden for half a minute");
        }
    }
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

fn expires_soon(sent_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(sent_at) >= KEPT - SOON
}

/// How many of these letters expire soon.
pub(crate) fn expiring(arrivals: &[Arrival], now: Timestamp) -> u64 {
    arrivals.iter().filter(|arrival| expires_soon(arrival.at, now)).map(|arrival| arrival.count).sum()
}

/// What is known of a place that has so many letters now, before any of them was received.
fn counted(before: Place, count: u64, now: Timestamp) -> Letters {
    let known = before.count();
    let Place { mut arrivals, read_at } = before;
    let new = count.saturating_sub(known);
    if new > 0 {
        let at = now.saturating_sub(ATTEMPTS).unwrap_or(now);
        match arrivals.last_mut().filter(|last| at.duration_since(last.at) < TOGETHER) {
            Some(last) => last.count += new,
            None => arrivals.push(Arrival { at, count: new }),
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
    Letters { place: Place { arrivals, read_at }, new, expiring }
}

/// Of which a letter has gone.
fn leaving(arrivals: &mut [Arrival], now: Timestamp) -> Option<&mut Arrival> {
    let has_expired = |arrival: &Arrival| now.duration_since(arrival.at) >= KEPT;
    if arrivals.first().is_some_and(has_expired) { arrivals.first_mut() } else { arrivals.last_mut() }
}

/// What was sent when, of a place that has so many letters: by those that were received, and for the rest by the oldest
/// of those that were known.
fn placed(sent: &[Timestamp], known: &[Arrival], count: u64) -> Vec<Arrival> {
    let mut rest = count.saturating_sub(sent.len() as u64);
    let mut all: Vec<Arrival> = sent.iter().map(|at| Arrival { at: *at, count: 1 }).collect();
    for arrival in known {
        let count = arrival.count.min(rest);
        rest -= count;
        all.extend((count > 0).then_some(Arrival { count, ..*arrival }));
    }
    all.sort_by_key(|arrival| arrival.at);
    let (mut together, mut left): (Vec<Arrival>, u64) = (Vec::new(), count);
    for Arrival { at, count } in all {
        // SQS calls its numbers approximate. What came after the number was told is new in the next round.
        let count = count.min(left);
        left -= count;
        match together.last_mut().filter(|last| at.duration_since(last.at) < TOGETHER) {
            Some(last) => last.count += count,
            None => together.extend((count > 0).then_some(Arrival { at, count })),
        }
    }
    together
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
            let letters = counted(Place { arrivals, read_at: None }, *count, hour(*at));
            told.push((letters.new, letters.expiring));
            arrivals = letters.place.arrivals;
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

    #[test]
    fn what_was_received_says_when_it_was_sent_and_of_the_rest_the_oldest_is_taken() {
        let arrivals = |pairs: &[(i64, u64)]| -> Vec<Arrival> {
            pairs.iter().map(|(at, count)| Arrival { at: hour(*at), count: *count }).collect()
        };
        let known = arrivals(&[(0, 2), (90, 3)]);
        // All were received, whatever was known before.
        let sent = [100, 7, 7, 200, 100].map(hour);
        assert_eq!(placed(&sent, &known, 5), arrivals(&[(7, 2), (100, 2), (200, 1)]));
        // Three of five were; none was.
        assert_eq!(placed(&sent[..3], &known, 5), arrivals(&[(0, 2), (7, 2), (100, 1)]));
        assert_eq!(placed(&[], &known, 5), known);
        // The queue counts less than it gives.
        assert_eq!(placed(&sent, &known, 4), arrivals(&[(7, 2), (100, 2)]));
    }

    proptest! {
        #[test]
        fn the_number_is_right_and_little_is_remembered(counts in prop::collection::vec((0..60i64, 0..50u64), 1..200)) {
            let (mut arrivals, mut at) = (Vec::new(), 0);
            for (pause, count) in counts {
                at += pause;
                let letters = counted(Place { arrivals, read_at: None }, count, hour(at));
                prop_assert_eq!(letters.place.count(), count);
                prop_assert!(letters.expiring <= count);
                // Some of them are received, and say when they were sent.
                let sent: Vec<_> = (0..count.min(7)).map(|n| hour(at - 3 * n as i64)).collect();
                arrivals = placed(&sent, &letters.place.arrivals, count);
                prop_assert_eq!(arrivals.iter().map(|arrival| arrival.count).sum::<u64>(), count);
                prop_assert!(arrivals.iter().all(|arrival| arrival.count > 0));
                prop_assert!(arrivals.is_sorted_by_key(|arrival| arrival.at));
            }
        }
    }
}
