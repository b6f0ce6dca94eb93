//! The command line of `vmx-local`.

use std::path::PathBuf;

use aws_credential_types::Credentials;
use clap::{Parser, Subcommand};
use local_cloud::call::{Step, StepError};

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
    /// Place a call to a running local cloud, whose environment variables `up` has printed.
    ///
    /// The caller does one step after the other: `wait:SECONDS`, `beep` (waits for one), `hear:WORDS` (waits until a prompt
    /// has said them), `press:KEYS`, `speak:FILE.wav` (8 kHz, mono, 16-bit PCM), `hang-up`, `agent-answers[:SECONDS[:AGENT]]`
    /// (an agent takes the call, so long after this; the caller goes on meanwhile), `agent-holds:SECONDS`, `agent-hangs-up`,
    /// `agent-transfers:FLOW`. `given:` says what is out of the ordinary in the whole call: `streaming-fails=N`,
    /// `one-recording`, `recordings-reversed`, `bare-end`, `no-whispers`, `after-contact-work=SECONDS`, `no-after-contact-work`. A script
    /// holds the same steps in YAML; there are examples in tests/local_cloud/scripts.
    Call(CallArguments),
    /// Fire the schedules of EventBridge rules now instead of at their time. Prints the rules' names.
    Tick(TickArguments),
    /// Show the main job: install Voicemail Express on a local cloud, leave a spoken message, find the task.
    Demo(Demo),
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

/// What the demonstration leaves.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Where the recording is left, to be listened to.
    #[arg(long, value_name = "FILE", default_value = "target/voicemail.wav")]
    pub(crate) recording: PathBuf,
}

/// A call to a running local cloud.
#[derive(Debug, clap::Args)]
pub(crate) struct CallArguments {
    /// The number to call [default: the first that the contact centre has claimed].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,
    /// The flow to call, by name, id or ARN, as if a number were attached to it.
    #[arg(long, conflicts_with = "number")]
    pub(crate) flow: Option<String>,
    /// The caller's own number [default: +15555550123].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) from: Option<String>,
    /// Follow a script, a YAML file. What is given beside it goes before what it says.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["speak", "steps"])]
    pub(crate) script: Option<PathBuf>,
    /// Leave a message: short for the steps `beep speak:FILE hang-up`.
    #[arg(long, value_name = "FILE", conflicts_with = "steps", required_unless_present_any = ["steps", "script"])]
    pub(crate) speak: Option<PathBuf>,
    /// What the caller does.
    pub(crate) steps: Vec<String>,
    /// Where the local cloud is.
    #[command(flatten)]
    pub(crate) cloud: CloudArguments,
}

/// Which schedules fire.
#[derive(Debug, clap::Args)]
pub(crate) struct TickArguments {
    /// The rule [default: every rule that is enabled and has a schedule].
    pub(crate) rule: Option<String>,
    /// Where the local cloud is.
    #[command(flatten)]
    pub(crate) cloud: CloudArguments,
}

/// A running local cloud, as `up` has printed it.
#[derive(Debug, clap::Args)]
pub(crate) struct CloudArguments {
    /// The local cloud's endpoint.
    #[arg(long, env = "AWS_ENDPOINT_URL")]
    pub(crate) endpoint: String,
    /// The key that `up` printed.
    #[arg(long, env = "AWS_ACCESS_KEY_ID", hide_env_values = true)]
    access_key_id: String,
    /// Its secret.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true)]
    secret_access_key: String,
    /// The region.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
}

impl CloudArguments {
    /// The credentials of its root.
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(&self.access_key_id, &self.secret_access_key, None, None, "command line")
    }
}

/// The number of a caller who gives none.
pub(crate) const CALLER: &str = "+15555550123";

impl CallArguments {
    /// The steps that are asked for.
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
