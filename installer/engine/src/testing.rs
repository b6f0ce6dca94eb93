//! Shared test helpers: clients with scripted responses, a recorder of progress, an installation's stack.

mod objects;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use aws_sdk_connect::Client as Connect;
use aws_sdk_connect::operation::describe_contact_flow::DescribeContactFlowOutput;
use aws_sdk_connect::operation::list_contact_flow_modules::ListContactFlowModulesOutput;
use aws_sdk_connect::operation::list_contact_flows::ListContactFlowsOutput;
use aws_sdk_connect::operation::list_flow_associations::ListFlowAssociationsOutput;
use aws_sdk_connect::operation::list_instance_storage_configs::ListInstanceStorageConfigsOutput;
use aws_sdk_connect::operation::list_instances::ListInstancesOutput;
use aws_sdk_connect::operation::list_lambda_functions::ListLambdaFunctionsOutput;
use aws_sdk_connect::operation::list_queues::ListQueuesOutput;
use aws_sdk_connect::operation::search_contact_flows::SearchContactFlowsOutput;
use aws_sdk_connect::types::{
    ContactFlow, ContactFlowSummary, InstanceStorageConfig, InstanceStorageResourceType, InstanceSummary,
    QueueSummary,
};
use aws_sdk_s3::operation::list_buckets::ListBucketsOutput;
use aws_sdk_sesv2::operation::get_email_identity::GetEmailIdentityOutput;
use aws_sdk_sesv2::operation::list_email_identities::ListEmailIdentitiesOutput;
use aws_sdk_sesv2::types::IdentityInfo;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use jiff::Timestamp;
use vmx_contract::attributes::Prefix;
use vmx_contract::mode::Mode;
use vmx_contract::voicemail::Voicemail;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::Cloud;
use crate::progress::{Progress, View};
use vmx_model::actual::StackState;
use vmx_model::testing::INSTANCE;

pub use objects::Objects;

/// Clients that respond by rules. A call without a rule fails the test. A test that needs a client without rules here
/// replaces that field.
pub fn cloud(cloudformation: &[&Rule], connect: &[&Rule], s3: &[&Rule]) -> Cloud {
    let none: &[&Rule] = &[];
    Cloud {
        region: "eu-west-2".into(),
        endpoint: None,
        alarms: mock_client!(aws_sdk_cloudwatch, RuleMode::MatchAny, none),
        cloudformation: mock_client!(aws_sdk_cloudformation, RuleMode::MatchAny, cloudformation),
        connect: mock_client!(aws_sdk_connect, RuleMode::MatchAny, connect),
        events: mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, none),
        iam: mock_client!(aws_sdk_iam, RuleMode::MatchAny, none),
        kinesis: mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, none),
        kms: mock_client!(aws_sdk_kms, RuleMode::MatchAny, none),
        lambda: mock_client!(aws_sdk_lambda, RuleMode::MatchAny, none),
        logs: mock_client!(aws_sdk_cloudwatchlogs, RuleMode::MatchAny, &[&no_log_groups()]),
        models: mock_client!(aws_sdk_bedrockruntime, RuleMode::MatchAny, none),
        quotas: mock_client!(aws_sdk_servicequotas, RuleMode::MatchAny, none),
        s3: mock_client!(aws_sdk_s3, RuleMode::MatchAny, s3),
        secrets: mock_client!(aws_sdk_secretsmanager, RuleMode::MatchAny, none),
        ses: mock_client!(aws_sdk_sesv2, RuleMode::MatchAny, &[&senders(Vec::new()), &verified()]),
        sns: mock_client!(aws_sdk_sns, RuleMode::MatchAny, none),
        sqs: mock_client!(aws_sdk_sqs, RuleMode::MatchAny, none),
        sts: mock_client!(aws_sdk_sts, RuleMode::MatchAny, &[&caller()]),
        transcribe: mock_client!(aws_sdk_transcribe, RuleMode::MatchAny, none),
        video: mock_client!(aws_sdk_kinesisvideo, RuleMode::MatchAny, &[&video_streams(Vec::new())]),
    }
}

