//! Checks the sizing by simulation.
//!
//! Voicemails arrive at random (Poisson) and pass the four steps with an installation's trigger limits, AWS quotas,
//! attempts and visibility timeouts. The same seed gives the same run.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use vmx_contract::at_once;

use super::{Capacity, Layout, RATES, assumed, quota};
use crate::timeouts::{TIMEOUTS, visibility};

/// How long a throttled call is retried within one attempt, in seconds: the SDK's five tries.
const PATIENCE: f64 = 10.0;

/// SplitMix64. Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
struct Random(u64);

impl Random {
    /// From 0 (included) to 1 (excluded).
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// The time to the next arrival.
    fn arrival(&mut self, rate: f64) -> f64 {
        -(1.0 - self.unit()).ln() / rate
    }

    /// A random duration: half to one and a half times the usual, and five times for one in a hundred.
    fn around(&mut self, usual: f64) -> f64 {
        if self.unit() < 0.01 { usual * 5.0 } else { usual * (0.5 + self.unit()) }
    }
}

/// A rate limit with bursts.
struct Calls {
    every: f64,
    burst: f64,
    next: f64,
}

impl Calls {
    fn new(a_second: f64) -> Self {
        // A higher limit has a larger burst, as by default.
        Self {
            every: 1.0 / a_second,
            burst: a_second * quota::CONNECT_BURST / quota::CONNECT_CALLS,
            next: 0.0,
        }
    }

    /// How long a call must wait, or `None` if that is too long.
    fn wait(&mut self, now: f64) -> Option<f64> {
        let wait = (self.next - self.burst * self.every - now).max(0.0);
        (wait <= PATIENCE).then(|| {
            self.next = self.next.max(now) + self.every;
            wait
        })
    }
}

/// Slots that are held for some time. Without a free one, a caller waits or is refused.
struct Places {
    most: usize,
    queues: bool,
    usual: f64,
    taken: BinaryHeap<Reverse<u64>>,
}

impl Places {
    fn new(most: f64, queues: bool, usual: f64) -> Self {
        Self { most: most as usize, queues, usual, taken: BinaryHeap::new() }
    }

    /// Until when a slot is held, or `None` if all are.
    fn take(&mut self, now: f64, random: &mut Random) -> Option<f64> {
        while self.taken.peek().is_some_and(|Reverse(until)| seconds(*until) <= now) {
            self.taken.pop();
        }
        let mut now = now;
        if self.queues && self.taken.len() >= self.most {
            now = self.taken.pop().map_or(now, |Reverse(until)| seconds(until));
        }
        (self.taken.len() < self.most).then(|| {
            let until = now + random.around(self.usual);
            self.taken.push(Reverse(micros(until)));
            until
        })
    }
}

/// Heaps need a total order, which floating point lacks.
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

/// A step: its concurrency, its duration, and its AWS calls.
struct Step {
    at_once: u32,
    usual: f64,
    calls: Vec<Calls>,
    places: Option<Places>,
    visibility: f64,
    receives: u32,
}

/// The results of those that arrived at a step.
#[derive(Debug, Default)]
struct Outcome {
    /// When each left it, or released its slot.
    left: Vec<f64>,
    /// The longest wait.
    longest_wait: f64,
    /// The longest wait of the last tenth that arrived.
    last_wait: f64,
    dead_letters: usize,
}

impl Step {
    fn run(mut self, arrivals: &[f64], random: &mut Random) -> Outcome {
        let mut outcome = Outcome::default();
        let mut free: BinaryHeap<Reverse<u64>> = (0..self.at_once).map(|_| Reverse(0)).collect();
        let mut ready: BinaryHeap<Reverse<(u64, u32, usize)>> =
            arrivals.iter().enumerate().map(|(n, at)| Reverse((micros(*at), 1, n))).collect();
        while let Some(Reverse((at, attempt, n))) = ready.pop() {
            let Some(Reverse(worker)) = free.pop() else { return outcome };
            let start = seconds(at.max(worker));
            let wait = start - seconds(at);
            outcome.longest_wait = outcome.longest_wait.max(wait);
            if n >= arrivals.len() * 9 / 10 {
                outcome.last_wait = outcome.last_wait.max(wait);
            }
            let (done, left) = self.attempt(start, random);
            free.push(Reverse(micros(done)));
            match left {
                Some(left) => outcome.left.push(left),
                None if attempt == self.receives => outcome.dead_letters += 1,
                None => ready.push(Reverse((micros(start + self.visibility), attempt + 1, n))),
            }
        }
        outcome.left.sort_by(f64::total_cmp);
        outcome
    }

    /// When an attempt is over, and when its work is, unless it failed.
    fn attempt(&mut self, start: f64, random: &mut Random) -> (f64, Option<f64>) {
        let mut now = start;
        for calls in &mut self.calls {
            match calls.wait(now) {
                Some(wait) => now += wait,
                None => return (now + PATIENCE, None),
            }
        }
        now += random.around(self.usual);
        match &mut self.places {
            None => (now, Some(now)),
            Some(places) => (now, places.take(now, random)),
        }
    }
}

/// The AWS limits.
#[derive(Clone, Copy)]
struct Allowed {
    task_calls: f64,
    open_tasks: f64,
    jobs: f64,
    job_starts: f64,
}

