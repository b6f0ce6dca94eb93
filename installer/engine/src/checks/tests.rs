#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_eventbridge::Client as Events;
use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_sqs::Client as Sqs;
use aws_sdk_sqs::operation::get_queue_attributes::GetQueueAttributesOutput;
use aws_sdk_sqs::operation::receive_message::ReceiveMessageOutput;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use vmx_contract::voicemail_id::VoicemailId;

use super::*;
use crate::cloud::{Cloud, ErrorKind};
use crate::dead_letters::{Depth, Queue};
use crate::finding::{Code, Severity};
use crate::pace::Pace;
use crate::preflight::installed;
use crate::smoke::smoke_test;
use crate::status::{self, Trouble};
use crate::testing::{Objects, Recorder, active, instance, pipeline, pipeline_stack, reserved};
use vmx_model::actual::{Actual, Storage, StorageConfig};
use vmx_model::parts::Step;
use vmx_model::testing::{after, first_plan, nothing_there, params};

const LETS_IN: &str = "events.amazonaws.com";

fn resource(logical_id: &str, resource_type: &str, physical_id: &str) -> StackResource {
    StackResource {
        logical_id: logical_id.into(),
        resource_type: resource_type.into(),
        physical_id: physical_id.into(),
    }
}

/// An installation whose stack has one trigger and one rule, and all its queues and functions.
fn site() -> Actual {
    let mut actual = after(&first_plan(), nothing_there());
    let stack = actual.stack.as_mut().unwrap();
    let stream = "arn:aws:kinesis:eu-west-2:111122223333:stream/vmx-records";
    stack.outputs.insert("ContactRecordStreamArn".into(), stream.into());
    stack.resources.extend(pipeline_stack().resources);
    stack.resources.extend([
        resource("RetryQueueTrigger", "AWS::Lambda::EventSourceMapping", "id"),
        resource("RecordingCreatedRule", "AWS::Events::Rule", "id"),
    ]);
    actual
}

/// What the services say of a site: whether the trigger and the rule are enabled, and dead letters.
fn services(trigger: &'static str, rule: RuleState, dead: &'static str, policy: &'static str) -> Cloud {
    let function = active();
    let mapping = mock!(Lambda::get_event_source_mapping)
        .then_output(move || GetEventSourceMappingOutput::builder().state(trigger).build());
    let described = mock!(Events::describe_rule)
        .then_output(move || DescribeRuleOutput::builder().state(rule.clone()).build());
    let queue = mock!(Sqs::get_queue_attributes).then_output(move || {
        GetQueueAttributesOutput::builder()
            .attributes(QueueAttributeName::RedrivePolicy, r#"{"deadLetterTargetArn": "d"}"#)
            .attributes(QueueAttributeName::Policy, policy)
            .attributes(QueueAttributeName::ApproximateNumberOfMessages, dead)
            .build()
    });
    let received = mock!(Sqs::receive_message).then_output(|| ReceiveMessageOutput::builder().build());
    let mut cloud = Cloud {
        lambda: mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [&function, &mapping, &reserved(None)]),
        events: mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&described]),
        sqs: mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&queue, &received]),
        ..crate::testing::cloud(&[], &[], &[])
    };
    Objects::default().serve(&mut cloud);
    cloud
}

/// The same with an instance that has one edited flow and stores nothing.
fn with_instance(cloud: Cloud) -> Cloud {
    let instance = instance([None, None]);
    let connect = crate::testing::cloud(&[], &instance.iter().collect::<Vec<_>>(), &[]).connect;
    Cloud { connect, ..cloud }
}

fn worst(findings: &[Finding]) -> Vec<(Code, Severity)> {
    let bad = findings.iter().filter(|finding| finding.severity != Severity::Ok);
    bad.map(|finding| (finding.code, finding.severity)).collect()
}

fn failed(kind: ErrorKind) -> CloudError {
    CloudError { wanted: "look".into(), kind, code: None, message: "no".into() }
}

#[test]
fn contact_records_wait_for_the_switch_only_while_an_earlier_system_takes_them() {
    let state = |state: &str| Ok(TriggerState { state: state.into(), last_result: None });
    let (records, retries) =
        (resource("ContactRecordTrigger", "", "00-ee"), resource("RetryQueueTrigger", "", "00-ff"));
    let told = |of: &StackResource, is: &str, earlier| trigger(of, &state(is), earlier);
    let waits = told(&records, "Disabled", Some("VMX3"));
    assert_eq!(waits.severity, Severity::Warning);
    assert!(waits.to_string().contains("`vmx-install migrate switch`"), "{waits}");
    for (of, is, earlier, severity) in [
        (&records, "Disabled", None, Severity::Fatal),
        (&retries, "Disabled", Some("VMX3"), Severity::Fatal),
        (&records, "Enabled", Some("VMX3"), Severity::Ok),
    ] {
        assert_eq!(told(of, is, earlier).severity, severity, "{} {is}", of.logical_id);
    }
}

