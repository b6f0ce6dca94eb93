//! `teardown`: inventory, approval, removal.

use std::path::Path;

use crate::cloud::Cloud;
use crate::error::Failure;
use crate::event::{Event, Purpose, View};
use crate::pace::Pace;
use crate::params::Params;
use crate::teardown::{TeardownError, inventory, remove};
use crate::ui::{Answer, Approver};

/// Takes an installation away.
pub(super) async fn teardown(
    params: &Path,
    delete_recordings: bool,
    yes: bool,
    view: &dyn View,
    approver: &dyn Approver,
) -> Result<(), Failure> {
    let params = Params::load(params)?;
    let cloud = Cloud::from_environment(Some(params.region.as_str())).await?;
    view.show(&Event::Discovering);
    let inventory = inventory(&cloud, &params, delete_recordings).await?;
    view.show(&inventory.target.event(&inventory.name));
    let goes = inventory.goes();
    let stays = inventory.stays.iter().map(ToString::to_string);
    view.show(&Event::Planned {
        purpose: Purpose::Teardown,
        changes: goes.clone(),
        notes: inventory.notes.iter().cloned().chain(stays).collect(),
    });
    if !inventory.blockers.is_empty() {
        return Err(TeardownError::Blocked(inventory.blockers).into());
    }
    if goes.is_empty() {
        view.show(&Event::Finished { changes: 0, next: Vec::new() });
        return Ok(());
    }
    if !yes {
        match approver.approve("Remove all of this?").await {
            Answer::Yes => {}
            Answer::No => return Err(Failure::Declined),
            Answer::Interrupted => return Err(Failure::Interrupted),
            Answer::Nobody => return Err(Failure::ApprovalNeeded { flag: "--yes" }),
        }
    }
    let changes = remove(&cloud, &inventory, Pace::default(), view).await?;
    view.show(&Event::Finished { changes, next: Vec::new() });
    Ok(())
}
