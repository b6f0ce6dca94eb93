//! Whatever is repeated, and wherever a run ends: one task.

use crate::world::{ENDED, JOB, RECEIPTS, UNDELIVERED, World, job_failed};

/// One task was made, the voicemail has ended, and nothing is left to be done.
fn assert_delivered_once(world: &World) {
    assert_eq!(world.tag(), "done");
    let state = world.state();
    assert_eq!(state.tasks.len(), 1);
    assert!(state.buckets.objects.contains_key(ENDED));
    assert!(!state.buckets.objects.contains_key(UNDELIVERED));
    assert!(state.jobs.is_empty());
    assert_eq!(state.attributes["vm_flag"], "0");
}

#[tokio::test(start_paused = true)]
async fn a_second_announcement_delivers_nothing() {
    let world = World::new();
    assert!(world.transcribed().await);
    assert!(world.transcribed().await);
    assert!(world.message(&job_failed(JOB)).await);
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
        "s3:GetObjectTagging",
        "s3:PutObjectTagging",
        "s3:DeleteObject",
    ] {
        // Either the call was not made, or it was and nobody heard of it.
        for answer_lost in [false, true] {
            let world = World::new();
            if answer_lost {
                world.state().answer_lost = Some(action);
            } else {
                world.state().errors = vec![(action, 99, 500, "InternalServiceException")];
            }
            assert!(!world.transcribed().await, "{action}");
            let is_listed = world.state().buckets.objects.contains_key(UNDELIVERED);
            assert!(is_listed || action == "s3:DeleteObject", "{action}: somebody looks after it");
            world.state().answer_lost = None;
            world.state().errors.clear();
            assert!(world.transcribed().await, "{action}");
            assert_delivered_once(&world);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_witness_makes_no_second_task() {
    let world = World::new();
    assert!(world.transcribed().await);
    world.state().buckets.objects.remove(ENDED);
    assert!(world.transcribed().await);
    assert_delivered_once(&world);
    assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 1, "the mode has its own receipt");
    world.state().buckets.objects.retain(|name, _| name != ENDED && !name.starts_with(RECEIPTS));
    assert!(world.transcribed().await);
    assert_delivered_once(&world);
    assert_eq!(world.aws.calls_of("connect:StartTaskContact").len(), 2, "Connect knew the token");
}

/// A bucket policy may demand it: S3 itself refuses to overwrite what says that something is done.
#[tokio::test(start_paused = true)]
async fn receipts_and_witnesses_are_written_only_where_there_is_none() {
    let world = World::new();
    assert!(world.transcribed().await);
    let writes = world.aws.calls_of("s3:PutObject");
    let state: Vec<_> = writes.iter().filter(|call| call.host.starts_with("state.")).collect();
    assert_eq!(state.len(), 2);
    assert!(state.iter().all(|call| call.headers.get("if-none-match").is_some_and(|value| value == "*")));
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
    assert!(world.state().buckets.objects.contains_key(ENDED));
    assert!(!world.state().buckets.objects.contains_key(UNDELIVERED));
}

/// Retention is not what may be forgotten: as long as the recording is not tagged somebody has to look after it.
#[tokio::test(start_paused = true)]
async fn a_recording_that_cannot_be_tagged_is_not_done() {
    let world = World::new();
    world.state().errors = vec![("s3:PutObjectTagging", 99, 403, "AccessDenied")];
    assert!(!world.transcribed().await);
    assert!(world.state().buckets.objects.contains_key(UNDELIVERED));
    world.state().errors.clear();
    assert!(world.transcribed().await);
    assert_delivered_once(&world);
}
