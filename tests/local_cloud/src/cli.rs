//! The command line of `vmx-local`.

use std::path::PathBuf;

use aws_credential_types::Credentials;
use clap::{Parser, Subcommand};
use local_cloud::call::{Step, StepError};

/// A private AWS on this machine: MiniStack with Amazon Connect, Kinesis Video Streams and Transcribe.
#[derive(Debug, Parser)]
#[command(name = "vmx-local", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The subcommands of `vmx-local`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a local cloud and run it until Ctrl-C. Prints the environment variables for AWS clients.
    Up(Up),
    /// Place a call to a running local cloud, given by the environment variables that `up` prints.
    ///
    /// The caller performs these steps in order: `wait:SECONDS`, `beep` (waits for one), `hear:WORDS` (waits until a
    /// prompt has said them), `press:KEYS`, `speak:FILE.wav` (8 kHz, mono, 16-bit PCM), `hang-up`,
    /// `agent-answers[:SECONDS[:AGENT]]` (an agent takes the call after this time, while the caller continues),
    /// `agent-holds:SECONDS`, `agent-hangs-up`, `agent-transfers:FLOW`. `given:` sets a special condition of the whole
    /// call: `streaming-fails=N`, `one-recording`, `recordings-reversed`, `bare-end`, `no-whispers`,
    /// `after-contact-work=SECONDS`, `no-after-contact-work`. A script has the same steps in YAML; see the examples in
    /// tests/local_cloud/scripts.
    Call(CallArguments),
    /// Fire the schedules of EventBridge rules now. Prints the rules' names.
    Tick(TickArguments),
    /// Run a demonstration: install Voicemail Express on a local cloud, leave a spoken message, find the task.
    Demo(Demo),
}

/// The options of a new local cloud.
#[derive(Debug, clap::Args)]
pub(crate) struct Up {
    /// Region of the local cloud.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Loopback port of its endpoint; 0 for a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Directory for its programs and logs [default: temporary, removed with the cloud].
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Service that an organization's policy forbids in the account, by its name in signatures, for example sqs; can be
    /// repeated.
    #[arg(long, value_name = "SERVICE")]
    pub(crate) forbid: Vec<String>,
}

/// The output of the demonstration.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// File for the recording.
    #[arg(long, value_name = "FILE", default_value = "target/voicemail.wav")]
    pub(crate) recording: PathBuf,
    /// Build the functions as for Lambda, which takes minutes, instead of taking those of the debug build.
    #[arg(long)]
    pub(crate) release_functions: bool,
}

/// A call to a running local cloud.
#[derive(Debug, clap::Args)]
pub(crate) struct CallArguments {
    /// Number to call [default: the first that the contact center has claimed].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    /// Flow to call, by name, ID or ARN, as if a number were assigned to it.
    #[arg(long, conflicts_with = "number")]
    pub(crate) flow: Option<String>,
    /// The caller's own number [default: +15555550123].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<String>,
    /// Follow a script, a YAML file. Other arguments take precedence.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["speak", "steps"])]
    pub(crate) script: Option<PathBuf>,
    /// Leave a message: short for the steps `beep speak:FILE hang-up`.
    #[arg(long, value_name = "FILE", conflicts_with = "steps", required_unless_present_any = ["steps", "script"])]
    pub(crate) speak: Option<PathBuf>,
    /// What the caller does.
    pub(crate) steps: Vec<String>,
    /// The local cloud.
    #[command(flatten)]
    pub(crate) cloud: CloudArguments,
}

/// The schedules to fire.
#[derive(Debug, clap::Args)]
pub(crate) struct TickArguments {
    /// Rule to fire [default: every enabled rule with a schedule].
    pub(crate) rule: Option<String>,
    /// The local cloud.
    #[command(flatten)]
    pub(crate) cloud: CloudArguments,
}

/// A running local cloud, as printed by `up`.
#[derive(Debug, clap::Args)]
pub(crate) struct CloudArguments {
    /// Endpoint of the local cloud.
    #[arg(long, env = "AWS_ENDPOINT_URL")]
    pub(crate) endpoint: String,
    /// Access key printed by `up`.
    #[arg(long, env = "AWS_ACCESS_KEY_ID", hide_env_values = true)]
    access_key_id: String,
    /// Its secret.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true)]
    secret_access_key: String,
    /// Its region.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
}

impl CloudArguments {
    /// The root credentials.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(&self.access_key_id, &self.secret_access_key, None, None, "command line")
    }
}

/// The default number of the caller.
pub(crate) const CALLER: &str = "+15555550123";

impl CallArguments {
    /// The steps in the arguments.
    pub(crate) fn steps(&self) -> Result<Vec<Step>, StepError> {
        match &self.speak {
            Some(file) => Ok(vec![Step::HearBeep, Step::speak(file.clone())?, Step::HangUp]),
            None => self.steps.iter().map(|word| Step::parse(word)).collect(),
        }
    }
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
