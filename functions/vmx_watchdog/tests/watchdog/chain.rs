//! Checks of the pipeline.

use crate::world::{Counted, State, TRIGGERS, World};

/// A change made outside the installer.
type Change = fn(&mut State);

/// The broken parts after a change.
async fn broken(change: impl Fn(&mut State)) -> Vec<(String, String)> {
    let world = World::new();
    change(&mut world.state());
    let counted = world.round().await;
    let broken = world.last().broken;
    assert_eq!(counted, Counted { broken: broken.len() as f64, ..Counted::default() });
    broken.into_iter().map(|broken| (broken.what, broken.why)).collect()
}

#[tokio::test(start_paused = true)]
async fn where_everything_works_nothing_is_broken() {
    assert_eq!(broken(|_| {}).await, []);
    for state in ["Creating", "Enabling", "Updating"] {
        assert_eq!(broken(|world| world.set_trigger(TRIGGERS[0], state, "")).await, []);
    }
    // Few calls, and none at night.
    assert_eq!(broken(|world| (world.came_in, world.read) = (0.0, 0.0)).await, []);
}

#[tokio::test(start_paused = true)]
async fn each_part_that_does_not_work_is_named() {
    let cases: [(&str, &str, Change); 9] = [
        ("ContactRecordTrigger", "Disabled", |world| {
            world.set_trigger(TRIGGERS[0], "Disabled", "OK");
        }),
        ("RetryQueueTrigger", "PROBLEM: Function call failed", |world| {
            world.set_trigger(TRIGGERS[1], "Enabled", "PROBLEM: Function call failed");
        }),
        ("ContactRecordTrigger", "ResourceNotFoundException", |world| {
            world.triggers.remove(TRIGGERS[0]);
        }),
        ("PackagerFunction", "reserved concurrency is 0", |world| world.reserved = Some(0)),
        ("RecordingCreatedRule", "DISABLED", |world| world.rule = "DISABLED"),
        ("contact records of the instance", "does not send them to", |world| {
            world.records_go_to = "arn:aws:kinesis:us-east-1:111122223333:stream/other";
        }),
        ("media streams of the instance", "with the prefix vmx", |world| world.media.0 = "other-connect-"),
        ("media streams of the instance", "retention is 0 hours", |world| world.media.1 = 0),
        ("reading of contact records", "none was read", |world| world.read = 0.0),
    ];
    for (what, why, change) in cases {
        let broken = broken(change).await;
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].0 == what && broken[0].1.contains(why), "{broken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_looked_at_counts_as_broken_and_the_rest_goes_on() {
    for (action, parts) in [
        ("lambda:GetEventSourceMapping", 2),
        ("lambda:GetFunctionConcurrency", 1),
        ("events:DescribeRule", 1),
        ("connect:ListInstanceStorageConfigs", 2),
        ("monitoring:GetMetricStatistics", 1),
        ("sqs:GetQueueAttributes", 1),
    ] {
        let broken = broken(|world| world.refused.extend([action])).await;
        assert_eq!(broken.len(), parts, "{action}: {broken:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_round_in_which_nothing_may_be_done_still_counts() {
    let world = World::new();
    for action in [
        "s3:ListBucket",
        "s3:GetObject",
        "s3:PutObject",
        "lambda:GetEventSourceMapping",
        "lambda:GetFunctionConcurrency",
        "events:DescribeRule",
        "connect:ListInstanceStorageConfigs",
        "monitoring:GetMetricStatistics",
        "sqs:GetQueueAttributes",
    ] {
        world.state().refused.insert(action);
    }
    // Every part, the listing, both letter locations, and the previous round.
    assert_eq!(world.round().await.broken, 7.0 + 1.0 + 2.0 + 1.0);
}
