//! "Gone" needs a witness, and retention begins with the end.

use jiff::SignedDuration;
use vmx_lambda::testing::{Captured, Clock};

use crate::world::{CONTACT, ENDED, JOB, NOW, RECORDING, UNDELIVERED, World, ago, due, job_failed};

const PAST: &str = "2026-01-01T00:00:00Z";

#[tokio::test(start_paused = true)]
async fn a_recording_that_is_gone_is_success_beside_a_witness_only() {
    for witness in [Some(ENDED.to_owned()), Some(format!("transcripts/delivered/{CONTACT}")), None] {
        for message in [None, Some(job_failed(JOB)), Some(job_failed(CONTACT)), Some(due(PAST))] {
            let world = World::new();
            world.state().buckets.objects.remove(RECORDING);
            if let Some(witness) = &witness {
                world.put(witness, "{}", 60);
            }
            let done = match &message {
                Some(message) => world.message(message).await,
                None => world.transcribed().await,
            };
            assert_eq!(done, witness.is_some(), "{witness:?} {message:?}");
            let is_listed = world.state().buckets.objects.contains_key(UNDELIVERED);
            assert_eq!(is_listed, witness.is_none(), "{witness:?} {message:?}");
            assert!(world.state().tasks.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn jobs_and_messages_of_names_that_nobody_knows_are_ignored() {
    let (captured, _guard) = Captured::start(tracing::Level::WARN);
    let world = World::new();
    world.state().buckets.objects.clear();
    for message in [job_failed(JOB), job_failed(CONTACT), due(PAST)] {
        assert!(world.message(&message).await, "{message}");
    }
    assert_eq!(captured.text(), "");
    // A transcript in our own bucket is ours.
    assert!(!world.transcribed().await);
}

#[tokio::test(start_paused = true)]
async fn what_ends_late_is_kept_longer() {
    let hour = 3600;
    for (age, tag) in
        [(60, "done"), (23 * hour, "done"), (23 * hour + 60, "late-60"), (61 * 24 * hour, "late-120")]
    {
        let world = World::new();
        world.state().buckets.objects.get_mut(RECORDING).unwrap().last_modified = ago(age);
        let clock = Clock::at(NOW.parse().unwrap());
        assert!(clock.within(world.transcribed()).await);
        assert_eq!(world.tag(), tag, "{age}");
        // A repetition much later looks at when it ended, and not at the time.
        world.state().buckets.objects.get_mut(RECORDING).unwrap().tags.clear();
        let later = clock.ahead(SignedDuration::from_hours(72));
        assert!(later.within(world.transcribed()).await);
        assert_eq!(world.tag(), tag, "{age}, again");
    }
}

/// S3 replaces all tags at once.
#[tokio::test(start_paused = true)]
async fn tags_of_others_stay_and_a_recording_on_hold_is_not_changed() {
    let (captured, _guard) = Captured::start(tracing::Level::WARN);
    let tagged = |tags: &[(&str, &str)]| {
        let world = World::new();
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        world.state().buckets.objects.get_mut(RECORDING).unwrap().tags = tags;
        world
    };
    let tags = |world: &World| {
        let tags = world.state().buckets.objects[RECORDING].tags.clone();
        tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    };
    for (before, after) in [
        (vec![("case", "7"), ("vm-state", "open")], "case=7 vm-state=done"),
        (vec![("case", "7")], "case=7 vm-state=done"),
        (vec![("case", "7"), ("vm-state", "hold")], "case=7 vm-state=hold"),
    ] {
        let world = tagged(&before);
        assert!(world.transcribed().await && world.transcribed().await);
        assert_eq!(tags(&world), after);
        let writes = world.aws.calls_of("s3:PutObjectTagging").len();
        assert_eq!(writes, usize::from(after.ends_with("done")), "{after}");
        assert!(!world.state().buckets.objects.contains_key(UNDELIVERED), "{after}");
    }
    assert_eq!(captured.text(), "");
    // Ten are as many as an object can have.
    let ten: Vec<String> = (0..10).map(|n| format!("tag-{n}")).collect();
    let world = tagged(&ten.iter().map(|key| (key.as_str(), "theirs")).collect::<Vec<_>>());
    assert!(world.transcribed().await);
    assert!(!tags(&world).contains("vm-state"));
    assert!(!world.state().buckets.objects.contains_key(UNDELIVERED));
    assert!(captured.text().contains("it is kept until it is deleted by hand"), "{}", captured.text());
}
