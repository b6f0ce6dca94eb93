//! Runs the installer's program against a local cloud like a user: through its command line only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use aws_credential_types::Credentials;
use tempfile::TempDir;
use tokio::process::Command;

use crate::LocalCloud;

/// An installer for a local cloud, with a directory of its own.
pub struct Installer {
    command: Vec<OsString>,
    /// Where it runs.
    folder: PathBuf,
    /// Whether it can find other programs.
    has_path: bool,
    directory: TempDir,
}

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` if a signal ended the program.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error, which has the progress.
    pub stderr: String,
}

impl Run {
    /// Everything that it said, without line breaks.
    #[must_use]
    pub fn said(&self) -> String {
        format!("{} {}", self.stderr, self.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    async fn of(command: &mut Command) -> std::io::Result<Self> {
        let output = command.output().await?;
        Ok(Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

impl Installer {
    /// The installer that `command` starts: a program and its first arguments. It builds the functions from the
    /// checkout in `workspace`.
    ///
    /// # Errors
    /// If no directory for its files can be created.
    pub fn new(
        command: impl IntoIterator<Item = impl Into<OsString>>,
        workspace: &Path,
    ) -> std::io::Result<Self> {
        Ok(Self {
            command: command.into_iter().map(Into::into).collect(),
            folder: workspace.to_owned(),
            has_path: true,
            directory: tempfile::Builder::new().prefix("vmx-installer-").tempdir()?,
        })
    }

    /// Replaces the installer's program, for example with a later or earlier version.
    pub fn replace(&mut self, program: impl Into<OsString>) {
        self.command = vec![program.into()];
    }

    /// Replaces it with a released program, which runs in an empty folder and finds no other program: neither cargo nor
    /// a compiler.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub fn replace_with_release(&mut self, program: impl Into<OsString>) -> std::io::Result<()> {
        self.replace(program);
        self.folder = self.directory.path().join("empty");
        self.has_path = false;
        std::fs::create_dir_all(&self.folder)
    }

    /// Writes a parameters file next to the installer.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_params(&self, yaml: &str) -> std::io::Result<PathBuf> {
        let path = self.directory.path().join("params.yaml");
        std::fs::write(&path, yaml)?;
        Ok(path)
    }

    /// Runs the installer and captures its output.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn run(&self, cloud: &LocalCloud, arguments: &[&str]) -> std::io::Result<Run> {
        Run::of(&mut self.command(cloud, arguments)).await
    }

    /// The same as a user of the account instead of its root.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn run_as(
        &self,
        cloud: &LocalCloud,
        user: &Credentials,
        arguments: &[&str],
    ) -> std::io::Result<Run> {
        let mut command = self.command(cloud, arguments);
        command
            .env("AWS_ACCESS_KEY_ID", user.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", user.secret_access_key());
        Run::of(&mut command).await
    }

    /// Runs the installer on this process's terminal. Returns whether it succeeded.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn show(&self, cloud: &LocalCloud, arguments: &[&str]) -> std::io::Result<bool> {
        Ok(self.command(cloud, arguments).status().await?.success())
    }

    /// The command that runs the installer, for callers that watch it or end it.
    #[must_use]
    pub fn command(&self, cloud: &LocalCloud, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        // The user's AWS configuration must not reach the installer, nor the installer their account.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        if !self.has_path {
            command.env("PATH", &self.folder);
        }
        let root = cloud.credentials();
        command
            .env("AWS_CONFIG_FILE", self.directory.path().join("no-config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.directory.path().join("no-credentials"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("XDG_CACHE_HOME", self.directory.path().join("cache"))
            .env("XDG_STATE_HOME", self.directory.path().join("state"))
            .env("AWS_ENDPOINT_URL", cloud.endpoint())
            .env("AWS_ACCESS_KEY_ID", root.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", root.secret_access_key())
            .kill_on_drop(true);
        command
    }
}
