use aws_sdk_bedrockruntime::operation::list_async_invokes::ListAsyncInvokesOutput;
use aws_sdk_cloudwatch::operation::describe_alarms::DescribeAlarmsOutput;
use aws_sdk_eventbridge::operation::list_rules::ListRulesOutput;
use aws_sdk_iam::operation::list_roles::ListRolesOutput;
use aws_sdk_kinesis::operation::list_streams::ListStreamsOutput;
use aws_sdk_kms::operation::list_aliases::ListAliasesOutput;
use aws_sdk_lambda::operation::list_functions::ListFunctionsOutput;
use aws_sdk_sqs::operation::list_queues::ListQueuesOutput;
use aws_sdk_transcribe::operation::list_transcription_jobs::ListTranscriptionJobsOutput;

use super::*;
use crate::preflight::services;
use vmx_model::params::Links;

/// Ends of the messages of refusals, by the IAM user guide.
const BY_ORGANIZATION: [&str; 2] = [
    "with an explicit deny in a service control policy",
    "because no service control policy allows the action",
];
const BY_OWN_POLICY: &str = "because no identity-based policy allows the sqs:ListQueues action";

/// An account whose services all answer, without those that a test replaces.
fn answering() -> Cloud {
    let alarms = mock!(aws_sdk_cloudwatch::Client::describe_alarms)
        .then_output(|| DescribeAlarmsOutput::builder().build());
    let rules =
        mock!(aws_sdk_eventbridge::Client::list_rules).then_output(|| ListRulesOutput::builder().build());
    let roles = mock!(Iam::list_roles)
        .then_output(|| ListRolesOutput::builder().set_roles(Some(Vec::new())).build().unwrap());
    let streams = mock!(aws_sdk_kinesis::Client::list_streams).then_output(|| {
        let none = ListStreamsOutput::builder().set_stream_names(Some(Vec::new()));
        none.has_more_streams(false).build().unwrap()
    });
    let keys = mock!(Kms::list_aliases).then_output(|| ListAliasesOutput::builder().build());
    let functions = mock!(Lambda::list_functions).then_output(|| ListFunctionsOutput::builder().build());
    let queues = mock!(aws_sdk_sqs::Client::list_queues).then_output(|| ListQueuesOutput::builder().build());
    let jobs = mock!(aws_sdk_transcribe::Client::list_transcription_jobs)
        .then_output(|| ListTranscriptionJobsOutput::builder().build());
    Cloud {
        alarms: mock_client!(aws_sdk_cloudwatch, RuleMode::MatchAny, [&alarms]),
        events: mock_client!(aws_sdk_eventbridge, RuleMode::MatchAny, [&rules]),
        iam: mock_client!(aws_sdk_iam, RuleMode::MatchAny, [&roles]),
        kinesis: mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&streams]),
        kms: mock_client!(aws_sdk_kms, RuleMode::MatchAny, [&keys]),
        lambda: mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [&functions]),
        sqs: mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&queues]),
        transcribe: mock_client!(aws_sdk_transcribe, RuleMode::MatchAny, [&jobs]),
        ..cloud()
    }
}

fn denied(why: &str) -> Option<String> {
    Some(format!(
        r#"{{"__type": "AccessDeniedException", "message": "User: u is not authorized to perform: a {why}"}}"#
    ))
}

/// An account without Amazon SQS.
fn without_queues(why: &str) -> Cloud {
    let rule = mock!(aws_sdk_sqs::Client::list_queues).sequence().http_status(403, denied(why)).build();
    Cloud { sqs: mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&rule]), ..answering() }
}

#[tokio::test]
async fn services_that_answer_can_be_used() {
    let found = services::check(&answering(), &params()).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].severity, Severity::Ok);
    for name in ["Amazon SQS", "AWS KMS", "Amazon Kinesis Video Streams"] {
        assert!(found[0].what.contains(name), "{}", found[0]);
    }
    assert!(!found[0].what.contains("Amazon SES"), "the parameters have no email: {}", found[0]);
}

