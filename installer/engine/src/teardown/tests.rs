#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aws_sdk_cloudformation::Client as CloudFormation;
use aws_sdk_cloudformation::operation::delete_stack::DeleteStackOutput;
use aws_sdk_cloudformation::operation::describe_stack_events::DescribeStackEventsOutput;
use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
use aws_sdk_connect::Client as Connect;
use aws_sdk_connect::operation::delete_contact_flow::{DeleteContactFlowError, DeleteContactFlowOutput};
use aws_sdk_connect::operation::disassociate_instance_storage_config::DisassociateInstanceStorageConfigOutput;
use aws_sdk_connect::types::InstanceStorageResourceType;
use aws_sdk_connect::types::error::ResourceNotFoundException;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::operation::delete_bucket::DeleteBucketOutput;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::operation::get_bucket_tagging::GetBucketTaggingOutput;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::operation::put_bucket_tagging::PutBucketTaggingOutput;
use aws_sdk_s3::types::{DeleteMarkerEntry, ObjectVersion, Tag};
use aws_smithy_mocks::{Rule, mock};

use super::*;
use crate::pace::Pace;
use crate::testing::{Recorder, STACK_ID, cloud, stack, stack_event};
use vmx_model::actual::{Artifacts, StackState};
use vmx_model::change::{Kind, Stays};
use vmx_model::testing::first_plan;

fn found() -> Inventory {
    let plan = first_plan();
    let flow = |key: &str| vmx_model::actual::ActualFlow {
        key: vmx_model::parts::FlowKey::ALL.into_iter().find(|known| known.as_str() == key).unwrap(),
        id: format!("id of {key}"),
        arn: format!("arn of {key}"),
        name: format!("vmx {key}"),
        content: String::new(),
        published: true,
        written: None,
    };
    Inventory {
        target: plan.target,
        name: "vmx".into(),
        stack: Some(StackState { id: STACK_ID.into(), name: "vmx".into(), ..StackState::default() }),
        flows: vec![flow("task"), flow("voicemail")],
        storage: vec![OwnedStorage {
            name: "media streams",
            what: InstanceStorageResourceType::MediaStreams,
            association_id: "a".into(),
        }],
        associations: Vec::new(),
        with_stack: vec!["vmx-transcripts".into()],
        recordings: vec![Recordings {
            bucket: "vmx-recordings".into(),
            is_state: false,
            contents: Contents::default(),
        }],
        logs: Vec::new(),
        artifacts: Artifacts { bucket: "vmx-code".into(), exists: true, ..Artifacts::default() },
        delete_recordings: false,
        blockers: Vec::new(),
        notes: Vec::new(),
        stays: Vec::new(),
    }
}

fn flows_deleted() -> Rule {
    mock!(Connect::delete_contact_flow).then_output(|| DeleteContactFlowOutput::builder().build())
}

fn storage_gone() -> Rule {
    mock!(Connect::disassociate_instance_storage_config)
        .then_output(|| DisassociateInstanceStorageConfigOutput::builder().build())
}

fn untagged() -> Rule {
    mock!(S3::get_bucket_tagging)
        .then_output(|| GetBucketTaggingOutput::builder().set_tag_set(Some(Vec::new())).build().unwrap())
}

fn tagged() -> Rule {
    mock!(S3::put_bucket_tagging)
        .match_requests(|request| {
            let is_ours = |tag: &Tag| tag.key() == "vmx:stack" && tag.value() == "vmx";
            request.bucket() == Some("vmx-recordings")
                && request.tagging().is_some_and(|tagging| tagging.tag_set().iter().any(is_ours))
        })
        .then_output(|| PutBucketTaggingOutput::builder().build())
}

