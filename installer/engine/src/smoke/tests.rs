#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_eventbridge::Client as EventBridge;
use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use aws_sdk_eventbridge::types::RuleState;

use super::*;
use crate::testing::{Recorder, active, cloud, pipeline_stack, reserved};
use vmx_model::actual::StackResource;

fn stack() -> StackState {
    let mut stack = pipeline_stack();
    for (logical_id, resource_type) in [
        ("ContactRecordTrigger", "AWS::Lambda::EventSourceMapping"),
        ("RecordingMadeRule", "AWS::Events::Rule"),
    ] {
        stack.resources.push(StackResource {
            logical_id: logical_id.into(),
            resource_type: resource_type.into(),
            physical_id: format!("{logical_id}-1"),
        });
    }
    stack
}

fn answers(answer: &'static str) -> Rule {
    mock!(Lambda::invoke).then_output(move || InvokeOutput::builder().payload(Blob::new(answer)).build())
}

fn mapping(state: &'static str) -> Rule {
    mock!(Lambda::get_event_source_mapping)
        .then_output(move || GetEventSourceMappingOutput::builder().state(state).build())
}

fn rule_is(state: RuleState) -> Rule {
    mock!(EventBridge::describe_rule)
        .then_output(move || DescribeRuleOutput::builder().state(state.clone()).build())
}

async fn broken(lambda: &[&Rule], events: &Rule) -> (Vec<String>, Vec<String>) {
    let mut cloud = cloud(&[], &[], &[]);
    let reserved = reserved(None);
    let lambda = &[lambda, &[&reserved]].concat();
    cloud.lambda = mock_client!(aws_sdk_lambda, RuleMode::MatchAny, lambda);
    cloud.events = mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, &[events]);
    let recorder = Recorder::default();
    let links = smoke_test(&cloud, &stack(), "111122223333", Pace::NONE, &recorder).await;
    let warnings = recorder.taken().into_iter().filter(|line| line.starts_with("warning")).collect();
    (links.iter().map(ToString::to_string).collect(), warnings)
}

/// As any of the functions answers: the one behind the links refuses.
const SOUND: &str = r#"{"batchItemFailures":[],"statusCode":403}"#;

#[tokio::test]
async fn a_sound_chain_has_no_broken_link() {
    let (active, answers) = (active(), answers(SOUND));
    let trigger = mock!(Lambda::get_event_source_mapping)
        .sequence()
        .output(|| GetEventSourceMappingOutput::builder().state("Creating").build())
        .output(|| GetEventSourceMappingOutput::builder().state("Enabled").build())
        .build();
    let found = broken(&[&active, &answers, &trigger], &rule_is(RuleState::Enabled)).await;
    assert_eq!(found, (Vec::new(), Vec::new()));
    assert_eq!(answers.num_calls(), Function::ALL.len());
}

#[test]
fn the_version_before_has_no_watchdog() {
    let mut before = stack();
    assert_eq!(Pipeline::of(&before).unwrap().functions().count(), Function::ALL.len());
    before.resources.retain(|resource| !resource.logical_id.starts_with("Watchdog"));
    let before = Pipeline::of(&before).unwrap();
    assert!(before.functions().all(|(function, _)| function != Function::Watchdog));
}

#[tokio::test]
async fn what_is_never_ready_and_a_stack_without_parts_are_broken() {
    let (links, _) =
        broken(&[&active(), &answers(SOUND), &mapping("Creating")], &rule_is(RuleState::Enabled)).await;
    assert_eq!(links.len(), 1, "{links:#?}");
    assert!(
        links[0].starts_with("the trigger ContactRecordTrigger has been Creating for minutes"),
        "{links:#?}"
    );
    let links =
        smoke_test(&cloud(&[], &[], &[]), &StackState::default(), "1", Pace::NONE, &Recorder::default())
            .await;
    assert_eq!(links.len(), 1, "{links:#?}");
}

#[tokio::test]
async fn what_is_broken_is_named_with_what_to_look_at() {
    let fails = mock!(Lambda::invoke).then_output(|| {
        InvokeOutput::builder()
            .function_error("Unhandled")
            .payload(Blob::new(r#"{"errorMessage":"no INSTANCE_ARN"}"#))
            .build()
    });
    let (links, _) = broken(&[&active(), &fails, &mapping("Disabled")], &rule_is(RuleState::Disabled)).await;
    let functions = Function::ALL.len();
    assert_eq!(links.len(), functions + 2, "{links:#?}");
    assert!(
        links[0].contains("function vmx_kvs_to_s3") && links[0].contains("no INSTANCE_ARN"),
        "{links:#?}"
    );
    assert!(links[0].ends_with("see the log group /vmx/vmx_kvs_to_s3"), "{links:#?}");
    assert!(
        links[functions].contains("trigger ContactRecordTrigger")
            && links[functions].contains("--uuid ContactRecordTrigger-1"),
        "{links:#?}"
    );
    let rule = "the rule RecordingMadeRule is disabled";
    assert!(links[functions + 1].contains(rule), "{links:#?}");
}

#[tokio::test]
async fn a_function_that_gives_an_event_back_is_broken() {
    let gives_back = answers(r#"{"batchItemFailures":[{"itemIdentifier":"0"}]}"#);
    let (links, _) =
        broken(&[&active(), &gives_back, &mapping("Enabled")], &rule_is(RuleState::Enabled)).await;
    assert_eq!(links.len(), Function::ALL.len(), "{links:#?}");
    assert!(links[2].contains("fails on an event that is not a voicemail"), "{links:#?}");
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_only_a_warning() {
    let denied = |code: &str| format!("{{\"__type\":\"{code}\",\"message\":\"not allowed\"}}");
    let configuration = mock!(Lambda::get_function_configuration)
        .sequence()
        .http_status(403, Some(denied("AccessDeniedException")))
        .repeatedly()
        .build();
    let (links, warnings) =
        broken(&[&configuration, &mapping("Enabled")], &rule_is(RuleState::Enabled)).await;
    assert_eq!((links.len(), warnings.len()), (0, Function::ALL.len()), "{links:#?} {warnings:#?}");
}

#[test]
fn events_that_are_no_voicemail_have_their_functions_form() {
    let record = events::no_voicemail(Function::KvsToS3, "eu-west-2", "111122223333");
    assert_eq!(record["Records"][0]["eventSource"], "aws:kinesis");
    let object = events::no_voicemail(Function::Packager, "eu-west-2", "111122223333");
    let body: serde_json::Value =
        serde_json::from_str(object["Records"][0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["detail"]["bucket"]["name"], "smoke-test");
}
