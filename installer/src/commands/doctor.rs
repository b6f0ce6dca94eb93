//! `doctor`: checks the account, the instance and the installation, one line per check.

use super::installation::connect;
use crate::cli::InstallationArgs;
use crate::error::Failure;
use crate::event::{Event, EventView};
use vmx_engine::cloud::Cloud;
use vmx_engine::discover::discover;
use vmx_engine::drift::drift;
use vmx_engine::finding::{Finding, Severity};
use vmx_engine::pace::Pace;
use vmx_engine::preflight::{installed, preflight};
use vmx_model::params::Params;
use vmx_model::plan::Target;

/// All checks of an installation.
pub(super) async fn check(
    cloud: &Cloud,
    params: &Params,
    view: &dyn EventView,
) -> Result<Vec<Finding>, Failure> {
    let actual = discover(cloud, params).await?;
    view.tell(&Event::target(&Target::of(&actual), params.stack.as_str()));
    let (mut findings, links, changed) = tokio::join!(
        preflight(cloud, params, &actual),
        installed(cloud, params, &actual),
        drift(cloud, actual.stack.as_ref(), Pace::default()),
    );
    findings.extend(links);
    findings.extend(changed);
    Ok(findings)
}

/// Checks an installation.
pub(super) async fn doctor(
    installation: &InstallationArgs,
    profile: Option<&str>,
    view: &dyn EventView,
) -> Result<(), Failure> {
    let (params, cloud) = connect(installation, profile, view).await?;
    view.tell(&Event::Discovering);
    let mut findings = check(&cloud, &params, view).await?;
    for finding in &findings {
        view.tell(&Event::Checked(finding.clone()));
    }
    let checks = findings.len();
    let warnings = findings.iter().filter(|finding| finding.severity == Severity::Warning).count();
    findings.retain(|finding| finding.severity == Severity::Fatal);
    if findings.is_empty() {
        view.tell(&Event::Well { checks, warnings });
        return Ok(());
    }
    Err(Failure::Unwell(findings))
}
