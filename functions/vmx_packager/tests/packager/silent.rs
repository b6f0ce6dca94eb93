//! Messages with audio and without speech.

use serde_json::json;
use vmx_contract::metadata::VOICED;
use vmx_contract::staff::Words;
use vmx_contract::state::Silent;
use vmx_contract::voicemail::Warning;
use vmx_lambda::testing::Captured;

use crate::world::{
    CONTACT, ENDED, JOB, RECEIPTS, RECORDING, UNDELIVERED, World, due, job_failed, transcript,
};

/// A world in which so much was voiced, and these words were heard.
fn world(choice: Silent, voiced_ms: &str, words: &str) -> World {
    let world = World::configured(|config| config.silent = choice, |_| ());
    {
        let objects = &mut world.state().buckets.objects;
        objects.get_mut(RECORDING).unwrap().metadata.insert(VOICED.to_owned(), voiced_ms.to_owned());
        objects.insert(format!("transcripts/{CONTACT}.json"), transcript(words));
    }
    world
}

fn is_marked(world: &World) -> bool {
    world.task()["Description"].as_str().unwrap().contains(Words::english().warning(Warning::Silent))
}

#[tokio::test(start_paused = true)]
async fn it_is_delivered_marked_or_dropped_as_the_installation_wants() {
    for (choice, delivered, marked) in
        [(Silent::Deliver, true, false), (Silent::Mark, true, true), (Silent::Drop, false, false)]
    {
        let (captured, _guard) = Captured::start(tracing::Level::INFO);
        let world = world(choice, "0", "");
        assert!(world.transcribed().await && world.transcribed().await, "{choice:?}");
        assert_eq!(world.state().tasks.len(), usize::from(delivered), "{choice:?}");
        assert!(!delivered || is_marked(&world) == marked, "{choice:?}");
        let outcome = if delivered { "delivered" } else { "dropped" };
        assert_eq!(world.object(ENDED).unwrap()["outcome"], outcome);
        assert_eq!(captured.counted("Dropped").len(), usize::from(!delivered), "counted once");
        assert_eq!(captured.counted("Delivered").len(), if delivered { 2 } else { 0 });
        // Either way it has ended: the recording is kept for as long as any other, and the contact is done.
        assert_eq!(world.tag(), "done");
        let state = world.state();
        assert!(state.buckets.objects.contains_key(RECORDING));
        assert!(!state.buckets.objects.contains_key(UNDELIVERED));
        assert_eq!((state.attributes["vm_flag"].as_str(), state.jobs.len()), ("0", 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_with_speech_is_never_silent() {
    // A whisper that is understood, a sound that is not, and a recording of the version before.
    for (voiced, words) in [("0", "Yes."), ("480", ""), ("", "")] {
        let world = world(Silent::Drop, voiced, words);
        assert!(world.transcribed().await);
        assert!(!is_marked(&world), "{voiced} {words}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_transcript_that_failed_or_is_late_drops_nothing() {
    for message in [job_failed(JOB), due("2026-01-01T00:00:00Z")] {
        let world = world(Silent::Drop, "0", "");
        world.state().buckets.objects.remove(&format!("transcripts/{CONTACT}.json"));
        world.state().job_status =
            if message["source"] == "aws.transcribe" { "FAILED" } else { "IN_PROGRESS" };
        assert!(world.message(&message).await);
        assert_eq!(world.object(ENDED).unwrap()["outcome"], "delivered", "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_dropped_can_be_delivered_after_all() {
    let world = world(Silent::Drop, "0", "");
    assert!(world.transcribed().await);
    assert_eq!(world.object(ENDED).unwrap()["outcome"], "dropped");
    // Somebody wants it: that is said where it is said that it has not ended, and then the witness goes.
    let wanted = json!({"v": 1, "since": "2026-11-23T10:00:00Z", "pushes": 0, "wanted": true});
    world.put(UNDELIVERED, wanted.to_string(), 1);
    world.state().buckets.objects.remove(ENDED);
    assert!(world.transcribed().await);
    assert!(is_marked(&world));
    assert!(world.state().buckets.objects.contains_key(&format!("{RECEIPTS}/task")));
    assert_eq!(world.object(ENDED).unwrap()["outcome"], "delivered");
}