#[test]
fn whatever_is_wrong_is_told_with_what_to_do() {
    let gone = failed(ErrorKind::NotFound);
    let transcriber = |state: &str, last_update: &str| {
        let state = FunctionState {
            state: state.into(),
            reason: Some("no such role".into()),
            last_update: last_update.into(),
            code_sha256: String::new(),
            modified: None,
            memory: 256,
            reserved: None,
        };
        function(Function::Transcriber, "f", &Ok(state))
    };
    let mapping = |state: &str, last_result: Option<&str>| {
        let state = TriggerState { state: state.into(), last_result: last_result.map(str::to_owned) };
        trigger(&resource("RetryQueueTrigger", "", "00-ee"), &Ok(state), None)
    };
    let created = resource("RecordingCreatedRule", "", "vmx-Rule-1");
    let letters = |waiting, in_flight| {
        let depth = Depth { waiting, in_flight, delayed: 0 };
        let station = pipeline().station(Step::Deliver).clone();
        let looked = Ok(Queue { depth, has_dead_letters: false, allows_events: true });
        let all =
            ["c0d0", "c0d1", "c0d2", "c0d3"].map(|end| format!("00000000-0000-4000-8000-00000000{end}"));
        let about = all.map(|id| VoicemailId::parse(&id).unwrap());
        dead_letters(&station, &looked, &about[..usize::try_from(waiting * 2).unwrap()])
    };
    let mut task = site().flows.into_iter().find(|flow| flow.key == FlowKey::Task).unwrap();
    task.published = false;
    let video = |retention_hours| StorageConfig {
        association_id: "m".into(),
        storage: Storage::KinesisVideo { prefix: "v".into(), retention_hours, key: None },
    };
    for (finding, what, remedy) in [
        (
            function(Function::KvsToS3, "f", &Err(gone.clone())),
            "the function vmx_kvs_to_s3 is missing",
            "teardown",
        ),
        (transcriber("Failed", ""), "vmx_transcriber is Failed: no such role", "vmx-install install"),
        (transcriber("Pending", ""), "vmx_transcriber is Pending", "in a minute"),
        (
            transcriber("Active", "Failed"),
            "the last update of the function vmx_transcriber",
            "vmx-install install",
        ),
        (mapping("Disabled", None), "the trigger RetryQueueTrigger is disabled", "--enabled --uuid 00-ee"),
        (mapping("Enabled", Some("PROBLEM: Function call failed")), "failed on its last batch", "log"),
        (
            rule(&created, &Ok(false)),
            "the rule RecordingCreatedRule is disabled",
            "enable-rule --name vmx-Rule-1",
        ),
        (rule(&created, &Err(gone.clone())), "the rule RecordingCreatedRule is missing", "teardown"),
        (queue(Step::Record, &Err(gone.clone())), "the queue of the step record is missing", "teardown"),
        (
            letters(2, 0),
            "2 voicemails are stuck at the step deliver: 00000000-0000-4000-8000-00000000c0d0, \
             00000000-0000-4000-8000-00000000c0d1, 00000000-0000-4000-8000-00000000c0d2 and 1 more",
            "trace 00000000-0000-4000-8000-00000000c0d0` (log group the-PackagerLogs), fix the cause, then run \
             `vmx-install redrive --step deliver`",
        ),
        (letters(0, 1), "1 voicemail is stuck at the step deliver", "`vmx-install logs deliver` (log group"),
        (flow(FlowKey::Task, None), "the task flow is missing", "vmx-install install"),
        (flow(FlowKey::Task, Some(&task)), "is not published", "Routing, Flows"),
        (
            contact_records(None, &StackState::default()),
            "does not send contact records",
            "vmx-install install",
        ),
        (media(None), "does not stream callers' audio", "vmx-install install"),
        (media(Some(&video(0))), "a retention of 0 hours", "Data storage"),
        (
            calls(&["arn:f".to_owned()].into(), &BTreeSet::new()),
            "does not allow: arn:f",
            "vmx-install install",
        ),
    ] {
        assert!(finding.severity != Severity::Ok && finding.checked, "{finding}");
        assert!(finding.what.contains(what) && finding.remedy.contains(remedy), "{what}: {finding}");
    }
    for well in
        [transcriber("Inactive", ""), mapping("Updating", Some("OK")), letters(0, 0), media(Some(&video(24)))]
    {
        assert_eq!(well.severity, Severity::Ok, "{well}");
    }
    let unknown = rule(&created, &Err(failed(ErrorKind::Denied)));
    assert!(unknown.severity == Severity::Warning && !unknown.checked, "{unknown}");
}

