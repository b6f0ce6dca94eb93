//! What is counted, and how often.

use vmx_contract::mode::Mode;
use vmx_lambda::testing::Captured;

use crate::world::{CALLER, CONTACT, ENDED, JOB, WORDS, World, job_failed};

fn once(further: &str) -> (f64, String) {
    (1.0, further.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_delivered_voicemail_is_counted_once() {
    let (captured, _guard) = Captured::start(tracing::Level::ERROR);
    let world = World::new();
    assert!(world.transcribed().await);
    assert!(world.transcribed().await);
    assert!(world.message(&job_failed(JOB)).await);
    assert_eq!(captured.counted("Delivered"), [once(""), once("task")]);
    assert_eq!(captured.counted("Transcribed"), [once("")]);
    assert_eq!((captured.counted("WithoutTranscript"), captured.counted("FailedAttempts")), (vec![], vec![]));
    let [(seconds, _)] = captured.counted("SecondsToDelivery")[..] else { panic!("measured once") };
    assert!(seconds >= 0.0);
    let lines = format!("{:?}", captured.metrics());
    for secret in [CONTACT, &CALLER[1..], WORDS] {
        assert!(!lines.contains(secret), "{secret} in {lines}");
    }
}

/// Wherever a run ends, one of them counts the voicemail.
#[tokio::test(start_paused = true)]
async fn a_voicemail_that_took_several_runs_is_counted_once() {
    for (action, cause) in [
        ("connect:DescribeQueue", "gathering"),
        ("connect:StartTaskContact", "delivery"),
        ("transcribe:DeleteTranscriptionJob", "completion"),
        ("connect:UpdateContactAttributes", "completion"),
        ("s3:GetObjectTagging", "completion"),
        ("s3:PutObjectTagging", "completion"),
        ("s3:DeleteObject", "completion"),
    ] {
        let (captured, _guard) = Captured::start(tracing::Level::INFO);
        let world = World::new();
        world.state().errors = vec![(action, 99, 500, "InternalServiceException")];
        assert!(!world.transcribed().await && !world.transcribed().await);
        world.state().errors.clear();
        assert!(world.transcribed().await);
        assert_eq!(captured.counted("FailedAttempts"), [once(cause), once(cause)], "{action}");
        assert_eq!(captured.counted("Delivered"), [once(""), once("task")], "{action}");
    }
}

/// Two invocations at the same time: Connect makes one task, and one of the two writes the witness.
#[tokio::test(start_paused = true)]
async fn who_finds_the_witness_written_meanwhile_counts_nothing() {
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let world = World::new();
    let (one, other) = tokio::join!(world.transcribed(), world.transcribed());
    assert!(one && other);
    assert!(world.state().buckets.objects.contains_key(ENDED));
    assert_eq!(captured.counted("Delivered"), [once(""), once("task")]);
}

#[tokio::test(start_paused = true)]
async fn each_mode_is_counted_once_all_have_it() {
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let both = vec![Mode::Task, Mode::Other];
    let world =
        World::configured(|config| config.modes.push(Mode::Other), |voicemail| voicemail.modes = both);
    world.state().buckets.objects.remove(&format!("transcripts/{CONTACT}.json"));
    world.state().errors = vec![("connect:StartTaskContact", 9, 403, "AccessDeniedException")];
    assert!(!world.message(&job_failed(JOB)).await);
    assert_eq!(captured.counted("Delivered"), []);
    world.state().errors.clear();
    assert!(world.message(&job_failed(JOB)).await);
    assert_eq!(captured.counted("Delivered"), [once(""), once("task"), once("other")]);
    assert_eq!(captured.counted("WithoutTranscript"), [once("failed")]);
}

/// Beside what is counted, what is logged: by every mode that needs no further service, and when one is refused.
#[tokio::test(start_paused = true)]
async fn no_mode_logs_the_caller_the_words_or_the_link_at_info() {
    let modes = [Mode::Task, Mode::Email, Mode::Other];
    for refused in [None, Some("connect:StartTaskContact"), Some("ses:SendEmail"), Some("events:PutEvents")] {
        let (captured, _guard) = Captured::start(tracing::Level::INFO);
        let world = World::configured(
            |config| config.modes = modes.to_vec(),
            |voicemail| voicemail.modes = modes.to_vec(),
        );
        world.state().errors =
            refused.map(|action| (action, 99, 400, "InvalidRequestException")).into_iter().collect();
        assert_eq!(world.transcribed().await, refused.is_none(), "{refused:?}");
        let text = captured.text();
        assert!(text.lines().count() >= modes.len(), "{text}");
        for secret in [&CALLER[1..], "Seven", "X-Amz-Signature", "X-Amz-Credential"] {
            assert!(!text.contains(secret), "{refused:?}: {secret} in {text}");
        }
    }
}
