//! Arguments of `teardown`.

use clap::Args;

use super::InstallationArgs;

/// What to remove, and what is approved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct TeardownArgs {
    /// The installation. Of its parameters, only region, instance and stack are used.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Show what is removed, kept and blocking, without removing anything
    #[arg(long)]
    pub dry_run: bool,
    /// Remove the voicemails too. Requires typing the stack's name, or --confirm
    #[arg(long)]
    pub delete_recordings: bool,
    /// Stack name that approves --delete-recordings without prompting
    #[arg(long, value_name = "STACK", requires = "delete_recordings")]
    pub confirm: Option<String>,
    /// Keep what CloudFormation cannot delete, and list it with the reasons
    #[arg(long)]
    pub force: bool,
    /// Remove it without prompting
    #[arg(long, short)]
    pub yes: bool,
}
