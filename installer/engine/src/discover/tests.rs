#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_connect::types::{
    InstanceStorageConfig, KinesisFirehoseConfig, KinesisVideoStreamConfig, StorageType,
};

use super::*;
use crate::testing::{self};
use vmx_model::testing::params;

fn firehose() -> InstanceStorageConfig {
    let firehose = KinesisFirehoseConfig::builder().firehose_arn("arn:of:a:firehose").build().unwrap();
    InstanceStorageConfig::builder()
        .association_id("a")
        .storage_type(StorageType::KinesisFirehose)
        .kinesis_firehose_config(firehose)
        .build()
        .unwrap()
}

fn media() -> InstanceStorageConfig {
    let streams = KinesisVideoStreamConfig::builder()
        .prefix("theirs-connect-shop-contact-")
        .retention_period_hours(24)
        .build()
        .unwrap();
    InstanceStorageConfig::builder()
        .association_id("b")
        .storage_type(StorageType::KinesisVideoStream)
        .kinesis_video_stream_config(streams)
        .build()
        .unwrap()
}

async fn discovered(
    params: &Params,
    storage: [Option<InstanceStorageConfig>; 2],
) -> Result<Actual, DiscoverError> {
    let (stack, s3) = testing::empty_account();
    let connect = testing::instance(storage);
    let (connect, s3): (Vec<_>, Vec<_>) = (connect.iter().collect(), s3.iter().collect());
    discover(&testing::cloud(&[&stack], &connect, &s3), params).await
}

#[tokio::test]
async fn what_is_there_is_found() {
    let actual = discovered(&params(), [None, Some(media())]).await.unwrap();
    assert_eq!(actual.identity.account, "111122223333");
    assert_eq!(actual.default_queue.name, "BasicQueue");
    assert_eq!(actual.stack, None);
    assert!(!actual.artifacts.exists);
    // One flow is ours by its tag; one that is not named like ours is not even looked at.
    assert_eq!(actual.flows.iter().map(|flow| flow.id.as_str()).collect::<Vec<_>>(), ["ours"]);
    assert_eq!(actual.other_flows, Vec::<String>::new());
    let facts = actual.facts();
    assert_eq!(facts.contact_records, None);
    assert_eq!(facts.media_streams.unwrap().prefix, "theirs");
}

#[tokio::test]
async fn a_firehose_of_contact_records_is_refused_with_a_remedy() {
    let error = discovered(&params(), [Some(firehose()), None]).await.unwrap_err();
    assert!(matches!(&error, DiscoverError::Firehose { arn } if arn == "arn:of:a:firehose"));
    assert!(error.to_string().contains("choose a Kinesis stream"), "{error}");
}

#[tokio::test]
async fn an_instance_or_queue_that_is_not_there_is_answered_with_those_that_are() {
    let with =
        |yaml: &str| Params::from_yaml("p", &format!("version: 1\nregion: eu-west-2\n{yaml}")).unwrap();
    let error = discovered(&with("instance: shops\n"), [None, None]).await.unwrap_err().to_string();
    assert!(error.contains("`shops` in eu-west-2; use one of these: shop"), "{error}");
    let error = discovered(&with("instance: shop\ndefault_queue: Night\n"), [None, None]).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`Night` for `default_queue`; use one of these: BasicQueue"), "{error}");
    let other = "arn:aws:connect:eu-west-2:999999999999:instance/00000000-0000-4000-8000-0000000000aa";
    let error = discovered(&with(&format!("instance: {other}\n")), [None, None]).await.unwrap_err();
    assert!(matches!(error, DiscoverError::OtherAccount { .. }), "{error}");
}

/// Another position would make the trigger anew, and what lies between would be read twice or never.
#[test]
fn an_adopted_stream_is_read_since_it_was_adopted_and_an_installed_trigger_stays_as_it_is() {
    let stream = "arn:aws:kinesis:eu-west-2:111122223333:stream/theirs";
    let mut actual = vmx_model::testing::nothing_there();
    actual.looked_at = "2026-11-23T10:00:00Z".parse().unwrap();
    let storage = Storage::KinesisStream { arn: stream.to_owned() };
    actual.contact_records = Some(StorageConfig { association_id: "a".into(), storage });
    let read_from = |actual: &Actual| actual.facts().contact_records.unwrap().read_from;
    let now = Some(1_795_428_000);
    assert_eq!(read_from(&actual), now);
    // An earlier system may be late by a day.
    actual.reading = Some(false);
    assert_eq!(read_from(&actual), now.map(|now| now - 86_400));
    actual.reading = None;
    let latest = "StartingPosition: LATEST";
    let at = "StartingPosition: AT_TIMESTAMP\n      StartingPositionTimestamp: 7";
    for (source, position, expected) in
        [(stream, latest, None), (stream, at, Some(7)), ("!GetAtt ContactRecordStream.Arn", latest, now)]
    {
        let template = format!(
            "Resources:\n  ContactRecordTrigger:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties:\n      \
             EventSourceArn: {source}\n      {position}\n"
        );
        actual.stack = Some(StackState { template, ..StackState::default() });
        assert_eq!(read_from(&actual), expected, "{source} {position}");
    }
}
