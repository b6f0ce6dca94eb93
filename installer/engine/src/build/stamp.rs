//! What the functions' zips were built from. If it is the same, they are reused and cargo is not called.
//!
//! A stamp is stored with the zips. It has a fingerprint of everything that affects their bytes, and each zip's hash.
//! It has no times and no paths, so a checkout elsewhere with the same files has the same stamp.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::toolchain::{Compiler, Rustc, cargo_home, target};
use super::workspace::Workspace;
use crate::files::write_atomically;
use vmx_model::artifact::Artifact;
use vmx_model::digest::{hex, sha256_hex};
use vmx_model::params::Architecture;
use vmx_model::parts::Function;

/// The version of the fingerprint.
const VERSION: &str = "1";
/// The file stored with the zips.
const FILE: &str = "built-from.json";
/// The workspace's own files that cargo reads, in addition to the functions.
const FILES: [&str; 4] = ["Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml"];
/// The directory of the functions and their shared crates.
const FUNCTIONS: &str = "functions";
/// Prefixes of environment variables that affect what a compiler or linker writes.
const VARIABLES: [&str; 9] = [
    "AR",
    "CARGO_BUILD_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CC",
    "CFLAGS",
    "CRATE_CC_",
    "RUSTC",
    "TARGET_C",
];
/// Those that only name a path.
const PLACES: [&str; 2] = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"];

/// What a directory's zips were built from.
#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    fingerprint: String,
    /// SHA-256 of each function's zip.
    zips: BTreeMap<String, String>,
}

/// A fingerprint of everything that affects the bytes of the functions' zips.
pub(super) fn fingerprint(
    workspace: &Workspace,
    architecture: Architecture,
    compiler: &Compiler,
    rustc: &Rustc,
) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut add = |name: &str, value: &[u8]| {
        for part in [name.as_bytes(), value] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    };
    add("form", VERSION.as_bytes());
    add("program", env!("CARGO_PKG_VERSION").as_bytes());
    add("target", target(architecture).as_bytes());
    add("compiler", compiler.to_string().as_bytes());
    add("rustc", rustc.version.as_bytes());
    for function in Function::ALL {
        add("function", function.crate_name().as_bytes());
    }
    for (name, value) in
        variables(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        }))
    {
        add(&name, value.as_bytes());
    }
    for (name, path) in sources(&workspace.root)? {
        add(&name, &fs::read(path)?);
    }
    for (number, path) in settings_of_cargo(&workspace.root).enumerate() {
        // Their paths do not matter, but their order does.
        if path.is_file() {
            add(&format!("cargo {number}"), &fs::read(path)?);
        }
    }
    Ok(hex(&hash.finalize()))
}

/// The variables that matter, in order.
fn variables(all: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    all.filter(|(name, _)| {
        VARIABLES.iter().any(|start| name.starts_with(start)) && !PLACES.contains(&name.as_str())
    })
    .collect()
}

/// Every source file by its path in the checkout, sorted.
fn sources(root: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for name in FILES {
        let path = root.join(name);
        if path.is_file() {
            found.insert(name.to_owned(), path);
        }
    }
    gather(&root.join(FUNCTIONS), FUNCTIONS, &mut found)?;
    Ok(found)
}

fn gather(folder: &Path, name: &str, found: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let (path, name) = (entry.path(), format!("{name}/{file}"));
        // Build output is not a source, and a link may lead anywhere.
        let kind = fs::metadata(&path)?;
        if kind.is_dir() && file != "target" && !file.starts_with('.') && !entry.file_type()?.is_symlink() {
            gather(&path, &name, found)?;
        } else if kind.is_file() {
            found.insert(name, path);
        }
    }
    Ok(())
}

/// Where cargo looks for its settings, nearest first. Source: the Cargo Book, “Configuration”.
pub(super) fn settings_of_cargo(root: &Path) -> impl Iterator<Item = PathBuf> {
    let folders = root.ancestors().map(|folder| folder.join(".cargo")).chain([cargo_home()]);
    folders.flat_map(|folder| ["config", "config.toml"].map(|name| folder.join(name)))
}

/// The zips built from the same sources, if all exist unchanged.
pub(super) fn fresh(folder: &Path, fingerprint: &str) -> Option<Vec<Artifact>> {
    let stamp: Stamp = serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()?;
    if stamp.fingerprint != fingerprint {
        return None;
    }
    let artifact = |function: Function| {
        let path = folder.join(format!("{function}.zip"));
        let bytes = fs::read(&path).ok()?;
        let sha256 = sha256_hex(&bytes);
        let is_whole = stamp.zips.get(function.crate_name()) == Some(&sha256);
        is_whole.then(|| Artifact { function: function.to_string(), path, sha256, bytes: bytes.len() as u64 })
    };
    Function::ALL.into_iter().map(artifact).collect()
}

/// Saves what a directory's zips were built from.
pub(super) fn write(folder: &Path, fingerprint: String, artifacts: &[Artifact]) -> io::Result<()> {
    let zips = artifacts.iter().map(|one| (one.function.clone(), one.sha256.clone())).collect();
    let text = serde_json::to_vec_pretty(&Stamp { fingerprint, zips })?;
    write_atomically(&folder.join(FILE), &text)
}

/// Whether the fingerprint covers everything in an executable, according to cargo's list of its sources.
pub(super) fn knows_all_of(executable: &Path, workspace: &Workspace) -> bool {
    let Ok(list) = fs::read_to_string(executable.with_extension("d")) else { return false };
    let functions = workspace.root.join(FUNCTIONS);
    sources_in(&list).iter().all(|path| {
        let path = workspace.root.join(path);
        path.starts_with(&functions) || path.starts_with(&workspace.target_directory)
    })
}

