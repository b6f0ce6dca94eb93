//! Finds the programs under test.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use local_cloud::functions::{self, names};

/// The root of the checkout.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The directory with the installer's and the functions' programs. `cargo test --workspace` builds them next to this
/// test. When a test runs on its own, they may be missing or outdated, and are built first.
fn directory() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    // A test is target/<profile>/deps/<name>, another program target/<profile>/<name>.
    let folder = test.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let folder = folder.ok_or_else(|| Error::other("there is no target directory"))?;
    let mut programs = names(&workspace())?;
    programs.push("vmx-install".to_owned());
    let sources = newest_source()?;
    let is_current = |program: &String| {
        folder.join(program).metadata().and_then(|file| file.modified()).is_ok_and(|built| built >= sources)
    };
    if !programs.iter().all(is_current) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        // Like `cargo test --workspace`: another selection of packages has other features, and would recompile every
        // dependency. A package's integration tests build its programs.
        let tests = ["cli", "packager", "player", "recorder", "transcriber", "watchdog"];
        let built = Command::new(cargo)
            .args(["test", "--workspace", "--no-run"])
            .args(tests.iter().flat_map(|test| ["--test", test]))
            .current_dir(workspace())
            .status()?;
        if !built.success() {
            return Err(Error::other("vmx-install and the functions cannot be built"));
        }
    }
    Ok(folder.to_owned())
}

/// The installer's program.
///
/// # Errors
/// If it cannot be built.
pub fn installer() -> Result<PathBuf> {
    Ok(directory()?.join("vmx-install"))
}

/// A directory with the functions' packages: that of `VMX_TEST_ARTIFACTS`, or one with those of the debug build.
///
/// # Errors
/// If they cannot be built.
pub(crate) fn packages() -> Result<PathBuf> {
    // Tests of one process wait for the first one instead of packing the same.
    static PACKING: Mutex<()> = Mutex::new(());
    let _packing = PACKING.lock().unwrap_or_else(PoisonError::into_inner);
    match std::env::var_os("VMX_TEST_ARTIFACTS") {
        Some(folder) => Ok(folder.into()),
        None => functions::packages(&workspace(), &directory()?),
    }
}

/// When a source of these programs was last changed.
fn newest_source() -> Result<SystemTime> {
    let mut latest = SystemTime::UNIX_EPOCH;
    for folder in ["installer", "templates", "flows", "functions"] {
        latest = latest.max(newest(&workspace().join(folder))?);
    }
    Ok(latest)
}

fn newest(folder: &Path) -> Result<SystemTime> {
    let mut latest = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        // What tests read is in no program.
        let is_source =
            !["benches", "examples", "snapshots", "tests"].iter().any(|name| path.ends_with(name));
        if kind.is_dir() && is_source {
            latest = latest.max(newest(&path)?);
        } else if kind.is_file() {
            latest = latest.max(entry.metadata()?.modified()?);
        }
    }
    Ok(latest)
}