/// CloudFormation's ID of a rule may be its name, its bus and its name, or its ARN.
#[tokio::test]
async fn a_rule_is_found_by_each_form_of_its_id_with_one_remedy() {
    let arn = "arn:aws:events:eu-west-2:111122223333:rule";
    let (short, with_bus) = ("--name R-1`", "--name R-1 --event-bus-name orders`");
    for (id, bus, command) in [
        ("R-1".to_owned(), None, short),
        (format!("{arn}/R-1"), None, short),
        ("orders|R-1".to_owned(), Some("orders"), with_bus),
        (format!("{arn}/orders/R-1"), Some("orders"), with_bus),
    ] {
        let mut actual = site();
        let stack = actual.stack.as_mut().unwrap();
        stack.resources.last_mut().unwrap().physical_id = id.clone();
        let described = mock!(Events::describe_rule)
            .match_requests(move |asked| asked.name() == Some("R-1") && asked.event_bus_name() == bus)
            .then_output(|| DescribeRuleOutput::builder().state(RuleState::Disabled).build());
        let enabled = mock!(Lambda::get_event_source_mapping)
            .then_output(|| GetEventSourceMappingOutput::builder().state("Enabled").build());
        let invoked = mock!(Lambda::invoke).then_output(|| {
            let answer = r#"{"batchItemFailures":[],"statusCode":403}"#;
            InvokeOutput::builder().payload(Blob::new(answer)).build()
        });
        let mut cloud = with_instance(services("Enabled", RuleState::Enabled, "0", LETS_IN));
        cloud.events = mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&described]);
        cloud.lambda = mock_client!(
            aws_sdk_lambda,
            RuleMode::MatchAny,
            [&active(), &enabled, &invoked, &reserved(None)]
        );
        let stack = actual.stack.as_ref().unwrap();
        let doctor = installed(&cloud, &params(), &actual).await;
        let rules = doctor.iter().filter(|finding| finding.code == Code::Rules);
        assert!(rules.clone().all(|finding| finding.remedy.ends_with(command)), "{id}: {doctor:#?}");
        assert_eq!(rules.count(), 1);
        let status = status::look(&cloud, &params(), stack).await;
        assert_eq!(status.rules[0].rule, "R-1");
        assert!(status.troubles.iter().any(|trouble| trouble.remedy.ends_with(command)), "{id}: {status:#?}");
        let links = smoke_test(&cloud, stack, "111122223333", Pace::NONE, &Recorder::default()).await;
        assert!(links.len() == 1 && links[0].to_string().ends_with(command), "{id}: {links:#?}");
    }
}

#[tokio::test]
async fn status_and_doctor_say_the_same_of_the_same_state() {
    let mut actual = site();
    (actual.contact_records, actual.media_streams) = (None, None);
    // As the instance tells it: one flow, which was edited.
    actual.flows.retain(|flow| flow.key == FlowKey::Voicemail);
    (actual.flows[0].content, actual.flows[0].written) = ("{}".into(), None);
    let cloud = with_instance(services("Disabled", RuleState::Disabled, "3", ""));
    let mut doctor = installed(&cloud, &params(), &actual).await;
    assert_eq!(
        worst(&doctor),
        [
            (Code::ContactRecords, Severity::Fatal),
            (Code::MediaStreams, Severity::Fatal),
            (Code::Flows, Severity::Fatal),
            (Code::Flows, Severity::Warning),
            (Code::Triggers, Severity::Fatal),
            (Code::Rules, Severity::Fatal),
            (Code::DeadLetters, Severity::Warning),
            (Code::Queues, Severity::Fatal),
            (Code::DeadLetters, Severity::Warning),
            (Code::Queues, Severity::Fatal),
            (Code::DeadLetters, Severity::Warning),
        ]
    );
    doctor.retain(|finding| finding.severity != Severity::Ok);
    let status = status::look(&cloud, &params(), actual.stack.as_ref().unwrap()).await;
    assert_eq!(status.unseen, [""; 0]);
    let of_flows = |finding: &Finding| (finding.code, finding.severity) == (Code::Flows, Severity::Warning);
    for finding in doctor {
        let is_told = !of_flows(&finding);
        let trouble = Trouble::from(finding);
        assert_eq!(status.troubles.contains(&trouble), is_told, "{trouble:?} {:#?}", status.troubles);
    }
}

#[tokio::test]
async fn a_site_that_works_is_well() {
    let found = installed(&services("Enabled", RuleState::Enabled, "0", LETS_IN), &params(), &site()).await;
    assert_eq!(worst(&found), []);
    assert!(found.len() > 12);
}

