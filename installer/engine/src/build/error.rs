//! Why a build failed, with the fix.

use std::path::{Path, PathBuf};

use super::elf::ElfError;

/// Why the functions could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No checkout was found.
    #[error(
        "no source of the functions in or above {}; run in a checkout of Voicemail Express, or add --source \
         DIR",
        .looked_in.display()
    )]
    NoSource {
        /// Where the search started.
        looked_in: PathBuf,
    },
    /// The directory given with `--source` is not a checkout.
    #[error("{} is not a checkout of Voicemail Express: {missing} is missing; name one with --source", .folder.display())]
    NotTheSource {
        /// The directory.
        folder: PathBuf,
        /// The file that is missing.
        missing: String,
    },
    /// A Rust toolchain program does not run.
    #[error("could not run {program} ({source}); install Rust, for example from https://rustup.rs")]
    NoToolchain {
        /// `cargo` or `rustc`.
        program: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A Rust toolchain program failed.
    #[error(
        "`{command}` failed: {output}; fix that, or install packages built elsewhere with --artifacts DIR"
    )]
    Toolchain {
        /// The command.
        command: String,
        /// The end of its output.
        output: String,
    },
    /// The standard library for the target is not installed.
    #[error("Rust's standard library for {target} is not installed; {}", remedy(.target, *.package))]
    NoTarget {
        /// The target triple.
        target: &'static str,
        /// Debian's package for it, if the compiler is not rustup's.
        package: Option<&'static str>,
    },
    /// There is no linker for the target.
    #[error(
        "no linker for {target} found; run `pip install cargo-zigbuild` (it includes one), or install \
         {linker} and try again"
    )]
    NoLinker {
        /// The target triple.
        target: &'static str,
        /// The linker that plain cargo would use.
        linker: String,
    },
    /// The compiler rejected the source.
    #[error("cargo could not build the functions ({status}); see its messages above")]
    Compile {
        /// Cargo's exit status.
        status: String,
    },
    /// The compiler was interrupted.
    #[error("the build was interrupted; nothing was changed")]
    Interrupted,
    /// Cargo succeeded but reported no executable.
    #[error("cargo built no executable for {function}; check that --source is an unchanged checkout")]
    NoExecutable {
        /// The function.
        function: String,
    },
    /// The executable would not run on Lambda.
    #[error("the executable of {function} cannot run on Lambda: {reason}")]
    Executable {
        /// The function.
        function: String,
        /// Why.
        reason: ElfError,
    },
    /// What `--artifacts` names is not a package.
    #[error(
        "{} is not a function's package: {reason}; a package is a zip with an executable `bootstrap`, as \
         written by `vmx-install build --out DIR`",
        .path.display()
    )]
    NotAPackage {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: zip::result::ZipError,
    },
    /// This program has no packages for the architecture inside.
    #[error(
        "this program contains no functions for {architecture}; choose another `architecture`, or name packages with \
         --artifacts DIR"
    )]
    NotInside {
        /// The architecture.
        architecture: &'static str,
    },
    /// The zip could not be made.
    #[error("could not create the zip: {0}; check the free space of the disk")]
    Zip(#[from] zip::result::ZipError),
    /// A file could not be read or written.
    #[error("could not {action} {}: {source}; check its permissions and the free space of the disk", .path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

/// How to install a standard library. A compiler only accepts its own: rustup's does not fit a distribution's.
fn remedy(target: &str, package: Option<&str>) -> String {
    match package {
        None => format!("run `rustup target add {target}`"),
        Some(package) => format!(
            "this Rust was not installed with rustup: install the target from where the compiler came from \
             (on Debian `apt install {package}`), or build with rustup's Rust (https://rustup.rs) after \
             `rustup target add {target}`"
        ),
    }
}

impl BuildError {
    pub(super) fn file(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::File { action, path: path.to_owned(), source }
    }
}
