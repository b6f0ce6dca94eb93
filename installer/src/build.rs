//! Builds the functions for Lambda: one cargo run, checked executables, reproducible zips.
//!
//! The same source and compiler give the same bytes wherever the checkout lies: paths are remapped, the zip holds no
//! clock and no owner. So a zip's name can be its hash, and an unchanged function is seen to be unchanged.

mod archive;
mod compile;
mod elf;
mod error;
mod prebuilt;
mod toolchain;
mod workspace;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::cli::FunctionsArgs;
use crate::event::{Event, View};
use crate::params::Architecture;
use crate::render::Function;

pub use archive::zip_bootstrap;
pub use elf::{ElfError, check_elf};
pub use error::BuildError;
pub use prebuilt::{architecture_of, prebuilt};
pub use toolchain::Compiler;
pub use workspace::Workspace;

/// What to build, and where to put it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The checkout; found from the working directory or the program's own place when not given.
    pub source: Option<PathBuf>,
    /// The processor the functions run on.
    pub architecture: Architecture,
    /// The folder for the zips; `<target directory>/functions/zips/<architecture>` when not given.
    pub out: Option<PathBuf>,
}

/// A function's deployment package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Name of its crate.
    pub function: String,
    /// The zip, which holds one file, `bootstrap`.
    pub path: PathBuf,
    /// SHA-256 of the zip, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size of the zip in bytes.
    pub bytes: u64,
}

/// How functions for a processor would be built here, or why they cannot be. Nothing is built.
///
/// # Errors
/// [`BuildError`] that says what mends it.
pub fn compiler_for(source: Option<&Path>, architecture: Architecture) -> Result<Compiler, BuildError> {
    toolchain::choose(&Workspace::find(source)?, architecture)
}

/// Builds every function and writes `<function>.zip` for each.
///
/// # Errors
/// [`BuildError`]; nothing of what was in the output folder is touched unless every function was built and checked.
pub fn build(request: &Request, view: &dyn View) -> Result<Vec<Artifact>, BuildError> {
    let workspace = Workspace::find(request.source.as_deref())?;
    let target = toolchain::target(request.architecture);
    let compiler = toolchain::choose(&workspace, request.architecture)?;
    view.show(&Event::BuildStarted {
        functions: Function::ALL.map(|function| function.to_string()).to_vec(),
        target: target.to_owned(),
        compiler: compiler.to_string(),
    });
    let executables = compile::compile(&workspace, request.architecture, &compiler, view)?;
    let mut zips = Vec::new();
    for (function, executable) in Function::ALL.into_iter().zip(executables) {
        let bytes = fs::read(&executable).map_err(|source| BuildError::file("read", &executable, source))?;
        check_elf(&bytes, request.architecture)
            .map_err(|reason| BuildError::Executable { function: function.to_string(), reason })?;
        zips.push((function, zip_bootstrap(&bytes)?));
    }
    let out = request.out.clone().unwrap_or_else(|| {
        let zips = workspace.functions_target_directory().join("zips");
        zips.join(request.architecture.as_str())
    });
    fs::create_dir_all(&out).map_err(|source| BuildError::file("create", &out, source))?;
    let mut artifacts = Vec::new();
    for (function, zip) in zips {
        let path = out.join(format!("{function}.zip"));
        write_atomically(&path, &zip).map_err(|source| BuildError::file("write", &path, source))?;
        let artifact = Artifact {
            function: function.to_string(),
            path,
            sha256: sha256_hex(&zip),
            bytes: zip.len() as u64,
        };
        view.show(&Event::Built {
            function: artifact.function.clone(),
            path: artifact.path.clone(),
            sha256: artifact.sha256.clone(),
            bytes: artifact.bytes,
        });
        artifacts.push(artifact);
    }
    Ok(artifacts)
}

/// Whether functions for a processor can be had here: built, or taken from a folder. Nothing is built yet.
#[must_use]
pub fn can_build(functions: &FunctionsArgs, architecture: Architecture) -> bool {
    match &functions.artifacts {
        Some(folder) => prebuilt(folder, architecture).is_ok(),
        None => Workspace::find(functions.source.as_deref())
            .and_then(|workspace| toolchain::choose(&workspace, architecture))
            .is_ok(),
    }
}

/// SHA-256 of some bytes as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

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
