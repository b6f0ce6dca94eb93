//! Where an installation is.

use vmx_engine::cloud::Cloud;
use vmx_model::params::Params;

use crate::cli::ParamsArgs;
use crate::error::Failure;

/// The parameters of an installation, and the clients for where it is.
pub(super) async fn open(params: &ParamsArgs, profile: Option<&str>) -> Result<(Params, Cloud), Failure> {
    let params = params.load()?;
    let cloud = Cloud::from_environment(profile, Some(params.region.as_str())).await?;
    Ok((params, cloud))
}
