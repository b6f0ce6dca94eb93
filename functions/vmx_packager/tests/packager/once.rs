//! Whatever is repeated, and wherever a run ends: one task.

use crate::world::{CONTACT, MARKER, World, job_failed};

/// One task was made, it is marked as delivered, and nothing is left to be done.
fn assert_delivered_once(world: &World) {
    let state = world.state();
    assert_eq!(state.tasks.len(), 1);
    assert!(state.buckets.objects.contains_key(MARKER));
    assert!(state.jobs.is_empty());
    assert_eq!(state.attributes["vm_flag"], "0");
}

#[tokio::test(start_paused = true)]
async fn a_second_announcement_delivers_nothing() {
    let world = World::new();
    assert!(world.transcribed().await);
    assert!(world.transcribed().await);
    assert!(world.message(&job_failed(CONTACT)).await);
    assert_delivered_once(&world);
    assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_at_any_call_is_made_good_by_the_next() {
    for action in [
        "s3:HeadObject",
        "s3:GetObject",
        "connect:GetContactAttributes",
        "connect:DescribeQueue",
        "connect:StartTaskContact",
        "s3:PutObject",
        "transcribe:DeleteTranscriptionJob",
        "connect:UpdateContactAttributes",
    ] {
        // Either the call was not made, or it was and nobody heard of it.
        for answer_lost in [false, true] {
            let world = World::new();
            if answer_lost {
                world.state().answer_lost = Some(action);
            } else {
                world.state().errors = vec![(action, 3, 500, "InternalServiceException")];
            }
            assert!(!world.transcribed().await, "{action}");
            world.state().answer_lost = None;
            assert!(world.transcribed().await, "{action}");
            assert_delivered_once(&world);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_marker_makes_no_second_task() {
    let world = World::new();
    assert!(world.transcribed().await);
    world.state().buckets.objects.remove(MARKER);
    assert!(world.transcribed().await);
    assert_delivered_once(&world);
    assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 1, "the mode has its own marker");
    world.state().buckets.objects.retain(|name, _| !name.starts_with(MARKER));
    assert!(world.transcribed().await);
    assert_delivered_once(&world);
    assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 2, "Connect knew the token");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_made_again() {
    let world = World::new();
    world.state().errors = vec![
        ("connect:StartTaskContact", 2, 429, "ThrottlingException"),
        ("connect:DescribeQueue", 2, 429, "ThrottlingException"),
        ("connect:GetContactAttributes", 2, 429, "ThrottlingException"),
        ("s3:PutObject", 2, 503, "SlowDown"),
    ];
    assert!(world.transcribed().await);
    assert_delivered_once(&world);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_after_the_delivery_holds_nothing_up() {
    let world = World::new();
    world.state().errors = vec![
        ("transcribe:DeleteTranscriptionJob", 9, 400, "BadRequestException"),
        ("connect:UpdateContactAttributes", 9, 404, "ResourceNotFoundException"),
    ];
    assert!(world.transcribed().await);
    assert!(world.state().buckets.objects.contains_key(MARKER));
}
