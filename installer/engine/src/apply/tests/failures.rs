//! What goes wrong between the run and CloudFormation, answered as the service answers.

use aws_sdk_cloudformation::operation::describe_events::DescribeEventsOutput;
use aws_sdk_cloudformation::types::{EventType, HookFailureMode, OperationEvent};

use super::*;
use crate::follow::{Bookmark, attach, follow};
use vmx_model::plan::StackChange;

/// ApplyOptions CloudFormation refuses a call.
fn refusal(code: &str, message: &str) -> String {
    format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
}

fn throttled() -> String {
    refusal("Throttling", "Rate exceeded")
}

/// A change set that can be executed, and its execution.
fn change() -> [Rule; 3] {
    let created = mock!(CloudFormation::create_change_set)
        .then_output(|| CreateChangeSetOutput::builder().id("set").stack_id(STACK_ID).build());
    let executed =
        mock!(CloudFormation::execute_change_set).then_output(|| ExecuteChangeSetOutput::builder().build());
    [created, change_set(ChangeSetStatus::CreateComplete, ""), executed]
}

fn in_progress() -> Vec<(&'static str, &'static str, &'static str)> {
    vec![("vmx", "UPDATE_IN_PROGRESS", "User Initiated"), ("Queue", "UPDATE_IN_PROGRESS", "")]
}

/// Runs an update with the services' answers.
async fn update(rules: &[Rule]) -> (Result<usize, ApplyError>, Vec<String>) {
    let recorder = Recorder::default();
    let change = change();
    let rules: Vec<&Rule> = change.iter().chain(rules).collect();
    let lock = free_lock();
    let lock: Vec<&Rule> = lock.iter().collect();
    let ended = run(&cloud(&rules, &[], &lock), &update_plan(), &recorder).await;
    (ended, recorder.taken())
}

