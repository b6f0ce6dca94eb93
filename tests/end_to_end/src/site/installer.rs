//! Runs the installer.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use aws_credential_types::Credentials;
use local_cloud::installer::Run;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{Error, Site};
use crate::program;
use crate::terminal::{Size, Terminal};

impl Site {
    /// Replaces the installer's program, for example with a later or earlier version.
    pub fn replace_installer(&mut self, program: &Path) {
        self.installer.replace(program);
    }

    /// Replaces it with a released program, which finds neither a checkout nor a compiler.
    ///
    /// # Errors
    /// If its folder cannot be created.
    pub fn replace_with_release(&mut self, program: &Path) -> Result<(), Error> {
        Ok(self.installer.replace_with_release(program)?)
    }

    /// Runs the installer with any arguments.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn run(&self, arguments: &[&str]) -> Result<Run, Error> {
        Ok(self.installer.run(&self.cloud, arguments).await?)
    }

    /// Runs `vmx-install --non-interactive` with [these packages](Site::packages).
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn install(&self) -> Result<Run, Error> {
        self.install_with(&[]).await
    }

    /// The same with more arguments.
    ///
    /// # Errors
    /// As [`Site::install`].
    pub async fn install_with(&self, more: &[&str]) -> Result<Run, Error> {
        let (params, packages) = (self.params.to_string_lossy(), self.packages()?);
        let packages = packages.to_string_lossy();
        let mut arguments = vec!["--non-interactive", &*params, "--artifacts", &*packages];
        arguments.extend(more);
        Ok(self.installer.run(&self.cloud, &arguments).await?)
    }

    /// Runs `vmx-install plan` with more arguments.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn plan(&self, more: &[&str]) -> Result<Run, Error> {
        let (params, packages) = (self.params.to_string_lossy(), self.packages()?);
        let packages = packages.to_string_lossy();
        let mut arguments = vec!["plan", &*params, "--artifacts", &*packages];
        arguments.extend(more);
        self.run(&arguments).await
    }

    /// Runs `vmx-install doctor` with more arguments.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn doctor(&self, more: &[&str]) -> Result<Run, Error> {
        let params = self.params.to_string_lossy();
        let mut arguments = vec!["doctor", "--params", &params];
        arguments.extend(more);
        self.run(&arguments).await
    }

    /// Runs `vmx-install teardown` with more arguments.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn tear_down(&self, more: &[&str]) -> Result<Run, Error> {
        let params = self.params.to_string_lossy();
        let mut arguments = vec!["teardown", "--params", &params];
        arguments.extend(more);
        Ok(self.installer.run(&self.cloud, &arguments).await?)
    }

    /// Runs another command of `vmx-install` on this installation.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn operate(&self, arguments: &[&str]) -> Result<Run, Error> {
        let params = self.params.to_string_lossy();
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--params", &*params]).collect();
        Ok(self.installer.run(&self.cloud, &arguments).await?)
    }

    /// Runs `vmx-install` with any arguments on this installation as a user of the account.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub async fn run_as(&self, user: &Credentials, arguments: &[&str]) -> Result<Run, Error> {
        Ok(self.installer.run_as(&self.cloud, user, arguments).await?)
    }

    /// Starts `vmx-install wizard` on a terminal of 80 columns and 24 lines, with more environment variables.
    ///
    /// # Errors
    /// If there is no terminal, or the program cannot be started.
    pub fn wizard(&self, params: &Path, environment: &[(&str, &str)]) -> Result<Terminal, Error> {
        self.wizard_of(Size::USUAL, params, environment)
    }

    /// The same on a terminal of any size.
    ///
    /// # Errors
    /// As [`Site::wizard`].
    pub fn wizard_of(
        &self,
        size: Size,
        params: &Path,
        environment: &[(&str, &str)],
    ) -> Result<Terminal, Error> {
        let (params, packages) = (params.to_string_lossy(), self.packages()?);
        let packages = packages.to_string_lossy();
        let arguments = ["wizard", "--params", &params, "--artifacts", &packages];
        self.terminal_of(size, &arguments, environment)
    }

    /// The same with any arguments, 80 columns and 24 lines.
    ///
    /// # Errors
    /// As [`Site::wizard`].
    pub fn terminal(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Terminal, Error> {
        self.terminal_of(Size::USUAL, arguments, environment)
    }

    /// The same on a terminal of any size.
    ///
    /// # Errors
    /// As [`Site::wizard`].
    pub fn terminal_of(
        &self,
        size: Size,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Terminal, Error> {
        let mut command = self.installer.command(&self.cloud, arguments);
        // Independent of the environment: each test sets what it needs.
        command.env_remove("CI").env_remove("NO_COLOR").env("TERM", "xterm-256color");
        command.env_remove("LC_ALL").env_remove("LC_CTYPE").env("LANG", "C.UTF-8").env("TZ", "Europe/Berlin");
        command.env("AWS_REGION", self.cloud.account().region.as_str());
        Terminal::start(command.envs(environment.iter().copied()).as_std(), size)
    }

    /// The installer's parameters file; for a new site, it is minimal.
    #[must_use]
    pub fn params(&self) -> &Path {
        &self.params
    }

    /// The parameters file's path as text.
    #[must_use]
    pub fn params_file(&self) -> &str {
        self.params.to_str().unwrap_or_default()
    }

    /// Replaces the parameters with those of a new site and more lines.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_params(&self, more: &str) -> Result<(), Error> {
        let region = &self.cloud.account().region;
        let alias = self.cloud.connect().instance_alias();
        let yaml = format!("version: 1\nregion: {region}\ninstance: {alias}\n{more}");
        self.installer.write_params(&yaml)?;
        Ok(())
    }

    /// A directory with the functions' packages: that of `VMX_TEST_ARTIFACTS`, or one with those of the debug build.
    ///
    /// # Errors
    /// If they cannot be built.
    pub fn packages(&self) -> Result<PathBuf, Error> {
        Ok(program::packages()?)
    }

    /// Copies packages and adds a comment to each zip: different bytes with the same behavior, like a newer build.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn newer_packages(&self, packages: &Path) -> Result<PathBuf, Error> {
        const COMMENT: &[u8] = b"newer";
        let folder = self.cloud.directory().join("newer");
        std::fs::create_dir_all(&folder)?;
        for entry in std::fs::read_dir(packages)? {
            let file = entry?.path();
            let mut zip = std::fs::read(&file)?;
            // The last two bytes of a zip are the length of the comment that follows.
            zip.truncate(zip.len() - 2);
            zip.extend([u8::try_from(COMMENT.len())?, 0]);
            zip.extend(COMMENT);
            std::fs::write(folder.join(file.file_name().ok_or("a package without a name")?), zip)?;
        }
        Ok(folder)
    }

    /// SHA-256 of a file, which is its package's name in the code bucket.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn sha256(&self, file: &Path) -> Result<String, Error> {
        let digest = Sha256::digest(std::fs::read(file)?);
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Runs the installer until a line of its output contains a text, and kills it there. Returns its output.
    ///
    /// # Errors
    /// If it ends before that.
    pub async fn run_and_kill(&self, arguments: &[&str], at: &str) -> Result<String, Error> {
        let mut child = self.installer.command(&self.cloud, arguments).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
        let mut told = String::new();
        while let Some(line) = lines.next_line().await? {
            told = told + &line + "\n";
            if line.contains(at) {
                child.kill().await?;
                return Ok(told);
            }
        }
        Err(format!("it never said {at:?}:\n{told}").into())
    }
}
