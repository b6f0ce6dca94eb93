//! Who is changing a stack, and since when.

use jiff::Timestamp;

use crate::error::Failure;
use vmx_engine::apply::holder;
use vmx_engine::cloud::Cloud;
use vmx_engine::follow::operation_begin;
use vmx_model::actual::Actual;
use vmx_model::plan::PlanError;

/// Adds what is known about the other operation to a plan's refusal.
pub(super) async fn explain(cloud: &Cloud, actual: &Actual, error: PlanError) -> Failure {
    let PlanError::Busy { stack, status } = error else { return error.into() };
    // Unknown details are omitted.
    let begin = match actual.stack.as_ref() {
        Some(state) => operation_begin(cloud, &state.id).await.ok().flatten(),
        None => None,
    };
    let since = begin.and_then(|event| Timestamp::from_millisecond(event.at_ms).ok());
    let (bucket, account) = (&actual.artifacts.bucket, &actual.identity.account);
    let holder = holder(cloud, bucket, account, &stack).await.ok().flatten();
    Failure::Busy { stack, status, since, holder: holder.map(Box::new) }
}
