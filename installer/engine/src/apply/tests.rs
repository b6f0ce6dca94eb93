#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::operation::create_change_set::CreateChangeSetOutput;
use aws_sdk_cloudformation::operation::delete_change_set::DeleteChangeSetOutput;
use aws_sdk_cloudformation::operation::delete_stack::DeleteStackOutput;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::operation::describe_stack_events::DescribeStackEventsOutput;
use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
use aws_sdk_cloudformation::operation::execute_change_set::ExecuteChangeSetOutput;
use aws_sdk_cloudformation::types::{ChangeSetStatus, OnStackFailure};
use aws_sdk_connect::Client as Connect;
use aws_sdk_connect::operation::associate_instance_storage_config::AssociateInstanceStorageConfigOutput;
use aws_sdk_connect::operation::create_contact_flow::{CreateContactFlowError, CreateContactFlowOutput};
use aws_sdk_connect::operation::delete_contact_flow::DeleteContactFlowOutput;
use aws_sdk_connect::types::ProblemDetail;
use aws_sdk_connect::types::error::InvalidContactFlowException;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::operation::create_bucket::CreateBucketOutput;
use aws_sdk_s3::operation::delete_object::DeleteObjectOutput;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_bucket_encryption::PutBucketEncryptionOutput;
use aws_sdk_s3::operation::put_bucket_logging::PutBucketLoggingOutput;
use aws_sdk_s3::operation::put_bucket_policy::PutBucketPolicyOutput;
use aws_sdk_s3::operation::put_bucket_tagging::PutBucketTaggingOutput;
use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::operation::put_public_access_block::PutPublicAccessBlockOutput;
use aws_smithy_mocks::{Rule, mock};

mod failures;
mod guide;
mod stopped;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::testing::{Recorder, STACK_ID, cloud, no_details, stack, stack_event};
use vmx_model::testing::first_plan;

/// The services of a first installation, which note what they are asked.
struct Services {
    recorder: Recorder,
    s3: Vec<Rule>,
}

impl Services {
    fn new() -> Self {
        let recorder = Recorder::default();
        let note = |text: &'static str| {
            let recorder = recorder.clone();
            move || recorder.note(text)
        };
        let (create, encryption, access) = (note("s3 create"), note("s3 encrypt"), note("s3 close"));
        let (policy, tags) = (note("s3 policy"), note("s3 tags"));
        let s3 = vec![
            mock!(S3::create_bucket).then_output(move || {
                create();
                CreateBucketOutput::builder().build()
            }),
            mock!(S3::put_bucket_encryption).then_output(move || {
                encryption();
                PutBucketEncryptionOutput::builder().build()
            }),
            mock!(S3::put_public_access_block).then_output(move || {
                access();
                PutPublicAccessBlockOutput::builder().build()
            }),
            mock!(S3::put_bucket_policy)
                .match_requests(|request| {
                    request.policy().is_some_and(|policy| policy.contains("aws:SecureTransport"))
                })
                .then_output(move || {
                    policy();
                    PutBucketPolicyOutput::builder().build()
                }),
            mock!(S3::put_bucket_tagging).then_output(move || {
                tags();
                PutBucketTaggingOutput::builder().build()
            }),
            mock!(S3::put_object).then_output(|| PutObjectOutput::builder().build()),
        ];
        let s3 = s3.into_iter().chain(lock_given_back()).collect();
        Self { recorder, s3 }
    }

    fn s3(&self) -> Vec<&Rule> {
        self.s3.iter().collect()
    }
}

/// The lock of this run is still there at its end, and goes.
fn lock_given_back() -> [Rule; 2] {
    let holder = Holder {
        run: "vmx-1".into(),
        principal: "arn:aws:iam::111122223333:user/admin".into(),
        host: "here".into(),
        pid: 1,
        started: jiff::Timestamp::UNIX_EPOCH,
    };
    let body = serde_json::to_vec(&holder).unwrap();
    [
        mock!(S3::get_object)
            .match_requests(|request| request.key() == Some("locks/vmx.json"))
            .then_output(move || GetObjectOutput::builder().e_tag("e").body(body.clone().into()).build()),
        mock!(S3::delete_object)
            .match_requests(|request| request.key() == Some("locks/vmx.json"))
            .then_output(|| DeleteObjectOutput::builder().build()),
    ]
}

/// A lock that is free, and goes at the end.
fn free_lock() -> Vec<Rule> {
    let taken = mock!(S3::put_object)
        .match_requests(|request| {
            request.key() == Some("locks/vmx.json") && request.if_none_match() == Some("*")
        })
        .then_output(|| PutObjectOutput::builder().build());
    lock_given_back().into_iter().chain([taken]).collect()
}

