//! A run from the first call to the last delivery.

use std::time::Duration;

use serde_json::json;
use tokio::task::LocalSet;
use tokio::time::Instant;
use vmx_contract::voicemail::Mode;
use vmx_install::cloud::Cloud;
use vmx_install::event::Silent;
use vmx_install::pipeline::{Pipeline, Station, Step};
use vmx_install::redrive;

use crate::account::{Account, Outcome};
use crate::fault::{Faults, Nothing};
use crate::lambda::Lambda;
use crate::process::Line;
use crate::voicemail::Left;
use crate::world::media::Media;
use crate::world::{QueueName, RECORDINGS, TARGETS, TRANSCRIPTS, World};

/// Nothing of a run takes longer than that.
const LONGEST: Duration = Duration::from_hours(24 * 12);
/// Bytes of a voicemail that is uploaded in parts.
const LONG: usize = 6 << 20;
/// Transcription jobs at the same time, unless a run says otherwise.
const MOST_JOBS: usize = 25;

/// What a run is made of.
pub(crate) struct Options {
    /// From which everything is drawn.
    pub(crate) seed: u64,
    /// How many voicemails are left.
    pub(crate) voicemails: usize,
    /// Within which time.
    pub(crate) within: Duration,
    /// What goes wrong with calls.
    pub(crate) faults: Box<dyn Faults>,
    /// Events come twice, late and in no order; records come before their recordings are known or their media is listed;
    /// jobs fail and take hours; some keys are denied.
    pub(crate) disorder: bool,
    /// Some processes' clocks are wrong by up to two hours.
    pub(crate) skew: bool,
    /// Records that can never be used, among the others.
    pub(crate) poison: usize,
    /// Most transcription jobs at the same time.
    pub(crate) most_jobs: usize,
    /// The streams' retention is over.
    pub(crate) past_retention: bool,
    /// By which modes voicemails are delivered; each draws one entry.
    pub(crate) modes: Vec<Vec<Mode>>,
    /// Where the mode `other` sends voicemails, beside its event.
    pub(crate) target: &'static str,
}

impl Options {
    /// One voicemail by these modes, with nothing wrong but these faults.
    pub(crate) fn one(modes: Vec<Mode>, faults: impl Faults + 'static) -> Self {
        Self {
            seed: 1,
            voicemails: 1,
            within: Duration::from_secs(1),
            faults: Box::new(faults),
            disorder: false,
            skew: false,
            poison: 0,
            most_jobs: MOST_JOBS,
            past_retention: false,
            modes: vec![modes],
            target: TARGETS[0],
        }
    }

    /// So many voicemails by every mode, with everything wrong that can be.
    pub(crate) fn many(seed: u64, voicemails: usize, faults: impl Faults + 'static) -> Self {
        let only_task = || vec![Mode::Task];
        Self {
            seed,
            voicemails,
            within: Duration::from_secs(6 * voicemails as u64),
            faults: Box::new(faults),
            disorder: true,
            skew: true,
            poison: voicemails.div_ceil(100),
            most_jobs: MOST_JOBS,
            past_retention: false,
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
        }
    }
}

/// Runs: voicemails are left, what goes wrong goes wrong, all comes to rest; then what was wrong is mended, dead letters
/// go back into work, and all comes to rest again.
///
/// # Panics
/// When the simulation goes against itself, or does not come to rest in twelve days.
pub(crate) fn run(options: Options) -> Account {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    // What the SDK draws for its pauses.
    fastrand::seed(options.seed);
    let local = LocalSet::new();
    local.block_on(&runtime.unwrap(), in_time(options))
}

