//! The functions' packages from a debug build: made in seconds, where those for Lambda take minutes to compile.

use std::fs::{self, File};
use std::io::{Error, Result, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::NamedTempFile;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The names of the functions of a checkout.
///
/// # Errors
/// If the checkout cannot be read.
pub fn names(workspace: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace.join("functions"))? {
        let entry = entry?;
        if entry.path().join("src/main.rs").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Packs each function's executable in `target`, without its symbols, and returns the directory with the zips. A zip
/// that is newer than its executable is kept.
///
/// # Errors
/// If an executable is missing or cannot be packed.
pub fn packages(workspace: &Path, target: &Path) -> Result<PathBuf> {
    let folder = target.join("packages");
    fs::create_dir_all(&folder)?;
    for name in names(workspace)? {
        let (executable, package) = (target.join(&name), folder.join(format!("{name}.zip")));
        let built = fs::metadata(&executable)
            .and_then(|file| file.modified())
            .map_err(|error| Error::other(format!("{}: {error}", executable.display())))?;
        if !fs::metadata(&package).and_then(|file| file.modified()).is_ok_and(|packed| packed > built) {
            // Replaced at once: another test may be reading the old one.
            pack(&executable, target)?.persist(&package)?;
        }
    }
    Ok(folder)
}

fn pack(executable: &Path, target: &Path) -> Result<NamedTempFile> {
    let stripped = NamedTempFile::new_in(target)?;
    // From the linker's own package.
    let status = Command::new("strip").arg("-o").arg(stripped.path()).arg(executable).status()?;
    if !status.success() {
        return Err(Error::other(format!("strip failed for {}: {status}", executable.display())));
    }
    let mut package = NamedTempFile::new_in(target)?;
    let mut zip = ZipWriter::new(package.as_file_mut());
    let options = SimpleFileOptions::default().compression_level(Some(1)).unix_permissions(0o755);
    zip.start_file("bootstrap", options)?;
    std::io::copy(&mut File::open(stripped.path())?, &mut zip)?;
    zip.finish()?.flush()?;
    Ok(package)
}
