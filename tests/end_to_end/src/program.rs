//! Finds the installer's program.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The root of the checkout.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The installer's program. `cargo test --workspace` builds it next to this test. When a test runs on its own, the
/// program may be missing or outdated, and is built first.
///
/// # Errors
/// If it cannot be built.
pub fn installer() -> std::io::Result<PathBuf> {
    let test = std::env::current_exe()?;
    // A test is target/<profile>/deps/<name>, another program target/<profile>/<name>.
    let folder = test.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let folder = folder.ok_or_else(|| std::io::Error::other("there is no target directory"))?;
    let program = folder.join("vmx-install");
    if !is_current(&program)? {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        // Like `cargo test --workspace`: another selection of packages has other features, and would recompile every
        // dependency.
        let built = Command::new(cargo)
            .args(["test", "--workspace", "--no-run", "--test", "cli"])
            .current_dir(workspace())
            .status()?;
        if !built.success() {
            return Err(std::io::Error::other("vmx-install cannot be built"));
        }
    }
    Ok(program)
}

/// Whether a program exists and is newer than the installer's sources.
fn is_current(program: &Path) -> std::io::Result<bool> {
    let Ok(built) = program.metadata() else { return Ok(false) };
    let built = built.modified()?;
    let sources = ["installer/src", "templates", "flows", "functions/vmx_contract/src"];
    for folder in sources {
        if newest(&workspace().join(folder))? > built {
            return Ok(false);
        }
    }
    Ok(true)
}

fn newest(folder: &Path) -> std::io::Result<SystemTime> {
    let mut latest = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let changed = if entry.file_type()?.is_dir() {
            newest(&entry.path())?
        } else {
            entry.metadata()?.modified()?
        };
        latest = latest.max(changed);
    }
    Ok(latest)
}