#[tokio::test]
async fn a_function_that_may_not_run_is_found_with_what_lets_it() {
    let enabled = mock!(Lambda::get_event_source_mapping)
        .then_output(|| GetEventSourceMappingOutput::builder().state("Enabled").build());
    let mut cloud = services("Enabled", RuleState::Enabled, "0", LETS_IN);
    cloud.lambda =
        mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [&active(), &reserved(Some(0)), &enabled]);
    let found = installed(&cloud, &params(), &site()).await;
    assert_eq!(worst(&found), [(Code::Functions, Severity::Fatal); 5]);
    let told = found.iter().find(|finding| finding.code == Code::Functions).unwrap().to_string();
    assert!(told.contains("the function vmx_kvs_to_s3 cannot run: its reserved concurrency is 0"), "{told}");
    assert!(told.contains("`aws lambda delete-function-concurrency --function-name "), "{told}");
}

/// The watchdog's report is some minutes old: what doctor looks at itself, it knows better.
#[tokio::test]
async fn of_the_watchdogs_report_is_told_what_was_not_looked_at() {
    let report = |parts: &[(&str, &str)]| {
        let broken: Vec<_> =
            parts.iter().map(|(what, why)| serde_json::json!({"what": what, "why": why})).collect();
        let last = serde_json::json!({"v": 1, "at": "2026-11-23T11:57:00Z", "broken": broken});
        let objects = Objects::default();
        objects.put("the-StateBucket", "watchdog/last", &last.to_string(), Timestamp::now());
        let mut cloud = services("Enabled", RuleState::Enabled, "0", LETS_IN);
        objects.serve(&mut cloud);
        cloud
    };
    let seen = [
        ("RetryQueueTrigger", "its state is Disabled"),
        ("RecordingCreatedRule", "its state is DISABLED"),
        ("KvsToS3Function", "it is throttled: its reserved concurrency is 0"),
        ("contact records of the instance", "the instance does not send them"),
        ("media streams of the instance", "the instance's media retention is 0 hours"),
    ];
    let found = installed(&report(&seen), &params(), &site()).await;
    assert_eq!(worst(&found), [], "{found:#?}");
    let found =
        installed(&report(&[("reading of contact records", "none was read")]), &params(), &site()).await;
    assert_eq!(worst(&found), [(Code::Watchdog, Severity::Fatal)]);
    let told = found.iter().find(|finding| finding.code == Code::Watchdog).unwrap().to_string();
    assert!(told.contains("the watchdog reports reading of contact records: none was read"), "{told}");
}

#[tokio::test]
async fn an_edited_or_missing_flow_is_found() {
    let mut broken = site();
    broken.flows.pop();
    broken.flows[0].content = broken.flows[0].content.replace("2019-10-30", "2019-10-31");
    let found = installed(&services("Enabled", RuleState::Enabled, "0", LETS_IN), &params(), &broken).await;
    assert_eq!(worst(&found), [(Code::Flows, Severity::Warning), (Code::Flows, Severity::Fatal)]);
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_no_fault() {
    let lambda = |code: u16, body: &'static str| {
        let rules: [Rule; 2] = [
            mock!(Lambda::get_function_configuration)
                .sequence()
                .http_status(code, Some(body.to_owned()))
                .repeatedly()
                .build(),
            mock!(Lambda::get_event_source_mapping)
                .sequence()
                .http_status(code, Some(body.to_owned()))
                .repeatedly()
                .build(),
        ];
        mock_client!(aws_sdk_lambda, RuleMode::MatchAny, &rules)
    };
    let well = || services("Enabled", RuleState::Enabled, "0", LETS_IN);
    let all = Function::ALL.len() + 1;
    for (code, kind, expected) in [
        (403, "AccessDeniedException", Severity::Warning),
        (404, "ResourceNotFoundException", Severity::Fatal),
    ] {
        let body = format!(r#"{{"__type": "{kind}", "Message": "no"}}"#).leak();
        let severities =
            worst(&installed(&Cloud { lambda: lambda(code, body), ..well() }, &params(), &site()).await);
        assert!(
            severities.len() == all && severities.iter().all(|(_, severity)| *severity == expected),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn where_nothing_is_installed_nothing_works() {
    let cloud = crate::testing::cloud(&[], &[], &[]);
    assert_eq!(
        worst(&installed(&cloud, &params(), &nothing_there()).await),
        [(Code::Stack, Severity::Fatal)]
    );
    let mut half = site();
    half.stack.as_mut().unwrap().resources.clear();
    assert_eq!(worst(&installed(&cloud, &params(), &half).await), [(Code::Stack, Severity::Fatal)]);
}
