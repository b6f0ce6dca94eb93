//! The project's own Python environment: pinned packages, verified by hash, created once and reused.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use sha2::{Digest as _, Sha256};

/// The local cloud's packages: MiniStack and the speech recognizer.
pub const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

/// The oldest Python that supports the pinned packages.
const OLDEST: (u32, u32) = (3, 10);

/// Common names of Python 3, most common first.
const NAMES: [&str; 7] =
    ["python3", "python3.15", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"];

/// Why there is no Python environment.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// No interpreter is new enough.
    #[error(
        "the local cloud needs Python {}.{} or newer as `python3` in the PATH, found {found}: \
         install it (Debian, Ubuntu: `apt install python3 python3-venv`; macOS: `brew install python`)",
        OLDEST.0, OLDEST.1
    )]
    Missing {
        /// What was found instead.
        found: String,
    },
    /// The interpreter cannot create virtual environments.
    #[error(
        "{python} cannot make a virtual environment because its `ensurepip` module is missing: \
         install it (Debian, Ubuntu: `apt install python3-venv`)"
    )]
    NoEnsurepip {
        /// The interpreter.
        python: PathBuf,
    },
    /// A setup command failed.
    #[error("`{command}` failed while making the Python environment in {directory}: {reason}")]
    Command {
        /// The command.
        command: String,
        /// The environment's directory.
        directory: PathBuf,
        /// The end of its output.
        reason: String,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set, so there is no place for a cache.
    #[error(
        "neither XDG_CACHE_HOME nor HOME is set, so there is no place for the Python environment: set one"
    )]
    NoCacheDirectory,
    /// The cache directory cannot be used.
    #[error("the Python environment's directory {path} cannot be used: {source}")]
    Directory {
        /// The directory or file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Interpreter {
    path: PathBuf,
    version: String,
}

/// The interpreter of an environment with `requirements` (a `requirements.txt` with hashes). Creates it if needed,
/// which takes a minute and the network; blocks meanwhile, also if another process is creating the same one.
///
/// It is in the user's cache directory, in `voicemail-express/python-` and a hash of the requirements and the
/// interpreter, so that a change of either creates a new one.
///
/// # Errors
/// If there is no Python of at least 3.10, it cannot create virtual environments, or the packages cannot be installed.
pub fn environment(requirements: &str) -> Result<PathBuf, PythonError> {
    let interpreter = find_interpreter()?;
    let cache = cache_directory(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME"))?;
    fs::create_dir_all(&cache).map_err(|source| PythonError::Directory { path: cache.clone(), source })?;

    let directory = cache.join(format!("python-{}", fingerprint(requirements, &interpreter)));
    let lock_path = directory.with_extension("lock");
    let _lock = lock(&lock_path).map_err(|source| PythonError::Directory { path: lock_path, source })?;
    // The marker is written last: without it, an earlier attempt was interrupted.
    let marker = directory.join("complete");
    if !marker.exists() {
        tracing::info!(directory = %directory.display(), "making the local cloud's Python environment, once");
        fill(&directory, &interpreter, requirements)?;
        fs::write(&marker, "").map_err(|source| PythonError::Directory { path: marker, source })?;
    }
    Ok(directory.join("bin/python"))
}

fn fill(directory: &Path, interpreter: &Interpreter, requirements: &str) -> Result<(), PythonError> {
    let unusable = |source| PythonError::Directory { path: directory.to_owned(), source };
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(unusable)?;
    }
    let mut ensurepip = Command::new(&interpreter.path);
    ensurepip.args(["-c", "import ensurepip"]);
    if !output(&mut ensurepip, directory)?.status.success() {
        return Err(PythonError::NoEnsurepip { python: interpreter.path.clone() });
    }
    run(Command::new(&interpreter.path).args(["-m", "venv"]).arg(directory), directory)?;
    let list = directory.join("requirements.txt");
    fs::write(&list, requirements).map_err(unusable)?;
    let mut install = Command::new(directory.join("bin/python"));
    install
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--require-hashes",
            "-r",
        ])
        .arg(&list);
    run(&mut install, directory)
}

