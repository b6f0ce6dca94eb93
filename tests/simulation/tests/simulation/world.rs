//! The services, as far as the pipeline needs them.

mod center;
mod jobs;
pub(crate) mod media;
pub(crate) mod metrics;
pub(crate) mod objects;
pub(crate) mod queue;
pub(crate) mod stream;
pub(crate) mod watched;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;
use vmx_contract::objects::{LETTERS_PREFIX, UNDELIVERED_PREFIX};
use vmx_contract::state::{Silent, Undelivered};
use vmx_lambda::testing::{Buckets, Call, Clock, Reply};

use crate::chain::{Chain, Part};
use crate::fault::{Fault, Faults, Function, Seen};

pub(crate) use center::{Center, Way};
pub(crate) use jobs::Jobs;
pub(crate) use media::Streams;
pub(crate) use metrics::Metrics;
pub(crate) use objects::{RECORDINGS, STATE, TRANSCRIPTS};
pub(crate) use queue::{LIMITS, Queue, QueueName};
pub(crate) use stream::Stream;

/// The operator's function, topic and queue: possible targets of mode `other` in addition to its event.
pub(crate) const TARGETS: [&str; 3] = [
    "arn:aws:lambda:us-east-1:111122223333:function:crm",
    "arn:aws:sns:us-east-1:111122223333:crm",
    "arn:aws:sqs:us-east-1:111122223333:crm",
];

/// The services of one run. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

/// The state of the services.
pub(crate) struct State {
    pub(crate) clock: Clock,
    started: Instant,
    pub(crate) draws: fastrand::Rng,
    pub(crate) buckets: Buckets,
    pub(crate) queues: BTreeMap<QueueName, Queue>,
    pub(crate) stream: Stream,
    pub(crate) streams: Streams,
    pub(crate) jobs: Jobs,
    pub(crate) center: Center,
    pub(crate) metrics: Metrics,
    pub(crate) faults: Box<dyn Faults>,
    /// Faults between the functions.
    pub(crate) chain: Chain,
    /// How long parts of the chain were off.
    pub(crate) was_off: BTreeMap<Part, Duration>,
    /// The seed of all random choices.
    pub(crate) seed: u64,
    /// Which of [`TARGETS`] gets voicemails.
    pub(crate) target: &'static str,
    /// How to handle messages without speech.
    pub(crate) silent: Silent,
    /// Whether events are duplicated and late.
    pub(crate) disorder: bool,
    /// Whether some processes' clocks are wrong.
    pub(crate) skew: bool,
    /// The number of pending events and updated records.
    pub(crate) under_way: usize,
    /// The number of running invocations.
    pub(crate) running: usize,
    /// The number of calls by function and action.
    pub(crate) calls: BTreeMap<(Function, String), u64>,
    /// The number of faults by function, action and fault.
    pub(crate) inflicted: BTreeMap<(Function, String, Fault), u64>,
    /// Duplicate events.
    pub(crate) doubled: u64,
    /// Events that were lost, or that a disabled rule did not deliver.
    pub(crate) lost_events: u64,
    /// Contact records that had expired from the stream when the trigger was on again.
    pub(crate) expired_records: u64,
    /// Objects that the lifecycle removed.
    pub(crate) expired_objects: usize,
    /// Unconditional writes of objects that the bucket's policy protects from overwriting.
    pub(crate) unconditional: Vec<String>,
    /// Processes whose clock was wrong.
    pub(crate) skewed: u64,
    /// Invocations that Lambda throttled.
    pub(crate) throttled: u64,
    /// Whether to print every call.
    tells: bool,
    /// A hash of what happened: equal hashes mean equal runs.
    pub(crate) story: u64,
}

impl World {
    pub(crate) fn new(seed: u64, faults: Box<dyn Faults>, target: &'static str) -> Self {
        let clock = Clock::at("2026-11-28T10:00:00Z".parse().unwrap());
        let mut buckets = Buckets::default();
        buckets.clock = Some(clock);
        let state = State {
            clock,
            started: Instant::now(),
            draws: fastrand::Rng::with_seed(seed),
            buckets,
            queues: QueueName::ALL.into_iter().map(|name| (name, Queue::new(name))).collect(),
            stream: Stream::default(),
            streams: Streams::default(),
            jobs: Jobs::default(),
            center: Center::default(),
            metrics: Metrics::default(),
            faults,
            chain: Chain::default(),
            was_off: BTreeMap::new(),
            seed,
            target,
            silent: Silent::default(),
            disorder: true,
            skew: true,
            under_way: 0,
            running: 0,
            calls: BTreeMap::new(),
            inflicted: BTreeMap::new(),
            doubled: 0,
            lost_events: 0,
            expired_records: 0,
            expired_objects: 0,
            unconditional: Vec::new(),
            skewed: 0,
            throttled: 0,
            tells: std::env::var_os("FAULTS_CALLS").is_some(),
            story: seed,
        };
        Self { state: Arc::new(Mutex::new(state)), changed: Arc::new(Notify::new()) }
    }

    /// Locks the state. Do not await while holding it.
    ///
    /// # Panics
    /// If another thread panicked while holding it.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Wakes everything that waits for a change.
    pub(crate) fn announce(&self) {
        self.changed.notify_waiters();
    }

    /// Waits for a change, up to this long.
    pub(crate) async fn change(&self, at_most: Option<Duration>, look: impl FnOnce() -> bool) {
        let changed = self.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if look() {
            return;
        }
        match at_most {
            Some(at_most) => drop(tokio::time::timeout(at_most, changed).await),
            None => changed.await,
        }
    }

