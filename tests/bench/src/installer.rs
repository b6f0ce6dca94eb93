//! How long the installer takes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use end_to_end::{Error, Site};
use local_cloud::installer::Run;

use crate::work::{STARTS, median};

/// Runs of `vmx-install`, each from its start to its end.
pub(crate) struct Installer {
    /// `--help`, the median.
    pub(crate) help: Duration,
    /// `render`, the median: every document, without AWS.
    pub(crate) render: Duration,
    /// `plan` of an installation that is there.
    pub(crate) plan: Duration,
    /// The first installation.
    pub(crate) install: Duration,
    /// The same again: nothing to do.
    pub(crate) again: Duration,
}

/// A directory with the packages as Lambda gets them: that of `VMX_TEST_ARTIFACTS`, or one into which they are built.
pub(crate) async fn packages(site: &Site) -> Result<PathBuf, Error> {
    if let Some(folder) = std::env::var_os("VMX_TEST_ARTIFACTS") {
        return Ok(folder.into());
    }
    let folder = site.cloud.directory().join("packages");
    let run = site.run(&["build", "--out", &folder.to_string_lossy()]).await?;
    if run.code == Some(0) { Ok(folder) } else { Err(format!("{run:#?}").into()) }
}

/// The first installation, with packages that are built.
pub(crate) async fn install(site: &Site, folder: &Path) -> Result<Duration, Error> {
    time(site, &["--non-interactive", site.params_file(), "--artifacts", &folder.to_string_lossy()]).await
}

/// Measures the rest on the installed site.
pub(crate) async fn measure(site: &Site, folder: &Path, install: Duration) -> Result<Installer, Error> {
    let (params, packages) = (site.params_file(), &*folder.to_string_lossy());
    let out = site.cloud.directory().join("rendered");
    let out = &*out.to_string_lossy();
    Ok(Installer {
        help: many(site, &["--help"]).await?,
        render: many(site, &["render", "--params", params, "--out", out]).await?,
        plan: time(site, &["plan", params, "--artifacts", packages]).await?,
        install,
        again: time(site, &["--non-interactive", params, "--artifacts", packages, "--yes"]).await?,
    })
}

async fn many(site: &Site, arguments: &[&str]) -> Result<Duration, Error> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(time(site, arguments).await?);
    }
    Ok(median(times))
}

async fn time(site: &Site, arguments: &[&str]) -> Result<Duration, Error> {
    let began = Instant::now();
    let run: Run = site.run(arguments).await?;
    let took = began.elapsed();
    if run.code == Some(0) { Ok(took) } else { Err(format!("vmx-install {arguments:?}: {run:#?}").into()) }
}
