//! The command line of `vmx-local`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// An AWS of one's own, on this machine: MiniStack with Amazon Connect, Kinesis Video Streams and Transcribe beside it.
#[derive(Debug, Parser)]
#[command(name = "vmx-local", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What `vmx-local` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a local cloud and keep it until Ctrl-C. Prints the environment variables that lead AWS clients to it.
    Up(Up),
}

/// How the local cloud is started.
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// The region that it stands for.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// The loopback port of its endpoint; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Where its programs and logs are kept. Left out, they go with the cloud.
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
