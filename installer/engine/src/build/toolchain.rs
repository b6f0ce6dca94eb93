//! Which compiler and linker build for Lambda on this machine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::BuildError;
use super::workspace::Workspace;
use vmx_model::params::Architecture;

/// Rust's target triple of an architecture.
pub(super) fn target(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        Architecture::Arm64 => "aarch64-unknown-linux-gnu",
    }
}

/// The distributions' C compiler for linking programs of another architecture.
fn cross_linker(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64-linux-gnu-gcc",
        Architecture::Arm64 => "aarch64-linux-gnu-gcc",
    }
}

/// Debian's package with the standard library of an architecture.
fn debian_package(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "libstd-rust-dev:amd64",
        Architecture::Arm64 => "libstd-rust-dev:arm64",
    }
}

/// Whether a compiler's directory is one of rustup's toolchains: `<rustup's home>/toolchains/<name>`.
fn is_rustups(sysroot: &Path) -> bool {
    sysroot.parent().is_some_and(|folder| folder.ends_with("toolchains"))
}

/// How to compile and link for the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiler {
    /// `cargo zigbuild`, which links against Lambda's glibc.
    Zigbuild,
    /// `cargo build` with the host's own linker.
    Cargo,
    /// `cargo build` with the linker set in the environment, which takes precedence in cargo too.
    NamedLinker(String),
    /// `cargo build` with a cross linker.
    CrossLinker(&'static str),
}

impl fmt::Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zigbuild => f.write_str("cargo zigbuild"),
            Self::Cargo => f.write_str("cargo build"),
            Self::NamedLinker(linker) => write!(f, "cargo build with {linker}, set in the environment"),
            Self::CrossLinker(linker) => write!(f, "cargo build with {linker}"),
        }
    }
}

/// The cargo that runs this program, or the one in PATH.
pub(super) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into())
}

/// Runs a toolchain program and returns its standard output.
pub(super) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<String, BuildError> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| BuildError::NoToolchain { program: program.to_owned(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(BuildError::Toolchain {
        command: format!("{program} {}", arguments.join(" ")),
        output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// The compiler's directory and version, needed to keep its paths out of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rustc {
    /// Its whole version text.
    pub(super) version: String,
    /// The target triple of this machine.
    pub(super) host: String,
    /// Git commit of the compiler.
    pub(super) commit: String,
    /// The toolchain's folder.
    pub(super) sysroot: PathBuf,
}

impl Rustc {
    pub(super) fn query(workspace: &Workspace) -> Result<Self, BuildError> {
        let version = run(&workspace.root, &rustc(), &["-vV"])?;
        let field = |name: &str| {
            let line = version.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        let (host, commit) = (field("host:"), field("commit-hash:"));
        let sysroot = run(&workspace.root, &rustc(), &["--print", "sysroot"])?.trim().into();
        Ok(Self { version, host, commit, sysroot })
    }
}

/// Chooses how to build, after checking that the target's standard library is installed. Installs nothing.
pub(super) fn choose(workspace: &Workspace, architecture: Architecture) -> Result<Compiler, BuildError> {
    let target = target(architecture);
    let arguments = ["--print", "target-libdir", "--target", target];
    let libraries = run(&workspace.root, &rustc(), &arguments)?;
    if !has_standard_library(Path::new(libraries.trim())) {
        let is_rustups = is_rustups(&Rustc::query(workspace)?.sysroot);
        return Err(BuildError::NoTarget {
            target,
            package: (!is_rustups).then(|| debian_package(architecture)),
        });
    }
    let named = std::env::var(linker_variable(target)).ok().filter(|linker| !linker.is_empty());
    let host = Rustc::query(workspace)?.host;
    pick(architecture, &host, named, on_path)
        .ok_or_else(|| BuildError::NoLinker { target, linker: cross_linker(architecture).to_owned() })
}

/// Chooses from what is available. A linker in the environment would override zig's during a build for another C
/// library, so it is used with plain cargo.
fn pick(
    architecture: Architecture,
    host: &str,
    named: Option<String>,
    is_there: impl Fn(&str) -> bool,
) -> Option<Compiler> {
    let cross = cross_linker(architecture);
    match named {
        Some(linker) => Some(Compiler::NamedLinker(linker)),
        None if is_there("cargo-zigbuild") => Some(Compiler::Zigbuild),
        None if host == target(architecture) => Some(Compiler::Cargo),
        None if is_there(cross) => Some(Compiler::CrossLinker(cross)),
        None => None,
    }
}

/// The environment variable with a target's linker.
pub(super) fn linker_variable(target: &str) -> String {
    let target = target.to_uppercase().replace('-', "_");
    format!("CARGO_TARGET_{target}_LINKER")
}

fn has_standard_library(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .any(|name| name.starts_with("libstd-") && name.ends_with(".rlib"))
}

/// Whether a program can be called by its name, including from cargo's own directory, where cargo looks for
/// subcommands.
fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([cargo_home().join("bin")])
        .any(|folder| folder.join(program).is_file())
}

/// Cargo's own directory.
pub(super) fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME")
        .map_or_else(|| std::env::home_dir().unwrap_or_default().join(".cargo"), PathBuf::from)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_target_without_its_standard_library_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_standard_library(folder.path()));
        assert!(!has_standard_library(&folder.path().join("missing")));
        std::fs::write(folder.path().join("libstd-0123456789abcdef.rlib"), "").unwrap();
        assert!(has_standard_library(folder.path()));
    }

    #[test]
    fn remedies_are_exact() {
        let target = target(Architecture::Arm64);
        let rustups = BuildError::NoTarget { target, package: None }.to_string();
        assert!(rustups.ends_with("run `rustup target add aarch64-unknown-linux-gnu`"), "{rustups}");
        let package = Some(debian_package(Architecture::Arm64));
        let theirs = BuildError::NoTarget { target, package }.to_string();
        assert!(theirs.contains("`apt install libstd-rust-dev:arm64`"), "{theirs}");
        assert!(is_rustups(Path::new("/home/me/.rustup/toolchains/stable-x86_64-unknown-linux-gnu")));
        assert!(!is_rustups(Path::new("/usr")) && !is_rustups(Path::new("/")));
        assert_eq!(linker_variable(target), "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER");
    }

    #[test]
    fn the_best_of_what_is_there_builds() {
        const X86: &str = "x86_64-unknown-linux-gnu";
        let everything = |_: &str| true;
        let no_zig = |program: &str| program != "cargo-zigbuild";
        let nothing = |_: &str| false;
        let pick_arm = |named: Option<&str>, is_there: &dyn Fn(&str) -> bool| {
            pick(Architecture::Arm64, X86, named.map(str::to_owned), is_there)
        };
        assert_eq!(pick_arm(Some("lld"), &everything), Some(Compiler::NamedLinker("lld".into())));
        assert_eq!(pick_arm(None, &everything), Some(Compiler::Zigbuild));
        assert_eq!(pick_arm(None, &no_zig), Some(Compiler::CrossLinker("aarch64-linux-gnu-gcc")));
        assert_eq!(pick_arm(None, &nothing), None);
        assert_eq!(pick(Architecture::X86_64, X86, None, nothing), Some(Compiler::Cargo));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(Path::new("."), "no-such-cargo", &["--version"]).unwrap_err();
        assert!(error.to_string().starts_with("could not run no-such-cargo"), "{error}");
    }
}
