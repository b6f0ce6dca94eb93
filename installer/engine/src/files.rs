//! Files that are written completely or not at all.

use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Writes a file completely or not at all: readers see the old bytes or the new ones, never a mix.
///
/// # Errors
/// The file system's error; the file is then unchanged.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write(path, bytes, 0o644)
}

/// The same for a file that only its owner may read.
///
/// # Errors
/// The file system's error; the file is then unchanged.
pub fn write_privately(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write(path, bytes, 0o600)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    #[cfg(not(unix))]
    let _ = mode;
    #[cfg(unix)]
    {
        // A temporary file is private to its owner.
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