const DEFAULTS: Allowed = Allowed {
    task_calls: quota::CONNECT_CALLS,
    open_tasks: quota::OPEN_TASKS,
    jobs: quota::TRANSCRIPTION_JOBS,
    job_starts: 25.0,
};

/// The AWS limits after the increases that the plan recommends.
fn asked(capacity: &Capacity) -> Allowed {
    let of = |what: &str, there: f64| {
        let one = capacity.in_the_way().find(|one| one.what.contains(what));
        one.map_or(there, |one| one.ask)
    };
    Allowed {
        task_calls: of("StartTaskContact", DEFAULTS.task_calls),
        open_tasks: of("open tasks", DEFAULTS.open_tasks),
        jobs: of("transcription jobs", DEFAULTS.jobs),
        job_starts: of("StartTranscriptionJob", DEFAULTS.job_starts),
    }
}

/// The steps over some hours of arrivals at a rate.
fn run(
    per_hour: u32,
    layout: Layout,
    allowed: Allowed,
    hours: f64,
    seed: u64,
) -> Vec<(&'static str, Outcome)> {
    let random = &mut Random(seed);
    let (mut arrivals, mut now) = (Vec::new(), 0.0);
    loop {
        now += random.arrival(f64::from(per_hour) / 3600.0);
        if now > hours * 3600.0 {
            break;
        }
        arrivals.push(now);
    }
    let each = |invocations: u32, at_once: usize| invocations * u32::try_from(at_once).unwrap_or(1);
    let record = Step {
        at_once: each(layout.stream.shards() * layout.lanes, at_once::RECORDED),
        usual: assumed::RECORD_SECONDS,
        calls: Vec::new(),
        places: None,
        visibility: f64::from(visibility(TIMEOUTS.kvs_to_s3)),
        receives: 5,
    };
    let transcribe = Step {
        at_once: each(layout.transcribe, at_once::TRANSCRIBED),
        usual: assumed::START_JOB_SECONDS,
        calls: vec![Calls::new(allowed.job_starts)],
        places: Some(Places::new(allowed.jobs, layout.queued_jobs, assumed::JOB_SECONDS)),
        visibility: f64::from(visibility(TIMEOUTS.transcriber)),
        receives: 20,
    };
    let deliver = Step {
        at_once: each(layout.deliver, at_once::PACKAGED),
        usual: assumed::PACKAGE_SECONDS + assumed::REMINDER_SECONDS,
        calls: vec![Calls::new(allowed.task_calls)],
        places: Some(Places::new(allowed.open_tasks, false, assumed::TASK_OPEN_SECONDS)),
        visibility: f64::from(visibility(TIMEOUTS.packager)),
        receives: 10,
    };
    let recorded = record.run(&arrivals, random);
    let transcribed = transcribe.run(&recorded.left, random);
    let delivered = deliver.run(&transcribed.left, random);
    vec![("record", recorded), ("transcribe", transcribed), ("deliver", delivered)]
}

/// A longer wait than this means that the queue grows.
const SHORT: f64 = 60.0;
const SEED: u64 = 20_261_128;

/// Every voicemail gets through, and none waits long.
fn assert_flows(per_hour: u32, allowed: Allowed, hours: f64) {
    for (step, outcome) in run(per_hour, super::layout(per_hour), allowed, hours, SEED) {
        assert_eq!(outcome.dead_letters, 0, "{per_hour} an hour, {step}");
        assert!(outcome.longest_wait < SHORT, "{per_hour} an hour, {step}: {} s", outcome.longest_wait);
    }
}

#[test]
fn what_is_derived_suffices_with_the_defaults_of_aws() {
    for per_hour in [1, 100, 2_000] {
        assert!(Capacity::of(per_hour, true).in_the_way().next().is_none(), "{per_hour}");
        assert_flows(per_hour, DEFAULTS, 4.0);
    }
    // Where the plan reports no full quota, nothing waits.
    assert_flows(Capacity::of(2_000, true).suffices_until(), DEFAULTS, 2.0);
}

#[test]
fn where_a_quota_is_in_the_way_the_plan_names_it_and_what_to_ask_for_suffices() {
    for (per_hour, hours) in [(20_000, 1.0), (200_000, 0.25)] {
        let capacity = Capacity::of(per_hour, true);
        assert!(capacity.in_the_way().next().is_some(), "{per_hour}");
        assert_flows(per_hour, asked(&capacity), hours);
    }
}

/// The simulation can fail: with default quotas it shows what the plan warns of, and with too small a sizing it fails.
#[test]
fn without_more_of_the_quota_voicemails_fail() {
    let busy = run(20_000, super::layout(20_000), DEFAULTS, 1.0, SEED);
    let deliver = &busy[2].1;
    assert!(deliver.last_wait > 10.0 * SHORT, "{}", deliver.last_wait);
    assert!(busy[..2].iter().all(|(_, outcome)| outcome.last_wait < SHORT), "only delivery waits");

    // Sized for a hundredth of the arrivals: the record step's queue grows, and its end is worse than its average.
    let small = run(20_000, super::layout(200), asked(&Capacity::of(20_000, true)), 1.0, SEED);
    assert!(small.iter().any(|(_, outcome)| outcome.last_wait > 10.0 * SHORT), "the queues stay short");
}

#[test]
fn the_rates_that_are_told_are_those_that_are_simulated() {
    assert_eq!(RATES, [100, 2_000, 20_000, 200_000]);
}
