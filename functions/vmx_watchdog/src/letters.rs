//! Finds dead letters that are new or about to expire.
//!
//! A queue reports how many messages it has, but not their ages: its metric of the oldest message restarts when a
//! message enters the dead-letter queue, while the retention period counts from when it was first sent, to whichever
//! queue. Only a received message shows that time. Nor does a count show that one letter arrived while another left. So
//! every round receives the letters and releases them again: their send times show which expire, their IDs which are
//! new. A dead-letter queue has no limit on receives.
//! Source: the Amazon SQS developer guide, "Using dead-letter queues", of standard queues and their retention.
//!
//! Letters that could not be received, because another consumer holds them or there are too many, are told apart by
//! their count alone, and count as sent when they were first seen. A lower count does not show which letters left. The
//! watchdog assumes the oldest if they were due to expire, else the newest, so that it overestimates rather than
//! underestimates the age of the rest.

use std::collections::BTreeSet;

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

/// How long a letter is kept, both in a queue and in the bucket.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long before its expiry a letter counts as expiring.
const SOON: SignedDuration = SignedDuration::from_hours(4 * 24);
/// The time allowed for a letter's failed attempts before it arrived here, if it could not be received.
const ATTEMPTS: SignedDuration = SignedDuration::from_hours(4);
/// Letters sent within this time of each other are remembered together.
const TOGETHER: SignedDuration = SignedDuration::from_hours(1);
/// The maximum number of listed pages, each of a thousand letters.
const PAGES: usize = 3;
/// The maximum number of letters received from one queue, and of IDs remembered from one location.
const RECEIVED: usize = 300;
/// The maximum number of messages per call. Source: the SQS API reference.
const BATCH: i32 = 10;
/// How long a received letter stays hidden from other consumers, in seconds, if this function dies before it releases
/// it.
const HELD_SECONDS: i32 = 30;
/// Without a wait time, SQS queries only a subset of its servers.
const WAIT_SECONDS: i32 = 1;
/// The name for letters in the bucket.
pub(crate) const IN_BUCKET: &str = "stream";

/// What is remembered about a location between rounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// When the remaining letters were sent.
    pub(crate) arrivals: Vec<Arrival>,
    /// The IDs of the letters that were seen. `None` if they were only counted: by the earlier version, or because there
    /// are too many.
    pub(crate) ids: Option<BTreeSet<String>>,
}

/// The letters that were seen at one location, as far as a round can see them.
#[derive(Debug, Default)]
struct Sight {
    ids: BTreeSet<String>,
    /// When they were sent.
    sent: Vec<Timestamp>,
}

/// The letters of one location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letters {
    /// What to remember.
    pub(crate) place: Place,
    /// The number of letters since the previous round.
    pub(crate) new: u64,
    /// The number of letters that expire soon.
    pub(crate) expiring: u64,
}

/// The result of checking one location.
#[derive(Debug)]
pub(crate) struct Looked {
    /// The location.
    pub(crate) name: String,
    /// `None` if not even their number is known.
    pub(crate) letters: Option<Letters>,
    /// The failed call, if any.
    pub(crate) failed: Option<Failure>,
}

impl Place {
    /// The previous round's memory of a location.
    fn of(last: Option<&Last>, name: &str) -> Self {
        let arrivals = last.and_then(|last| last.letters.get(name)).cloned().unwrap_or_default();
        let ids = last.and_then(|last| last.letter_ids.get(name)).cloned();
        Self { arrivals, ids }
    }

    fn count(&self) -> u64 {
        self.arrivals.iter().map(|arrival| arrival.count).sum()
    }
}

/// Checks the letters of every location. `last` is the previous round's memory.
pub(crate) async fn look(
    clients: &Clients,
    config: &Config,
    last: Option<&Last>,
    now: Timestamp,
) -> Vec<Looked> {
    let queues = stream::iter(&config.watched.dead_letters)
        .map(async |(name, url)| in_queue(clients, name, url, Place::of(last, name), now).await);
    let queues = queues.buffered(4).collect::<Vec<_>>();
    let (mut all, in_bucket) = tokio::join!(queues, in_bucket(clients, config));
    let (letters, failed) = match in_bucket {
        Ok(sight) => {
            let count = sight.sent.len() as u64;
            (Some(seen(Place::of(last, IN_BUCKET), sight, count, now)), None)
        }
        Err(failure) => (None, Some(failure)),
    };
    all.push(Looked { name: IN_BUCKET.to_owned(), letters, failed });
    all
}

