#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod permissions;
mod services;

use aws_sdk_cloudwatchlogs::Client as Logs;
use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use aws_sdk_cloudwatchlogs::types::LogGroup;
use aws_sdk_connect::Client as Connect;
use aws_sdk_connect::operation::describe_instance::DescribeInstanceOutput;
use aws_sdk_connect::operation::describe_routing_profile::DescribeRoutingProfileOutput;
use aws_sdk_connect::operation::list_routing_profiles::ListRoutingProfilesOutput;
use aws_sdk_connect::operation::search_users::SearchUsersOutput;
use aws_sdk_connect::types::{
    Channel, MediaConcurrency, RoutingProfile, RoutingProfileSummary, UserSearchSummary,
};
use aws_sdk_iam::Client as Iam;
use aws_sdk_iam::operation::get_role::GetRoleOutput;
use aws_sdk_iam::types::Role;
use aws_sdk_kms::Client as Kms;
use aws_sdk_kms::operation::describe_key::DescribeKeyOutput;
use aws_sdk_kms::types::{KeyMetadata, KeyState};
use aws_sdk_lambda::Client as Lambda;
use aws_sdk_lambda::operation::get_account_settings::GetAccountSettingsOutput;
use aws_sdk_lambda::types::AccountLimit;
use aws_sdk_servicequotas::Client as Quotas;
use aws_sdk_servicequotas::operation::get_service_quota::GetServiceQuotaOutput;
use aws_sdk_servicequotas::operation::list_service_quotas::ListServiceQuotasOutput;
use aws_sdk_servicequotas::types::ServiceQuota;
use aws_sdk_sesv2::Client as Ses;
use aws_sdk_sesv2::operation::get_account::GetAccountOutput;
use aws_sdk_sesv2::operation::get_email_identity::GetEmailIdentityOutput;
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::finding::{Code, Severity};
use vmx_model::actual::{Storage, StorageConfig};
use vmx_model::params::{LanguageTag, Model, When, Whole};
use vmx_model::testing::{after, first_plan, nothing_there, params};

const DENIED_XML: &str =
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
const DENIED_JSON: &str = r#"{"__type": "AccessDeniedException", "Message": "no", "message": "no"}"#;

fn cloud() -> Cloud {
    crate::testing::cloud(&[], &[], &[])
}

fn iam(rules: &[&Rule]) -> Cloud {
    Cloud { iam: mock_client!(aws_sdk_iam, RuleMode::MatchAny, rules), ..cloud() }
}

fn connect(rules: &[&Rule]) -> Cloud {
    crate::testing::cloud(&[], rules, &[])
}

#[test]
fn a_language_of_staff_without_words_is_told() {
    let with = |tag: &str| Params { language_of_staff: LanguageTag::parse(tag).unwrap(), ..params() };
    assert_eq!(words::check(&with("de-AT")), None);
    let found = words::check(&with("nl-NL")).unwrap();
    assert_eq!((found.code, found.severity), (Code::Language, Severity::Warning));
    assert!(found.what.contains("nl-NL") && found.remedy.contains("pt-BR"), "{found:?}");
}

fn installed_there() -> Actual {
    after(&first_plan(), nothing_there())
}

