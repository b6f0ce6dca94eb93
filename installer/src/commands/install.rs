//! `install`, also without prompts, and `plan`, which share their first steps.

use super::apply::save;
use super::installation;
use super::prepare::{Functions, carry_out, check, prepare, show};
use super::session::Session;
use crate::approval::CommandKind;
use crate::cli::{InstallArgs, ParamsArgs, PlanArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::drift::drift;
use vmx_engine::pace::Pace;
use vmx_model::params::{Params, Resolved};
use vmx_model::plan::PlanOptions;

/// Installs or updates.
pub(super) async fn install(
    args: InstallArgs,
    kind: CommandKind,
    session: Session<'_>,
) -> Result<(), Failure> {
    let params = resolve(&args.file.params(), session.view)?;
    let options = PlanOptions { overwrite_flows: args.overwrite_flows };
    let functions = Functions::Given(args.functions);
    let prepared = prepare(params, session.profile, functions, options, session.view).await?;
    show(&prepared.plan, session.view);
    carry_out(&prepared, kind, session).await
}

/// Shows what an installation would change, and saves the plan if requested.
pub(super) async fn show_plan(
    args: PlanArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let params = resolve(&args.file.params(), view)?;
    let options = PlanOptions { overwrite_flows: args.overwrite_flows };
    let prepared = prepare(params, profile, Functions::Given(args.functions), options, view).await?;
    show(&prepared.plan, view);
    let (stack, pace) = (prepared.actual.stack.as_ref(), Pace::default());
    for finding in drift(&prepared.cloud, stack, pace).await {
        view.tell(&Event::Checked(finding));
    }
    check(&prepared, view)?;
    if let Some(path) = &args.out {
        save(path, &prepared, options, view)?;
    }
    if args.detailed_exitcode && !prepared.plan.changes().is_empty() {
        return Err(Failure::ChangesFound);
    }
    Ok(())
}

/// The parameters, after showing them.
fn resolve(params: &ParamsArgs, view: &dyn EventView) -> Result<Params, Failure> {
    let Resolved { params, values, .. } = installation::resolve(params, view)?;
    view.tell(&Event::Parameters { values });
    Ok(params)
}
