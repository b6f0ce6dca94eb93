//! Arguments of `migrate`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{DEFAULT_FILE, InstallationArgs, examples};

/// Steps of a migration.
#[derive(Debug, Clone, Subcommand)]
pub enum MigrateCommand {
    /// Find an earlier system, write its parameters to a file and list the flows to change
    #[command(after_long_help = examples::MIGRATE)]
    Plan(MigratePlanArgs),
    /// Hand contact records over from the earlier system. Prompts first
    #[command(after_long_help = examples::MIGRATE_SWITCH)]
    Switch(HandoverArgs),
    /// Hand contact records back to the earlier system. Prompts first
    #[command(after_long_help = examples::MIGRATE_BACK)]
    Back(HandoverArgs),
}

/// Arguments of `migrate switch` and `migrate back`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct HandoverArgs {
    /// The installation that replaces the earlier system.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Hand them over without prompting
    #[arg(long, short)]
    pub yes: bool,
}

/// Arguments of `migrate plan`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct MigratePlanArgs {
    /// Stack of the earlier system [default: the only one in the region]
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// Region of the earlier system [default: that of the profile or AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Parameters file to write [default: params.yaml]
    #[arg(long = "params", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Overwrite the parameters file without prompting
    #[arg(long)]
    pub force: bool,
}

impl MigratePlanArgs {
    /// The file to write.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE))
    }
}
