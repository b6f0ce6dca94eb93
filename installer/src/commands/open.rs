//! Where an installation is.

use vmx_engine::cloud::Cloud;
use vmx_engine::progress::Progress;
use vmx_model::params::{Params, Resolved};

use crate::cli::ParamsArgs;
use crate::error::Failure;
use crate::event::{Event, EventView};

/// Reads the parameters, and warns about variables of the environment that look like some.
pub(super) fn resolve(params: &ParamsArgs, view: &dyn EventView) -> Result<Resolved, Failure> {
    let resolved = params.resolve()?;
    for variable in &resolved.ignored {
        view.show(&Progress::Warning { text: variable.to_string() });
    }
    Ok(resolved)
}

/// The parameters of an installation, and the clients for where it is.
pub(super) async fn open(
    params: &ParamsArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(Params, Cloud), Failure> {
    let Resolved { params, values, .. } = resolve(params, view)?;
    view.tell(&Event::Parameters { values });
    let cloud = Cloud::from_environment(profile, Some(params.region.as_str())).await?;
    Ok((params, cloud))
}
