//! Who the caller is.

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::actual::Identity;

pub(super) async fn identity(cloud: &Cloud) -> Result<Identity, CloudError> {
    let wanted = "get the caller's identity";
    let caller = cloud.sts.get_caller_identity().send().await.map_err(wrap(wanted))?;
    let principal = caller.arn().ok_or_else(|| CloudError::incomplete(wanted, "ARN"))?;
    Ok(Identity {
        account: caller.account().ok_or_else(|| CloudError::incomplete(wanted, "account"))?.to_owned(),
        partition: principal.split(':').nth(1).unwrap_or("aws").to_owned(),
        principal: principal.to_owned(),
    })
}