#[tokio::test]
async fn the_last_look_may_be_throttled_too() {
    let page = |events: &[(&str, &str)]| {
        let events = events.iter().rev().enumerate();
        let events =
            events.map(|(n, (id, status))| stack_event(&format!("{id}-{status}-{n}"), id, status, ""));
        DescribeStackEventsOutput::builder().set_stack_events(Some(events.collect())).build()
    };
    let events = mock!(CloudFormation::describe_stack_events)
        .sequence()
        .output(move || page(&[("vmx", "CREATE_COMPLETE")]))
        .output(move || page(&[("vmx", "UPDATE_IN_PROGRESS")]))
        .http_status(400, Some(throttled()))
        .times(12)
        .output(move || page(&[("vmx", "UPDATE_IN_PROGRESS"), ("vmx", "UPDATE_COMPLETE")]))
        .repeatedly()
        .build();
    let (ended, told) = update(&[events, statuses(&["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])]).await;
    assert_eq!(ended.unwrap(), 1);
    assert_eq!(told.last().unwrap(), "updated stack vmx");
    assert_eq!(told.iter().filter(|line| line.starts_with("warning")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn credentials_that_expire_do_not_stop_cloudformation() {
    let expired = refusal("ExpiredToken", "The security token included in the request is expired");
    let looks = mock!(CloudFormation::describe_stacks)
        .sequence()
        .output(|| DescribeStacksOutput::builder().stacks(stack("UPDATE_IN_PROGRESS")).build())
        .http_status(403, Some(expired))
        .repeatedly()
        .build();
    let rules = [events(vec![vec![("vmx", "CREATE_COMPLETE", "")], in_progress()]), looks];
    let (ended, told) = update(&rules).await;
    let failure = ended.unwrap_err();
    let text = failure.to_string();
    assert!(text.contains("CloudFormation is still updating it"), "{text}");
    assert!(text.contains("`vmx-install status --watch`") && text.contains("aws sso login"), "{text}");
    assert!(matches!(failure.step, StepError::LostSight { .. }), "{failure:?}");
    assert!(told.contains(&"Queue UPDATE_IN_PROGRESS".to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_lost_connection_decides_nothing() {
    // A port that was free a moment ago: nothing listens on it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut cloud = cloud(&[], &[], &[]);
    let http = aws_smithy_http_client::Builder::new().build_http();
    cloud.cloudformation = CloudFormation::from_conf(
        aws_sdk_cloudformation::Config::builder()
            .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new("eu-west-2"))
            .credentials_provider(aws_sdk_cloudformation::config::Credentials::for_tests())
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .endpoint_url(endpoint)
            .http_client(http)
            .build(),
    );
    let recorder = Recorder::default();
    let lost = follow(&cloud, STACK_ID, Bookmark::default(), Pace::NONE, &recorder).await.unwrap_err();
    assert_eq!(lost.kind, crate::cloud::ErrorKind::Unreachable, "{lost}");
    assert_eq!(recorder.taken().len(), 1, "one warning, however often it is tried");
}

#[tokio::test]
async fn details_that_may_not_be_read_are_missed_and_told_once() {
    let denied = mock!(CloudFormation::describe_events)
        .sequence()
        .http_status(
            403,
            Some(refusal(
                "AccessDenied",
                "User: anna is not authorized to perform: cloudformation:DescribeEvents",
            )),
        )
        .repeatedly()
        .build();
    let looks = vec![
        vec![("vmx", "CREATE_COMPLETE", "")],
        in_progress(),
        vec![
            ("Queue", "UPDATE_FAILED", "Queue already exists"),
            ("vmx", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to update: [Queue]."),
            ("vmx", "UPDATE_ROLLBACK_COMPLETE", ""),
        ],
    ];
    let (ended, told) =
        update(&[events(looks), statuses(&["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]), denied]).await;
    let failure = ended.unwrap_err();
    assert!(failure.to_string().contains("Queue already exists"), "{failure}");
    assert!(matches!(failure.step, StepError::RolledBack { .. }) && failure.left.is_empty(), "{failure:?}");
    let warnings: Vec<_> = told.iter().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(warnings.len(), 1, "{told:?}");
    assert!(warnings[0].contains("cloudformation:DescribeEvents"), "{told:?}");
    assert!(told.contains(&"cause Queue".to_owned()), "{told:?}");
}

#[tokio::test]
async fn what_validations_found_is_told_where_the_change_set_only_points_to_it() {
    let details = mock!(CloudFormation::describe_events)
        .match_requests(|request| {
            request.change_set_name() == Some("set")
                && request.filters().and_then(|filters| filters.failed_events()) == Some(true)
        })
        .then_output(|| {
            let found = OperationEvent::builder()
                .event_type(EventType::ValidationError)
                .logical_resource_id("KvsToS3Logs")
                .resource_type("AWS::Logs::LogGroup")
                .validation_failure_mode(HookFailureMode::Fail)
                .validation_name("NAME_CONFLICT_VALIDATION")
                .validation_path("/Resources/KvsToS3Logs")
                .validation_status_reason("Resource of type 'AWS::Logs::LogGroup' already exists.")
                .build();
            DescribeEventsOutput::builder().operation_events(found).build()
        });
    let refused = change_set(
        ChangeSetStatus::Failed,
        "The following hook(s)/validation failed: use the DescribeEvents API",
    );
    let created = mock!(CloudFormation::create_change_set)
        .then_output(|| CreateChangeSetOutput::builder().id("set").stack_id(STACK_ID).build());
    let discarded =
        mock!(CloudFormation::delete_change_set).then_output(|| DeleteChangeSetOutput::builder().build());
    let state = statuses(&["UPDATE_COMPLETE"]);
    let lock = free_lock();
    let lock: Vec<&Rule> = lock.iter().collect();
    let cloud = cloud(&[&created, &refused, &discarded, &state, &details], &[], &lock);
    let recorder = Recorder::default();
    let error = run(&cloud, &update_plan(), &recorder).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("[NAME_CONFLICT_VALIDATION at /Resources/KvsToS3Logs]"), "{text}");
    assert!(text.contains("(with its logs)") && text.ends_with("nothing was changed"), "{text}");
    assert_eq!(recorder.taken(), ["cause KvsToS3Logs"]);
}

#[tokio::test]
async fn a_stack_that_is_stuck_is_told_as_that() {
    let looks = vec![
        vec![("vmx", "CREATE_COMPLETE", "")],
        in_progress(),
        vec![
            ("Queue", "UPDATE_FAILED", "no permission"),
            ("vmx", "UPDATE_ROLLBACK_IN_PROGRESS", ""),
            ("Role", "UPDATE_FAILED", "the role is gone"),
            ("vmx", "UPDATE_ROLLBACK_FAILED", ""),
        ],
    ];
    let state = statuses(&["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"]);
    let (ended, _) = update(&[events(looks), state, no_details()]).await;
    let failure = ended.unwrap_err();
    let StepError::Stuck { causes, .. } = &failure.step else { panic!("{failure}") };
    let told: Vec<_> = causes.iter().map(|cause| (cause.logical_id.as_str(), cause.in_rollback)).collect();
    assert_eq!(told, [("Queue", false), ("Role", true)]);
    assert!(failure.to_string().contains("no permission"), "{failure}");
}

#[tokio::test]
async fn what_a_failed_first_installation_left_is_replaced() {
    let services = Services::new();
    let (mut plan, _folder) = plan_with_zips();
    plan.stack.id = Some(STACK_ID.into());
    plan.stack.change = StackChange::Replace { status: "ROLLBACK_COMPLETE".into() };
    let removed = mock!(CloudFormation::delete_stack)
        .match_requests(|request| request.stack_name() == Some(STACK_ID))
        .then_output(|| DeleteStackOutput::builder().build());
    let rules = [
        removed.clone(),
        change_set_created(),
        change_set(ChangeSetStatus::CreateComplete, ""),
        executed(),
        events(vec![
            vec![("vmx", "ROLLBACK_COMPLETE", "")],
            vec![("vmx", "DELETE_IN_PROGRESS", "User Initiated")],
            vec![("vmx", "DELETE_COMPLETE", "")],
            vec![("vmx", "REVIEW_IN_PROGRESS", "")],
            vec![("vmx", "CREATE_IN_PROGRESS", "User Initiated")],
            vec![("vmx", "CREATE_COMPLETE", "")],
        ]),
        statuses(&["DELETE_IN_PROGRESS", "DELETE_COMPLETE", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]),
    ];
    let (flows, storage) = (flows_created(), storage_associated());
    let cloud = cloud(&rules.each_ref(), &[&flows, &storage], &services.s3());
    run(&cloud, &plan, &services.recorder).await.unwrap();
    let told = services.recorder.taken();
    let place = |line: &str| told.iter().position(|told| told == line).unwrap();
    assert!(place("deleted stack vmx") < place("created stack vmx"), "{told:?}");
    assert_eq!(removed.num_calls(), 1);
}

#[tokio::test]
async fn somebody_elses_operation_is_followed_from_its_begin_and_no_further_back() {
    let event =
        |id: &'static str, status: &'static str, reason: &'static str| stack_event(id, "vmx", status, reason);
    let newest = move || {
        DescribeStackEventsOutput::builder()
            .stack_events(stack_event("5", "Queue", "UPDATE_COMPLETE", ""))
            .stack_events(event("4", "UPDATE_IN_PROGRESS", "User Initiated"))
            .stack_events(event("3", "CREATE_COMPLETE", ""))
            .next_token("older")
            .build()
    };
    let pages = mock!(CloudFormation::describe_stack_events)
        .match_requests(|request| request.next_token().is_none())
        .then_output(newest);
    let state = statuses(&["UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]);
    // A request for the page of older events has no rule, and would fail.
    let cloud = cloud(&[&pages, &state], &[], &[]);
    let recorder = Recorder::default();
    let followed = attach(&cloud, "vmx", Pace::NONE, &recorder).await.unwrap().unwrap();
    assert_eq!(followed.stack.status, "UPDATE_COMPLETE");
    assert_eq!(recorder.taken(), ["vmx UPDATE_IN_PROGRESS", "Queue UPDATE_COMPLETE"]);
    let nothing = attach(&cloud, "vmx", Pace::NONE, &recorder).await.unwrap();
    assert_eq!(nothing, None);
}
