//! `rollback`: what was installed before is planned, shown, approved and applied like anything else.

use super::busy;
use super::execute::Means;
use super::install::{Prepared, carry_out, show};
use crate::approval::CommandKind;
use crate::cli::ParamsArgs;
use crate::cloud::Cloud;
use crate::deployments::{Bucket, choose, list, read, time};
use crate::discover::discover;
use crate::error::Failure;
use crate::event::Event;
use crate::params::Params;
use crate::plan::{Wish, plan};

/// Goes back to an earlier deployment.
pub(super) async fn rollback(
    params: &ParamsArgs,
    to: Option<&str>,
    wish: Wish,
    means: Means<'_>,
) -> Result<(), Failure> {
    let now = params.load()?;
    let cloud = Cloud::from_environment(means.profile, Some(now.region.as_str())).await?;
    means.view.show(&Event::Discovering);
    let actual = discover(&cloud, &now).await?;
    let bucket = Bucket { name: &actual.artifacts.bucket, owner: &actual.identity.account };
    let keys = list(&cloud, bucket).await?;
    let key = choose(&keys, to)?;
    let times = keys.iter().map(|key| time(key).to_owned()).collect();
    means.view.show(&Event::Deployments { times, to: time(key).to_owned() });
    let deployment = read(&cloud, bucket, key).await??;
    let artifacts = deployment.code(&actual.artifacts.keys)?;
    let params = Params::from_yaml(key, &deployment.params.to_string())?;
    // What it names, such as the queue, may be another than that of today's parameters.
    let actual = discover(&cloud, &params).await?;
    let rendered = deployment.rendered;
    let mut plan = match plan(&params, &actual, &rendered, &artifacts, wish) {
        Ok(plan) => plan,
        Err(error) => return Err(busy::explain(&cloud, &actual, error).await),
    };
    plan.notes.push(
        "the parameters file is not changed: the next installation with it changes this again".to_owned(),
    );
    means.view.show(&plan.target.event(&plan.stack.name));
    show(&plan, means.view);
    let prepared = Prepared { cloud, params, actual, rendered, artifacts, plan };
    carry_out(&prepared, CommandKind::Asking, means).await
}