/// Every sender is verified.
#[must_use]
pub fn verified() -> Rule {
    mock!(aws_sdk_sesv2::Client::get_email_identity)
        .then_output(|| GetEmailIdentityOutput::builder().verified_for_sending_status(true).build())
}

fn no_log_groups() -> Rule {
    mock!(aws_sdk_cloudwatchlogs::Client::describe_log_groups)
        .then_output(|| DescribeLogGroupsOutput::builder().build())
}

/// Identities that can send email.
pub fn senders(names: Vec<&'static str>) -> Rule {
    mock!(aws_sdk_sesv2::Client::list_email_identities).then_output(move || {
        let identity =
            |name: &&str| IdentityInfo::builder().identity_name(*name).sending_enabled(true).build();
        let identities = names.iter().map(identity).collect();
        ListEmailIdentitiesOutput::builder().set_email_identities(Some(identities)).build()
    })
}

/// Video streams by name, each with its retention in hours.
pub fn video_streams(streams: Vec<(&'static str, i32)>) -> Rule {
    use aws_sdk_kinesisvideo::operation::list_streams::ListStreamsOutput;
    use aws_sdk_kinesisvideo::types::StreamInfo;
    mock!(aws_sdk_kinesisvideo::Client::list_streams).then_output(move || {
        let stream = |(name, hours): &(&str, i32)| {
            StreamInfo::builder()
                .stream_name(*name)
                .stream_arn(format!("arn:of:{name}"))
                .version("v1")
                .data_retention_in_hours(*hours)
                .build()
        };
        let streams = streams.iter().map(stream).collect();
        ListStreamsOutput::builder().set_stream_info_list(Some(streams)).build()
    })
}

/// Functions that are active.
pub fn active() -> Rule {
    use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
    mock!(aws_sdk_lambda::Client::get_function_configuration).then_output(|| {
        let active = GetFunctionConfigurationOutput::builder().state(aws_sdk_lambda::types::State::Active);
        active.last_update_status(aws_sdk_lambda::types::LastUpdateStatus::Successful).build()
    })
}

/// Functions with this reserved concurrency.
pub fn reserved(concurrency: Option<i32>) -> Rule {
    use aws_sdk_lambda::operation::get_function_concurrency::GetFunctionConcurrencyOutput;
    mock!(aws_sdk_lambda::Client::get_function_concurrency).then_output(move || {
        GetFunctionConcurrencyOutput::builder().set_reserved_concurrent_executions(concurrency).build()
    })
}

fn caller() -> Rule {
    mock!(aws_sdk_sts::Client::get_caller_identity).then_output(|| {
        GetCallerIdentityOutput::builder()
            .account("111122223333")
            .arn("arn:aws:iam::111122223333:user/admin")
            .build()
    })
}

/// An instance `shop` with a queue, two flows (one of an installation `vmx`) and only the given storage configs, in the
/// order contact records, media streams.
pub fn instance(storage: [Option<InstanceStorageConfig>; 2]) -> Vec<Rule> {
    let instances = mock!(Connect::list_instances).then_output(|| {
        let id = "00000000-0000-4000-8000-0000000000aa";
        let shop = InstanceSummary::builder().id(id).arn(INSTANCE).instance_alias("shop").build();
        ListInstancesOutput::builder().instance_summary_list(shop).build()
    });
    let queues = mock!(Connect::list_queues).then_output(|| {
        let queue =
            QueueSummary::builder().id("q").arn(format!("{INSTANCE}/queue/q")).name("BasicQueue").build();
        ListQueuesOutput::builder().queue_summary_list(queue).build()
    });
    let [records, media] = storage;
    let configs = mock!(Connect::list_instance_storage_configs).then_compute_output(move |request| {
        let is_media = request.resource_type() == Some(&InstanceStorageResourceType::MediaStreams);
        let config = if is_media { &media } else { &records };
        ListInstanceStorageConfigsOutput::builder()
            .set_storage_configs(config.clone().map(|one| vec![one]))
            .build()
    });
    let functions =
        mock!(Connect::list_lambda_functions).then_output(|| ListLambdaFunctionsOutput::builder().build());
    let flows = mock!(Connect::list_contact_flows).then_output(|| {
        let flow = |id: &str, name: &str| ContactFlowSummary::builder().id(id).name(name).build();
        ListContactFlowsOutput::builder()
            .contact_flow_summary_list(flow("ours", "vmx voicemail"))
            .contact_flow_summary_list(flow("main", "Main line"))
            .build()
    });
    let described = mock!(Connect::describe_contact_flow).then_compute_output(|request| {
        let flow = match request.contact_flow_id() {
            Some("ours") => ContactFlow::builder()
                .id("ours")
                .arn(format!("{INSTANCE}/contact-flow/ours"))
                .name("vmx voicemail")
                .content("{}")
                .tags("vmx:stack", "vmx")
                .tags("vmx:flow", "voicemail")
                .build(),
            _ => ContactFlow::builder().id("main").name("Main line").content("{\"to\": \"ours\"}").build(),
        };
        DescribeContactFlowOutput::builder().contact_flow(flow).build()
    });
    let tagged =
        mock!(Connect::search_contact_flows).then_output(|| SearchContactFlowsOutput::builder().build());
    let modules = mock!(Connect::list_contact_flow_modules)
        .then_output(|| ListContactFlowModulesOutput::builder().build());
    let numbers =
        mock!(Connect::list_flow_associations).then_output(|| ListFlowAssociationsOutput::builder().build());
    vec![instances, queues, configs, functions, flows, described, tagged, modules, numbers]
}

/// An account without the stack and without buckets.
pub fn empty_account() -> (Rule, Vec<Rule>) {
    let body = "<ErrorResponse><Error><Code>ValidationError</Code>\
                <Message>Stack with id vmx does not exist</Message></Error></ErrorResponse>";
    let no_stack = mock!(aws_sdk_cloudformation::Client::describe_stacks)
        .sequence()
        .http_status(400, Some(body.to_owned()))
        .repeatedly()
        .build();
    let no_buckets =
        mock!(aws_sdk_s3::Client::list_buckets).then_output(|| ListBucketsOutput::builder().build());
    let no_bucket = mock!(aws_sdk_s3::Client::get_bucket_tagging)
        .sequence()
        .http_status(404, Some("<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>".to_owned()))
        .repeatedly()
        .build();
    (no_stack, vec![no_buckets, no_bucket])
}

/// Records what a run reports, and what the scripted services were asked.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    pub fn note(&self, text: impl Into<String>) {
        self.0.lock().expect("no test panics while it notes").push(text.into());
    }

    pub fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no test panics while it notes"))
    }
}