/// A first plan whose zips are there.
fn plan_with_zips() -> (Plan, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = first_plan();
    for upload in &mut plan.uploads {
        upload.path = folder.path().join(&upload.function);
        std::fs::write(&upload.path, b"zip").unwrap();
    }
    (plan, folder)
}

fn flows_created() -> Rule {
    mock!(Connect::create_contact_flow).then_compute_output(|request| {
        let id = format!("id of {}", request.name().unwrap_or_default());
        CreateContactFlowOutput::builder()
            .contact_flow_id(&id)
            .contact_flow_arn(format!("{}/contact-flow/{id}", vmx_model::testing::INSTANCE))
            .build()
    })
}

fn storage_associated() -> Rule {
    mock!(Connect::associate_instance_storage_config)
        .then_output(|| AssociateInstanceStorageConfigOutput::builder().association_id("a").build())
}

fn change_set_created() -> Rule {
    mock!(CloudFormation::create_change_set)
        .match_requests(|request| {
            request.on_stack_failure() == Some(&OnStackFailure::Delete)
                && request
                    .parameters()
                    .iter()
                    .all(|parameter| parameter.parameter_value().is_some_and(|value| !value.is_empty()))
        })
        .then_output(|| CreateChangeSetOutput::builder().id("set").stack_id(STACK_ID).build())
}

fn change_set(status: ChangeSetStatus, reason: &'static str) -> Rule {
    mock!(CloudFormation::describe_change_set).then_output(move || {
        DescribeChangeSetOutput::builder().status(status.clone()).status_reason(reason).build()
    })
}

fn executed() -> Rule {
    mock!(CloudFormation::execute_change_set)
        .match_requests(|request| request.retain_except_on_create() == Some(true))
        .then_output(|| ExecuteChangeSetOutput::builder().build())
}

/// A stack's events as they stand after each look; those of later looks come on top.
fn events(looks: Vec<Vec<(&'static str, &'static str, &'static str)>>) -> Rule {
    let mut sequence = mock!(CloudFormation::describe_stack_events).sequence();
    let mut so_far = Vec::new();
    for (look, new) in looks.into_iter().enumerate() {
        for (n, (logical_id, status, reason)) in new.into_iter().enumerate() {
            so_far.insert(0, stack_event(&format!("{look}-{n}"), logical_id, status, reason));
        }
        let page = so_far.clone();
        sequence = sequence.output(move || {
            DescribeStackEventsOutput::builder().set_stack_events(Some(page.clone())).build()
        });
    }
    sequence.build()
}

/// The stack's status at each look; the last one stays.
fn statuses(statuses: &'static [&'static str]) -> Rule {
    let mut sequence = mock!(CloudFormation::describe_stacks).sequence();
    for status in statuses {
        sequence = sequence.output(move || DescribeStacksOutput::builder().stacks(stack(status)).build());
    }
    sequence.repeatedly().build()
}

/// ApplyOptions tests apply: at once, and with nobody to ask.
pub(super) fn options(interrupts: &Interrupts) -> ApplyOptions<'_> {
    ApplyOptions {
        deployment: None,
        run_id: "vmx-1",
        pace: Pace::NONE,
        detach: false,
        express: false,
        break_lock: false,
        interrupts,
        person: &crate::approver::Nobody,
    }
}

async fn run(cloud: &Cloud, plan: &Plan, view: &Recorder) -> Result<usize, ApplyError> {
    let applied = apply(cloud, plan, &options(&Interrupts::default()), view).await?;
    Ok(applied.changes)
}