#[tokio::test]
async fn what_the_organization_forbids_is_told_from_what_the_caller_lacks() {
    for why in BY_ORGANIZATION {
        let found = services::check(&without_queues(why), &params()).await;
        assert_eq!((found.len(), found[0].severity), (1, Severity::Fatal), "{found:?}");
        assert!(found[0].what.starts_with("the account's organization forbids Amazon SQS"), "{}", found[0]);
        assert!(found[0].remedy.contains("no setting does without it"), "{}", found[0]);
    }
    let found = services::check(&without_queues(BY_OWN_POLICY), &params()).await;
    assert_eq!((found.len(), found[0].severity), (1, Severity::Warning), "{found:?}");
    assert!(found[0].what.contains("the caller is not allowed: sqs:ListQueues"), "{}", found[0]);
}

#[tokio::test]
async fn the_setting_that_does_without_a_service_is_named_and_does() {
    let forbidden = |why: &str| {
        let rule = mock!(Kms::list_aliases).sequence().http_status(403, denied(why)).build();
        Cloud { kms: mock_client!(aws_sdk_kms, RuleMode::MatchAny, [&rule]), ..answering() }
    };
    let found = services::check(&forbidden(BY_ORGANIZATION[0]), &params()).await;
    assert!(
        found[0].severity == Severity::Fatal && found[0].remedy.contains("`links: presigned`"),
        "{}",
        found[0]
    );
    let presigned = Params { links: Links::Presigned, ..params() };
    let found = services::check(&forbidden(BY_ORGANIZATION[0]), &presigned).await;
    assert_eq!((found.len(), found[0].severity), (1, Severity::Ok), "{found:?}");

    let rule = mock!(aws_sdk_transcribe::Client::list_transcription_jobs)
        .sequence()
        .http_status(403, denied(BY_ORGANIZATION[1]))
        .build();
    let cloud =
        Cloud { transcribe: mock_client!(aws_sdk_transcribe, RuleMode::MatchAny, [&rule]), ..answering() };
    let found = services::check(&cloud, &params()).await;
    assert_eq!(found[0].severity, Severity::Warning, "voicemails come without transcripts: {}", found[0]);
}

/// An account whose Amazon Bedrock gives this answer to the only question.
fn with_models(rule: &Rule) -> Cloud {
    Cloud { models: mock_client!(aws_sdk_bedrockruntime, RuleMode::MatchAny, [rule]), ..answering() }
}

#[tokio::test]
async fn the_service_of_the_models_is_asked_only_for_summaries() {
    let answers = mock!(aws_sdk_bedrockruntime::Client::list_async_invokes)
        .then_output(|| ListAsyncInvokesOutput::builder().build());
    let summaries = |when| {
        let mut params = params();
        params.summary.when = when;
        params
    };
    let found = services::check(&with_models(&answers), &summaries(When::Never)).await;
    assert_eq!((answers.num_calls(), found[0].what.contains("Amazon Bedrock")), (0, false), "{found:?}");
    for (n, when) in [When::PerCall, When::Always].into_iter().enumerate() {
        let found = services::check(&with_models(&answers), &summaries(when)).await;
        assert_eq!((found.len(), found[0].severity), (1, Severity::Ok), "{found:?}");
        assert!(found[0].what.contains("Amazon Bedrock"), "{}", found[0]);
        assert_eq!(answers.num_calls(), n + 1);
    }

    let refuses = mock!(aws_sdk_bedrockruntime::Client::list_async_invokes)
        .sequence()
        .http_status(403, denied(BY_ORGANIZATION[0]))
        .build();
    let found = services::check(&with_models(&refuses), &summaries(When::Always)).await;
    // Voicemails come without summaries, which stops nothing.
    assert_eq!((found.len(), found[0].severity), (1, Severity::Warning), "{found:?}");
    assert!(found[0].what.starts_with("the account's organization forbids Amazon Bedrock"), "{}", found[0]);
    assert!(found[0].why.contains("set `summary.when: never`"), "{}", found[0]);
}