fn role(arn: &str) -> Role {
    Role::builder()
        .arn(arn)
        .path("/")
        .role_name("r")
        .role_id("i")
        .create_date(aws_sdk_iam::primitives::DateTime::from_secs(0))
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_service_role_has_to_be_there() {
    let instance = |name: &'static str| {
        mock!(Connect::describe_instance).then_output(move || {
            let role = format!("arn:aws:iam::111122223333:role/{name}");
            let instance = aws_sdk_connect::types::Instance::builder().service_role(role).build();
            DescribeInstanceOutput::builder().instance(instance).build()
        })
    };
    let there = mock!(Iam::get_role).then_output(|| GetRoleOutput::builder().role(role("a")).build());
    let missing = mock!(Iam::get_role).sequence().http_status(404, Some("<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>none</Message></Error></ErrorResponse>".to_owned())).repeatedly().build();
    let denied =
        mock!(Iam::get_role).sequence().http_status(403, Some(DENIED_XML.to_owned())).repeatedly().build();
    for (name, rule, severity) in [
        ("AWSServiceRoleForAmazonConnect_x", &there, Severity::Ok),
        ("old-role", &there, Severity::Warning),
        ("AWSServiceRoleForAmazonConnect_x", &missing, Severity::Fatal),
        ("AWSServiceRoleForAmazonConnect_x", &denied, Severity::Warning),
    ] {
        let cloud = Cloud { iam: iam(&[rule]).iam, ..connect(&[&instance(name)]) };
        let finding = instance::service_role(&cloud, &nothing_there()).await;
        assert_eq!(finding.severity, severity, "{finding}");
    }
}

#[tokio::test]
async fn functions_need_room_to_run() {
    let lambda =
        |rule: &Rule| Cloud { lambda: mock_client!(aws_sdk_lambda, RuleMode::MatchAny, [rule]), ..cloud() };
    let limits = |total: i32, unreserved: i32| {
        mock!(Lambda::get_account_settings).then_output(move || {
            let limit = AccountLimit::builder().concurrent_executions(total);
            let limit = limit.unreserved_concurrent_executions(unreserved).build();
            GetAccountSettingsOutput::builder().account_limit(limit).build()
        })
    };
    let params = params();
    let none = Params { links_at_once: Whole::of(0), ..params.clone() };
    let mut failed = installed_there();
    failed.stack.as_mut().unwrap().status = "ROLLBACK_COMPLETE".into();
    for (total, unreserved, params, actual, severity) in [
        (1000, 1000, &params, nothing_there(), Severity::Ok),
        (1000, 110, &params, nothing_there(), Severity::Ok),
        (1000, 105, &params, nothing_there(), Severity::Fatal),
        (1000, 105, &params, installed_there(), Severity::Ok),
        (1000, 105, &params, failed, Severity::Fatal),
        (50, 50, &params, nothing_there(), Severity::Fatal),
        (10, 10, &params, nothing_there(), Severity::Fatal),
        (10, 10, &none, nothing_there(), Severity::Warning),
    ] {
        let cloud = lambda(&limits(total, unreserved));
        let finding = account::concurrency(&cloud, params, &actual).await;
        assert_eq!(finding.severity, severity, "{finding}");
        if severity == Severity::Fatal {
            let text = finding.to_string();
            assert!(
                text.contains(&format!("limit is {total};")) && text.contains("links_at_once: 0"),
                "{text}"
            );
        }
    }
    let denied = mock!(Lambda::get_account_settings)
        .sequence()
        .http_status(403, Some(DENIED_JSON.to_owned()))
        .repeatedly()
        .build();
    let unknown = account::concurrency(&lambda(&denied), &params, &nothing_there()).await;
    assert!(unknown.severity == Severity::Warning && unknown.why.contains("not checked"), "{unknown}");
}

#[tokio::test]
async fn quotas_are_looked_up() {
    let quotas = |rules: &[&Rule]| Cloud {
        quotas: mock_client!(aws_sdk_servicequotas, RuleMode::MatchAny, rules),
        ..cloud()
    };
    let quota = |name: &str, value: f64| ServiceQuota::builder().quota_name(name).value(value).build();
    let jobs = |value: f64| {
        mock!(Quotas::get_service_quota)
            .then_output(move || GetServiceQuotaOutput::builder().quota(quota("jobs", value)).build())
    };
    let streams = |value: f64| {
        mock!(Quotas::list_service_quotas).then_output(move || {
            ListServiceQuotasOutput::builder()
                .quotas(quota("Rate of PutMedia requests", 5.0))
                .quotas(quota("Number of video streams", value))
                .build()
        })
    };
    let severities = async |cloud: Cloud| {
        account::quotas(&cloud, &params()).await.iter().map(|one| one.severity).collect::<Vec<_>>()
    };
    assert_eq!(severities(quotas(&[&jobs(250.0), &streams(1000.0)])).await, [Severity::Ok, Severity::Ok]);
    assert_eq!(
        severities(quotas(&[&jobs(5.0), &streams(10.0)])).await,
        [Severity::Warning, Severity::Warning]
    );
    let no_jobs = mock!(Quotas::get_service_quota)
        .sequence()
        .http_status(400, Some(DENIED_JSON.to_owned()))
        .repeatedly()
        .build();
    let no_streams = mock!(Quotas::list_service_quotas)
        .sequence()
        .http_status(400, Some(DENIED_JSON.to_owned()))
        .repeatedly()
        .build();
    assert_eq!(severities(quotas(&[&no_jobs, &no_streams])).await, [Severity::Warning, Severity::Warning]);
}

