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
    let day = 24 * 3600;
    for (age, tag) in [(60, "done"), (day - 60, "done"), (day + 60, "late")] {
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
