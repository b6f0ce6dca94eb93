//! `--non-interactive` and `plan`: the same way, of which `plan` goes all but the last step.

use crate::apply::apply;
use crate::build::{Artifact, BuildError, Request, build, prebuilt};
use crate::cli::{FunctionsArgs, ParamsArgs};
use crate::cloud::Cloud;
use crate::discover::discover;
use crate::error::Failure;
use crate::event::{Event, Purpose, View};
use crate::pace::Pace;
use crate::params::{Architecture, Resolved};
use crate::plan::{Plan, plan};
use crate::render::{FlowKey, render};

/// Installs or updates.
pub(super) async fn install(
    params: &ParamsArgs,
    profile: Option<&str>,
    functions: FunctionsArgs,
    run_id: &str,
    view: &dyn View,
) -> Result<(), Failure> {
    let (cloud, plan) = prepare(params, profile, functions, view).await?;
    let changes = if plan.changes().is_empty() {
        0
    } else {
        apply(&cloud, &plan, Pace::default(), run_id, view).await?
    };
    view.show(&Event::Finished { changes, next: next(&plan) });
    Ok(())
}

/// Shows what an installation would change.
pub(super) async fn show_plan(
    params: &ParamsArgs,
    profile: Option<&str>,
    functions: FunctionsArgs,
    view: &dyn View,
) -> Result<(), Failure> {
    prepare(params, profile, functions, view).await.map(drop)
}

/// Everything up to the plan, which is shown. Nothing is changed.
async fn prepare(
    params: &ParamsArgs,
    profile: Option<&str>,
    functions: FunctionsArgs,
    view: &dyn View,
) -> Result<(Cloud, Plan), Failure> {
    let Resolved { params, values } = params.resolve()?;
    view.show(&Event::Parameters { values });
    let cloud = Cloud::from_environment(profile, Some(params.region.as_str())).await?;
    // Before the build, which takes its time: a wrong profile or instance is told at once.
    view.show(&Event::Discovering);
    let actual = discover(&cloud, &params).await?;
    let artifacts = artifacts(functions, params.architecture, view)?;
    let rendered = render(&params, &actual.facts())?;
    let plan = plan(&params, &actual, &rendered, &artifacts)?;
    view.show(&plan.target.event(&plan.stack.name));
    view.show(&Event::Planned {
        purpose: Purpose::Install,
        changes: plan.changes(),
        notes: plan.notes.clone(),
    });
    Ok((cloud, plan))
}

/// The functions' packages: those of a folder, or built now.
fn artifacts(
    functions: FunctionsArgs,
    architecture: Architecture,
    view: &dyn View,
) -> Result<Vec<Artifact>, BuildError> {
    match functions.artifacts {
        Some(folder) => prebuilt(&folder, architecture),
        None => build(&Request { source: functions.source, architecture, out: None }, view),
    }
}

/// What a person does with a new installation.
fn next(plan: &Plan) -> Vec<String> {
    let voicemail = plan.flows.iter().find(|flow| flow.key == FlowKey::Voicemail);
    let flow = voicemail.map(|flow| {
        format!("to take voicemails, transfer contacts to the flow “{}” from any inbound flow", flow.name)
    });
    flow.into_iter().collect()
}
