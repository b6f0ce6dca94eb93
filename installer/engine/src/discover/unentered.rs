//! Whether the earlier version's recordings still have to be entered in the state bucket.

use serde_json::Value;
use vmx_contract::objects::MIGRATED_KEY;

use crate::cloud::{Cloud, ErrorKind};
use crate::state_bucket::Bucket;
use vmx_model::actual::{Settled, StackState, Unentered};
use vmx_model::parts::STATE_BUCKET;
use vmx_model::template::Template;

/// What has to be entered, or `None`.
pub(super) async fn unentered(cloud: &Cloud, stack: Option<&StackState>) -> Option<Unentered> {
    let stack = stack.filter(|stack| stack.settled() == Settled::Working)?;
    stack.physical_id("RecordingsBucket")?;
    let Some(name) = stack.physical_id(STATE_BUCKET) else {
        return Some(Unentered { marker_days: marker_days(stack) });
    };
    // A listing, because a request for an object does not report denied access.
    match (Bucket { cloud, name }).list(MIGRATED_KEY, 1).await {
        Ok(listing) if !listing.objects.is_empty() => None,
        // A caller without access cannot enter anything either.
        Err(error) if error.kind == ErrorKind::Denied => None,
        // If unknown, it is tried: that is idempotent, and reports the problem.
        Ok(_) | Err(_) => Some(Unentered { marker_days: None }),
    }
}

/// How many days the stack keeps delivery markers with the transcripts.
fn marker_days(stack: &StackState) -> Option<u32> {
    let template = Template::read(&stack.template, &stack.parameters).ok()?;
    let bucket = &template.resources.get("TranscriptsBucket")?.properties;
    let rules = bucket.pointer("/LifecycleConfiguration/Rules").and_then(Value::as_array)?;
    let days =
        |rule: &Value| rule.get("ExpirationInDays")?.as_u64().and_then(|days| u32::try_from(days).ok());
    rules.iter().filter_map(days).min()
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::Client as S3;
    use aws_sdk_s3::error::ErrorMetadata;
    use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Error;
    use aws_smithy_mocks::mock;
    use jiff::Timestamp;

    use super::*;
    use crate::testing::{Objects, cloud, pipeline_stack};
    use vmx_model::actual::StackResource;

    const TEMPLATE: &str = "
Resources:
  TranscriptsBucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration:
        Rules:
          - {Id: a, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}}
          - {Id: b, ExpirationInDays: 40}
";

    #[tokio::test]
    async fn a_stack_without_state_bucket_has_everything_to_enter() {
        let nothing = cloud(&[], &[], &[]);
        assert_eq!(unentered(&nothing, None).await, None);
        let mut stack = pipeline_stack();
        stack.resources.retain(|resource: &StackResource| resource.logical_id != STATE_BUCKET);
        stack.template = TEMPLATE.into();
        assert_eq!(unentered(&nothing, Some(&stack)).await, Some(Unentered { marker_days: Some(40) }));
        stack.status = "ROLLBACK_COMPLETE".into();
        assert_eq!(unentered(&nothing, Some(&stack)).await, None);
    }

    #[tokio::test]
    async fn what_is_entered_is_marked_and_who_may_not_look_enters_nothing() {
        let (objects, mut cloud) = (Objects::default(), cloud(&[], &[], &[]));
        objects.serve(&mut cloud);
        let stack = pipeline_stack();
        assert_eq!(unentered(&cloud, Some(&stack)).await, Some(Unentered { marker_days: None }));
        objects.put("the-StateBucket", MIGRATED_KEY, "{}", Timestamp::UNIX_EPOCH);
        assert_eq!(unentered(&cloud, Some(&stack)).await, None);
        let denied = mock!(S3::list_objects_v2).then_error(|| {
            ListObjectsV2Error::generic(ErrorMetadata::builder().code("AccessDenied").build())
        });
        let cloud = crate::testing::cloud(&[], &[], &[&denied]);
        assert_eq!(unentered(&cloud, Some(&stack)).await, None);
    }
}