/// A bucket with a version and a delete marker, which are gone when it is listed again.
fn listed(bucket: &'static str) -> Rule {
    mock!(S3::list_object_versions)
        .match_requests(move |request| request.bucket() == Some(bucket))
        .sequence()
        .output(|| {
            ListObjectVersionsOutput::builder()
                .versions(ObjectVersion::builder().key("k").version_id("1").build())
                .delete_markers(DeleteMarkerEntry::builder().key("k").version_id("2").build())
                .build()
        })
        .output(|| ListObjectVersionsOutput::builder().build())
        .repeatedly()
        .build()
}

fn objects_deleted() -> Rule {
    mock!(S3::delete_objects)
        .match_requests(|request| request.delete().is_some_and(|delete| delete.objects().len() == 2))
        .then_output(|| DeleteObjectsOutput::builder().build())
}

fn bucket_deleted(bucket: &'static str) -> Rule {
    mock!(S3::delete_bucket)
        .match_requests(move |request| request.bucket() == Some(bucket))
        .then_output(|| DeleteBucketOutput::builder().build())
}

/// The stack's events and statuses of deletions that end so, each seen in three looks.
fn deletions(ends: &[&'static str]) -> [Rule; 2] {
    let mut so_far = Vec::new();
    let mut events = mock!(CloudFormation::describe_stack_events).sequence();
    let mut statuses = mock!(CloudFormation::describe_stacks).sequence();
    for (n, end) in ends.iter().enumerate() {
        let before = so_far.clone();
        so_far.insert(0, stack_event(&format!("{n}-begin"), "vmx", "DELETE_IN_PROGRESS", ""));
        let begun = so_far.clone();
        if *end == "DELETE_FAILED" {
            so_far.insert(0, stack_event(&format!("{n}-bucket"), "Bucket", "DELETE_FAILED", "not empty"));
        }
        so_far.insert(0, stack_event(&format!("{n}-end"), "vmx", end, ""));
        for page in [before, begun, so_far.clone()] {
            events = events.output(move || {
                DescribeStackEventsOutput::builder().set_stack_events(Some(page.clone())).build()
            });
        }
        for status in ["DELETE_IN_PROGRESS", end] {
            statuses = statuses.output(move || DescribeStacksOutput::builder().stacks(stack(status)).build());
        }
    }
    [events.build(), statuses.build()]
}

fn stack_deleted() -> Rule {
    mock!(CloudFormation::delete_stack)
        .match_requests(|request| request.stack_name() == Some(STACK_ID))
        .then_output(|| DeleteStackOutput::builder().build())
}

#[tokio::test]
async fn everything_goes_but_the_recordings() {
    let recorder = Recorder::default();
    let [events, statuses] = deletions(&["DELETE_COMPLETE"]);
    let deletion = stack_deleted();
    let connect = [flows_deleted(), storage_gone()];
    let s3 = [
        untagged(),
        tagged(),
        listed("vmx-transcripts"),
        listed("vmx-code"),
        objects_deleted(),
        bucket_deleted("vmx-code"),
    ];
    let cloud = cloud(&[&events, &statuses, &deletion], &connect.each_ref(), &s3.each_ref());
    let mut inventory = found();
    inventory.stays =
        vec![Stays { kind: Kind::Bucket, name: "vmx-recordings".into(), reason: "kept".into() }];
    assert_eq!(remove(&cloud, &inventory, false, Pace::NONE, &recorder).await.unwrap(), 6);
    assert_eq!(
        recorder.taken(),
        [
            "deleted flow vmx task",
            "deleted flow vmx voicemail",
            "disassociated storage of media streams",
            "emptied bucket vmx-transcripts",
            "to be deleted",
            "vmx DELETE_IN_PROGRESS",
            "vmx DELETE_COMPLETE",
            "deleted stack vmx",
            "deleted bucket vmx-code",
            "stays vmx-recordings",
        ]
    );
    assert_eq!(s3[1].num_calls(), 1, "a bucket that outlives the stack is marked as ours");
}

#[tokio::test]
async fn recordings_go_when_asked_for() {
    let recorder = Recorder::default();
    let s3 = [listed("vmx-recordings"), objects_deleted(), bucket_deleted("vmx-recordings")];
    let cloud = cloud(&[], &[], &s3.each_ref());
    let inventory = Inventory {
        stack: None,
        flows: Vec::new(),
        storage: Vec::new(),
        artifacts: Artifacts::default(),
        delete_recordings: true,
        ..found()
    };
    assert_eq!(remove(&cloud, &inventory, false, Pace::NONE, &recorder).await.unwrap(), 1);
    assert_eq!(recorder.taken(), ["deleted bucket vmx-recordings", "stays "]);
}

#[tokio::test]
async fn a_bucket_that_filled_meanwhile_is_emptied_again() {
    let recorder = Recorder::default();
    let [events, statuses] = deletions(&["DELETE_FAILED", "DELETE_COMPLETE"]);
    let deletion = stack_deleted();
    let s3 = [listed("vmx-transcripts"), objects_deleted()];
    let cloud = cloud(&[&events, &statuses, &deletion], &[], &s3.each_ref());
    let inventory = Inventory {
        flows: Vec::new(),
        storage: Vec::new(),
        recordings: Vec::new(),
        artifacts: Artifacts::default(),
        ..found()
    };
    remove(&cloud, &inventory, false, Pace::NONE, &recorder).await.unwrap();
    assert_eq!(deletion.num_calls(), 2);
    assert!(recorder.taken().contains(&"deleted stack vmx".to_owned()));
}

/// An inventory in which nothing but the stack is left.
fn only_the_stack() -> Inventory {
    Inventory {
        flows: Vec::new(),
        storage: Vec::new(),
        with_stack: Vec::new(),
        recordings: Vec::new(),
        artifacts: Artifacts::default(),
        ..found()
    }
}

#[tokio::test]
async fn what_cannot_be_deleted_is_left_behind_when_that_is_asked_for() {
    let recorder = Recorder::default();
    let [events, statuses] =
        deletions(&["DELETE_FAILED", "DELETE_FAILED", "DELETE_FAILED", "DELETE_COMPLETE"]);
    let deletion = mock!(CloudFormation::delete_stack)
        .match_requests(|request| request.retain_resources().is_empty())
        .then_output(|| DeleteStackOutput::builder().build());
    let retaining = mock!(CloudFormation::delete_stack)
        .match_requests(|request| request.retain_resources() == ["Bucket"])
        .then_output(|| DeleteStackOutput::builder().build());
    let cloud = cloud(&[&events, &statuses, &deletion, &retaining, &crate::testing::no_details()], &[], &[]);
    remove(&cloud, &only_the_stack(), true, Pace::NONE, &recorder).await.unwrap();
    assert_eq!((deletion.num_calls(), retaining.num_calls()), (3, 1));
    let told = recorder.taken();
    assert!(told.contains(&"cause Bucket".to_owned()), "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some("stays Bucket (AWS::SQS::Queue)"));
}

#[tokio::test]
async fn a_deletion_that_is_under_way_is_waited_for() {
    let recorder = Recorder::default();
    let page = |events: Vec<aws_sdk_cloudformation::types::StackEvent>| {
        move || DescribeStackEventsOutput::builder().set_stack_events(Some(events.clone())).build()
    };
    let begin = stack_event("1", "vmx", "DELETE_IN_PROGRESS", "User Initiated");
    let end = stack_event("2", "vmx", "DELETE_COMPLETE", "");
    let events = mock!(CloudFormation::describe_stack_events)
        .sequence()
        .output(page(vec![begin.clone()]))
        .output(page(vec![end, begin]))
        .repeatedly()
        .build();
    let statuses = mock!(CloudFormation::describe_stacks)
        .sequence()
        .output(|| DescribeStacksOutput::builder().stacks(stack("DELETE_IN_PROGRESS")).build())
        .output(|| DescribeStacksOutput::builder().stacks(stack("DELETE_COMPLETE")).build())
        .repeatedly()
        .build();
    let cloud = cloud(&[&events, &statuses], &[], &[]);
    let mut inventory = only_the_stack();
    inventory.stack.as_mut().unwrap().status = "DELETE_IN_PROGRESS".into();
    remove(&cloud, &inventory, false, Pace::NONE, &recorder).await.unwrap();
    assert!(recorder.taken().contains(&"deleted stack vmx".to_owned()));
}

#[tokio::test]
async fn logs_that_outlive_the_stack_are_deleted() {
    use aws_sdk_cloudwatchlogs::Client as Logs;
    use aws_sdk_cloudwatchlogs::operation::delete_log_group::DeleteLogGroupOutput;
    use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
    use aws_sdk_cloudwatchlogs::types::LogGroup;
    let there = mock!(Logs::describe_log_groups).then_compute_output(|request| {
        // A log group of somebody else's begins with the same letters.
        let names = match request.log_group_name_prefix() {
            Some("/vmx/vmx_packager") => vec!["/vmx/vmx_packager", "/vmx/vmx_packager-of-the-shop"],
            Some("/aws/lambda/vmx-Packager-1") => vec!["/aws/lambda/vmx-Packager-10"],
            _ => Vec::new(),
        };
        let groups = names.into_iter().map(|name| LogGroup::builder().log_group_name(name).build());
        DescribeLogGroupsOutput::builder().set_log_groups(Some(groups.collect())).build()
    });
    let deleted = mock!(Logs::delete_log_group)
        .match_requests(|request| request.log_group_name() == Some("/vmx/vmx_packager"))
        .then_output(|| DeleteLogGroupOutput::builder().build());
    let [events, statuses] = deletions(&["DELETE_COMPLETE"]);
    let deletion = stack_deleted();
    let mut cloud = cloud(&[&events, &statuses, &deletion], &[], &[]);
    cloud.logs = aws_smithy_mocks::mock_client!(
        aws_sdk_cloudwatchlogs,
        aws_smithy_mocks::RuleMode::MatchAny,
        &[&there, &deleted]
    );
    let mut inventory = only_the_stack();
    inventory.stack.as_mut().unwrap().resources = vec![vmx_model::actual::StackResource {
        logical_id: "Packager".into(),
        resource_type: "AWS::Lambda::Function".into(),
        physical_id: "vmx-Packager-1".into(),
    }];
    let recorder = Recorder::default();
    remove(&cloud, &inventory, false, Pace::NONE, &recorder).await.unwrap();
    assert_eq!(deleted.num_calls(), 1);
    assert!(recorder.taken().contains(&"deleted log group /vmx/vmx_packager".to_owned()));
}

#[tokio::test]
async fn buckets_of_other_regions_and_owners_are_left_alone() {
    use aws_sdk_s3::operation::list_buckets::ListBucketsOutput;
    use aws_sdk_s3::types::Bucket;
    let listed = mock!(S3::list_buckets)
        .match_requests(|request| request.bucket_region() == Some("eu-west-2"))
        .then_output(|| {
            let bucket = |name: &str| Bucket::builder().name(name).build();
            let buckets = ["vmx-ours", "vmx-closed", "vmx-elsewhere"].map(bucket).to_vec();
            ListBucketsOutput::builder().set_buckets(Some(buckets)).build()
        });
    let ours = mock!(S3::get_bucket_tagging)
        .match_requests(|request| request.bucket() == Some("vmx-ours"))
        .then_output(|| {
            let tag = Tag::builder().key("vmx:stack").value("vmx").build().unwrap();
            GetBucketTaggingOutput::builder().tag_set(tag).build().unwrap()
        });
    let refused = |bucket: &'static str, status: u16, code: &str| {
        let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
        mock!(S3::get_bucket_tagging)
            .match_requests(move |request| request.bucket() == Some(bucket))
            .sequence()
            .http_status(status, Some(body))
            .repeatedly()
            .build()
    };
    let closed = refused("vmx-closed", 403, "AccessDenied");
    let elsewhere = refused("vmx-elsewhere", 301, "PermanentRedirect");
    let cloud = cloud(&[], &[], &[&listed, &ours, &closed, &elsewhere]);
    let (found, foreign) = buckets::left_by(&cloud, "vmx").await.unwrap();
    assert_eq!(Vec::from_iter(found), ["vmx-ours"]);
    assert_eq!(foreign, ["vmx-closed", "vmx-elsewhere"]);
}

#[tokio::test]
async fn messages_that_wait_are_counted() {
    use aws_sdk_sqs::operation::get_queue_attributes::GetQueueAttributesOutput;
    use aws_sdk_sqs::types::QueueAttributeName;
    let counted = mock!(aws_sdk_sqs::Client::get_queue_attributes).then_output(|| {
        GetQueueAttributesOutput::builder()
            .attributes(QueueAttributeName::ApproximateNumberOfMessages, "2")
            .attributes(QueueAttributeName::ApproximateNumberOfMessagesNotVisible, "1")
            .build()
    });
    let mut cloud = cloud(&[], &[], &[]);
    cloud.sqs =
        aws_smithy_mocks::mock_client!(aws_sdk_sqs, aws_smithy_mocks::RuleMode::MatchAny, &[&counted]);
    let queue = |name: &str| vmx_model::actual::StackResource {
        logical_id: name.into(),
        resource_type: "AWS::SQS::Queue".into(),
        physical_id: format!("https://sqs.eu-west-2.amazonaws.com/111122223333/{name}"),
    };
    let stack = StackState { resources: vec![queue("A"), queue("B")], ..StackState::default() };
    let messages = waiting::messages(&cloud, &stack).await.unwrap();
    assert_eq!(messages, 6);
    let note = waiting::note(messages, false).unwrap();
    assert!(note.starts_with("6 messages wait") && note.ends_with("their recordings are kept"), "{note}");
    assert_eq!(waiting::note(0, false), None);
}

#[tokio::test]
async fn a_stack_that_stays_stuck_is_told_with_the_cause() {
    let [events, statuses] = deletions(&["DELETE_FAILED", "DELETE_FAILED", "DELETE_FAILED"]);
    let deletion = stack_deleted();
    let cloud = cloud(&[&events, &statuses, &deletion, &crate::testing::no_details()], &[], &[]);
    let inventory = Inventory {
        flows: Vec::new(),
        storage: Vec::new(),
        with_stack: Vec::new(),
        recordings: Vec::new(),
        ..found()
    };
    let error = remove(&cloud, &inventory, false, Pace::NONE, &Recorder::default()).await.unwrap_err();
    assert!(error.to_string().contains("Bucket (AWS::SQS::Queue): not empty"), "{error}");
}

#[tokio::test]
async fn nothing_goes_while_something_is_in_the_way() {
    // No rules: any call fails the test.
    let cloud = cloud(&[], &[], &[]);
    let inventory =
        Inventory { blockers: vec!["the phone number +15555550100 leads here".into()], ..found() };
    let error = remove(&cloud, &inventory, false, Pace::NONE, &Recorder::default()).await.unwrap_err();
    assert!(matches!(&error, TeardownError::Blocked(by) if by == &inventory.blockers), "{error}");
}

#[tokio::test]
async fn what_is_gone_already_is_no_failure() {
    let gone = mock!(Connect::delete_contact_flow).then_error(|| {
        let error =
            aws_sdk_connect::error::ErrorMetadata::builder().code("ResourceNotFoundException").build();
        DeleteContactFlowError::ResourceNotFoundException(
            ResourceNotFoundException::builder().meta(error).build(),
        )
    });
    let cloud = cloud(&[], &[&gone], &[]);
    let inventory = Inventory {
        stack: None,
        storage: Vec::new(),
        recordings: Vec::new(),
        artifacts: Artifacts::default(),
        ..found()
    };
    remove(&cloud, &inventory, false, Pace::NONE, &Recorder::default()).await.unwrap();
    assert_eq!(gone.num_calls(), 2);
}
