//! Messages in which nothing is said: a call that ended before a word, or a message that holds no speech.

use serde_json::{Value, json};
use vmx_lambda::testing::Captured;

use crate::world::{CONTACT, World, record, speech};
use crate::{done, wav};

/// Two seconds of what a telephone coder makes of nothing.
fn idle() -> Vec<u8> {
    [8_i16, -8, 24, -24].iter().cycle().take(16_000).flat_map(|sample| sample.to_le_bytes()).collect()
}

/// A record whose stream lasted so long by its own times, and what else is changed.
fn lasting(record: &str, seconds: i64, change: impl FnOnce(&mut Value)) -> String {
    let mut record: Value = serde_json::from_str(record).unwrap();
    record["Recordings"][0]["StopTimestamp"] = json!(format!("2024-01-26T03:07:{}Z", 41 + seconds));
    change(&mut record);
    record.to_string()
}

fn nothing_more(_: &mut Value) {}

fn without_fragments(record: &mut Value) {
    for field in ["FragmentStartNumber", "FragmentStopNumber"] {
        record["Recordings"][0][field] = json!(null);
    }
}

/// That the caller had finished a message in this call.
fn saved(record: &mut Value) {
    record["Attributes"]["vm_saved_1"] = json!("saved");
    record["Attributes"]["vm_taking"] = json!("0");
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_at_the_beep_said_nothing() {
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let hung_up = lasting(&record("1", "1"), 1, without_fragments);
    let world = World::with(&[]);
    assert_eq!(world.stream(std::slice::from_ref(&hung_up)).await, done());
    assert_eq!(world.queue(&hung_up).await, done());
    assert_eq!(world.state().outcome(CONTACT).as_deref(), Some("nothing_said"));
    assert!(world.state().queue.is_empty() && world.state().bucket("recordings").is_empty());
    assert_eq!(captured.counted("NothingSaid"), [(1.0, String::new())]);
    assert_eq!(captured.counted("FailedAttempts"), []);
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_sound_that_nobody_saved_is_none() {
    for pcm in [idle(), vec![0; 40_000], vec![0; 11 << 20]] {
        let world = World::with(&pcm);
        assert_eq!(world.stream(&[world.record()]).await, done());
        let state = world.state();
        assert_eq!(state.outcome(CONTACT).as_deref(), Some("nothing_said"));
        assert!(state.bucket("recordings").is_empty() && state.buckets.uploads.is_empty());
        assert_eq!(state.queue, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_saved_message_without_a_sound_is_recorded_as_silent() {
    for pcm in [idle(), vec![0; 40_000]] {
        let world = World::with(&pcm);
        let record = lasting(&world.record(), 10, saved);
        assert_eq!(world.stream(&[record]).await, done());
        let state = world.state();
        let object = state.bucket("recordings")[format!("{CONTACT}.wav").as_str()];
        assert!(object.body == wav(&pcm));
        assert_eq!(object.metadata["vm-voiced-ms"], "0");
    }
}

#[tokio::test(start_paused = true)]
async fn one_short_word_is_a_message_however_short_the_call() {
    // Three tenths of a second of sound in a stream that lasted one second.
    let pcm = [vec![0; 4000], speech(4800), vec![0; 4000]].concat();
    let world = World::with(&pcm);
    let record = lasting(&world.record(), 1, nothing_more);
    assert_eq!(world.stream(&[record]).await, done());
    let state = world.state();
    let object = state.bucket("recordings")[format!("{CONTACT}.wav").as_str()];
    assert!(object.body == wav(&pcm));
    let voiced: u64 = object.metadata["vm-voiced-ms"].parse().unwrap();
    assert!((300..=340).contains(&voiced), "{voiced}");
}

#[tokio::test(start_paused = true)]
async fn a_sound_that_was_lost_may_have_been_a_word() {
    let world = World::with(&vec![0; 5 * 16_384]).later();
    world.state().stream.remove(2);
    let record = world.record();
    assert_eq!(world.stream(&[record]).await, done());
    assert_eq!(world.state().bucket("recordings").len(), 1, "it is delivered, with a warning");
}

#[tokio::test(start_paused = true)]
async fn what_holds_nothing_and_was_saved_or_lasted_is_an_error() {
    for (seconds, change) in
        [(1, saved as fn(&mut Value)), (2, nothing_more), (15, nothing_more), (15, saved)]
    {
        let world = World::with(&[]).later();
        let without = lasting(&record("1", "1"), seconds, |record| {
            change(record);
            without_fragments(record);
        });
        let unlisted = lasting(&record("1", "1"), seconds, change);
        for record in [without, unlisted] {
            assert_eq!(world.queue(&record).await.batch_item_failures.len(), 1, "{seconds}");
        }
        assert_eq!(world.state().outcome(CONTACT), None);
    }
    let short = lasting(&record("1", "1"), 1, nothing_more);
    let world = World::with(&[]);
    assert_eq!(world.queue(&short).await.batch_item_failures.len(), 1, "fragments may still be listed");
    let world = world.later();
    assert_eq!(world.queue(&short).await, done());
    assert_eq!(world.state().outcome(CONTACT).as_deref(), Some("nothing_said"));
}

#[tokio::test(start_paused = true)]
async fn what_is_voiced_is_measured_as_far_as_the_upload_allows() {
    let sound = speech(16_000);
    for (silent_bytes, is_told) in [(0, true), (40_000, true), (9 << 20, true), (11 << 20, false)] {
        let world = World::with(&[vec![0; silent_bytes], sound.clone()].concat());
        assert_eq!(world.stream(&[world.record()]).await, done());
        let state = world.state();
        let object = state.bucket("recordings")[format!("{CONTACT}.wav").as_str()];
        let told = object.metadata.get("vm-voiced-ms").map(|ms| ms.parse::<u64>().unwrap());
        assert_eq!(told.is_some(), is_told, "{silent_bytes}");
        // The frames at both ends are counted whole.
        assert!(told.is_none_or(|ms| (1000..=1020).contains(&ms)), "{told:?}");
        assert_eq!(object.tags["vm-state"], "open");
    }
}
