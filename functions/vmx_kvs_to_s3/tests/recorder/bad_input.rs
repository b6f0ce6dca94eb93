//! Whatever cannot become a recording is kept, with a reason that names the contact and the remedy.

use aws_smithy_types::base64;
use serde_json::json;

use crate::done;
use crate::world::{CONTACT, STREAM, World, fragments, record, speech};

/// The reason with which a record of this world waits; no recording was written.
async fn reason(world: &World, record: String) -> String {
    assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
    let state = world.state();
    assert!(state.bucket("recordings").is_empty() && state.buckets.uploads.is_empty());
    let (body, reason) = state.queue[0].clone();
    assert_eq!(body, record);
    reason
}

#[tokio::test(start_paused = true)]
async fn a_malformed_record_is_kept_without_a_call_but_to_the_queue() {
    for malformed in [
        "not json".to_owned(),
        r#"{"Attributes":{"vm_flag":"1"}}"#.to_owned(),
        r#"{"ContactId":"x","InstanceARN":"y","Attributes":{"vm_flag":"1"}}"#.to_owned(),
    ] {
        let world = World::with(&[]);
        let reason = reason(&world, malformed).await;
        assert!(reason.contains("contact record"), "{reason}");
        assert_eq!(world.aws.actions(), ["sqs:SendMessage"]);
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_text_are_kept_too() {
    let world = World::with(&[]);
    let record = json!({
        "eventSource": "aws:kinesis",
        "kinesis": {"sequenceNumber": "0", "data": base64::encode([0xff, 0x00])},
    });
    assert_eq!(world.invoke(vec![record], std::time::Duration::from_secs(60)).await, done());
    assert_eq!(world.state().queue[0].0, "base64:/wA=");
}

/// SQS refuses U+FFFE and U+FFFF, which JSON allows.
#[tokio::test(start_paused = true)]
async fn a_record_with_characters_that_sqs_refuses_is_recorded_from_the_queue() {
    let world = World::with(&speech(40_000));
    world.state().errors = vec![("kinesisvideo:ListFragments", 9, 500, "InternalFailure")];
    let record = world.record().replace("en-GB", "en-GB\u{fffe}\u{ffff}");
    assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
    let body = world.state().queue[0].0.clone();
    assert!(body.contains("en-GB\\ufffe\\uffff"), "{body}");
    world.state().errors.clear();
    assert_eq!(world.queue(&body).await, done());
    assert_eq!(world.state().bucket("recordings").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_in_base64_is_recorded_from_the_queue() {
    let world = World::with(&speech(40_000));
    let body = format!("base64:{}", base64::encode(world.record()));
    assert_eq!(world.queue(&body).await, done());
    assert_eq!(world.state().bucket("recordings").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_record_whose_recordings_are_still_to_come_waits() {
    let world = World::with(&[]);
    let record = world.record();
    let start = record.find(r#""Recordings":["#).unwrap();
    let pending = format!("{}\"Recordings\":null}}", &record[..start]);
    let reason = reason(&world, pending).await;
    assert!(reason.contains(CONTACT) && reason.contains("waits for the updated record"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_may_not_be_read_is_an_error() {
    for (action, status, code, remedy) in [
        ("kinesisvideo:GetDataEndpoint", 404, "ResourceNotFoundException", "check its DataRetentionInHours"),
        ("kinesisvideo:ListFragments", 401, "NotAuthorizedException", "kms:Decrypt"),
        ("kinesisvideo:GetMediaForFragmentList", 403, "AccessDeniedException", "kms:Decrypt"),
        ("kinesisvideo:GetMediaForFragmentList", 500, "InternalFailure", "will be retried"),
    ] {
        let world = World::with(&speech(40_000));
        world.state().errors = vec![(action, 9, status, code)];
        let reason = reason(&world, world.record()).await;
        for part in [CONTACT, STREAM, action, code, remedy] {
            assert!(reason.contains(part), "{part} in {reason}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_within_the_media_is_an_error() {
    let world = World::with(&speech(40_000));
    let mut error = Vec::new();
    let denied = kvs_writer::ServiceError::Error { code: "KMS_KEY_ACCESS_DENIED", id: 4001 };
    kvs_writer::write_error(&denied, &mut error);
    world.state().stream[1].document = error;
    let reason = reason(&world, world.record()).await;
    assert!(reason.contains("KMS_KEY_ACCESS_DENIED") && reason.contains(STREAM), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_message_of_no_length_is_an_error_and_no_empty_recording() {
    let other = World::with(&[]);
    let beef = fragments(&speech(40_000), "00000000-0000-4000-8000-00000000beef", 0);
    let record_of_others = record(&beef[0].number, &beef[2].number);
    other.state().stream = beef;
    let reason_of_others = reason(&other, record_of_others).await;
    assert!(reason_of_others.contains("have no audio of the caller (3 of them"), "{reason_of_others}");

    let world = World::with(&[]);
    let mut record: serde_json::Value = serde_json::from_str(&world.record()).unwrap();
    record["Recordings"][0]["FragmentStopNumber"] = json!(null);
    let reason = reason(&world, record.to_string()).await;
    assert!(reason.contains("no valid `FragmentStopNumber`: the caller said nothing"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn fragments_that_the_service_leaves_out_are_missed() {
    let world = World::with(&speech(5 * 16_384));
    world.state().left_out = 2;
    let reason = reason(&world, world.record()).await;
    assert!(reason.contains("of 5 fragments") && reason.contains("only 3 arrived"), "{reason}");
}
