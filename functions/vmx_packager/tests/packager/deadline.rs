//! A transcript that is long in coming, and the one delivery all the same.

use vmx_lambda::testing::Captured;

use crate::world::{CONTACT, ENDED, JOB, UNDELIVERED, WORDS, World, created, due, transcript};

const PAST: &str = "2026-01-01T00:00:00Z";
const FUTURE: &str = "9999-01-01T00:00:00Z";

/// A world in which the job still runs.
fn transcribing() -> World {
    let world = World::new();
    let mut state = world.state();
    state.buckets.objects.remove(&format!("transcripts/{CONTACT}.json"));
    state.job_status = "IN_PROGRESS";
    drop(state);
    world
}

/// The version before let such messages wait in the queue. Now the scheduled function sends them when it is time.
#[tokio::test(start_paused = true)]
async fn a_transcript_that_is_not_due_is_no_business_of_anybodys() {
    let world = transcribing();
    assert!(world.message(&due(FUTURE)).await);
    assert_eq!(world.aws.actions(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_transcript_that_is_due_is_delivered_without_and_once() {
    // The job runs, or there is none yet.
    for status in ["IN_PROGRESS", ""] {
        let world = transcribing();
        world.state().job_status = status;
        assert!(world.message(&due(PAST)).await);
        let description = world.task()["Description"].as_str().unwrap().to_owned();
        assert!(description.starts_with("(The transcript was not ready in time."), "{description}");
        assert!(
            world.state().buckets.objects.contains_key(ENDED),
            "a job that cannot be deleted yet is no hindrance"
        );
        assert!(!world.state().buckets.objects.contains_key(UNDELIVERED));

        // The transcript comes after all.
        world.state().job_status = "COMPLETED";
        world.state().buckets.objects.insert(format!("transcripts/{CONTACT}.json"), transcript("Too late."));
        assert!(world.transcribed().await);
        assert!(world.message(&due(PAST)).await);
        assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 1);
        assert!(world.state().jobs.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn word_of_what_has_ended_delivers_nothing_and_is_no_news() {
    let (captured, _guard) = Captured::start(tracing::Level::WARN);
    let world = World::new();
    assert!(world.transcribed().await);
    // Whoever witnessed the end may not have come to what follows it.
    world.state().attributes.insert("vm_flag".into(), "1".into());
    assert!(world.message(&due(PAST)).await);
    assert_eq!(world.state().attributes["vm_flag"], "0");
    assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 1);
    assert_eq!(captured.text(), "", "that the job was deleted before is as it should be");
}

#[tokio::test(start_paused = true)]
async fn word_of_a_transcript_finds_what_nobody_announced() {
    let world = World::new();
    assert!(world.message(&due(PAST)).await);
    assert!(world.task()["Description"].as_str().unwrap().starts_with(WORDS));

    let world = transcribing();
    world.state().jobs = [JOB.to_owned()].into();
    world.state().job_status = "FAILED";
    assert!(world.message(&due(PAST)).await);
    assert!(world.task()["Description"].as_str().unwrap().starts_with("(The transcription failed."));
    assert!(world.state().jobs.is_empty());
}

#[tokio::test(start_paused = true)]
async fn whether_there_is_a_transcript_has_to_be_known() {
    let world = transcribing();
    world.state().errors = vec![("transcribe:GetTranscriptionJob", 99, 500, "InternalFailureException")];
    assert!(!world.message(&due(PAST)).await);
    assert!(world.state().tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_redacted_transcript_is_delivered_and_one_that_should_be_has_a_note() {
    const NOTE: &str = "Personal data is not redacted";
    let redacting = || World::configured(|config| config.redact = true, |_| ());
    let description = |world: &World| world.task()["Description"].as_str().unwrap().to_owned();
    let world = redacting();
    assert!(world.transcribed().await);
    assert!(description(&world).contains(NOTE));

    let world = redacting();
    let transcript = world.state().buckets.objects.remove(&format!("transcripts/{CONTACT}.json")).unwrap();
    world.state().buckets.objects.insert(format!("transcripts/redacted-{CONTACT}.json"), transcript);
    assert!(world.message(&created("transcripts", &format!("redacted-{CONTACT}.json"))).await);
    assert!(description(&world).starts_with(WORDS) && !description(&world).contains(NOTE));
}
