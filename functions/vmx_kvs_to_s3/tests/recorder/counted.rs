//! What is counted, and how often.

use vmx_lambda::testing::Captured;

use crate::world::{CALLER, CONTACT, World, speech};

#[tokio::test(start_paused = true)]
async fn a_recording_is_counted_once_with_its_length() {
    let (captured, _guard) = Captured::start(tracing::Level::ERROR);
    let world = World::with(&speech(40_000));
    // Twice in a batch, once more, and by way of the retry queue.
    world.stream(&[world.record(), world.record()]).await;
    world.stream(&[world.record()]).await;
    world.queue(&world.record()).await;
    assert_eq!(captured.counted("Captured"), [(1.0, String::new())]);
    assert_eq!(captured.counted("AudioSeconds"), [(2.5, String::new())]);
    assert_eq!(captured.counted("FailedAttempts"), []);
    let lines = format!("{:?}", captured.metrics());
    assert!(!lines.contains(CONTACT) && !lines.contains(&CALLER[1..]), "{lines}");
}

#[tokio::test(start_paused = true)]
async fn every_failed_attempt_is_counted_by_its_cause() {
    for (action, cause) in
        [("kinesisvideo:GetMediaForFragmentList", "media_unavailable"), ("s3:PutObject", "storage")]
    {
        let (captured, _guard) = Captured::start(tracing::Level::INFO);
        let world = World::with(&speech(40_000));
        world.state().errors = vec![(action, 99, 403, "AccessDeniedException")];
        world.stream(&[world.record()]).await;
        world.queue(&world.record()).await;
        assert_eq!(captured.counted("FailedAttempts"), vec![(1.0, cause.to_owned()); 2]);
        world.state().errors.clear();
        world.queue(&world.record()).await;
        assert_eq!(captured.counted("Captured").len(), 1, "{cause}");
    }
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let silent = World::with(&[]);
    silent.stream(&[silent.record(), "not json".to_owned()]).await;
    let causes: Vec<String> =
        captured.counted("FailedAttempts").into_iter().map(|(_, cause)| cause).collect();
    assert_eq!((causes.len(), causes.contains(&"record".to_owned())), (2, true), "{causes:?}");
}
