//! Prebuilt functions, installed by people without Rust.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use super::elf::machine;
use super::{BuildError, check_elf};
use crate::files::write_atomically;
use vmx_model::artifact::Artifact;
use vmx_model::digest::sha256_hex;
use vmx_model::params::Architecture;
use vmx_model::parts::Function;

/// The largest executable to unpack, in bytes. Source: Lambda's quota of 250 MB for an unzipped function.
const LARGEST: u64 = 250_000_000;

/// Takes every function's `<function>.zip` from a directory, and checks that Lambda can run it.
///
/// # Errors
/// [`BuildError`] for a zip that is missing, invalid, or cannot run on Lambda.
pub fn prebuilt(folder: &Path, architecture: Architecture) -> Result<Vec<Artifact>, BuildError> {
    Function::ALL.into_iter().map(|function| artifact(folder, function, architecture)).collect()
}

/// Writes packages, functions with their zips, to a directory, and checks them. Files that are there already stay.
///
/// # Errors
/// [`BuildError`] for a file that cannot be written, and as for [`prebuilt`].
pub fn unpack<'a>(
    packages: impl Iterator<Item = (&'a str, &'a [u8])>,
    folder: &Path,
    architecture: Architecture,
) -> Result<Vec<Artifact>, BuildError> {
    fs::create_dir_all(folder).map_err(|source| BuildError::file("create", folder, source))?;
    for (function, zip) in packages {
        let path = folder.join(format!("{function}.zip"));
        if !fs::read(&path).is_ok_and(|there| there == zip) {
            write_atomically(&path, zip).map_err(|source| BuildError::file("write", &path, source))?;
        }
    }
    prebuilt(folder, architecture)
}

/// The architecture of a directory's packages, from the first readable one.
#[must_use]
pub fn architecture_of(folder: &Path) -> Option<Architecture> {
    Function::ALL
        .into_iter()
        .find_map(|function| machine(&bootstrap(&fs::read(path(folder, function)).ok()?).ok()?))
}

fn artifact(folder: &Path, function: Function, architecture: Architecture) -> Result<Artifact, BuildError> {
    let path = path(folder, function);
    let bytes = fs::read(&path).map_err(|source| BuildError::file("read", &path, source))?;
    let executable =
        bootstrap(&bytes).map_err(|reason| BuildError::NotAPackage { path: path.clone(), reason })?;
    check_elf(&executable, architecture)
        .map_err(|reason| BuildError::Executable { function: function.to_string(), reason })?;
    Ok(Artifact {
        function: function.to_string(),
        path,
        sha256: sha256_hex(&bytes),
        bytes: bytes.len() as u64,
    })
}

fn path(folder: &Path, function: Function) -> PathBuf {
    folder.join(format!("{function}.zip"))
}

/// The executable in a zip.
fn bootstrap(zip: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip))?;
    let mut bytes = Vec::new();
    archive.by_name("bootstrap")?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::build::zip_bootstrap;

    fn folder(content: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for function in Function::ALL {
            fs::write(path(folder.path(), function), content).unwrap();
        }
        folder
    }

    /// The header of an executable for 64-bit Arm: all that is looked at where there are no symbols.
    fn executable() -> Vec<u8> {
        let mut header = vec![0; 64];
        header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        header[18] = 183;
        header[20] = 1;
        header[52] = 64;
        header
    }

    #[test]
    fn what_somebody_built_is_taken_as_it_is() {
        let zip = zip_bootstrap(&executable()).unwrap();
        let folder = folder(&zip);
        let artifacts = prebuilt(folder.path(), Architecture::Arm64).unwrap();
        assert_eq!(artifacts.len(), Function::ALL.len());
        assert_eq!(architecture_of(folder.path()), Some(Architecture::Arm64));
        assert!(artifacts.iter().all(|one| one.sha256 == sha256_hex(&zip) && one.bytes == zip.len() as u64));
        let error = prebuilt(folder.path(), Architecture::X86_64).unwrap_err().to_string();
        assert!(error.contains("another processor than x86_64"), "{error}");
    }

    #[test]
    fn what_was_changed_after_it_was_unpacked_is_written_again() {
        let zip = zip_bootstrap(&executable()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let unpacked = || {
            let names = Function::ALL.map(|function| function.to_string());
            let packages = names.iter().map(|name| (name.as_str(), zip.as_slice()));
            unpack(packages, &folder.path().join("arm64"), Architecture::Arm64).unwrap()
        };
        let artifacts = unpacked();
        fs::write(&artifacts[0].path, "changed").unwrap();
        assert_eq!(unpacked(), artifacts);
        assert_eq!(fs::read(&artifacts[0].path).unwrap(), zip);
    }

    #[test]
    fn what_is_no_package_is_refused_by_its_path() {
        let broken = folder(b"no zip");
        let error = prebuilt(broken.path(), Architecture::X86_64).unwrap_err().to_string();
        assert!(error.contains("vmx_kvs_to_s3.zip"), "{error}");
        assert_eq!(architecture_of(broken.path()), None);
        let empty = tempfile::tempdir().unwrap();
        let error = prebuilt(empty.path(), Architecture::X86_64).unwrap_err().to_string();
        assert!(error.starts_with("could not read") && error.contains("vmx_kvs_to_s3.zip"), "{error}");
    }
}
