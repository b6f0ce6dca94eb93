//! Which parameters: a file, and values that override it.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::Failure;
use vmx_model::params::{Resolved, VERSION, read_file};

/// The default parameters file.
pub const DEFAULT_FILE: &str = "params.yaml";

/// The parameters of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ParamsArgs {
    /// Parameters file [default: params.yaml]. Optional if --set gives every required value
    #[arg(long = "params", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Values that override the file.
    #[command(flatten)]
    pub set: SetArgs,
}

/// The parameters of a command that also takes the file without `--params`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct FileArgs {
    /// Parameters file, same as --params
    #[arg(value_name = "PARAMS", conflicts_with = "file")]
    named: Option<PathBuf>,
    #[command(flatten)]
    params: ParamsArgs,
}

impl FileArgs {
    /// The parameters.
    #[must_use]
    pub fn params(self) -> ParamsArgs {
        ParamsArgs { file: self.named.or(self.params.file), set: self.params.set }
    }
}

/// The parameters file that a command writes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct WrittenFileArgs {
    /// Parameters file, same as --params
    #[arg(value_name = "PARAMS", conflicts_with = "params")]
    named: Option<PathBuf>,
    /// Parameters file to write. Its current values become the default answers
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    params: PathBuf,
}

impl WrittenFileArgs {
    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.named.as_ref().unwrap_or(&self.params)
    }
}

/// Which installation a command is about: by its parameters, or by its stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct InstallationArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Name of the stack, instead of parameters. The parameters it was installed with are used
    #[arg(long, value_name = "NAME", conflicts_with_all = ["named", "file", "set"])]
    pub stack: Option<String>,
    /// Region of --stack [default: that of the profile or AWS_REGION]
    #[arg(long, value_name = "REGION", requires = "stack")]
    pub region: Option<String>,
}

impl InstallationArgs {
    /// The parameters, unless it is named by its stack.
    #[must_use]
    pub fn params(&self) -> ParamsArgs {
        self.file.clone().params()
    }
}

/// Values that override the file.
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

    /// Whether there is neither the default file nor anything else that names an installation.
    #[must_use]
    pub fn names_nothing(&self) -> bool {
        self.file.is_none() && self.set.set.is_empty() && !self.path().exists()
    }

    /// Reads the parameters. `--set` overrides the environment, which overrides the file, which overrides the defaults.
    ///
    /// # Errors
    /// [`Failure::Params`].
    pub fn resolve(&self) -> Result<Resolved, Failure> {
        // The file is optional if `--set` gives everything.
        let text = if self.file.is_none() && !self.set.set.is_empty() && !self.path().exists() {
            format!("version: {VERSION}\n")
        } else {
            read_file(self.path())?
        };
        // A variable that is not UTF-8 is refused as its lossy text, because it cannot be a parameter's value.
        let environment = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        Ok(Resolved::merge(&self.path().display().to_string(), &text, environment, &self.set.set)?)
    }
}