async fn in_time(options: Options) -> Account {
    let Options {
        seed,
        voicemails,
        within,
        faults,
        disorder,
        skew,
        poison,
        most_jobs,
        past_retention,
        modes,
        target,
    } = options;
    let start = Instant::now();
    let world = World::new(seed, faults, target);
    {
        let mut state = world.state();
        (state.disorder, state.skew) = (disorder, skew);
        state.jobs.most = most_jobs;
        if !disorder {
            state.jobs.fails_one_in = 0;
        }
    }
    let mut left = Vec::new();
    for number in 0..voicemails {
        let (modes, bytes, after) = {
            let draws = &mut world.state().draws;
            let modes = modes[draws.usize(0..modes.len())].clone();
            let is_long = draws.u32(0..250) == 0;
            let bytes = if is_long { LONG } else { draws.usize(2..20) * 2000 };
            (modes, bytes, Duration::from_millis(draws.u64(0..within.as_millis() as u64)))
        };
        let voicemail = Left::new(number, modes, bytes);
        left.push(voicemail.clone());
        world.later(after, move |world| leave(world, voicemail, past_retention));
    }
    for number in 0..poison {
        let after = within / poison as u32 * number as u32;
        // Flagged, and of no use in any form.
        let record = json!({"ContactId": format!("../{number}"), "Attributes": {"vm_flag": "1"}});
        world.later(after, move |world| world.state().stream.put(&record));
    }
    Lambda::start(&world);
    settle(&world, start).await;
    let before = Outcome::of(&world, &left);

    mend(&world);
    let moved = put_back(&world).await;
    settle(&world, start).await;
    let after = Outcome::of(&world, &left);
    let state = world.state();
    Account {
        seed,
        left: left.len(),
        poison,
        before,
        moved,
        after,
        inflicted: state.inflicted.clone(),
        calls: state.calls.clone(),
        doubled: state.doubled,
        skewed: state.skewed,
        throttled: state.throttled,
        jobs_refused: state.jobs.refused,
        jobs_failed: state.jobs.failed,
        jobs_late: state.jobs.late,
        took: start.elapsed(),
        story: state.story,
    }
}

/// A caller has hung up.
fn leave(world: &World, voicemail: Left, is_past: bool) {
    let mut state = world.state();
    let started = state.clock.now();
    let id = voicemail.contact_id.to_string();
    let disorder = state.disorder;
    let mut one_in = |n: u32| disorder && state.draws.u32(0..n) == 0;
    let (is_late, is_pending, key_denied) = (one_in(25), one_in(5), one_in(100));
    let listed = if is_late { state.draws.u64(30_000..120_000) } else { state.draws.u64(0..4000) };
    let record = state.draws.u64(1000..20_000);
    let update = state.draws.u64(30_000..600_000);
    let media = Media {
        fragments: voicemail.fragments(started.as_millisecond() as u64),
        listed_at: Instant::now() + Duration::from_millis(listed),
        key_denied,
        is_past,
    };
    state.streams.0.insert(voicemail.stream_arn(), media);
    let attributes = serde_json::from_value(voicemail.attributes()).unwrap();
    state.centre.attributes.insert(id.clone(), attributes);
    state.centre.left.insert(id.clone(), (voicemail, started));
    drop(state);
    let first = id.clone();
    world.later(Duration::from_millis(record), move |world| world.write_record(&first, !is_pending));
    if is_pending {
        world.later(Duration::from_millis(record + update), move |world| world.write_record(&id, true));
    }
}

/// Waits until nothing happens any more by itself.
async fn settle(world: &World, start: Instant) {
    while !world.is_settled() {
        assert!(start.elapsed() < LONGEST, "the run does not come to rest");
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
}

/// Whatever was wrong is mended.
fn mend(world: &World) {
    let mut state = world.state();
    state.faults = Box::new(Nothing);
    (state.disorder, state.skew) = (false, false);
    state.streams.0.values_mut().for_each(|media| media.key_denied = false);
}

/// What the installer's `redrive` does. Returns how many dead letters went back into work.
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
        stations: [
            station(Step::Record, QueueName::Retry),
            station(Step::Transcribe, QueueName::Recordings),
            station(Step::Deliver, QueueName::Transcripts),
        ],
        recordings: RECORDINGS.into(),
        transcripts: TRANSCRIPTS.into(),
    };
    let waiting = redrive::count(&cloud, &pipeline, None).await.unwrap();
    redrive::redrive(&cloud, &pipeline, &waiting, &Silent).await.unwrap()
}
