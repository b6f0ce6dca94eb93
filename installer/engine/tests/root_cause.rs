//! Root causes of recorded failures. `failures/*.json` have the form in which the AWS CLI prints
//! `describe-stack-events` and `describe-events`, newest first.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
use aws_sdk_cloudformation::types::{EventType, HookFailureMode, OperationEvent, ResourceStatus};
use serde_json::Value;
use vmx_engine::progress::StackEvent;
use vmx_engine::root_cause::cause::Cause;
use vmx_engine::root_cause::root_causes_with;

fn list(recorded: &Value, name: &str) -> Vec<Value> {
    recorded[name].as_array().cloned().unwrap_or_default()
}

fn text(event: &Value, name: &str) -> Option<String> {
    event[name].as_str().map(str::to_owned)
}

fn time(event: &Value) -> DateTime {
    DateTime::from_str(event["Timestamp"].as_str().unwrap(), DateTimeFormat::DateTimeWithOffset).unwrap()
}

fn stack_event(event: &Value) -> StackEvent {
    StackEvent {
        id: text(event, "EventId").unwrap(),
        at_ms: time(event).to_millis().unwrap(),
        logical_id: text(event, "LogicalResourceId").unwrap(),
        resource_type: text(event, "ResourceType").unwrap(),
        status: text(event, "ResourceStatus").unwrap(),
        reason: text(event, "ResourceStatusReason"),
    }
}

fn operation_event(event: &Value) -> OperationEvent {
    OperationEvent::builder()
        .event_type(EventType::from(event["EventType"].as_str().unwrap()))
        .timestamp(time(event))
        .set_logical_resource_id(text(event, "LogicalResourceId"))
        .set_resource_type(text(event, "ResourceType"))
        .set_resource_status(text(event, "ResourceStatus").as_deref().map(ResourceStatus::from))
        .set_resource_status_reason(text(event, "ResourceStatusReason"))
        .set_validation_name(text(event, "ValidationName"))
        .set_validation_path(text(event, "ValidationPath"))
        .set_validation_status_reason(text(event, "ValidationStatusReason"))
        .set_validation_failure_mode(
            text(event, "ValidationFailureMode").as_deref().map(HookFailureMode::from),
        )
        .set_hook_type(text(event, "HookType"))
        .set_hook_status_reason(text(event, "HookStatusReason"))
        .set_hook_failure_mode(text(event, "HookFailureMode").as_deref().map(HookFailureMode::from))
        .build()
}

fn causes(name: &str) -> Vec<Cause> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/failures").join(format!("{name}.json"));
    let recorded: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut events: Vec<_> = list(&recorded, "StackEvents").iter().map(stack_event).collect();
    events.reverse();
    let details: Vec<_> = list(&recorded, "OperationEvents").iter().map(operation_event).collect();
    root_causes_with(&events, &details)
}

/// What is expected of a cause: the resource, words of the text, words of the hint.
type Expected = (&'static str, &'static str, Option<&'static str>);

const FAILURES: [(&str, &[Expected]); 20] = [
    ("role_denied", &[("PackagerRole", "iam:CreateRole", Some("administrator"))]),
    ("bucket_name_taken", &[("RecordingsBucket", "already exists", Some("choose another `stack`"))]),
    ("code_missing", &[("TranscriberFunction", "NoSuchKey", Some("to upload it"))]),
    ("key_policy", &[("ContactRecordStream", "kms:GenerateDataKey", Some("key policy"))]),
    ("log_group_exists", &[("KvsToS3Logs", "/voicemail-express/vmx_kvs_to_s3", Some("delete it"))]),
    ("queue_recently_deleted", &[("RetryQueue", "60 seconds", Some("for a minute"))]),
    ("stream_limit", &[("ContactRecordStream", "Limit: 200", Some("Service Quotas"))]),
    (
        "trigger_before_role",
        &[("ContactRecordTrigger", "Cannot access stream", Some("run the same command"))],
    ),
    ("concurrency", &[("PackagerFunction", "UnreservedConcurrentExecution", Some("Concurrent executions"))]),
    (
        "public_url_denied",
        &[(
            "PlaybackUrl",
            "lambda:CreateFunctionUrlConfig",
            Some("`links: presigned` or `links: workspace`"),
        )],
    ),
    ("rule_target", &[("RecordingMadeRule", "RoleArn is not supported", None)]),
    (
        "two_causes_and_cancelled_siblings",
        &[
            ("KvsToS3Logs", "already exists", Some("(with its logs)")),
            ("RecordingsBucket", "Access Denied", None),
        ],
    ),
    (
        "update_rollback_failed",
        &[
            ("PackagerFunction", "cannot be assumed by Lambda", Some("a few seconds")),
            ("RecordingsQueue", "does not exist", None),
        ],
    ),
    ("throttled_handler", &[("ContactRecordsLateAlarm", "Rate exceeded", Some("wait a minute"))]),
    (
        "name_conflict",
        &[("KvsToS3Logs", "NAME_CONFLICT_VALIDATION at /Resources/KvsToS3Logs", Some("delete"))],
    ),
    (
        "two_validations_of_one_resource",
        &[
            ("PackagerFunction", "MemorySize: 32 is not greater or equal to 128", None),
            ("PackagerFunction", "at /Resources/PackagerFunction/Properties/Timeout", None),
        ],
    ),
    ("hook", &[("RecordingsBucket", "must log their access to acme-logs", None)]),
    ("stack_policy", &[("RecordingsBucket", "Action denied by stack policy", Some("under Stack info"))]),
    ("bucket_not_empty", &[("TranscriptsBucket", "not empty", Some("versions included"))]),
    ("cancelled_by_a_person", &[("voicemail-express", "User Initiated", Some("cancelled"))]),
];

#[test]
fn every_recorded_failure_is_told_by_its_cause() {
    for (name, expected) in FAILURES {
        let causes = causes(name);
        let told: Vec<String> = causes.iter().map(ToString::to_string).collect();
        assert_eq!(causes.len(), expected.len(), "{name}: {told:#?}");
        for (cause, (logical_id, words, hint)) in causes.iter().zip(expected) {
            assert_eq!(cause.logical_id, *logical_id, "{name}: {told:#?}");
            assert!(cause.to_string().contains(words), "{name}: {told:#?}");
            match (cause.hint, hint) {
                (None, None) => {}
                (Some(told), Some(words)) => assert!(told.contains(words), "{name}: {told}"),
                (told, words) => panic!("{name}: the hint is {told:?}, not {words:?}"),
            }
        }
    }
}

#[test]
fn every_recording_is_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/failures");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), FAILURES.len());
}

#[test]
fn why_it_failed_and_why_it_is_stuck_are_told_apart() {
    let causes = causes("update_rollback_failed");
    assert_eq!(causes.iter().map(|cause| cause.in_rollback).collect::<Vec<_>>(), [false, true]);
}
