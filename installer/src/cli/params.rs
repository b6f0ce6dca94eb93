//! Which parameters: a file, and what is set above it.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::Failure;
use vmx_model::params::{Params, Resolved, VERSION, read_file};

/// The file of parameters where none is named.
pub const DEFAULT_FILE: &str = "params.yaml";

/// The parameters of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ParamsArgs {
    /// Parameters file [default: params.yaml]. Optional if --set gives every required value
    #[arg(long = "params", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What is set above the file.
    #[command(flatten)]
    pub set: SetArgs,
}

/// What is set above the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct SetArgs {
    /// Set a parameter, overriding the file and VMX_… variables: --set retention.logs_days=90
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl ParamsArgs {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE))
    }

    /// Reads the parameters: defaults, below the file, below the environment, below `--set`.
    ///
    /// # Errors
    /// [`Failure::Params`].
    pub fn load(&self) -> Result<Params, Failure> {
        self.resolve().map(|resolved| resolved.params)
    }

    /// As [`ParamsArgs::load`], with the source of every value.
    ///
    /// # Errors
    /// [`Failure::Params`].
    pub fn resolve(&self) -> Result<Resolved, Failure> {
        // Where everything is set by hand, there need not be a file.
        let text = if self.file.is_none() && !self.set.set.is_empty() && !self.path().exists() {
            format!("version: {VERSION}\n")
        } else {
            read_file(self.path())?
        };
        // A variable that is not UTF-8 cannot be a parameter's value, and is refused as what can be read of it.
        let environment = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        Ok(Resolved::merge(&self.path().display().to_string(), &text, environment, &self.set.set)?)
    }
}
