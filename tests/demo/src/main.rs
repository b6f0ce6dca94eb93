//! `cargo demo`: builds the local cloud, the installer and the functions, and starts the demonstration.
//!
//! A program of its own without dependencies, because one call of cargo for everything compiles each dependency once.
//! Its arguments are those of `vmx-local demo`.

use std::io::Result;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

fn main() -> Result<ExitCode> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--locked", "--workspace", "--bins", "--exclude", "bench"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .status()?;
    if !built.success() {
        return Ok(ExitCode::FAILURE);
    }
    let local = std::env::current_exe()?.with_file_name("vmx-local");
    // Replaces this program, so that Ctrl-C ends the demonstration and everything that it started.
    Err(Command::new(local).arg("demo").args(std::env::args_os().skip(1)).exec())
}
