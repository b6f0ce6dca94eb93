//! Where an installation is.

use vmx_engine::cloud::Cloud;
use vmx_engine::deployments::{self, Bucket};
use vmx_engine::discover::{describe_stack, identity};
use vmx_engine::pipeline::PipelineError;
use vmx_engine::progress::Progress;
use vmx_model::ownership::artifact_bucket;
use vmx_model::params::{Params, Resolved};

use crate::cli::{InstallationArgs, ParamsArgs};
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
pub(super) async fn connect(
    installation: &InstallationArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(Params, Cloud), Failure> {
    if let Some(stack) = &installation.stack {
        let cloud = Cloud::from_environment(profile, installation.region.as_deref()).await?;
        let Resolved { params, values, .. } = installed(&cloud, stack).await?;
        view.tell(&Event::Parameters { values });
        return Ok((params, cloud));
    }
    let params = installation.params();
    if params.names_nothing() {
        return Err(Failure::NoInstallation { file: params.path().to_owned() });
    }
    let Resolved { params, values, .. } = resolve(&params, view)?;
    view.tell(&Event::Parameters { values });
    let cloud = Cloud::from_environment(profile, Some(params.region.as_str())).await?;
    Ok((params, cloud))
}

/// The parameters that a stack was installed with, from the record of its newest deployment.
async fn installed(cloud: &Cloud, stack: &str) -> Result<Resolved, Failure> {
    let account = identity(cloud).await?.account;
    let name = artifact_bucket(stack, &account, &cloud.region);
    let bucket = Bucket { name: &name, owner: &account };
    let keys = deployments::list(cloud, bucket).await?;
    let region = || cloud.region.clone();
    let Some(key) = keys.first() else {
        return Err(match describe_stack(cloud, stack).await? {
            Some(_) => Failure::NoRecord { stack: stack.to_owned(), region: region() },
            None => PipelineError::NoStack { stack: stack.to_owned(), region: region() }.into(),
        });
    };
    let deployment = deployments::read(cloud, bucket, key).await??;
    Ok(Resolved::merge(key, &deployment.params.to_string(), [], &[])?)
}