/// Runs a setup command; the end of its output is the reason if it fails.
fn run(command: &mut Command, directory: &Path) -> Result<(), PythonError> {
    let output = output(command, directory)?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let from = said.lines().count().saturating_sub(12);
    let reason = said.lines().skip(from).collect::<Vec<_>>().join("\n");
    Err(PythonError::Command { command: format!("{command:?}"), directory: directory.to_owned(), reason })
}

fn output(command: &mut Command, directory: &Path) -> Result<Output, PythonError> {
    command.stdin(Stdio::null()).output().map_err(|error| PythonError::Command {
        command: format!("{command:?}"),
        directory: directory.to_owned(),
        reason: error.to_string(),
    })
}

fn find_interpreter() -> Result<Interpreter, PythonError> {
    let mut found = String::from("none");
    for name in NAMES {
        let Some((interpreter, version)) = ask(name) else {
            continue;
        };
        if version >= OLDEST {
            return Ok(interpreter);
        }
        if found == "none" {
            found = format!("Python {} at {}", interpreter.version, interpreter.path.display());
        }
    }
    Err(PythonError::Missing { found })
}

/// Asks the interpreter with this name to describe itself.
fn ask(name: &str) -> Option<(Interpreter, (u32, u32))> {
    let question = "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])";
    let output = Command::new(name).args(["-c", question]).stdin(Stdio::null()).output().ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    let mut lines = answer.lines();
    let (path, version) = (lines.next()?, lines.next()?);
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    let number = (numbers.next()?, numbers.next()?);
    Some((Interpreter { path: path.into(), version: version.to_owned() }, number))
}

fn cache_directory(xdg_cache_home: Option<OsString>, home: Option<OsString>) -> Result<PathBuf, PythonError> {
    // The XDG specification requires that relative paths be ignored.
    let cache = xdg_cache_home.map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| home.map(|home| PathBuf::from(home).join(".cache")));
    Ok(cache.ok_or(PythonError::NoCacheDirectory)?.join("voicemail-express"))
}

fn fingerprint(requirements: &str, interpreter: &Interpreter) -> String {
    let mut hash = Sha256::new();
    for part in [
        requirements.as_bytes(),
        interpreter.version.as_bytes(),
        interpreter.path.as_os_str().as_encoded_bytes(),
    ] {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A lock between processes, held until the file is dropped.
fn lock(path: &Path) -> std::io::Result<File> {
    let file = File::create(path)?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_and_hashed() {
        let unpinned: Vec<_> = REQUIREMENTS
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with([' ', '#']))
            .filter(|line| !line.contains("==") || !line.ends_with('\\'))
            .collect();
        assert_eq!(unpinned, Vec::<&str>::new());
        assert!(REQUIREMENTS.contains("ministack==1.5.33"));
    }

    #[test]
    fn the_cache_directory_follows_the_xdg_specification() -> Result<(), PythonError> {
        let directory = |xdg: Option<&str>, home: Option<&str>| {
            cache_directory(xdg.map(Into::into), home.map(Into::into))
        };
        assert_eq!(directory(Some("/c"), Some("/h"))?, Path::new("/c/voicemail-express"));
        assert_eq!(directory(Some("relative"), Some("/h"))?, Path::new("/h/.cache/voicemail-express"));
        assert_eq!(directory(None, Some("/h"))?, Path::new("/h/.cache/voicemail-express"));
        assert!(matches!(directory(None, None), Err(PythonError::NoCacheDirectory)));
        Ok(())
    }

    #[test]
    fn another_interpreter_or_list_is_another_environment() {
        let interpreter =
            |version: &str| Interpreter { path: "/usr/bin/python3".into(), version: version.to_owned() };
        let one = fingerprint("a", &interpreter("3.11.7"));
        assert_ne!(one, fingerprint("b", &interpreter("3.11.7")));
        assert_ne!(one, fingerprint("a", &interpreter("3.12.0")));
        assert_eq!(one, fingerprint("a", &interpreter("3.11.7")));
    }
}
