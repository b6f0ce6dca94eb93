//! What the version before left behind: names of jobs, markers and receipts beside the transcripts, messages on their way.

use serde_json::json;
use vmx_contract::mode::Mode;

use crate::world::{CONTACT, ENDED, RECORDING, UNDELIVERED, World, due, job_failed};

/// A world in which the version before recorded and transcribed.
fn world() -> World {
    let world = World::new();
    {
        let mut state = world.state();
        state.jobs = [CONTACT.to_owned()].into();
        state.buckets.objects.remove(UNDELIVERED);
        state.buckets.objects.get_mut(RECORDING).unwrap().tags.clear();
    }
    world
}

#[tokio::test(start_paused = true)]
async fn a_voicemail_on_its_way_is_delivered() {
    let world = world();
    assert!(world.transcribed().await);
    assert_eq!(world.object(ENDED).unwrap()["outcome"], "delivered");
    assert_eq!(world.tag(), "done");
    let state = world.state();
    assert_eq!((state.tasks.len(), state.attributes["vm_flag"].as_str()), (1, "0"));
    assert_eq!(state.jobs.len(), 1, "its job has a name that the function may not touch");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_failed_and_word_that_comes_when_it_is_due_deliver_as_well() {
    for (message, status) in [(job_failed(CONTACT), "failed"), (due("2026-01-01T00:00:00Z"), "late")] {
        let world = world();
        world.state().errors = vec![("transcribe:GetTranscriptionJob", 99, 400, "AccessDeniedException")];
        world.state().buckets.objects.remove(&format!("transcripts/{CONTACT}.json"));
        assert!(world.message(&message).await);
        assert_eq!(world.state().tasks.len(), 1, "{message}");
        let kept = world.object(&format!("transcripts/packages/{CONTACT}")).unwrap();
        assert_eq!(kept["transcript"]["status"], status, "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn its_marker_is_a_witness_and_is_entered_as_one() {
    let world = world();
    let marker = json!({"deliveries": [{"mode": "task", "reference": "task-0"}]});
    world.put(&format!("transcripts/delivered/{CONTACT}"), marker.to_string(), 60);
    assert!(world.transcribed().await);
    assert_eq!(world.object(ENDED).unwrap()["outcome"], "delivered");
    assert_eq!(world.tag(), "done");
    let state = world.state();
    assert!(state.tasks.is_empty());
    assert_eq!(state.attributes["vm_flag"], "0");
}

#[tokio::test(start_paused = true)]
async fn its_receipts_are_not_delivered_again() {
    let world = World::configured(
        |config| config.modes.push(Mode::Other),
        |voicemail| voicemail.modes = vec![Mode::Task, Mode::Other],
    );
    world.state().jobs = [CONTACT.to_owned()].into();
    let receipt = json!({"mode": "task", "reference": "task-0"});
    world.put(&format!("transcripts/delivered/{CONTACT}/task"), receipt.to_string(), 60);
    assert!(world.transcribed().await);
    let state = world.state();
    assert_eq!((state.tasks.len(), state.events.len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_target_that_it_told_is_not_told_again() {
    let target = "arn:aws:sqs:us-east-1:111122223333:voicemails";
    let world = World::configured(
        |config| {
            config.modes = vec![Mode::Other];
            config.default_mode = Mode::Other;
            config.other.as_mut().unwrap().target = Some(target.into());
        },
        |voicemail| voicemail.modes = vec![Mode::Other],
    );
    world.put(&format!("transcripts/delivered/{CONTACT}/other.target"), "{}", 60);
    assert!(world.transcribed().await);
    let state = world.state();
    assert_eq!((state.messages.len(), state.events.len()), (0, 1));
}
