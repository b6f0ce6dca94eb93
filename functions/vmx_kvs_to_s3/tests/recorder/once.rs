//! Contact records come at least once; a voicemail is recorded once.

use std::time::Duration;

use serde_json::json;

use crate::world::{RECORDING, World, speech};
use crate::{done, wav};

#[tokio::test(start_paused = true)]
async fn a_redelivered_record_makes_no_second_recording() {
    let world = World::with(&speech(40_000));
    world.stream(&[world.record()]).await;
    let before = world.aws.calls().len();
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert_eq!(world.queue(&world.record()).await, done());
    assert_eq!(world.aws.actions()[before..], ["s3:HeadObject"; 4]);
}

/// Two deliveries at the same time: when the second one looks, the first one's recording is not there yet.
async fn deliver_twice_at_once(world: &World, pcm: &[u8]) {
    world.stream(&[world.record()]).await;
    world.state().errors = vec![("s3:HeadObject", 2, 404, "NotFound")];
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert!(world.state().buckets.objects[RECORDING].body == wav(pcm));
    assert!(world.state().buckets.uploads.is_empty());
    assert_eq!(world.state().queue, []);
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_at_once_make_one_recording() {
    let pcm = speech(40_000);
    let world = World::with(&pcm);
    deliver_twice_at_once(&world, &pcm).await;
    let puts = world.aws.calls_of("s3:PutObject").into_iter().filter(|call| call.path.ends_with(".wav"));
    assert_eq!(puts.count(), 2, "the second one was refused");
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_at_once_of_a_long_message_leave_nothing_behind() {
    let pcm = speech(6 << 20);
    let world = World::with(&pcm);
    deliver_twice_at_once(&world, &pcm).await;
    assert_eq!(world.aws.calls_of("s3:CompleteMultipartUpload").len(), 2, "the second one was refused");
    assert_eq!(world.aws.calls_of("s3:AbortMultipartUpload").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_fails_waits_in_the_queue_as_it_is_and_the_others_are_recorded() {
    let world = World::with(&speech(40_000));
    let good = world.record();
    let other = "00000000-0000-4000-8000-00000000beef";
    let bad =
        good.replace("00000000-0000-4000-8000-00000000c0de", other).replace("KINESIS_VIDEO_STREAM", "S3");
    assert_eq!(world.stream(&[bad.clone(), good]).await, done());
    let state = world.state();
    assert!(state.buckets.objects.contains_key(RECORDING));
    let (body, reason) = &state.queue[0];
    assert_eq!(*body, bad);
    assert!(reason.contains(other) && reason.contains("check that live media streaming"), "{reason}");
    drop(state);
    let sent = world.aws.calls_of("sqs:SendMessage")[0].json();
    assert_eq!(sent["DelaySeconds"], 30);
}

#[tokio::test(start_paused = true)]
async fn a_record_stays_in_the_stream_only_if_the_queue_is_out_of_reach() {
    let world = World::with(&speech(40_000));
    let bad = world.record().replace("KINESIS_VIDEO_STREAM", "S3");
    world.state().errors = vec![("sqs:SendMessage", 9, 500, "InternalError")];
    let response = world.stream(&[world.record(), bad.clone()]).await;
    let named = json!({"batchItemFailures": [{"itemIdentifier": "1"}]});
    // The first one recorded the contact, and the second found that.
    assert_eq!(response, done());
    world.state().buckets.objects.clear();
    let response = world.stream(&["{}".to_owned(), bad]).await;
    assert_eq!(serde_json::to_value(response).unwrap(), named);
}

#[tokio::test(start_paused = true)]
async fn from_the_queue_a_failure_goes_back_to_the_queue() {
    let world = World::with(&speech(40_000));
    let bad = world.record().replace("KINESIS_VIDEO_STREAM", "S3");
    let response = serde_json::to_value(world.queue(&bad).await).unwrap();
    assert_eq!(response, json!({"batchItemFailures": [{"itemIdentifier": "message-1"}]}));
    assert_eq!(world.aws.calls_of("sqs:SendMessage").len(), 0);
    assert_eq!(world.queue(&world.record()).await, done());
    assert!(world.state().buckets.objects.contains_key(RECORDING));
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_over_nothing_is_left_half_done() {
    let world = World::with(&speech(40_000));
    world.state().unlisted = vec![1; 100];
    let record = json!({"eventSource": "aws:sqs", "messageId": "m", "body": world.record()});
    let response = world.invoke(vec![record], Duration::from_secs(15)).await;
    assert_eq!(response.batch_item_failures.len(), 1);
    assert!(world.state().bucket("recordings").is_empty() && world.state().buckets.uploads.is_empty());
}
