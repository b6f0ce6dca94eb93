//! `migrate`: from an earlier system to this one.

use std::fs;
use std::path::Path;

use similar::TextDiff;

use crate::cli::MigratePlanArgs;
use crate::error::Failure;
use crate::event::{EarlierParameter, EarlierSystem, Event, EventView};
use vmx_engine::approver::{Answer, Approver};
use vmx_engine::cloud::Cloud;
use vmx_engine::discover::identity;
use vmx_engine::files::write_atomically;
use vmx_engine::migrate::{Found, OwnFlow, find, own_flows};
use vmx_model::ancestor::{Fate, TakenOver, file, take_over};
use vmx_model::params::{EarlierStack, read_file};

/// Shows what an earlier system becomes, and writes the parameters file. Nothing is changed on AWS.
pub(super) async fn plan(
    args: &MigratePlanArgs,
    profile: Option<&str>,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let cloud = Cloud::from_environment(profile, args.region.as_deref()).await?;
    plan_in(&cloud, args, view, approver).await
}

async fn plan_in(
    cloud: &Cloud,
    args: &MigratePlanArgs,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let caller = identity(cloud).await?;
    let (account, region) = (caller.account, cloud.region.clone());
    view.tell(&Event::Caller { account, region, principal: caller.principal });
    let found = find(cloud).await?;
    let systems = found.iter().map(system).collect();
    view.tell(&Event::EarlierSystems { systems });
    let chosen = chosen(found, args.stack.as_deref(), &cloud.region)?;
    let mut taken = take_over(chosen.ancestor, &chosen.parameters)?;
    taken.params.migrate_from = EarlierStack::try_from(chosen.stack.clone()).unwrap_or_default();
    let flows = own_flows(cloud, &taken.params, &chosen.stack, view).await?;
    let parameter =
        |(name, fate): (&String, &Fate)| EarlierParameter { name: name.clone(), fate: fate.clone() };
    view.tell(&Event::Migration {
        system: system(&chosen),
        parameters: taken.fates.iter().map(parameter).collect(),
        flows: flows.clone(),
    });
    write(args, &file(&chosen.stack, &taken), view, approver).await?;
    view.tell(&Event::Finished { changes: 0, next: next(&taken, &flows) });
    Ok(())
}

fn system(found: &Found) -> EarlierSystem {
    EarlierSystem { stack: found.stack.clone(), system: found.ancestor.to_string() }
}

/// The named system, or the only one.
fn chosen(mut found: Vec<Found>, stack: Option<&str>, region: &str) -> Result<Found, Failure> {
    let region = || region.to_owned();
    let names = found.iter().map(|one| one.stack.clone()).collect::<Vec<_>>();
    match stack {
        _ if found.is_empty() => Err(Failure::NoEarlierSystem { region: region() }),
        Some(stack) => {
            let place = names.iter().position(|name| name == stack);
            let other =
                || Failure::NotEarlier { stack: stack.to_owned(), region: region(), found: names.clone() };
            place.map(|place| found.swap_remove(place)).ok_or_else(other)
        }
        None if found.len() > 1 => Err(Failure::SeveralEarlier { region: region(), found: names }),
        None => Ok(found.swap_remove(0)),
    }
}

/// Writes the file. One that is there and different is overwritten only if somebody says so.
async fn write(
    args: &MigratePlanArgs,
    text: &str,
    view: &dyn EventView,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let path = args.path();
    let there = if path.exists() { Some(read_file(path)?) } else { None };
    if there.as_deref() == Some(text) {
        return Ok(());
    }
    if let Some(there) = &there {
        let diff = TextDiff::from_lines(there.as_str(), text).unified_diff().context_radius(1).to_string();
        view.tell(&Event::FileChange { path: path.to_owned(), diff });
        if !args.force {
            may_overwrite(path, approver).await?;
        }
    }
    let failed = |source| Failure::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    write_atomically(path, text.as_bytes()).map_err(failed)?;
    view.tell(&Event::Written { path: path.to_owned() });
    Ok(())
}

async fn may_overwrite(path: &Path, approver: &dyn Approver) -> Result<(), Failure> {
    match approver.approve(&format!("Overwrite {}?", path.display())).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::Declined),
        Answer::Interrupted => Err(Failure::StoppedEarly),
        Answer::Nobody => Err(Failure::FileExists { path: path.to_owned() }),
    }
}

fn next(taken: &TakenOver, flows: &[OwnFlow]) -> Vec<String> {
    let mut steps = Vec::new();
    if taken.fates.values().any(|fate| matches!(fate, Fate::Open(_))) {
        steps.push("decide what is open: it is listed at the end of the file".to_owned());
    }
    let mut settings: Vec<&str> =
        flows.iter().flat_map(|flow| &flow.changes).filter_map(|change| change.set).collect();
    settings.sort_unstable();
    settings.dedup();
    if !settings.is_empty() {
        steps.push(format!("set what your flows need: {}", settings.join(", ")));
    }
    steps.push(
        "compare what you changed in the earlier functions and email templates: it is not found here"
            .to_owned(),
    );
    steps.push("see what would be installed: `vmx-install plan params.yaml`".to_owned());
    steps.push(
        "install it beside the earlier system, which goes on: `vmx-install install params.yaml`; then switch with \
         `vmx-install migrate switch`"
            .to_owned(),
    );
    steps
}
