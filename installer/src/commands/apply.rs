//! Saving a plan, and applying it exactly.

use std::path::Path;

use vmx_model::params::Params;
use vmx_model::plan::PlanOptions;

use super::prepare::{Functions, Prepared, carry_out, prepare, show};
use super::session::Session;
use crate::approval::CommandKind;
use crate::error::Failure;
use crate::event::{Event, EventView};
use crate::plan_file::{PlanFile, PlanFileError};

/// Saves a plan.
pub(super) fn save(
    path: &Path,
    prepared: &Prepared,
    options: PlanOptions,
    view: &dyn EventView,
) -> Result<(), Failure> {
    PlanFile::new(&prepared.params, options, &prepared.artifacts, &prepared.plan)
        .and_then(|file| file.write(path))
        .map_err(|source| Failure::Write { path: path.to_owned(), source })?;
    view.tell(&Event::Written { path: path.to_owned() });
    Ok(())
}

/// Applies the plan in a file, or says what has changed since.
pub(super) async fn apply_file(path: &Path, session: Session<'_>) -> Result<(), Failure> {
    let file = PlanFile::read(path)?;
    let artifacts = Functions::Ready(file.packages()?);
    let params = Params::from_yaml(&path.display().to_string(), &file.params())?;
    let prepared = prepare(params, session.profile, artifacts, file.options(), session.view).await?;
    let moved = file.moved(&prepared.plan);
    if !moved.is_empty() {
        return Err(PlanFileError::Moved { moved }.into());
    }
    show(&prepared.plan, session.view);
    carry_out(&prepared, CommandKind::Asking, session).await
}
