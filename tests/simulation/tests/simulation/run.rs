//! A run from the first call to the last delivery.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use tokio::task::LocalSet;
use tokio::time::Instant;
use vmx_contract::mode::Mode;
use vmx_contract::state::Silent;
use vmx_engine::cloud::Cloud;
use vmx_engine::pipeline::{Pipeline, Station};
use vmx_engine::progress::Silent as Quiet;
use vmx_engine::redrive::{self, RedriveError, Selection};
use vmx_model::parts::Step;

use crate::account::Account;
use crate::alarms::{Alarms, rang_since};
use crate::call::Call;
use crate::call::draw::{Deal, Story};
use crate::call::media::Stored;
use crate::chain::Chain;
use crate::fault::{Faults, Nothing};
use crate::lambda::Lambda;
use crate::outcome::{Left, Outcome};
use crate::process::Line;
use crate::stack::params;
use crate::world::media::Media;
use crate::world::metrics::STACK_NAME;
use crate::world::{QueueName, RECORDINGS, STATE, TARGETS, TRANSCRIPTS, World};

/// The maximum duration of a run.
const LONGEST: Duration = Duration::from_hours(24 * 150);
/// The interval of the scheduled function.
pub(crate) const EVERY: Duration = Duration::from_mins(5);
/// The time in which an alarm goes off.
const RINGS: Duration = Duration::from_mins(15);
/// The default limit of concurrent transcription jobs.
const MOST_JOBS: usize = 25;

/// The options of a run.
pub(crate) struct Options {
    /// The seed of all random choices.
    pub(crate) seed: u64,
    /// The minimum number of messages.
    pub(crate) messages: usize,
    /// The story of the calls; random if `None`.
    pub(crate) story: Option<Story>,
    /// Fixed calls instead, each listed once per contact.
    pub(crate) calls: Vec<Call>,
    /// The time in which the calls are made.
    pub(crate) within: Duration,
    /// Faults of calls.
    pub(crate) faults: Box<dyn Faults>,
    /// Faults between the functions.
    pub(crate) chain: Chain,
    /// Events are duplicated, late and unordered; records precede their recordings or their listed media; jobs fail or
    /// take hours; some keys are denied.
    pub(crate) disorder: bool,
    /// Some processes' clocks are wrong by up to two hours.
    pub(crate) skew: bool,
    /// The number of additional records that can never be used.
    pub(crate) poison: usize,
    /// The limit of concurrent transcription jobs.
    pub(crate) most_jobs: usize,
    /// The streams' retention period has passed.
    pub(crate) past_retention: bool,
    /// The possible delivery modes; each message draws one entry.
    pub(crate) modes: Vec<Vec<Mode>>,
    /// The target of mode `other`, in addition to its event.
    pub(crate) target: &'static str,
    /// How to handle messages without speech.
    pub(crate) silent: Silent,
    /// The interval of the scheduled function.
    pub(crate) every: Duration,
    /// Restricts Connect to its usual behavior.
    pub(crate) is_plain: bool,
    /// Every job fails.
    pub(crate) jobs_fail: bool,
    /// The time to wait after everything has settled before faults are fixed.
    pub(crate) rests: Duration,
    /// Faults are fixed after this time even if not everything has settled.
    pub(crate) longest: Option<Duration>,
    /// For the previous version's calls: stores what that version left of them.
    pub(crate) before: Option<fn(&World, &[Call])>,
}

impl Options {
    /// One message in these modes, with only these faults.
    pub(crate) fn one(modes: Vec<Mode>, faults: impl Faults + 'static) -> Self {
        Self {
            seed: 1,
            messages: 1,
            story: Some(Story::Saved),
            calls: Vec::new(),
            within: Duration::from_secs(1),
            faults: Box::new(faults),
            chain: Chain::default(),
            disorder: false,
            skew: false,
            poison: 0,
            most_jobs: MOST_JOBS,
            past_retention: false,
            modes: vec![modes],
            target: TARGETS[0],
            silent: Silent::default(),
            every: EVERY,
            is_plain: true,
            jobs_fail: false,
            rests: Duration::ZERO,
            longest: None,
            before: None,
        }
    }

    /// These calls, without faults.
    pub(crate) fn calls(calls: Vec<Call>) -> Self {
        Self { calls, messages: 0, ..Self::one(vec![Mode::Task], Nothing) }
    }