impl View for Recorder {
    fn show(&self, progress: &Progress) {
        self.note(match progress {
            Progress::Changed { action, kind, name } => format!("{} {kind} {name}", action.participle()),
            Progress::Kept { kind, name, .. } => format!("kept {kind} {name}"),
            Progress::StackEvent(event) => format!("{} {}", event.logical_id, event.status),
            Progress::RootCause { causes } => {
                format!("cause {}", causes.first().map_or("none", |cause| &cause.logical_id))
            }
            Progress::Stays { things } => {
                let names: Vec<_> = things.iter().map(|thing| thing.name.as_str()).collect();
                format!("stays {}", names.join(", "))
            }
            Progress::Warning { text } => format!("warning {text}"),
            Progress::StackOperation { operation, .. } => format!("to be {}", operation.participle()),
            other => format!("{other:?}"),
        });
    }
}

/// ARN of the stack in tests.
pub const STACK_ID: &str = "arn:aws:cloudformation:eu-west-2:111122223333:stack/vmx/1";

/// The stack in a status, with the outputs for later steps.
pub fn stack(status: &str) -> aws_sdk_cloudformation::types::Stack {
    use aws_sdk_cloudformation::types::{Output, Stack};
    let output = |key: &str, value: &str| Output::builder().output_key(key).output_value(value).build();
    let stream = "arn:aws:kinesis:eu-west-2:111122223333:stream/vmx-records";
    let playback = "arn:aws:lambda:eu-west-2:111122223333:function:vmx-PlaybackFunction-1";
    Stack::builder()
        .stack_id(STACK_ID)
        .stack_name("vmx")
        .stack_status(status.into())
        .creation_time(aws_sdk_cloudformation::primitives::DateTime::from_secs(0))
        .outputs(output("ContactRecordStreamArn", stream))
        .outputs(output("PlaybackFunctionArn", playback))
        .build()
}