#[tokio::test]
async fn keys_of_what_is_adopted_have_to_be_enabled() {
    let mut actual = nothing_there();
    assert_eq!(keys::check(&cloud(), &actual).await, []);
    actual.media_streams = Some(StorageConfig {
        association_id: "m".into(),
        storage: Storage::KinesisVideo {
            prefix: "theirs".into(),
            retention_hours: 24,
            key: Some("arn:aws:kms:eu-west-2:111122223333:key/k".into()),
        },
    });
    let kms = |rule: &Rule| Cloud { kms: mock_client!(aws_sdk_kms, RuleMode::MatchAny, [rule]), ..cloud() };
    for (state, severity, remedy) in [
        (KeyState::Enabled, Severity::Ok, ""),
        (KeyState::Disabled, Severity::Fatal, "enable-key"),
        (KeyState::PendingDeletion, Severity::Fatal, "cancel-key-deletion"),
    ] {
        let described = mock!(Kms::describe_key).then_output(move || {
            let key = KeyMetadata::builder().key_id("k").key_state(state.clone()).build().unwrap();
            DescribeKeyOutput::builder().key_metadata(key).build()
        });
        let found = keys::check(&kms(&described), &actual).await;
        assert!(found[0].severity == severity && found[0].remedy.contains(remedy), "{}", found[0]);
    }
    let denied = mock!(Kms::describe_key)
        .sequence()
        .http_status(400, Some(DENIED_JSON.to_owned()))
        .repeatedly()
        .build();
    assert_eq!(keys::check(&kms(&denied), &actual).await[0].severity, Severity::Warning);
}

#[tokio::test]
async fn log_groups_of_others_are_in_the_way_of_a_first_installation_only() {
    let groups = |names: &'static [&'static str]| {
        let rule = mock!(Logs::describe_log_groups)
            .match_requests(|request| request.log_group_name_prefix() == Some("/vmx/vmx_"))
            .then_output(move || {
                let groups =
                    names.iter().map(|name| LogGroup::builder().log_group_name(*name).build()).collect();
                DescribeLogGroupsOutput::builder().set_log_groups(Some(groups)).build()
            });
        Cloud { logs: mock_client!(aws_sdk_cloudwatchlogs, RuleMode::MatchAny, [&rule]), ..cloud() }
    };
    let check =
        async |cloud: Cloud, actual: Actual| names::log_groups(&cloud, &params(), &actual).await.severity;
    assert_eq!(check(groups(&[]), nothing_there()).await, Severity::Ok);
    assert_eq!(check(groups(&["/vmx/vmx_packager"]), nothing_there()).await, Severity::Fatal);
    assert_eq!(check(cloud(), installed_there()).await, Severity::Ok);
    let denied = mock!(Logs::describe_log_groups)
        .sequence()
        .http_status(400, Some(DENIED_JSON.to_owned()))
        .repeatedly()
        .build();
    let cloud =
        Cloud { logs: mock_client!(aws_sdk_cloudwatchlogs, RuleMode::MatchAny, [&denied]), ..cloud() };
    assert_eq!(check(cloud, nothing_there()).await, Severity::Warning);
}

