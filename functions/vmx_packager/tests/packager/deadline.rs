//! A transcript that is long in coming, and the one delivery all the same.

use vmx_lambda::testing::{Captured, Object};

use crate::world::{CONTACT, MARKER, WORDS, World, created, reminder};

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

#[tokio::test(start_paused = true)]
async fn a_transcript_that_is_not_due_is_reminded_of_again() {
    let world = transcribing();
    assert!(world.message(&reminder(FUTURE)).await);
    let state = world.state();
    assert_eq!(state.reminders, [(reminder(FUTURE), 900)]);
    assert!(state.tasks.is_empty() && !state.buckets.objects.contains_key(MARKER));
    let sent = world.aws.calls_of("sqs:SendMessage")[0].json();
    assert_eq!(sent["QueueUrl"], "https://sqs.us-east-1.amazonaws.com/111122223333/transcripts");
}

#[tokio::test(start_paused = true)]
async fn a_reminder_that_cannot_be_sent_stays_in_the_queue() {
    let world = transcribing();
    world.state().errors = vec![("sqs:SendMessage", 9, 403, "AccessDenied")];
    assert!(!world.message(&reminder(FUTURE)).await);
}

#[tokio::test(start_paused = true)]
async fn a_transcript_that_is_due_is_delivered_without_and_once() {
    // The job runs, or there is none yet.
    for status in ["IN_PROGRESS", ""] {
        let world = transcribing();
        world.state().job_status = status;
        assert!(world.message(&reminder(PAST)).await);
        let description = world.task()["Description"].as_str().unwrap().to_owned();
        assert!(description.starts_with("(The transcript was not ready in time."), "{description}");
        assert!(world.state().reminders.is_empty());
        assert!(
            world.state().buckets.objects.contains_key(MARKER),
            "a job that cannot be deleted yet is no hindrance"
        );

        // The transcript comes after all.
        let body = br#"{"results":{"transcripts":[{"transcript":"Too late."}]}}"#.to_vec();
        world.state().job_status = "COMPLETED";
        let object = Object { body, ..Object::default() };
        world.state().buckets.objects.insert(format!("transcripts/{CONTACT}.json"), object);
        assert!(world.transcribed().await);
        assert!(world.message(&reminder(PAST)).await);
        assert!(world.message(&reminder(FUTURE)).await);
        assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 1);
        assert!(world.state().jobs.is_empty() && world.state().reminders.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_reminder_of_what_was_delivered_costs_little_and_is_no_news() {
    let (captured, _guard) = Captured::start(tracing::Level::WARN);
    let world = World::new();
    assert!(world.transcribed().await);
    let calls = world.aws.actions().len();
    assert!(world.message(&reminder(FUTURE)).await);
    assert_eq!(world.aws.actions()[calls..], ["s3:HeadObject", "s3:HeadObject"]);
    // This one may have delivered the voicemail, and not come to the end of it.
    world.state().attributes.insert("vm_flag".into(), "1".into());
    assert!(world.message(&reminder(PAST)).await);
    assert_eq!(world.state().attributes["vm_flag"], "0");
    assert_eq!(captured.text(), "", "that the job was deleted before is as it should be");
}

#[tokio::test(start_paused = true)]
async fn a_reminder_finds_what_nobody_announced() {
    let world = World::new();
    assert!(world.message(&reminder(FUTURE)).await);
    assert!(world.task()["Description"].as_str().unwrap().starts_with(WORDS));

    let world = transcribing();
    world.state().job_status = "FAILED";
    assert!(world.message(&reminder(FUTURE)).await);
    assert!(world.task()["Description"].as_str().unwrap().starts_with("(The transcription failed."));
}

#[tokio::test(start_paused = true)]
async fn a_reminder_without_an_answer_or_a_recording_delivers_nothing() {
    let world = transcribing();
    world.state().errors = vec![("transcribe:GetTranscriptionJob", 9, 500, "InternalFailureException")];
    assert!(!world.message(&reminder(PAST)).await, "whether there is a transcript is not known");
    world.state().errors.clear();
    world.state().buckets.objects.clear();
    assert!(world.message(&reminder(PAST)).await, "the recording was deleted");
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
