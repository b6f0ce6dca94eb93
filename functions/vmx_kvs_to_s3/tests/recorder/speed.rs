//! What a recording waits for: AWS calls one after another.

use std::time::Duration;

use crate::done;
use crate::world::{World, speech};

const LATENCY: Duration = Duration::from_millis(30);

#[tokio::test(start_paused = true)]
#[expect(clippy::print_stdout, reason = "the calls are shown to whoever runs this test with --nocapture")]
async fn three_calls_one_after_another_lead_to_the_media() {
    let world = World::taking(LATENCY, &speech(40_000));
    assert_eq!(world.stream(&[world.record()]).await, done());
    let steps = world.aws.steps();
    for step in &steps {
        println!("{step}");
    }
    let actions: Vec<Vec<&str>> =
        steps.iter().map(|step| step.actions.iter().map(String::as_str).collect()).collect();
    assert_eq!(
        actions,
        [
            vec![
                "kinesisvideo:GetDataEndpoint",
                "kinesisvideo:GetDataEndpoint",
                "s3:HeadObject",
                "s3:HeadObject",
            ],
            vec!["kinesisvideo:ListFragments", "s3:PutObject"],
            vec!["kinesisvideo:GetMediaForFragmentList"],
            vec!["s3:PutObject"],
        ]
    );
    let times: Vec<u128> = steps.iter().map(|step| step.at.as_millis()).collect();
    assert_eq!(times, [0, 30, 60, 90]);
}

#[tokio::test(start_paused = true)]
async fn where_a_stream_is_read_is_asked_once() {
    let world = World::taking(LATENCY, &speech(40_000));
    world.stream(&[world.record()]).await;
    world.state().buckets.objects.clear();
    let before = world.aws.calls().len();
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert_eq!(world.aws.calls()[before..].len(), 6);
    assert_eq!(world.aws.calls_of("kinesisvideo:GetDataEndpoint").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_comes_again_costs_one_step() {
    let world = World::taking(LATENCY, &speech(40_000));
    world.stream(&[world.record()]).await;
    let before = tokio::time::Instant::now();
    assert_eq!(world.queue(&world.record()).await, done());
    assert_eq!(before.elapsed(), LATENCY);
}