/// The letters of a queue. They are counted even if they cannot be received.
async fn in_queue(clients: &Clients, name: &str, url: &str, before: Place, now: Timestamp) -> Looked {
    let looked = |letters, failed| Looked { name: name.to_owned(), letters, failed };
    let count = match count(clients, url).await {
        Ok(count) => count,
        Err(failure) => return looked(None, Some(failure)),
    };
    if count == 0 {
        return looked(Some(counted(before, count, now)), None);
    }
    match receive(clients, url, count).await {
        Ok(sight) => looked(Some(seen(before, sight, count, now)), None),
        Err(failure) => looked(Some(counted(before, count, now)), Some(failure)),
    }
}

/// The number of messages in a queue, including those in flight.
async fn count(clients: &Clients, url: &str) -> Result<u64, Failure> {
    let names = [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible];
    let request = clients.sqs.get_queue_attributes().queue_url(url);
    let told = request.set_attribute_names(Some(names.to_vec())).send().await;
    let told = told.map_err(|error| Failure::of("sqs:GetQueueAttributes", &error))?;
    let attributes = told.attributes.unwrap_or_default();
    let number = |name| attributes.get(&name).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    Ok(names.map(number).iter().sum())
}

/// The letters of a queue, as far as they can be received. They are held until all have been read, so that none is
/// counted twice, and then released. Their bodies are not read.
async fn receive(clients: &Clients, url: &str, count: u64) -> Result<Sight, Failure> {
    let most = usize::try_from(count).unwrap_or(usize::MAX).min(RECEIVED);
    let (mut sight, mut handles, mut failed) = (Sight::default(), Vec::new(), None);
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
        // Other consumers hold the rest.
        if messages.is_empty() {
            break;
        }
        for message in messages {
            sight.sent.extend(sent_at(&message));
            sight.ids.extend(message.message_id);
            handles.extend(message.receipt_handle);
        }
    }
    release(clients, url, &handles).await;
    failed.map_or(Ok(sight), Err)
}

/// When a message was first sent, to whichever queue.
fn sent_at(message: &Message) -> Option<Timestamp> {
    let sent = message.attributes.as_ref()?.get(&MessageSystemAttributeName::SentTimestamp)?;
    Timestamp::from_millisecond(sent.parse().ok()?).ok()
}

/// Releases letters. If that fails, they become visible after half a minute anyway.
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

/// The letters that Lambda has written. Keys begin with the trigger's ID, so they do not sort by age; they end with a
/// time and a random ID.
async fn in_bucket(clients: &Clients, config: &Config) -> Result<Sight, Failure> {
    let (mut sight, mut after) = (Sight::default(), None);
    for _ in 0..PAGES {
        let request = clients.s3.list_objects_v2().bucket(&config.state_bucket).prefix(LETTERS_PREFIX);
        let page = request.set_start_after(after).send().await;
        let page = page.map_err(|error| Failure::of("s3:ListBucket", &error))?;
        for object in page.contents() {
            sight.sent.push(time(object.last_modified()));
            sight.ids.extend(object.key().and_then(|key| key.rsplit('/').next()).map(str::to_owned));
        }
        after = page.contents().last().and_then(|object| object.key()).map(str::to_owned);
        if page.is_truncated != Some(true) || after.is_none() {
            break;
        }
    }
    Ok(sight)
}

fn expires_soon(sent_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(sent_at) >= KEPT - SOON
}

/// The number of these letters that expire soon.
pub(crate) fn expiring(arrivals: &[Arrival], now: Timestamp) -> u64 {
    arrivals.iter().filter(|arrival| expires_soon(arrival.at, now)).map(|arrival| arrival.count).sum()
}

/// Updates the memory of a location from its current count and the letters that were seen.
fn seen(before: Place, sight: Sight, count: u64, now: Timestamp) -> Letters {
    let (new, ids) = told_apart(&before, &sight.ids, count);
    let Letters { place, .. } = counted(before, count, now);
    let arrivals = placed(&sight.sent, &place.arrivals, count);
    Letters { expiring: expiring(&arrivals, now), place: Place { arrivals, ids }, new }
}