#[test]
fn a_stack_of_somebody_else_is_not_touched() {
    assert_eq!(names::stack(&nothing_there()).severity, Severity::Ok);
    let mut actual = installed_there();
    assert_eq!(names::stack(&actual).severity, Severity::Ok);
    let with = |actual: &mut Actual, status: &str| {
        actual.stack.as_mut().unwrap().status = status.into();
        names::stack(actual).severity
    };
    assert_eq!(with(&mut actual, "UPDATE_ROLLBACK_COMPLETE"), Severity::Warning);
    assert_eq!(with(&mut actual, "UPDATE_ROLLBACK_FAILED"), Severity::Fatal);
    actual.stack.as_mut().unwrap().tags.clear();
    assert_eq!(with(&mut actual, "CREATE_COMPLETE"), Severity::Fatal);
}

#[test]
fn regions_and_media_are_known() {
    assert_eq!(account::region("eu-west-2").severity, Severity::Ok);
    assert_eq!(account::region("xx-north-9").severity, Severity::Warning);
    let mut actual = nothing_there();
    assert_eq!(instance::media(&actual).severity, Severity::Ok);
    let video = |retention_hours| Storage::KinesisVideo { prefix: "v".into(), retention_hours, key: None };
    for (storage, severity) in
        [(video(24), Severity::Ok), (video(0), Severity::Fatal), (Storage::Other, Severity::Fatal)]
    {
        actual.media_streams = Some(StorageConfig { association_id: "m".into(), storage });
        assert_eq!(instance::media(&actual).severity, severity);
    }
}

#[tokio::test]
async fn somebody_has_to_be_able_to_take_a_task() {
    let listed = mock!(Connect::list_routing_profiles).then_output(|| {
        let summary = RoutingProfileSummary::builder().id("p").build();
        ListRoutingProfilesOutput::builder().routing_profile_summary_list(summary).build()
    });
    let with = |channel: Channel| {
        mock!(Connect::describe_routing_profile).then_output(move || {
            let one = MediaConcurrency::builder().channel(channel.clone()).concurrency(2).build().unwrap();
            let profile = RoutingProfile::builder().media_concurrencies(one).build();
            DescribeRoutingProfileOutput::builder().routing_profile(profile).build()
        })
    };
    let users = |profile: &'static str| {
        mock!(Connect::search_users).then_compute_output(move |request| {
            let wanted = request.search_criteria().and_then(|criteria| criteria.string_condition());
            let user = UserSearchSummary::builder().routing_profile_id(profile).build();
            let found = wanted.is_some_and(|wanted| wanted.value() == Some(profile)).then(|| vec![user]);
            SearchUsersOutput::builder().set_users(found).build()
        })
    };
    for (channel, profile, severity) in [
        (Channel::Task, "p", Severity::Ok),
        (Channel::Task, "another", Severity::Warning),
        (Channel::Voice, "p", Severity::Warning),
    ] {
        let (described, users) = (with(channel), users(profile));
        let found = agents::check(&connect(&[&listed, &described, &users]), &nothing_there()).await;
        assert_eq!(found.severity, severity, "{found}");
    }
    let denied = mock!(Connect::list_routing_profiles)
        .sequence()
        .http_status(403, Some(DENIED_JSON.to_owned()))
        .repeatedly()
        .build();
    assert_eq!(agents::check(&connect(&[&denied]), &nothing_there()).await.severity, Severity::Warning);
}

