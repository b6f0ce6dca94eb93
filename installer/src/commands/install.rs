//! `--non-interactive` and `plan`, which share their first steps.

use super::apply::save;
use super::means::Means;
use super::prepare::{Functions, carry_out, check, next, prepare, show};
use crate::approval::CommandKind;
use crate::cli::{FunctionsArgs, ParamsArgs, PlanArgs};
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::drift::drift;
use vmx_engine::pace::Pace;
use vmx_model::params::{Params, Resolved};
use vmx_model::plan::Wish;

/// Installs or updates without prompting.
pub(super) async fn install(
    params: &ParamsArgs,
    functions: FunctionsArgs,
    wish: Wish,
    means: Means<'_>,
) -> Result<(), Failure> {
    let params = resolve(params, means.view)?;
    let prepared = prepare(params, means.profile, Functions::Given(functions), wish, means.view).await?;
    show(&prepared.plan, means.view);
    carry_out(&prepared, CommandKind::Unasking, next(&prepared.plan), means).await
}

/// Shows what an installation would change, and saves the plan if requested.
pub(super) async fn show_plan(
    mut args: PlanArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    args.params.file = args.named.or(args.params.file);
    let params = resolve(&args.params, view)?;
    let wish = Wish { overwrite_flows: args.overwrite_flows };
    let prepared = prepare(params, profile, Functions::Given(args.functions), wish, view).await?;
    show(&prepared.plan, view);
    let (stack, pace) = (prepared.actual.stack.as_ref(), Pace::default());
    for finding in drift(&prepared.cloud, stack, pace).await {
        view.tell(&Event::Checked(finding));
    }
    check(&prepared, view)?;
    if let Some(path) = &args.out {
        save(path, &prepared, wish, view)?;
    }
    if args.detailed_exitcode && !prepared.plan.changes().is_empty() {
        return Err(Failure::ChangesFound);
    }
    Ok(())
}

/// The parameters, after showing them.
fn resolve(params: &ParamsArgs, view: &dyn EventView) -> Result<Params, Failure> {
    let Resolved { params, values } = params.resolve()?;
    view.tell(&Event::Parameters { values });
    Ok(params)
}
