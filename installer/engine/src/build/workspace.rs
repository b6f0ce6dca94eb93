//! Where the source is, and where cargo writes its output.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::BuildError;
use super::stamp::settings_of_cargo;
use super::toolchain;
use vmx_model::params::Architecture;
use vmx_model::parts::Function;

/// A checkout of Voicemail Express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// The directory with the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target directory, honoring `CARGO_TARGET_DIR`.
    pub target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
}

impl Workspace {
    /// Finds the checkout: the given directory, or the first one with the functions at or above the working directory,
    /// or above this program.
    ///
    /// # Errors
    /// [`BuildError::NoSource`], [`BuildError::NotTheSource`], or cargo's error.
    pub fn find(source: Option<&Path>) -> Result<Self, BuildError> {
        let root = match source {
            Some(folder) => match missing_file(folder) {
                None => folder.to_owned(),
                Some(missing) => {
                    return Err(BuildError::NotTheSource { folder: folder.to_owned(), missing });
                }
            },
            None => {
                let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
                let program = std::env::current_exe().unwrap_or_default();
                let found =
                    here.ancestors().chain(program.ancestors()).find(|folder| missing_file(folder).is_none());
                found.map(Path::to_owned).ok_or(BuildError::NoSource { looked_in: here.clone() })?
            }
        };
        let root = std::path::absolute(&root).unwrap_or(root);
        let target_directory = target_directory(&root, |name| std::env::var_os(name))?;
        Ok(Self { root, target_directory })
    }

    /// The directory of the built zips.
    #[must_use]
    pub fn zips(&self, architecture: Architecture) -> PathBuf {
        self.functions_target_directory().join("zips").join(architecture.as_str())
    }

    /// The functions' own target directory: with their own profile, flags and features, they would only invalidate the
    /// installer's cache.
    #[must_use]
    pub fn functions_target_directory(&self) -> PathBuf {
        self.target_directory.join("functions")
    }
}

/// Cargo's target directory. Cargo is only called if its settings may name one. Source: the Cargo Book, “Environment
/// Variables” and `build.target-dir`.
fn target_directory(root: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, BuildError> {
    let named = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"].into_iter().find_map(variable);
    if let Some(folder) = named.filter(|folder| !folder.is_empty()) {
        return Ok(root.join(folder));
    }
    let may_name = |path: PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains("target-dir"));
    if !settings_of_cargo(root).any(may_name) {
        return Ok(root.join("target"));
    }
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked"];
    let text = toolchain::run(root, &toolchain::cargo(), &arguments)?;
    let metadata: Metadata = serde_json::from_str(&text).map_err(|error| BuildError::Toolchain {
        command: "cargo metadata".into(),
        output: error.to_string(),
    })?;
    Ok(metadata.target_directory)
}

/// The first file of a checkout that a directory lacks.
fn missing_file(folder: &Path) -> Option<String> {
    let manifests = Function::ALL.map(|function| format!("functions/{function}/Cargo.toml"));
    let wanted = ["Cargo.toml".to_owned(), "Cargo.lock".to_owned()];
    wanted.into_iter().chain(manifests).find(|file| !folder.join(file).is_file())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_folder_that_is_no_checkout_is_refused_by_what_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let error = Workspace::find(Some(folder.path())).unwrap_err();
        assert!(error.to_string().contains("Cargo.toml is missing"), "{error}");
        fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        fs::write(folder.path().join("Cargo.lock"), "").unwrap();
        let error = Workspace::find(Some(folder.path())).unwrap_err();
        assert!(error.to_string().contains("functions/vmx_kvs_to_s3/Cargo.toml"), "{error}");
    }

    #[test]
    fn the_checkout_is_found_from_inside_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let found = Workspace::find(Some(root)).unwrap();
        assert_eq!(found.root.canonicalize().unwrap(), root.canonicalize().unwrap());
        assert!(found.functions_target_directory().ends_with("functions"));
    }

    #[test]
    fn the_target_directory_is_known_without_cargo() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let none = |_: &str| None;
        assert_eq!(target_directory(root, none).unwrap(), root.join("target"));
        let named = |name: &str| (name == "CARGO_TARGET_DIR").then(|| "elsewhere".into());
        assert_eq!(target_directory(root, named).unwrap(), root.join("elsewhere"));
        let absolute = |_: &str| Some("/built".into());
        assert_eq!(target_directory(root, absolute).unwrap(), Path::new("/built"));
        // Cargo is asked, and this folder is no workspace.
        fs::create_dir(root.join(".cargo")).unwrap();
        fs::write(root.join(".cargo/config.toml"), "[build]\ntarget-dir = \"there\"\n").unwrap();
        assert!(matches!(target_directory(root, none), Err(BuildError::Toolchain { .. })));
    }
}
