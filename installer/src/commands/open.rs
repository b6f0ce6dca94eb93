//! Where an installation is.

use vmx_engine::cloud::Cloud;
use vmx_model::params::{Params, Resolved};

use crate::cli::ParamsArgs;
use crate::error::Failure;
use crate::event::{Event, EventView};

/// The parameters of an installation, and the clients for where it is.
pub(super) async fn open(
    params: &ParamsArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(Params, Cloud), Failure> {
    let Resolved { params, values } = params.resolve()?;
    view.tell(&Event::Parameters { values });
    let cloud = Cloud::from_environment(profile, Some(params.region.as_str())).await?;
    Ok((params, cloud))
}
