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

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_private_file_stays_with_its_owner_even_where_it_was_public() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        write_atomically(&path, b"public").unwrap();
        assert_eq!(mode(), 0o644);
        write_privately(&path, b"private").unwrap();
        assert_eq!((mode(), fs::read(&path).unwrap()), (0o600, b"private".to_vec()));
        assert!(write_privately(&folder.path().join("missing/report.html"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written stays");
    }
}
