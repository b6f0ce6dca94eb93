//! The work of a round depends on the number of undelivered voicemails, not on the size of the archive.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;
use tracing::Level;
use vmx_contract::state::Undelivered;
use vmx_contract::watchdog::Last;
use vmx_lambda::testing::{Aws, Call, Captured, Clock, Reply};
use vmx_watchdog::{Clients, Watchdog};

use crate::world::{START, World, config, id, json};

/// A bucket with this many ended voicemails and these undelivered ones, which can list from any key. All other calls
/// succeed.
struct Kept {
    ended: BTreeSet<String>,
    undelivered: BTreeMap<String, Vec<u8>>,
    written_at: String,
}

impl Kept {
    fn answer(&mut self, call: &Call) -> Reply {
        let key = call.path.trim_start_matches('/').to_owned();
        match call.action.as_str() {
            "s3:ListBucket" => self.list(call),
            "s3:GetObject" => match self.undelivered.get(&key) {
                Some(body) => Reply::bytes(body.clone()).header("etag", "\"1\""),
                None if self.ended.contains(&key) => Reply::bytes(&b"{}"[..]),
                None => Reply::error(call, 404, "NoSuchKey"),
            },
            // A written object has the tag that the listing shows.
            "s3:PutObject" => Reply::bytes("").header("etag", "\"1\""),
            "sqs:GetQueueAttributes" => Reply::json(&serde_json::json!({"Attributes": {}})),
            // Broken parts are checked only once, too.
            _ => Reply::error(call, 404, "ResourceNotFoundException"),
        }
    }

    fn list(&self, call: &Call) -> Reply {
        let asked =
            |name: &str| call.query.get(name).map(|value| value.replace("%2F", "/")).unwrap_or_default();
        let (prefix, after) = (asked("prefix"), asked("start-after"));
        let from = after.max(prefix.clone());
        let ended = self.ended.range(from.clone()..).take_while(|key| key.starts_with(&prefix));
        let undelivered = self.undelivered.range(from.clone()..).map(|(key, _)| key);
        let undelivered = undelivered.take_while(|key| key.starts_with(&prefix));
        let keys: Vec<&String> = ended.chain(undelivered).filter(|key| **key > from).take(1001).collect();
        let (is_truncated, at) = (keys.len() > 1000, &self.written_at);
        let contents: String = keys
            .iter()
            .take(1000)
            .map(|key| {
                format!(
                    "<Contents><Key>{key}</Key><LastModified>{at}</LastModified><ETag>\"1\"</ETag></Contents>"
                )
            })
            .collect();
        Reply::bytes(format!(
            "<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>{contents}</ListBucketResult>"
        ))
    }
}

/// The calls of two rounds, by action, with this many ended and undelivered voicemails.
async fn calls(kept: u64, undelivered: u64) -> [BTreeMap<String, usize>; 2] {
    let clock = Clock::at(START.parse().unwrap());
    let written = clock.now() - SignedDuration::from_hours(1);
    let bucket = Arc::new(Mutex::new(Kept {
        ended: (0..kept).map(|n| id(n).ended_key()).collect(),
        undelivered: (kept..kept + undelivered)
            .map(|n| (id(n).undelivered_key(), json(&Undelivered::new(written))))
            .collect(),
        written_at: written.to_string(),
    }));
    let aws =
        Aws::telling(Some(clock), Duration::from_millis(30), move |call| bucket.lock().unwrap().answer(call));
    let watchdog = Watchdog::new(Clients::new(&aws.config), config(&[]));
    let mut rounds = [(); 2].map(|()| BTreeMap::new());
    let mut before = 0;
    for round in &mut rounds {
        clock.within(watchdog.round(Instant::now() + Duration::from_secs(118))).await;
        let actions = aws.actions();
        for action in &actions[before..] {
            *round.entry(action.clone()).or_insert(0) += 1;
        }
        before = actions.len();
    }
    rounds
}

