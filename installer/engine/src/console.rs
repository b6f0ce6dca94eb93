//! Addresses for a browser: pages of the AWS console about an installation, and a voicemail's recording.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use vmx_contract::objects::RECORDING_CONTENT_TYPE;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::pipeline::Pipeline;
use crate::state_bucket::Bucket;
use vmx_model::actual::StackState;
use vmx_model::ownership::STREAM_OUTPUT;
use vmx_model::parts::Step;

/// What has a meaning in an address. Source: RFC 3986, 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// How long a recording's address works.
pub const LISTEN: Duration = Duration::from_mins(15);

/// A page of the AWS console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The dashboard in CloudWatch.
    Dashboard,
    /// The stack in CloudFormation.
    Stack,
    /// The stream of contact records in Kinesis.
    Stream,
    /// A step's queue in SQS.
    Queue(Step),
}

/// The address of a page, or `None` if the stack has no such part.
#[must_use]
pub fn address(page: Page, stack: &StackState, region: &str) -> Option<String> {
    let host = match stack.id.split(':').nth(1) {
        Some("aws-cn") => "console.amazonaws.cn",
        Some("aws-us-gov") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    let (service, place) = match page {
        Page::Dashboard => {
            ("cloudwatch", format!("dashboards/dashboard/{}", encoded(stack.physical_id("Dashboard")?)))
        }
        Page::Stack => ("cloudformation", format!("/stacks/stackinfo?stackId={}", encoded(&stack.id))),
        Page::Stream => {
            let stream = stack.outputs.get(STREAM_OUTPUT)?.rsplit('/').next()?;
            ("kinesis", format!("/streams/details/{}/monitoring", encoded(stream)))
        }
        Page::Queue(step) => {
            let (_, queue) = step.logical_ids();
            ("sqs/v3", format!("/queues/{}", encoded(stack.physical_id(queue)?)))
        }
    };
    Some(format!("https://{region}.{host}/{service}/home?region={region}#{place}"))
}

/// The address of a voicemail's recording, signed with the caller's credentials; `None` without a recording.
///
/// The link in a task cannot be had again: only the installation's own role can make one, and none is stored.
///
/// # Errors
/// [`CloudError`] if the recording cannot be read.
pub async fn recording(
    cloud: &Cloud,
    pipeline: &Pipeline,
    id: &VoicemailId,
) -> Result<Option<String>, CloudError> {
    let bucket = Bucket { cloud, name: &pipeline.recordings };
    let key = id.recording_key();
    if bucket.head(&key).await?.is_none() {
        return Ok(None);
    }
    let wanted = "sign the address of the recording";
    let signing = PresigningConfig::builder().start_time(SystemTime::now()).expires_in(LISTEN).build();
    let signing = signing.map_err(|error| CloudError::incomplete(wanted, &error.to_string()))?;
    let request = cloud.s3.get_object().bucket(&pipeline.recordings).key(key);
    let request = request.response_content_type(RECORDING_CONTENT_TYPE);
    let signed = request.presigned(signing).await.map_err(wrap(wanted))?;
    Ok(Some(signed.uri().to_owned()))
}

/// A text within an address.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use aws_sdk_s3::Client as S3;
    use aws_sdk_s3::operation::get_object::GetObjectOutput;
    use aws_sdk_s3::operation::head_object::HeadObjectOutput;
    use aws_smithy_mocks::mock;

    use super::*;
    use crate::testing::{cloud, pipeline, pipeline_stack};
    use vmx_model::actual::StackResource;

    #[test]
    fn pages_are_in_the_console_of_the_partition() {
        let mut stack = pipeline_stack();
        stack.id = "arn:aws:cloudformation:eu-west-2:111122223333:stack/vmx/1".into();
        let stream = "arn:aws:kinesis:eu-west-2:111122223333:stream/vmx-records";
        stack.outputs.insert(STREAM_OUTPUT.into(), stream.into());
        stack.resources.push(StackResource {
            logical_id: "Dashboard".into(),
            resource_type: "AWS::CloudWatch::Dashboard".into(),
            physical_id: "vmx-eu-west-2".into(),
        });
        let page = |page| address(page, &stack, "eu-west-2").unwrap();
        let start = "https://eu-west-2.console.aws.amazon.com";
        assert_eq!(
            page(Page::Dashboard),
            format!("{start}/cloudwatch/home?region=eu-west-2#dashboards/dashboard/vmx-eu-west-2")
        );
        assert_eq!(
            page(Page::Stack),
            format!(
                "{start}/cloudformation/home?region=eu-west-2#/stacks/stackinfo?stackId=\
                 arn%3Aaws%3Acloudformation%3Aeu-west-2%3A111122223333%3Astack%2Fvmx%2F1"
            )
        );
        assert_eq!(
            page(Page::Stream),
            format!("{start}/kinesis/home?region=eu-west-2#/streams/details/vmx-records/monitoring")
        );
        let queue = encoded(stack.physical_id("TranscriptsQueue").unwrap());
        assert_eq!(
            page(Page::Queue(Step::Deliver)),
            format!("{start}/sqs/v3/home?region=eu-west-2#/queues/{queue}")
        );
        let mut there = stack.clone();
        there.id = "arn:aws-cn:cloudformation:cn-north-1:111122223333:stack/vmx/1".into();
        assert!(
            address(Page::Stack, &there, "cn-north-1")
                .unwrap()
                .starts_with("https://cn-north-1.console.amazonaws.cn/")
        );
        stack.resources.clear();
        assert_eq!(address(Page::Dashboard, &stack, "eu-west-2"), None);
    }

    #[tokio::test]
    async fn a_recording_is_heard_with_an_address_that_is_signed() {
        let id = VoicemailId::parse("00000000-0000-4000-8000-00000000c0de-2").unwrap();
        let there = mock!(S3::head_object).then_output(|| HeadObjectOutput::builder().build());
        // It is only signed, not sent.
        let signed = mock!(S3::get_object).then_output(|| GetObjectOutput::builder().build());
        let url = recording(&cloud(&[], &[], &[&there, &signed]), &pipeline(), &id).await.unwrap().unwrap();
        assert!(url.contains("00000000-0000-4000-8000-00000000c0de-2.wav"), "{url}");
        assert!(url.contains("X-Amz-Expires=900&"), "{url}");
        let gone = mock!(S3::head_object).sequence().http_status(404, None).build();
        assert_eq!(recording(&cloud(&[], &[], &[&gone]), &pipeline(), &id).await.unwrap(), None);
        let denied = mock!(S3::head_object).sequence().http_status(403, None).build();
        let error = recording(&cloud(&[], &[], &[&denied]), &pipeline(), &id).await.unwrap_err();
        assert_eq!(error.kind, crate::cloud::ErrorKind::Denied);
    }
}