/// The files in cargo's list, in makefile format: `target: file file`, with spaces escaped by a backslash.
fn sources_in(list: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in list.lines() {
        let Some((_, line)) = line.split_once(": ") else { continue };
        let mut name = String::new();
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => name.extend(characters.next()),
                ' ' if name.is_empty() => {}
                ' ' => files.push(PathBuf::from(std::mem::take(&mut name))),
                other => name.push(other),
            }
        }
        if !name.is_empty() {
            files.push(name.into());
        }
    }
    files
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn checkout() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        for (name, text) in
            [("Cargo.toml", "[workspace]"), ("Cargo.lock", ""), ("functions/a/src/main.rs", "fn main() {}")]
        {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let workspace = Workspace { target_directory: root.join("target"), root };
        (folder, workspace)
    }

    fn rustc(version: &str) -> Rustc {
        Rustc { version: version.into(), host: "h".into(), commit: "c".into(), sysroot: "/somewhere".into() }
    }

    fn of(workspace: &Workspace) -> String {
        fingerprint(workspace, Architecture::X86_64, &Compiler::Cargo, &rustc("1")).unwrap()
    }

    #[test]
    fn the_same_files_elsewhere_have_the_same_fingerprint() {
        let ((_here, one), (_there, other)) = (checkout(), checkout());
        assert_eq!(of(&one), of(&other));
        // What is not a source decides nothing.
        fs::create_dir_all(other.root.join("functions/a/target/debug")).unwrap();
        fs::write(other.root.join("functions/a/target/debug/x"), "x").unwrap();
        fs::create_dir_all(other.root.join("docs")).unwrap();
        fs::write(other.root.join("docs/guide.md"), "x").unwrap();
        assert_eq!(of(&one), of(&other));
    }

    #[test]
    fn whatever_decides_over_the_zips_changes_the_fingerprint() {
        let (_folder, workspace) = checkout();
        let before = of(&workspace);
        let with = |architecture, compiler: &Compiler, version: &str| {
            fingerprint(&workspace, architecture, compiler, &rustc(version)).unwrap()
        };
        assert_ne!(with(Architecture::Arm64, &Compiler::Cargo, "1"), before);
        assert_ne!(with(Architecture::X86_64, &Compiler::Zigbuild, "1"), before);
        assert_ne!(with(Architecture::X86_64, &Compiler::Cargo, "2"), before);
        let mut last = before;
        for (file, text) in [
            ("functions/a/src/main.rs", "fn main() { }"),
            ("functions/a/src/new.rs", ""),
            ("functions/b.html", "<p>"),
            ("Cargo.lock", "version = 4"),
            ("Cargo.toml", "[workspace] # more"),
            (".cargo/config.toml", "[build]"),
            ("rust-toolchain.toml", "[toolchain]"),
        ] {
            let path = workspace.root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            let now = of(&workspace);
            assert_ne!(now, last, "{file}");
            last = now;
        }
        fs::rename(workspace.root.join("functions/b.html"), workspace.root.join("functions/c.html")).unwrap();
        assert_ne!(of(&workspace), last);
    }

    #[test]
    fn only_variables_of_compilers_count() {
        let all =
            ["HOME", "CARGO_TARGET_DIR", "CARGO_PROFILE_LAMBDA_LTO", "CC_x86_64-unknown-linux-gnu", "CI"];
        let found = variables(all.into_iter().map(|name| (name.to_owned(), "x".to_owned())));
        let names: Vec<_> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["CARGO_PROFILE_LAMBDA_LTO", "CC_x86_64-unknown-linux-gnu"]);
    }

    #[test]
    fn zips_are_used_again_only_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let artifact = |function: Function| {
            let path = folder.path().join(format!("{function}.zip"));
            fs::write(&path, function.crate_name()).unwrap();
            let bytes = function.crate_name().as_bytes();
            Artifact {
                function: function.to_string(),
                path,
                sha256: sha256_hex(bytes),
                bytes: bytes.len() as u64,
            }
        };
        let built = Function::ALL.map(artifact);
        assert_eq!(fresh(folder.path(), "f"), None, "there is no stamp yet");
        write(folder.path(), "f".into(), &built).unwrap();
        assert_eq!(fresh(folder.path(), "f").as_deref(), Some(&built[..]));
        assert_eq!(fresh(folder.path(), "g"), None);
        fs::write(&built[1].path, "another").unwrap();
        assert_eq!(fresh(folder.path(), "f"), None);
        fs::remove_file(&built[1].path).unwrap();
        assert_eq!(fresh(folder.path(), "f"), None);
        fs::write(folder.path().join(FILE), "no JSON").unwrap();
        assert_eq!(fresh(folder.path(), "f"), None);
    }

    #[test]
    fn a_source_that_no_fingerprint_holds_is_noticed() {
        let (_folder, workspace) = checkout();
        let executable = workspace.root.join("target/x/lambda/a");
        fs::create_dir_all(executable.parent().unwrap()).unwrap();
        assert!(!knows_all_of(&executable, &workspace), "there is no list");
        let root = workspace.root.display();
        let list = |more: &str| {
            fs::write(
                executable.with_extension("d"),
                format!("{root}/a: {root}/functions/a/src/main.rs{more}\n"),
            )
            .unwrap();
        };
        list("");
        assert!(knows_all_of(&executable, &workspace));
        list(&format!(" {root}/functions/with\\ space.html"));
        assert!(knows_all_of(&executable, &workspace));
        list(&format!(" {root}/flows/words.yaml"));
        assert!(!knows_all_of(&executable, &workspace));
        assert_eq!(sources_in("a: b\\ c d\n\nx: y"), ["b c", "d", "y"].map(PathBuf::from));
    }
}