/// A `DescribeEvents` response without more than the stack's events.
pub fn no_details() -> Rule {
    use aws_sdk_cloudformation::operation::describe_events::DescribeEventsOutput;
    mock!(aws_sdk_cloudformation::Client::describe_events)
        .then_output(|| DescribeEventsOutput::builder().build())
}

/// An event of the stack `vmx`, or of a resource in it.
pub fn stack_event(
    id: &str,
    logical_id: &str,
    status: &str,
    reason: &str,
) -> aws_sdk_cloudformation::types::StackEvent {
    let resource_type = if logical_id == "vmx" { "AWS::CloudFormation::Stack" } else { "AWS::SQS::Queue" };
    aws_sdk_cloudformation::types::StackEvent::builder()
        .stack_id(STACK_ID)
        .event_id(id)
        .stack_name("vmx")
        .timestamp(aws_sdk_cloudformation::primitives::DateTime::from_secs(0))
        .logical_resource_id(logical_id)
        .resource_type(resource_type)
        .resource_status(status.into())
        .resource_status_reason(reason)
        .build()
}

/// The stack of an installation with its pipeline resources: the ID of `RetryQueue` is `the-RetryQueue`.
pub fn pipeline_stack() -> StackState {
    use vmx_model::actual::StackResource;
    let functions = ["KvsToS3", "Transcriber", "Packager", "Playback", "Watchdog"]
        .map(|name| [format!("{name}Function"), format!("{name}Logs")]);
    let queues = ["RetryQueue", "RecordingsQueue", "TranscriptsQueue"]
        .map(|name| [name.to_owned(), format!("{name}DeadLetters")]);
    let buckets = ["RecordingsBucket", "TranscriptsBucket", "StateBucket"].map(str::to_owned);
    let resource = |logical_id: String| StackResource {
        physical_id: format!("the-{logical_id}"),
        resource_type: "AWS::Of::Something".into(),
        logical_id,
    };
    StackState {
        name: "vmx".into(),
        status: "CREATE_COMPLETE".into(),
        resources: functions.into_iter().chain(queues).flatten().chain(buckets).map(resource).collect(),
        ..StackState::default()
    }
}

pub fn pipeline() -> crate::pipeline::Pipeline {
    crate::pipeline::Pipeline::of(&pipeline_stack()).expect("nothing is missing")
}

/// The metadata of a recording: the voicemail is for the queue `q`, and an agent if there is one.
pub fn described(
    id: &str,
    from: &str,
    agent: Option<&str>,
    received_at: Timestamp,
) -> HashMap<String, String> {
    vmx_contract::metadata::encode(&Voicemail {
        id: VoicemailId::parse(id).expect("the name of a voicemail"),
        prefix: Prefix::Vm,
        from: Some(from.to_owned()),
        recipient_arn: format!("{INSTANCE}/queue/q"),
        preferred_agent: agent.map(str::to_owned),
        language: "en-US".into(),
        modes: vec![Mode::Task],
        priority: None,
        task_flow: None,
        email_from: None,
        email_to: None,
        email_template: None,
        summary: None,
        received_at,
        warnings: vec![],
    })
}