/// The number of new letters, and the IDs to remember.
fn told_apart(before: &Place, seen: &BTreeSet<String>, count: u64) -> (u64, Option<BTreeSet<String>>) {
    if count > RECEIVED as u64 {
        return (count.saturating_sub(before.count()), None);
    }
    let none = BTreeSet::new();
    let known = before.ids.as_ref().unwrap_or(&none);
    let ids: BTreeSet<String> = known.union(seen).cloned().collect();
    let first_seen = (ids.len() - known.len()) as u64;
    let unseen = count.saturating_sub(ids.len() as u64);
    let unseen_before = before.count().saturating_sub(known.len() as u64);
    let new = match before.ids {
        // Better announced twice, by the count and then by the ID, than never: the one that was counted may have left.
        Some(_) => first_seen + unseen.saturating_sub(unseen_before),
        None => (first_seen + unseen).saturating_sub(unseen_before),
    };
    // An ID is forgotten only if its letter would have been seen: one that is held by another consumer is not new
    // again when it is released.
    let is_all = seen.len() as u64 >= count;
    (new, Some(if is_all || ids.len() > RECEIVED { seen.clone() } else { ids }))
}

/// Updates the memory of a location from its current count alone.
fn counted(before: Place, count: u64, now: Timestamp) -> Letters {
    let known = before.count();
    let Place { mut arrivals, mut ids } = before;
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
    if count == 0 {
        ids = Some(BTreeSet::new());
    }
    let expiring = expiring(&arrivals, now);
    Letters { place: Place { arrivals, ids }, new, expiring }
}

/// The group that a letter has left.
fn leaving(arrivals: &mut [Arrival], now: Timestamp) -> Option<&mut Arrival> {
    let has_expired = |arrival: &Arrival| now.duration_since(arrival.at) >= KEPT;
    if arrivals.first().is_some_and(has_expired) { arrivals.first_mut() } else { arrivals.last_mut() }
}

