//! Files that are written whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Writes a file whole or not at all: readers see the old bytes or the new ones, never a part.
///
/// # Errors
/// What the file system says; the file is then as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        // A temporary file is private to its owner; what is written here is meant to be read.
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
