//! `report`: the installation's health, its queues and its last voicemails as one page.

use std::fs;
use std::path::Path;

use super::doctor;
use super::installation::connect;
use crate::cli::InstallationArgs;
use crate::error::Failure;
use crate::event::{Event, EventView};
use crate::ui::Place;
use crate::ui::report::{Report, page};
use vmx_engine::files::write_privately;
use vmx_engine::pipeline::find_stack;
use vmx_engine::status::{look, recent};

/// Writes the page. It succeeds whatever the page says.
pub(super) async fn report(
    installation: &InstallationArgs,
    profile: Option<&str>,
    path: &Path,
    place: Place,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(installation, profile, view).await?;
    view.tell(&Event::Discovering);
    let stack = find_stack(&cloud, params.stack.as_str()).await?;
    let status = look(&cloud, &params, &stack).await;
    let (recent, findings) =
        tokio::join!(recent(&cloud, &params, &stack, &status), doctor::check(&cloud, &params, view));
    let alarms = stack.of_type("AWS::CloudWatch::Alarm").map(|alarm| alarm.logical_id.clone()).collect();
    let report = Report {
        region: cloud.region.clone(),
        instance: params.instance.to_string(),
        status,
        findings: findings?,
        recent,
        alarms,
        place: Place { region: Some(cloud.region.clone()), ..place },
    };
    let failed = |source| Failure::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    write_privately(path, page(&report).as_bytes()).map_err(failed)?;
    view.tell(&Event::Written { path: path.to_owned() });
    Ok(())
}