/// When the letters of a location were sent: from those that were received, and for the rest from the oldest known
/// ones.
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
        // SQS counts are approximate. Letters beyond the count are new in the next round.
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

    /// Checks these counts at these hours; returns new and expiring letters.
    fn looks(counts: &[(i64, u64)]) -> Vec<(u64, u64)> {
        let mut arrivals = Vec::new();
        let mut told = Vec::new();
        for (at, count) in counts {
            let letters = counted(Place { arrivals, ids: None }, *count, hour(*at));
            told.push((letters.new, letters.expiring));
            arrivals = letters.place.arrivals;
        }
        told
    }

    #[test]
    fn a_letter_is_new_once_and_expires_four_days_before_its_end() {
        assert_eq!(looks(&[(0, 0), (1, 2), (2, 2), (2, 3)]), [(0, 0), (2, 0), (0, 0), (1, 0)]);
        // Ten days minus the hours of its attempts.
        assert_eq!(looks(&[(0, 1), (235, 1), (236, 1), (330, 1)]), [(1, 0), (0, 0), (0, 1), (0, 1)]);
        // A letter that stays longer than expected is not counted as new again.
        assert_eq!(looks(&[(0, 1), (340, 1), (341, 0), (342, 1)]), [(1, 0), (0, 1), (0, 0), (1, 0)]);
    }

    #[test]
    fn of_letters_that_went_the_old_ones_are_taken_to_be_left() {
        // Two on the first day, three on the tenth; three are redriven.
        assert_eq!(looks(&[(0, 2), (230, 5), (236, 2)])[2], (0, 2));
        // The two from the first day expire.
        assert_eq!(looks(&[(0, 2), (230, 5), (333, 3)])[2], (0, 0));
    }

    #[test]
    fn what_was_received_says_when_it_was_sent_and_of_the_rest_the_oldest_is_taken() {
        let arrivals = |pairs: &[(i64, u64)]| -> Vec<Arrival> {
            pairs.iter().map(|(at, count)| Arrival { at: hour(*at), count: *count }).collect()
        };
        let known = arrivals(&[(0, 2), (90, 3)]);
        // If all are received, previous knowledge does not matter.
        let sent = [100, 7, 7, 200, 100].map(hour);
        assert_eq!(placed(&sent, &known, 5), arrivals(&[(7, 2), (100, 2), (200, 1)]));
        // Three of five are received, then none.
        assert_eq!(placed(&sent[..3], &known, 5), arrivals(&[(0, 2), (7, 2), (100, 1)]));
        assert_eq!(placed(&[], &known, 5), known);
        // The queue counts fewer than it returns.
        assert_eq!(placed(&sent, &known, 4), arrivals(&[(7, 2), (100, 2)]));
    }

    /// Looks at these letters, of which so many are seen; returns the new ones of each look.
    fn new(looks: &[(&[&str], usize)]) -> Vec<u64> {
        let (mut place, mut told) = (Place::default(), Vec::new());
        for (ids, count) in looks {
            let ids: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            let sight = Sight { sent: vec![hour(0); ids.len()], ids };
            let letters = seen(place, sight, *count as u64, hour(1));
            told.push(letters.new);
            place = letters.place;
        }
        told
    }

    #[test]
    fn a_letter_is_new_by_its_id() {
        // One arrives while another leaves.
        assert_eq!(
            new(&[(&["a", "b"], 2), (&["a", "b"], 2), (&["b", "c"], 2), (&["b", "c"], 2)]),
            [2, 0, 1, 0]
        );
        // One left and came back: it was given up again.
        assert_eq!(new(&[(&["a", "b"], 2), (&["b"], 1), (&["a", "b"], 2)]), [2, 0, 1]);
        // SQS counts fewer than it returns.
        assert_eq!(new(&[(&["a", "b"], 1), (&["a", "b"], 2)]), [2, 0]);
    }

    #[test]
    fn a_letter_that_another_consumer_holds_is_new_once() {
        // A known one.
        assert_eq!(new(&[(&["a", "b"], 2), (&["a"], 2), (&["a", "b"], 2)]), [2, 0, 0]);
        // An unknown one, by the count, and then by its ID: it may be another one.
        assert_eq!(new(&[(&["a"], 1), (&["a"], 2), (&["a", "b"], 2)]), [1, 1, 1]);
        // One that came while a known one left, as soon as it can be seen.
        assert_eq!(new(&[(&["a", "b"], 2), (&["a"], 2), (&["a", "c"], 2)]), [2, 0, 1]);
        // Not even one can be seen.
        assert_eq!(new(&[(&[], 3), (&[], 4), (&["a", "b", "c", "d"], 4)]), [3, 1, 4]);
        // One that was counted has left, and another one came.
        assert_eq!(new(&[(&["a"], 2), (&["a", "c"], 2)]), [2, 1]);
        assert_eq!(new(&[(&[], 1), (&["c"], 1)]), [1, 1]);
    }

    #[test]
    fn more_letters_than_are_received_are_told_apart_by_their_count() {
        let ids: Vec<String> = (0..=RECEIVED).map(|n| n.to_string()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let (all, most, rest) = (ids.len(), &ids[..RECEIVED], &ids[1..]);
        assert_eq!(
            new(&[(most, all), (rest, all), (rest, all + 1), (most, RECEIVED)]),
            [all as u64, 0, 1, 0]
        );
    }

    #[test]
    fn letters_that_the_earlier_version_counted_are_not_new() {
        let arrivals = vec![Arrival { at: hour(0), count: 2 }];
        let before = Place { arrivals, ids: None };
        let sight = Sight { ids: ["a", "b", "c"].map(str::to_owned).into(), sent: vec![hour(0); 3] };
        assert_eq!(seen(before, sight, 3, hour(1)).new, 1);
    }

    proptest! {
        /// Letters come and go, and all of them can be seen: each is new exactly once.
        #[test]
        fn each_letter_is_new_once(rounds in prop::collection::vec((0..20usize, 0..20usize), 1..50)) {
            let (mut place, mut there, mut came, mut told) = (Place::default(), Vec::new(), 0, 0);
            for (arrive, leave) in rounds {
                there.extend((came..came + arrive).map(|n| n.to_string()));
                came += arrive;
                let seen_ids: BTreeSet<String> = there.iter().cloned().collect();
                let sight = Sight { sent: vec![hour(0); there.len()], ids: seen_ids };
                let letters = seen(place, sight, there.len() as u64, hour(1));
                told += letters.new;
                place = letters.place;
                prop_assert_eq!(told, came as u64);
                prop_assert!(place.ids.as_ref().is_some_and(|ids| ids.len() <= RECEIVED));
                there.drain(..leave.min(there.len()));
            }
        }

        #[test]
        fn the_number_is_right_and_little_is_remembered(counts in prop::collection::vec((0..60i64, 0..50u64), 1..200)) {
            let (mut arrivals, mut at) = (Vec::new(), 0);
            for (pause, count) in counts {
                at += pause;
                let letters = counted(Place { arrivals, ids: None }, count, hour(at));
                prop_assert_eq!(letters.place.count(), count);
                prop_assert!(letters.expiring <= count);
                // Some are received and show when they were sent.
                let sent: Vec<_> = (0..count.min(7)).map(|n| hour(at - 3 * n as i64)).collect();
                arrivals = placed(&sent, &letters.place.arrivals, count);
                prop_assert_eq!(arrivals.iter().map(|arrival| arrival.count).sum::<u64>(), count);
                prop_assert!(arrivals.iter().all(|arrival| arrival.count > 0));
                prop_assert!(arrivals.is_sorted_by_key(|arrival| arrival.at));
            }
        }
    }
}
