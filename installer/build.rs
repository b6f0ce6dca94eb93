//! Gives the program its version with the commit, where that is known, and the packages that a release contains.
//!
//! `VMX_COMMIT` says it for builds without git, for example `VMX_COMMIT="abc1234 2026-11-23"`; otherwise the checkout
//! does. The commit's own date is told, not the build's: the same source gives the same program.
//!
//! `VMX_PACKAGES` is a directory with the functions' zips, as `vmx-install build --out` writes them, in `arm64`, in
//! `x86_64`, or in both.

use std::fmt::Write as _;
use std::fs;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<()> {
    println!("cargo::rerun-if-env-changed=VMX_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    let given = std::env::var("VMX_COMMIT").ok().filter(|commit| !commit.trim().is_empty());
    let version = env!("CARGO_PKG_VERSION");
    let version = match given.or_else(commit_of_the_checkout) {
        Some(commit) => format!("{version} ({})", commit.trim()),
        None => version.to_owned(),
    };
    println!("cargo::rustc-env=VMX_VERSION={version}");
    embed()
}

/// Writes `embedded.rs`, which includes the packages.
fn embed() -> Result<()> {
    println!("cargo::rerun-if-env-changed=VMX_PACKAGES");
    let mut rows = String::new();
    if let Some(folder) = std::env::var_os("VMX_PACKAGES").filter(|folder| !folder.is_empty()) {
        for architecture in ["arm64", "x86_64"] {
            let Ok(files) = fs::read_dir(Path::new(&folder).join(architecture)) else { continue };
            let mut zips: Vec<PathBuf> = files.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
            zips.retain(|path| path.extension().is_some_and(|extension| extension == "zip"));
            zips.sort();
            for zip in zips {
                let zip = zip.canonicalize()?;
                println!("cargo::rerun-if-changed={}", zip.display());
                let function = zip.file_stem().unwrap_or_default();
                let _ = writeln!(rows, "    ({architecture:?}, {function:?}, include_bytes!({zip:?})),");
            }
        }
        if rows.is_empty() {
            return Err(Error::other("VMX_PACKAGES has no zips, neither in arm64 nor in x86_64"));
        }
    }
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| Error::other("cargo sets OUT_DIR"))?;
    let code = format!("const EMBEDDED: &[(&str, &str, &[u8])] = &[\n{rows}];\n");
    fs::write(Path::new(&out).join("embedded.rs"), code)
}

/// Short hash and date of the commit that is checked out; none in an unpacked archive, even if it lies within another
/// project's checkout.
fn commit_of_the_checkout() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.canonicalize().ok()?;
    let top = PathBuf::from(git(&root, &["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != root {
        return None;
    }
    // The files that change with the commit, and no others: a build without a new commit compiles nothing again.
    let branch = git(&root, &["symbolic-ref", "--quiet", "HEAD"]);
    for name in ["HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        let file = root.join(git(&root, &["rev-parse", "--git-path", name])?);
        if file.is_file() {
            println!("cargo::rerun-if-changed={}", file.display());
        }
    }
    git(&root, &["show", "--no-patch", "--abbrev=7", "--format=%h %cs", "HEAD"])
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").current_dir(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
