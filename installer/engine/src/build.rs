//! Builds the functions for Lambda: one cargo run, checked executables, reproducible zips.
//!
//! The same source and compiler give the same bytes, wherever the checkout is: paths are remapped, and the zip has no
//! times and no owner. So a zip is named by its hash, and an unchanged function stays unchanged. If the sources are
//! those of the last build, cargo is not called.

mod archive;
mod compile;
mod elf;
mod error;
mod prebuilt;
mod stamp;
mod toolchain;
mod workspace;

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::write_atomically;
use crate::progress::{Progress, View};
use vmx_model::artifact::Artifact;
use vmx_model::digest::sha256_hex;
use vmx_model::params::Architecture;
use vmx_model::parts::Function;

pub use archive::zip_bootstrap;
pub use elf::{ElfError, check_elf};
pub use error::BuildError;
pub use prebuilt::{architecture_of, prebuilt, unpack};
pub use toolchain::Compiler;
use toolchain::Rustc;
pub use workspace::Workspace;

/// What to build, and where to put it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The checkout. Found from the working directory or the program's path if not given.
    pub source: Option<PathBuf>,
    /// The architecture of the functions.
    pub architecture: Architecture,
    /// The directory for the zips. `<target directory>/functions/zips/<architecture>` if not given.
    pub out: Option<PathBuf>,
}

/// How functions for an architecture would be built here. Builds nothing.
///
/// # Errors
/// [`BuildError`] with the fix.
pub fn compiler_for(source: Option<&Path>, architecture: Architecture) -> Result<Compiler, BuildError> {
    toolchain::choose(&Workspace::find(source)?, architecture)
}

/// A checkout, and what is needed to build its functions for an architecture. Builds nothing.
#[derive(Debug)]
pub struct Ready {
    workspace: Workspace,
    architecture: Architecture,
    compiler: Compiler,
    rustc: Rustc,
    /// `None` if the sources cannot be read: cargo will say why.
    fingerprint: Option<String>,
    /// The zips of an earlier build from the same sources.
    fresh: Option<Vec<Artifact>>,
}

impl Ready {
    /// Checks the checkout and the toolchain, without calling cargo.
    ///
    /// # Errors
    /// [`BuildError`] with the fix.
    pub fn look(source: Option<&Path>, architecture: Architecture) -> Result<Self, BuildError> {
        let workspace = Workspace::find(source)?;
        let compiler = toolchain::choose(&workspace, architecture)?;
        let rustc = Rustc::query(&workspace)?;
        let fingerprint = stamp::fingerprint(&workspace, architecture, &compiler, &rustc).ok();
        let zips = workspace.zips(architecture);
        let fresh = fingerprint.as_deref().and_then(|fingerprint| stamp::fresh(&zips, fingerprint));
        Ok(Self { workspace, architecture, compiler, rustc, fingerprint, fresh })
    }

    /// Whether there is nothing to compile.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh.is_some()
    }

    /// The functions' zips: existing ones built from the same sources, or new ones.
    ///
    /// # Errors
    /// [`BuildError`]. Existing zips are replaced only after every function was built and checked.
    pub fn artifacts(self, view: &dyn View) -> Result<Vec<Artifact>, BuildError> {
        if let Some(artifacts) = self.fresh {
            let functions = artifacts.iter().map(|artifact| artifact.function.clone()).collect();
            let target = toolchain::target(self.architecture).to_owned();
            view.show(&Progress::SourcesUnchanged { functions, target });
            return Ok(artifacts);
        }
        self.compile(view)
    }

    fn compile(self, view: &dyn View) -> Result<Vec<Artifact>, BuildError> {
        let Self { workspace, architecture, compiler, rustc, fingerprint, .. } = self;
        view.show(&Progress::BuildStarted {
            functions: Function::ALL.map(|function| function.to_string()).to_vec(),
            target: toolchain::target(architecture).to_owned(),
            compiler: compiler.to_string(),
        });
        let executables = compile::compile(&workspace, architecture, &compiler, &rustc, view)?;
        let mut zips = Vec::new();
        for (function, executable) in Function::ALL.into_iter().zip(&executables) {
            let bytes =
                fs::read(executable).map_err(|source| BuildError::file("read", executable, source))?;
            check_elf(&bytes, architecture)
                .map_err(|reason| BuildError::Executable { function: function.to_string(), reason })?;
            zips.push((function, zip_bootstrap(&bytes)?));
        }
        let artifacts = write(&workspace.zips(architecture), zips)?;
        // Sources that changed in the meantime, or that the fingerprint does not cover, are compiled again.
        let is_known = executables.iter().all(|executable| stamp::knows_all_of(executable, &workspace));
        let now = stamp::fingerprint(&workspace, architecture, &compiler, &rustc).ok();
        if let Some(fingerprint) = fingerprint.filter(|_| is_known).filter(|then| now.as_ref() == Some(then))
        {
            let zips = workspace.zips(architecture);
            stamp::write(&zips, fingerprint, &artifacts)
                .map_err(|source| BuildError::file("write", &zips, source))?;
        }
        Ok(artifacts)
    }
}

/// Builds every function, unless done already, and writes `<function>.zip` for each.
///
/// # Errors
/// [`BuildError`]. The output directory is changed only after every function was built and checked.
pub fn build(request: &Request, view: &dyn View) -> Result<Vec<Artifact>, BuildError> {
    let mut artifacts = Ready::look(request.source.as_deref(), request.architecture)?.artifacts(view)?;
    if let Some(out) = &request.out {
        fs::create_dir_all(out).map_err(|source| BuildError::file("create", out, source))?;
        for artifact in &mut artifacts {
            let bytes = fs::read(&artifact.path)
                .map_err(|source| BuildError::file("read", &artifact.path, source))?;
            let path = out.join(format!("{}.zip", artifact.function));
            write_atomically(&path, &bytes).map_err(|source| BuildError::file("write", &path, source))?;
            artifact.path = path;
        }
    }
    for artifact in &artifacts {
        view.show(&Progress::Built {
            function: artifact.function.clone(),
            path: artifact.path.clone(),
            sha256: artifact.sha256.clone(),
            bytes: artifact.bytes,
        });
    }
    Ok(artifacts)
}

/// Writes the zips to a directory.
fn write(folder: &Path, zips: Vec<(Function, Vec<u8>)>) -> Result<Vec<Artifact>, BuildError> {
    fs::create_dir_all(folder).map_err(|source| BuildError::file("create", folder, source))?;
    let write = |(function, zip): (Function, Vec<u8>)| {
        let path = folder.join(format!("{function}.zip"));
        write_atomically(&path, &zip).map_err(|source| BuildError::file("write", &path, source))?;
        let (sha256, bytes) = (sha256_hex(&zip), zip.len() as u64);
        Ok(Artifact { function: function.to_string(), path, sha256, bytes })
    };
    zips.into_iter().map(write).collect()
}