/// What is found with SES answering so: whether sending is on, whether it is out of the sandbox, and which identity is
/// verified, others being unknown.
async fn mail(sending: bool, production: bool, from: &str, verified: &'static str) -> Vec<Finding> {
    let account = mock!(Ses::get_account).then_output(move || {
        GetAccountOutput::builder().sending_enabled(sending).production_access_enabled(production).build()
    });
    let known = mock!(Ses::get_email_identity)
        .match_requests(move |request| request.email_identity() == Some(verified))
        .then_output(|| GetEmailIdentityOutput::builder().verified_for_sending_status(true).build());
    let unknown = mock!(Ses::get_email_identity)
        .match_requests(move |request| request.email_identity() != Some(verified))
        .sequence()
        .http_status(404, Some(r#"{"__type": "NotFoundException", "message": "no"}"#.into()))
        .repeatedly()
        .build();
    let ses = mock_client!(aws_sdk_sesv2, RuleMode::MatchAny, &[&account, &known, &unknown]);
    let mut params = params();
    params.modes = vec!["task".to_owned(), "email".to_owned()].try_into().unwrap();
    params.email.from = from.to_owned().try_into().unwrap();
    delivery::check(&Cloud { ses, ..cloud() }, &params, &nothing_there()).await
}

#[tokio::test]
async fn mail_needs_an_account_that_sends_and_a_verified_sender() {
    let severities = |findings: &[Finding]| [findings[0].severity, findings[1].severity];
    let from = "voicemail@mail.example.com";
    for verified in [from, "mail.example.com", "example.com"] {
        assert_eq!(severities(&mail(true, true, from, verified).await), [Severity::Ok, Severity::Ok]);
    }
    let sandbox = mail(true, false, from, "example.com").await;
    assert_eq!(severities(&sandbox), [Severity::Warning, Severity::Ok]);
    assert!(sandbox[0].to_string().contains("request production access"), "{}", sandbox[0]);
    let nothing = mail(false, true, from, "example.net").await;
    assert_eq!(severities(&nothing), [Severity::Fatal, Severity::Fatal]);
    assert!(nothing[1].remedy.contains("create-email-identity"), "{}", nothing[1]);
}

#[tokio::test]
async fn mail_that_may_not_be_looked_at_stops_nobody_and_modes_that_are_off_are_not_looked_at() {
    let account =
        mock!(Ses::get_account).sequence().http_status(403, Some(DENIED_JSON.into())).repeatedly().build();
    let identity = mock!(Ses::get_email_identity)
        .sequence()
        .http_status(403, Some(DENIED_JSON.into()))
        .repeatedly()
        .build();
    let ses = mock_client!(aws_sdk_sesv2, RuleMode::MatchAny, &[&account, &identity]);
    let there = Cloud { ses, ..cloud() };
    let mut params = params();
    assert_eq!(delivery::check(&there, &params, &nothing_there()).await, []);
    params.modes = vec!["task".to_owned(), "email".to_owned()].try_into().unwrap();
    params.email.from = "voicemail@example.com".to_owned().try_into().unwrap();
    let findings = delivery::check(&there, &params, &nothing_there()).await;
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning), "{findings:#?}");
}

#[tokio::test]
async fn a_target_elsewhere_is_named() {
    let mut params = params();
    params.modes = vec!["task".to_owned(), "other".to_owned()].try_into().unwrap();
    for (target, severity) in [
        ("arn:aws:sqs:eu-west-2:111122223333:voicemails", Severity::Ok),
        ("arn:aws:sqs:eu-west-2:444455556666:voicemails", Severity::Fatal),
        ("arn:aws:sqs:eu-west-1:111122223333:voicemails", Severity::Fatal),
    ] {
        params.other.target = target.to_owned().try_into().unwrap();
        let findings = delivery::check(&cloud(), &params, &nothing_there()).await;
        assert_eq!(
            findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(),
            [severity],
            "{target}"
        );
    }
}

#[test]
fn a_model_that_nobody_has_looked_at_is_named_with_how_to_look() {
    let mut params = params();
    assert_eq!(model::check(&params), None);
    params.summary.when = When::PerCall;
    params.summary.model = Model::try_from("eu.amazon.nova-pro-v1:0".to_owned()).unwrap();
    let finding = model::check(&params).unwrap();
    assert_eq!((finding.code, finding.severity), (Code::Model, Severity::Warning));
    assert!(finding.what.contains("eu.amazon.nova-pro-v1:0"), "{finding}");
    assert!(finding.remedy.contains("--model-id amazon.nova-pro-v1:0`"), "{finding}");
}
