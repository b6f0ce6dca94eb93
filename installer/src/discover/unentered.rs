//! Whether recordings of the version before have still to be entered in the state bucket.

use serde_json::Value;
use vmx_contract::objects::MIGRATED_KEY;

use super::{Settled, StackState};
use crate::cloud::Cloud;
use crate::pipeline::STATE_BUCKET;
use crate::plan::Unentered;
use crate::state_bucket::Bucket;
use crate::template::Template;

/// What has to be entered; `None` where nothing has.
pub(super) async fn unentered(cloud: &Cloud, stack: Option<&StackState>) -> Option<Unentered> {
    let stack = stack.filter(|stack| stack.settled() == Settled::Working)?;
    let named = |logical_id: &str| stack.resources.iter().find(|resource| resource.logical_id == logical_id);
    named("RecordingsBucket")?;
    let Some(bucket) = named(STATE_BUCKET) else {
        return Some(Unentered { marker_days: marker_days(stack) });
    };
    // Where that cannot be seen, it is tried: that repeats without harm, and says what the trouble is.
    match (Bucket { cloud, name: &bucket.physical_id }).written(MIGRATED_KEY).await {
        Ok(Some(_)) => None,
        Ok(None) | Err(_) => Some(Unentered { marker_days: None }),
    }
}

/// For how many days the stack keeps delivery markers beside the transcripts.
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
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_s3::Client as S3;
    use aws_sdk_s3::operation::head_object::HeadObjectOutput;
    use aws_sdk_s3::primitives::DateTime;
    use aws_smithy_mocks::mock;

    use super::*;
    use crate::discover::StackResource;
    use crate::testing::{cloud, pipeline_stack};

    fn without_state_bucket() -> StackState {
        let mut stack = pipeline_stack();
        stack.resources.retain(|resource: &StackResource| resource.logical_id != STATE_BUCKET);
        stack.template = "Resources:\n  TranscriptsBucket:\n    Type: AWS::S3::Bucket\n    Properties:\n      LifecycleConfiguration:\n        Rules:\n          - {Id: a, AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}}\n          - {Id: b, ExpirationInDays: 40}\n".into();
        stack
    }

    #[tokio::test]
    async fn a_stack_without_state_bucket_has_everything_to_enter() {
        let nothing = cloud(&[], &[], &[]);
        assert_eq!(unentered(&nothing, None).await, None);
        let stack = without_state_bucket();
        assert_eq!(unentered(&nothing, Some(&stack)).await, Some(Unentered { marker_days: Some(40) }));
        let failed = StackState { status: "ROLLBACK_COMPLETE".into(), ..stack };
        assert_eq!(unentered(&nothing, Some(&failed)).await, None);
    }

    #[tokio::test]
    async fn what_is_entered_is_marked() {
        let there = mock!(S3::head_object)
            .match_requests(|request| request.key() == Some("watchdog/migrated"))
            .then_output(|| HeadObjectOutput::builder().last_modified(DateTime::from_secs(0)).build());
        assert_eq!(unentered(&cloud(&[], &[], &[&there]), Some(&pipeline_stack())).await, None);
        for status in [404, 403] {
            let not = mock!(S3::head_object).sequence().http_status(status, None).build();
            let unentered = unentered(&cloud(&[], &[], &[&not]), Some(&pipeline_stack())).await;
            assert_eq!(unentered.unwrap().marker_days, None, "{status}");
        }
    }
}