#[tokio::test]
async fn a_first_installation_goes_in_order() {
    let services = Services::new();
    let (plan, _folder) = plan_with_zips();
    let rules = [
        change_set_created(),
        change_set(ChangeSetStatus::CreateComplete, ""),
        executed(),
        events(vec![
            vec![("vmx", "REVIEW_IN_PROGRESS", "")],
            vec![("vmx", "CREATE_IN_PROGRESS", ""), ("Queue", "CREATE_COMPLETE", "")],
            vec![("vmx", "CREATE_COMPLETE", "")],
        ]),
        statuses(&["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]),
    ];
    let (flows, storage) = (flows_created(), storage_associated());
    let cloud = cloud(&rules.each_ref(), &[&flows, &storage], &services.s3());
    let changes = run(&cloud, &plan, &services.recorder).await.unwrap();
    assert_eq!(
        services.recorder.taken(),
        [
            "s3 create",
            "created bucket vmx-code-111122223333-eu-west-2",
            "s3 encrypt",
            "s3 close",
            "s3 policy",
            "s3 tags",
            "uploaded code of vmx_kvs_to_s3",
            "uploaded code of vmx_transcriber",
            "uploaded code of vmx_packager",
            "uploaded code of vmx_playback",
            "uploaded code of vmx_watchdog",
            &format!("created flow {}", plan.flows[0].name),
            "to be created",
            "vmx CREATE_IN_PROGRESS",
            "Queue CREATE_COMPLETE",
            "vmx CREATE_COMPLETE",
            "created stack vmx",
            "associated storage of contact records",
            "associated storage of media streams",
            &format!("created flow {}", plan.flows[1].name),
        ]
    );
    assert_eq!(changes, 11);
}

#[tokio::test]
async fn a_first_installation_that_fails_is_taken_back() {
    let services = Services::new();
    let (plan, _folder) = plan_with_zips();
    let rules = [
        change_set_created(),
        change_set(ChangeSetStatus::CreateComplete, ""),
        executed(),
        events(vec![
            vec![("vmx", "REVIEW_IN_PROGRESS", "")],
            vec![
                ("vmx", "CREATE_IN_PROGRESS", ""),
                ("Role", "CREATE_FAILED", "Resource creation cancelled"),
                ("Queue", "CREATE_FAILED", "Queue already exists"),
            ],
            vec![("vmx", "DELETE_COMPLETE", "")],
        ]),
        statuses(&["CREATE_IN_PROGRESS", "DELETE_COMPLETE"]),
        no_details(),
    ];
    let flows = flows_created();
    let deleted =
        mock!(Connect::delete_contact_flow).then_output(|| DeleteContactFlowOutput::builder().build());
    let cloud = cloud(&rules.each_ref(), &[&flows, &deleted], &services.s3());
    let error = run(&cloud, &plan, &services.recorder).await.unwrap_err();
    assert!(error.changed && error.taken_back && error.left.is_empty());
    let StepError::RolledBack { causes, status, .. } = &error.step else { panic!("{error}") };
    assert_eq!(
        (causes.len(), causes[0].logical_id.as_str(), status.as_str()),
        (1, "Queue", "DELETE_COMPLETE")
    );
    assert!(error.to_string().contains("Queue already exists"), "{error}");
    let told = services.recorder.taken();
    assert_eq!(
        told[told.len() - 2..],
        ["cause Queue".to_owned(), format!("deleted flow {}", plan.flows[0].name)]
    );
    assert_eq!(deleted.num_calls(), 1);
}

#[tokio::test]
async fn looks_that_fail_decide_nothing() {
    let services = Services::new();
    let (plan, _folder) = plan_with_zips();
    let throttled = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>";
    let looks = mock!(CloudFormation::describe_stacks)
        .sequence()
        .output(|| DescribeStacksOutput::builder().stacks(stack("CREATE_IN_PROGRESS")).build())
        .http_status(400, Some(throttled.to_owned()))
        .times(9)
        .output(|| DescribeStacksOutput::builder().stacks(stack("CREATE_COMPLETE")).build())
        .repeatedly()
        .build();
    let rules = [
        change_set_created(),
        change_set(ChangeSetStatus::CreateComplete, ""),
        executed(),
        events(vec![
            vec![("vmx", "REVIEW_IN_PROGRESS", "")],
            vec![("vmx", "CREATE_IN_PROGRESS", "")],
            vec![("vmx", "CREATE_COMPLETE", "")],
        ]),
        looks,
    ];
    let (flows, storage) = (flows_created(), storage_associated());
    let cloud = cloud(&rules.each_ref(), &[&flows, &storage], &services.s3());
    assert_eq!(run(&cloud, &plan, &services.recorder).await.unwrap(), 11);
    let told = services.recorder.taken();
    assert_eq!(told.iter().filter(|line| line.starts_with("warning")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn the_bucket_for_code_has_the_key_the_logs_and_tags_that_say_so() {
    let key = "arn:aws:kms:eu-west-2:111122223333:key/k";
    let mut plan = update_plan();
    plan.stack.change = StackChange::None;
    plan.bucket.set_up = true;
    plan.bucket.key = Some(key.into());
    plan.bucket.logs_to = Some("logs-example".into());
    let encrypted = mock!(S3::put_bucket_encryption)
        .match_requests(move |request| {
            let rules =
                request.server_side_encryption_configuration().map(|one| one.rules()).unwrap_or_default();
            let rule = rules[0].apply_server_side_encryption_by_default();
            rule.and_then(|rule| rule.kms_master_key_id()) == Some(key)
                && rules[0].bucket_key_enabled() == Some(true)
        })
        .then_output(|| PutBucketEncryptionOutput::builder().build());
    let logged = mock!(S3::put_bucket_logging)
        .match_requests(|request| {
            let to = request.bucket_logging_status().and_then(|status| status.logging_enabled());
            to.is_some_and(|to| to.target_bucket() == "logs-example" && to.target_prefix() == "vmx/code/")
        })
        .then_output(|| PutBucketLoggingOutput::builder().build());
    let tagged = mock!(S3::put_bucket_tagging)
        .match_requests(move |request| {
            let tags = request.tagging().map(|tagging| tagging.tag_set()).unwrap_or_default();
            let has =
                |name: &str, value: &str| tags.iter().any(|tag| (tag.key(), tag.value()) == (name, value));
            has("vmx:kms-key", key) && has("vmx:access-logs", "logs-example") && has("vmx:stack", "vmx")
        })
        .then_output(|| PutBucketTaggingOutput::builder().build());
    let services = Services::new();
    let mut rules: Vec<&Rule> = vec![&encrypted, &logged, &tagged];
    rules.extend(services.s3());
    let state = statuses(&["UPDATE_COMPLETE"]);
    let cloud = cloud(&[&state], &[], &rules);
    run(&cloud, &plan, &services.recorder).await.unwrap();
    assert_eq!([encrypted.num_calls(), logged.num_calls(), tagged.num_calls()], [1, 1, 1]);
}

/// A plan that changes nothing but a stack that is there.
fn update_plan() -> Plan {
    let mut plan = first_plan();
    plan.bucket.create = false;
    plan.bucket.set_up = false;
    plan.uploads.clear();
    plan.storage.clear();
    plan.flows.clear();
    plan.stack.parameters.clear();
    // Small enough to be sent with the call.
    plan.stack.template = "Resources: {}".into();
    plan.stack.id = Some(STACK_ID.into());
    plan.stack.change = StackChange::Update { differs: vec!["template".into()] };
    plan
}

#[tokio::test]
async fn a_change_set_without_changes_is_success() {
    let recorder = Recorder::default();
    let plan = update_plan();
    let created = mock!(CloudFormation::create_change_set)
        .then_output(|| CreateChangeSetOutput::builder().id("set").stack_id(STACK_ID).build());
    let refused = change_set(ChangeSetStatus::Failed, "The submitted information didn't contain changes.");
    let discarded =
        mock!(CloudFormation::delete_change_set).then_output(|| DeleteChangeSetOutput::builder().build());
    let state = statuses(&["UPDATE_COMPLETE"]);
    let lock = free_lock();
    let cloud = cloud(&[&created, &refused, &discarded, &state], &[], &lock.iter().collect::<Vec<_>>());
    assert_eq!(run(&cloud, &plan, &recorder).await.unwrap(), 0);
    assert_eq!(recorder.taken(), ["kept stack vmx"]);
    assert_eq!(discarded.num_calls(), 1);
}

#[tokio::test]
async fn a_refused_change_set_leaves_no_empty_stack() {
    let services = Services::new();
    let (plan, _folder) = plan_with_zips();
    let refused = change_set(ChangeSetStatus::Failed, "Transform failed");
    let discarded =
        mock!(CloudFormation::delete_change_set).then_output(|| DeleteChangeSetOutput::builder().build());
    let removed = mock!(CloudFormation::delete_stack).then_output(|| DeleteStackOutput::builder().build());
    let state = statuses(&["REVIEW_IN_PROGRESS"]);
    let created = change_set_created();
    let flows = flows_created();
    let deleted =
        mock!(Connect::delete_contact_flow).then_output(|| DeleteContactFlowOutput::builder().build());
    let cloud = cloud(
        &[&created, &refused, &discarded, &removed, &state, &no_details()],
        &[&flows, &deleted],
        &services.s3(),
    );
    let error = run(&cloud, &plan, &services.recorder).await.unwrap_err();
    assert!(
        matches!(&error.step, StepError::ChangeSet { reason, .. } if reason == "Transform failed"),
        "{error}"
    );
    assert_eq!((removed.num_calls(), deleted.num_calls()), (1, 1));
}

#[tokio::test]
async fn a_refused_flow_is_told_in_the_services_words() {
    let services = Services::new();
    let (plan, _folder) = plan_with_zips();
    let refused = mock!(Connect::create_contact_flow).then_error(|| {
        let problem = ProblemDetail::builder().message("Invalid Action type. Type: X").build();
        CreateContactFlowError::InvalidContactFlowException(
            InvalidContactFlowException::builder().problems(problem).build(),
        )
    });
    let cloud = cloud(&[], &[&refused], &services.s3());
    let error = run(&cloud, &plan, &services.recorder).await.unwrap_err();
    assert!(error.to_string().contains("“vmx "), "{error}");
    assert!(error.to_string().contains("Invalid Action type. Type: X"), "{error}");
}