    /// This many messages in every mode, with all kinds of trouble.
    pub(crate) fn many(seed: u64, messages: usize, faults: impl Faults + 'static) -> Self {
        let only_task = || vec![Mode::Task];
        let within = Duration::from_secs(6 * messages as u64);
        Self {
            messages,
            seed,
            story: None,
            within,
            chain: Chain::draw(within, &mut fastrand::Rng::with_seed(seed)),
            disorder: true,
            is_plain: false,
            skew: true,
            poison: messages.div_ceil(100),
            modes: vec![
                only_task(),
                only_task(),
                only_task(),
                vec![Mode::GuidedTask],
                vec![Mode::Task, Mode::Email],
                vec![Mode::Email],
                vec![Mode::Other],
            ],
            target: TARGETS[seed as usize % TARGETS.len()],
            silent: Silent::ALL[seed as usize % Silent::ALL.len()],
            ..Self::one(only_task(), faults)
        }
    }
}

/// Runs the simulation: voicemails are left, faults occur, everything settles; then faults are fixed, dead letters are
/// redriven, and everything settles again.
///
/// # Panics
/// If the simulation is inconsistent or does not settle within five months.
pub(crate) fn run(options: Options) -> Account {
    // The stack size of a process's main thread, on which the functions run on Lambda.
    let thread = std::thread::Builder::new().stack_size(8 << 20);
    let handle = thread.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        // The SDK draws its retry delays from this.
        fastrand::seed(options.seed);
        let local = LocalSet::new();
        local.block_on(&runtime.unwrap(), in_time(options))
    });
    match handle.unwrap().join() {
        Ok(account) => account,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

async fn in_time(mut options: Options) -> Account {
    let start = Instant::now();
    let faults = std::mem::replace(&mut options.faults, Box::new(Nothing));
    let world = World::new(options.seed, faults, options.target);
    let _counting = world.count_here();
    {
        let mut state = world.state();
        (state.disorder, state.skew) = (options.disorder, options.skew);
        (state.chain, state.silent) = (options.chain.clone(), options.silent);
        state.was_off = options.chain.off.iter().map(|off| (off.part, off.until - off.from)).collect();
        state.jobs.most = options.most_jobs;
        if !options.disorder {
            state.jobs.fails_one_in = 0;
        }
        state.jobs.fails = options.jobs_fail;
    }
    if let Some(before) = options.before {
        before(&world, &options.calls);
    }
    let within = options.within;
    let mut left = Vec::new();
    let mut after = Duration::ZERO;
    for call in drawn(&world, &options) {
        let draw = |most: u64| Duration::from_millis(world.state().draws.u64(0..most));
        // The contact after a transfer ends while the messages of the first are being processed.
        after = if call.earlier.is_empty() {
            draw(within.as_millis() as u64)
        } else {
            after + Duration::from_secs(10) + draw(230_000)
        };
        left.extend(call.messages.iter().map(|message| Left { message: message.clone(), at: after }));
        let is_past = options.past_retention;
        if options.before.is_none() {
            world.later(after, move |world| leave(world, &call, is_past));
        }
    }
    for number in 0..options.poison {
        let after = within / options.poison as u32 * number as u32;
        // Flagged, but useless in any form.
        let record = json!({"ContactId": format!("../{number}"), "Attributes": {"vm_flag": "1"}});
        world.later(after, move |world| world.state().stream.put(&record));
    }
    Lambda::start(&world, options.every);
    tokio::task::spawn_local(world.clone().keep_measuring(options.every / 5));
    tokio::task::spawn_local(world.clone().keep_expiring());
    let mut alarms = Alarms::of_the_stack();
    if options.every > EVERY {
        // It would always be on.
        alarms.0.retain(|alarm| alarm.name != "WatchdogSilentAlarm");
    }
    let drops = options.silent == Silent::Drop;
    let settled = settle(&world, start);
    match options.longest {
        Some(longest) => drop(tokio::time::timeout(longest, settled).await),
        None => settled.await,
    }
    // An alarm needs its evaluation period.
    let rests = if world.has_open() { options.rests.max(RINGS) } else { options.rests };
    tokio::time::sleep(rests).await;
    let before = Outcome::of(&world, &left, &alarms, drops);
    let rang = {
        let state = world.state();
        let histories = alarms.histories(&state).into_iter();
        let rang = histories.filter(|(_, history)| rang_since(history, Duration::ZERO));
        rang.map(|(name, _)| name.to_owned()).collect()
    };

    mend(&world);
    let moved = put_back(&world).await;
    settle(&world, start).await;
    let after = Outcome::of(&world, &left, &alarms, drops);
    Account::of(&world, left, options.poison, (before, moved, after), rang, start.elapsed())
}

/// Draws the calls of a run.
fn drawn(world: &World, options: &Options) -> Vec<Call> {
    let mut calls = options.calls.clone();
    let mut messages = 0;
    while messages < options.messages {
        let draws = &mut world.state().draws;
        let story = options.story.unwrap_or_else(|| Story::draw(draws));
        let mut deal = Deal { draws, modes: &options.modes, is_plain: options.is_plain };
        let played = story.play(calls.len(), &mut deal);
        messages += played.iter().map(|call| call.messages.len()).sum::<usize>();
        calls.extend(played);
    }
    calls
}

/// Ends a call.
fn leave(world: &World, call: &Call, is_past: bool) {
    stream_of(world, call, is_past);
    let id = call.contact.to_string();
    let mut state = world.state();
    let disorder = state.disorder;
    let is_pending = disorder && state.draws.u32(0..5) == 0;
    let record = state.draws.u64(1000..20_000);
    let update = state.draws.u64(30_000..600_000);
    drop(state);
    let first = id.clone();
    world.later(Duration::from_millis(record), move |world| world.write_record(&first, !is_pending));
    if is_pending {
        world.later(Duration::from_millis(record + update), move |world| world.write_record(&id, true));
    }
}

/// Puts the audio of a finished call into its streams and its attributes into Connect.
pub(crate) fn stream_of(world: &World, call: &Call, is_past: bool) {
    let mut state = world.state();
    let took = SignedDuration::from_millis(call.took_ms as i64);
    let began = state.clock.now().saturating_sub(took).unwrap();
    let disorder = state.disorder;
    let mut one_in = |n: u32| disorder && state.draws.u32(0..n) == 0;
    let (is_late, key_denied) = (one_in(25), one_in(100));
    let listed = if is_late { state.draws.u64(30_000..120_000) } else { state.draws.u64(0..4000) };
    let (now, listed) = (Instant::now(), Instant::now() + Duration::from_millis(listed));
    let mut streams: Vec<u32> = call.streams.iter().map(|streamed| streamed.stream).collect();
    streams.dedup();
    for stream in streams {
        let fragments = call.fragments(stream, began.as_millisecond() as u64);
        let mut fragments: Vec<(Stored, Instant)> =
            fragments.into_iter().map(|fragment| (fragment, now)).collect();
        // The last fragment is listed with a delay.
        if let Some((_, at)) = fragments.last_mut() {
            *at = listed;
        }
        state.streams.0.insert(call.stream_arn(stream), Media { fragments, key_denied, is_past });
    }
    state.center.ended(call, began);
}

/// Waits until nothing more happens by itself.
async fn settle(world: &World, start: Instant) {
    while !world.is_settled() {
        assert!(start.elapsed() < LONGEST, "the run does not come to rest");
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

/// Fixes all faults.
fn mend(world: &World) {
    let mut state = world.state();
    state.faults = Box::new(Nothing);
    (state.disorder, state.skew) = (false, false);
    state.chain = Chain::default();
    state.streams.0.values_mut().for_each(|media| media.key_denied = false);
}

/// Runs the installer's `redrive`, and repeats it while it shows dead letters in flight: the scheduled function holds
/// them for half a minute if it is interrupted. Returns the number of redriven items.
async fn put_back(world: &World) -> usize {
    let clock = world.state().clock;
    let config = Line::new(world, None).config().into_builder().time_source(clock).build();
    let cloud = Cloud::of(&config).unwrap();
    let station = |step, queue: QueueName| Station {
        step,
        function: String::new(),
        log_group: String::new(),
        queue: queue.url(),
        dead_letters: queue.dead_letters().unwrap().url(),
    };
    let pipeline = Pipeline {
        stack: STACK_NAME.into(),
        stations: [
            station(Step::Record, QueueName::Retry),
            station(Step::Transcribe, QueueName::Recordings),
            station(Step::Deliver, QueueName::Transcripts),
        ],
        recordings: RECORDINGS.into(),
        transcripts: TRANSCRIPTS.into(),
        state: Some(STATE.into()),
        playback: String::new(),
        watchdog: None,
    };
    let params = params();
    let (selection, mut all) = (Selection::default(), 0);
    loop {
        let found = redrive::find(&cloud, &pipeline, &params, &selection, clock.now()).await.unwrap();
        all += match redrive::redrive(&cloud, &pipeline, &params, &found, None, &Quiet).await {
            // Whatever was never recorded and is in no letter remains.
            Ok(moved) | Err(RedriveError::Kept { moved, .. }) => moved,
            Err(error) => panic!("{error}"),
        };
        if found.waiting.iter().all(|waiting| waiting.in_flight == 0) {
            return all;
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}
