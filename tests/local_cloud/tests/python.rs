//! A machine whose Python does not do is told so.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

/// What `vmx-local up` says where `python3` is this shell script, and nothing else is installed.
fn complaint(python: Option<&str>) -> String {
    let directory = tempfile::tempdir().unwrap();
    let bin = directory.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    symlink("/bin/sh", bin.join("sh")).unwrap();
    if let Some(script) = python {
        let path = bin.join("python3");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let cache = directory.path().join("cache");
    let output = Command::new(env!("CARGO_BIN_EXE_vmx-local"))
        .arg("up")
        .env_clear()
        .env("PATH", &bin)
        .env("XDG_CACHE_HOME", &cache)
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(is_incomplete(&cache), "a failed set-up must not be taken for a whole one");
    String::from_utf8(output.stderr).unwrap()
}

fn is_incomplete(cache: &Path) -> bool {
    let environments = std::fs::read_dir(cache.join("voicemail-express")).into_iter().flatten();
    environments.map(|entry| entry.unwrap().path()).all(|path| !path.join("complete").exists())
}

#[test]
fn a_missing_python_is_named() {
    let complaint = complaint(None);
    assert!(
        complaint.contains("needs Python 3.10 or newer") && complaint.contains("found none"),
        "{complaint}"
    );
}

#[test]
fn an_old_python_is_named_with_its_version() {
    let complaint = complaint(Some("echo $0; echo 3.9.18"));
    assert!(complaint.contains("found Python 3.9.18 at "), "{complaint}");
}

#[test]
fn a_python_without_ensurepip_is_named_with_the_package() {
    // As Debian's is without the package python3-venv.
    let script = r#"case "$2" in *ensurepip*) exit 1;; *) echo $0; echo 3.11.2;; esac"#;
    let complaint = complaint(Some(script));
    assert!(complaint.contains("`apt install python3-venv`"), "{complaint}");
}

#[test]
fn packages_that_cannot_be_installed_are_explained_by_what_pip_said() {
    let script = r#"case "$2" in
        *executable*) echo $0; echo 3.11.2;;
        venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python";;
        pip) echo "ERROR: no matching distribution" >&2; exit 1;;
    esac"#;
    let tools = std::env::var("PATH").unwrap();
    let script = format!("PATH={tools}\n{script}");
    let complaint = complaint(Some(&script));
    assert!(complaint.contains("no matching distribution") && complaint.contains("pip"), "{complaint}");
}
