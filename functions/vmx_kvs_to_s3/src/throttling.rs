//! Kinesis Video Streams has a throttling code that the SDK does not know.

use aws_sdk_kinesisvideo::operation::get_data_endpoint::GetDataEndpointError;
use aws_sdk_kinesisvideoarchivedmedia::operation::get_media_for_fragment_list::GetMediaForFragmentListError;
use aws_sdk_kinesisvideoarchivedmedia::operation::list_fragments::ListFragmentsError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, InterceptorContext};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// The service's code for a temporarily exceeded quota. Source: the API model's errors.
const THROTTLED: &str = "ClientLimitExceededException";

/// Makes the SDK back off and retry when Kinesis Video Streams throttles.
#[derive(Debug)]
pub(crate) struct ThrottledMedia;

impl ClassifyRetry for ThrottledMedia {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = match context.output_or_error() {
            Some(Err(error)) => error.as_operation_error(),
            _ => None,
        };
        if error.and_then(code) == Some(THROTTLED) {
            RetryAction::throttling_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "throttled media"
    }
}

fn code(error: &Error) -> Option<&str> {
    let list = error.downcast_ref::<ListFragmentsError>().map(ProvideErrorMetadata::code);
    let media = || error.downcast_ref::<GetMediaForFragmentListError>().map(ProvideErrorMetadata::code);
    let endpoint = || error.downcast_ref::<GetDataEndpointError>().map(ProvideErrorMetadata::code);
    list.or_else(media).or_else(endpoint).flatten()
}