#[tokio::test(start_paused = true)]
async fn work_does_not_grow_with_what_is_kept() {
    let few = calls(10, 100).await;
    // Each is checked once, in five calls, and noted; the next round only lists.
    assert_eq!(few[0]["s3:GetObject"], 1 + 2 * 100);
    assert_eq!(few[0]["s3:ListBucket"], 2 + 3 * 100);
    assert_eq!(few[0]["s3:PutObject"], 1 + 100);
    assert_eq!((few[1]["s3:GetObject"], few[1]["s3:ListBucket"], few[1]["s3:PutObject"]), (1, 2, 1));
    for kept in [10_000, 1_000_000] {
        assert_eq!(calls(kept, 100).await, few, "{kept} kept");
    }
    let none = calls(1_000_000, 0).await;
    assert_eq!((none[0]["s3:ListBucket"], none[0]["s3:GetObject"], none[0]["s3:PutObject"]), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_round_does_so_much_and_the_next_ones_go_on() {
    let world = World::new();
    for n in 0..450 {
        world.begin(&id(n));
        world.record(&id(n));
    }
    world.pass(10).await;
    let mut sent = BTreeSet::new();
    for (round, expected) in [200, 200, 50].into_iter().enumerate() {
        let before = world.state().sent.len();
        let counted = world.round().await;
        assert_eq!((counted.undelivered, counted.broken), (450.0, 0.0), "round {round}");
        let state = world.state();
        assert_eq!(state.sent.len() - before, expected, "round {round}");
        sent.extend(state.sent[before..].iter().map(|(_, message)| message.to_string()));
    }
    assert_eq!(sent.len(), 450);
    assert_eq!(world.last().worked_to, None);
}

#[tokio::test(start_paused = true)]
async fn voicemails_for_which_nothing_can_be_done_do_not_hold_up_the_others() {
    let world = World::new();
    for n in 0..250 {
        world.begin(&id(n));
        world.record(&id(n));
    }
    world.pass(10).await;
    world.state().refused.insert("sqs:SendMessage");
    world.round().await;
    assert_eq!(world.last().worked_to, Some(id(199).undelivered_key()));
    world.state().refused.clear();
    world.round().await;
    // The fifty that were not reached before come first.
    let first = world.state().sent[0].1.to_string();
    assert!((200..250).any(|n| first.contains(&id(n).recording_key())), "{first}");
}

#[tokio::test(start_paused = true)]
async fn a_round_that_runs_out_of_time_still_counts() {
    let world = World::new();
    world.begin(&id(1));
    let (captured, _guard) = Captured::start(Level::INFO);
    world.clock.within(world.watchdog.round(Instant::now())).await;
    assert_eq!(captured.counted("Rounds").len(), 1);
    assert!(captured.counted("Broken")[0].0 > 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_is_too_long_for_one_round_goes_on_in_the_next() {
    let clock = Clock::at(START.parse().unwrap());
    let body = json(&Undelivered::new(clock.now()));
    let bucket = Mutex::new(Kept {
        ended: BTreeSet::new(),
        undelivered: (0..20_500).map(|n| (id(n).undelivered_key(), body.clone())).collect(),
        written_at: clock.now().to_string(),
    });
    let last = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&last);
    let aws = Aws::telling(Some(clock), Duration::from_millis(30), move |call| {
        let mut last = kept.lock().unwrap();
        match (call.action.as_str(), call.path.as_str()) {
            ("s3:PutObject", "/watchdog/last") => *last = call.body.to_vec(),
            ("s3:GetObject", "/watchdog/last") if !last.is_empty() => return Reply::bytes(last.clone()),
            _ => {}
        }
        bucket.lock().unwrap().answer(call)
    });
    let watchdog = Watchdog::new(Clients::new(&aws.config), config(&[]));
    // During a listing, the previous result is reported.
    for (undelivered, goes_on) in [(20_000.0, true), (20_500.0, false), (20_500.0, true)] {
        let (captured, _guard) = Captured::start(Level::INFO);
        clock.within(watchdog.round(Instant::now() + Duration::from_secs(118))).await;
        assert_eq!(captured.counted("Undelivered")[0].0, undelivered);
        let last: Last = serde_json::from_slice(&last.lock().unwrap()).unwrap();
        assert_eq!(last.listed_to.is_some(), goes_on);
    }
}