    /// Runs something later.
    pub(crate) fn later(&self, after: Duration, what: impl FnOnce(&Self) + 'static) {
        self.state().under_way += 1;
        let world = self.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(after).await;
            what(&world);
            world.state().under_way -= 1;
            world.announce();
        });
    }

    /// Delivers an event to a queue like an EventBridge rule: at least once, with a delay, in no order. A disabled
    /// rule delivers nothing, then or later.
    pub(crate) fn event(&self, rule: Part, queue: QueueName, event: &Value) {
        let body = event.to_string();
        if self.state().loses_event(rule) {
            return;
        }
        let mut waits = vec![self.event_delay()];
        if self.state().disorder && self.state().draws.u32(0..20) == 0 {
            self.state().doubled += 1;
            // Perhaps much later than the first.
            let long = Duration::from_secs(self.state().draws.u64(1..7200));
            waits.push(long);
        }
        for wait in waits {
            let body = body.clone();
            self.later(wait, move |world| world.state().send(queue, body, json!({}), Duration::ZERO));
        }
    }

    fn event_delay(&self) -> Duration {
        let mut state = self.state();
        let is_late = state.disorder && state.draws.u32(0..25) == 0;
        let most = if is_late { 180_000 } else { 1500 };
        Duration::from_millis(state.draws.u64(100..most))
    }

    /// Carries out a call.
    pub(crate) fn carry_out(&self, function: Option<Function>, invocation: u64, call: &Call) -> Reply {
        let now = self.state().clock.now();
        let reply = match call.service().as_str() {
            "s3" => self.object(call),
            "kinesisvideo" => self.state().media(call),
            "transcribe" => self.transcribe(call),
            "connect" => self.connect(call),
            "sqs" => self.state().sqs(invocation, call),
            "kinesis" => self.state().kinesis(call),
            "kms" => Reply::json(&json!({"Mac": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="})),
            "bedrock" => summary(),
            "monitoring" => self.state().counted(call),
            "events" if call.action == "events:DescribeRule" => self.state().rule(call),
            "lambda" if call.method == "GET" => self.state().lambda(call),
            "ses" | "events" | "lambda" | "sns" => self.state().send_out(invocation, call),
            other => panic!("{other} is not simulated"),
        };
        self.announce();
        let mut state = self.state();
        let whose = function.map_or("vmx-install", Function::name);
        let line = format!("{now} {whose} {invocation} {} {} {}", call.action, call.path, reply.status());
        state.story = story(state.story, &line);
        if state.tells {
            // A closed pipe is not an error.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
        reply
    }

    /// Draws the fault of a call and counts it.
    pub(crate) fn fault(&self, function: Function, action: &str) -> Option<Fault> {
        let mut state = self.state();
        let State { calls, faults, draws, inflicted, started, .. } = &mut *state;
        let number = calls.entry((function, action.to_owned())).or_default();
        *number += 1;
        let seen = Seen { function, action, number: *number, after: started.elapsed() };
        let fault = faults.fault(&seen, &mut |below| draws.u64(0..below))?;
        *inflicted.entry((function, action.to_owned(), fault)).or_default() += 1;
        Some(fault)
    }

    /// Whether a voicemail is open or a dead letter exists.
    pub(crate) fn has_open(&self) -> bool {
        let state = self.state();
        let has_letters =
            state.queues.iter().any(|(name, queue)| name.is_dead() && !queue.messages.is_empty());
        let is_open = |prefix| !state.names_behind(prefix).is_empty();
        has_letters || is_open(UNDELIVERED_PREFIX) || is_open(LETTERS_PREFIX)
    }

    /// Whether nothing more happens by itself.
    pub(crate) fn is_settled(&self) -> bool {
        let state = self.state();
        let waits = |name: QueueName| state.queues[&name].messages.is_empty();
        state.under_way == 0
            && state.running == 0
            && state.stream.read >= state.stream.records.len()
            && state.names_behind(UNDELIVERED_PREFIX).iter().all(|id| state.is_stuck(id))
            && QueueName::ALL.into_iter().filter(|name| !name.is_dead()).all(waits)
    }
}

impl State {
    /// Whether Lambda throttles the next invocation.
    pub(crate) fn is_throttled(&mut self) -> bool {
        let is_throttled = self.disorder && self.draws.u32(0..40) == 0;
        self.throttled += u64::from(is_throttled);
        is_throttled
    }

    /// The time since the start of the run.
    pub(crate) fn after(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long a part of the chain stays off, if it is.
    pub(crate) fn off_for(&self, part: Part) -> Option<Duration> {
        self.chain.off_for(part, self.after())
    }

    fn loses_event(&mut self, rule: Part) -> bool {
        let one_in = self.chain.loses_one_in;
        let is_lost = self.off_for(rule).is_some() || (one_in > 0 && self.draws.u64(0..one_in) == 0);
        self.lost_events += u64::from(is_lost);
        is_lost
    }

    /// Whether the scheduled function has given up retrying a voicemail.
    pub(crate) fn is_stuck(&self, id: &str) -> bool {
        let text = self.text(&format!("{STATE}/{UNDELIVERED_PREFIX}{id}"));
        let undelivered = text.and_then(|text| serde_json::from_str::<Undelivered>(&text).ok());
        undelivered.is_some_and(|undelivered| undelivered.stuck_since.is_some())
    }
}

/// The response of an Amazon Bedrock model.
fn summary() -> Reply {
    let message = json!({"role": "assistant", "content": [{"text": "Asks to be called back."}]});
    Reply::json(&json!({
        "output": {"message": message},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }))
}

/// Adds a line to the hash of a run.
fn story(before: u64, line: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    (before, line).hash(&mut hasher);
    hasher.finish()
}
