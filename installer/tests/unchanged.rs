//! When the functions are built and when what is there is used again: the program with a cargo and a rustc that only
//! pretend, and note that they were called.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;
use vmx_model::parts::Function;

/// Says of each package that it was built, and gives it an executable that is made of the source.
const CARGO: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$@" >>"$here/calls"
out=$here/target/built
mkdir -p "$out"
while [ $# -gt 0 ]; do
    if [ "$1" = -p ]; then
        name=$2
        cat "$here/header" "functions/$name/src/main.rs" >"$out/$name"
        echo "$out/$name: $(pwd)/functions/$name/src/main.rs $(cat "$here/also")" >"$out/$name.d"
        printf '{"reason":"compiler-artifact","target":{"name":"%s"},"executable":"%s"}\n' "$name" "$out/$name"
    fi
    shift
done
"#;

/// A compiler for this target, whatever the machine is.
const RUSTC: &str = r#"#!/bin/sh
here=$(dirname "$0")
case "$*" in
-vV) cat "$here/version" ;;
*sysroot*) echo "$here/toolchain" ;;
*) echo "$here/libraries" ;;
esac
"#;

const VERSION: &str = "rustc 1.94.1\nhost: x86_64-unknown-linux-gnu\ncommit-hash: c0ffee\n";

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        for (name, script) in [("cargo", CARGO), ("rustc", RUSTC)] {
            place.write(name, script.as_bytes());
            fs::set_permissions(place.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        place.write("version", VERSION.as_bytes());
        place.write("also", b"");
        place.write("libraries/libstd-0.rlib", b"");
        // The header of a 64-bit executable for x86.
        let mut header = vec![0; 64];
        header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        (header[18], header[20], header[52]) = (62, 1, 64);
        place.write("header", &header);
        place.write("checkout/Cargo.toml", b"[workspace]");
        place.write("checkout/Cargo.lock", b"");
        for function in Function::ALL {
            place.write(&format!("checkout/functions/{function}/Cargo.toml"), b"[package]");
            place.write(&format!("checkout/functions/{function}/src/main.rs"), b"fn main() {}");
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Builds, and gives how often cargo was called and what was told.
    fn build(&self, out: &str) -> (usize, String) {
        let before = self.calls();
        let ran = Command::cargo_bin("vmx-install")
            .unwrap()
            .args(["build", "--architecture", "x86_64", "--source"])
            .arg(self.path("checkout"))
            .arg("--out")
            .arg(self.path(out))
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", "/usr/bin:/bin")
            .env("CARGO", self.path("cargo"))
            .env("RUSTC", self.path("rustc"))
            .env("CARGO_HOME", self.path("cargo-home"))
            .env("CARGO_TARGET_DIR", self.path("target"))
            .output()
            .unwrap();
        let told = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(0), "{told}");
        (self.calls() - before, told)
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.path("calls")).map_or(0, |calls| calls.lines().count())
    }

    fn zip(&self, out: &str, function: Function) -> Vec<u8> {
        fs::read(self.path(out).join(format!("{function}.zip"))).unwrap()
    }
}

#[test]
fn what_was_built_from_the_same_sources_is_used_again_without_cargo() {
    let place = Place::new();
    let (calls, told) = place.build("one");
    assert_eq!(calls, 1, "all functions are built in one run of cargo");
    assert!(told.contains("building"), "{told}");

    let (calls, told) = place.build("two");
    assert_eq!(calls, 0, "{told}");
    assert!(told.contains("are up to date") && !told.contains("building"), "{told}");
    for function in Function::ALL {
        assert_eq!(place.zip("one", function), place.zip("two", function), "{function}");
    }

    // Whatever may decide over the zips has them built again, once.
    let first = Function::ALL[0];
    for (file, text) in [
        (format!("checkout/functions/{first}/src/main.rs"), "fn main() { changed() }"),
        ("checkout/Cargo.lock".to_owned(), "version = 4"),
        ("version".to_owned(), "rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\ncommit-hash: beef\n"),
        ("cargo-home/config.toml".to_owned(), "[build]\nrustflags = []\n"),
    ] {
        place.write(&file, text.as_bytes());
        assert_eq!(place.build("two").0, 1, "{file}");
        assert_eq!(place.build("two").0, 0, "{file}");
    }
    assert_ne!(place.zip("one", first), place.zip("two", first));

    // A zip that is not as it was written is no zip of these sources.
    let zips = place.path("target/functions/zips/x86_64");
    fs::write(zips.join(format!("{first}.zip")), "broken").unwrap();
    assert_eq!(place.build("two").0, 1);
    assert_eq!(place.build("two").0, 0);
}

#[test]
fn a_function_that_is_made_of_more_than_is_looked_at_is_always_built() {
    let place = Place::new();
    let outside = Path::new("checkout/flows/words.yaml");
    place.write(&outside.display().to_string(), b"");
    place.write("also", place.path(&outside.display().to_string()).display().to_string().as_bytes());
    for _ in 0..2 {
        assert_eq!(place.build("one").0, 1);
    }
}
