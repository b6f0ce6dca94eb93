//! What `teardown` takes.

use clap::Args;

use super::ParamsArgs;

/// What to take away, and what is approved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct TeardownArgs {
    /// The parameters that the installation was made with: region, instance and stack are read.
    #[command(flatten)]
    pub params: ParamsArgs,
    /// Show what goes, what stays and what is in the way, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Remove the voicemails too. The stack's name has to be typed, or given with --confirm
    #[arg(long)]
    pub delete_recordings: bool,
    /// The stack's name, as the approval of --delete-recordings where nobody can type it
    #[arg(long, value_name = "STACK", requires = "delete_recordings")]
    pub confirm: Option<String>,
    /// Leave behind what CloudFormation cannot delete, and say what and why
    #[arg(long)]
    pub force: bool,
    /// Remove it without asking
    #[arg(long, short)]
    pub yes: bool,
}
