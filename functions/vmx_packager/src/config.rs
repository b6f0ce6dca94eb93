//! What the function is given: settings and clients.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use vmx_contract::arn::{InstanceArn, RecipientArn};
use vmx_contract::environment;
use vmx_contract::voicemail::Mode;
use vmx_lambda::settings::{SettingError, Settings};

use crate::playback_link::LONGEST_LIFETIME;

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the recordings bucket.
    pub recordings_bucket: String,
    /// Name of the transcripts bucket.
    pub transcripts_bucket: String,
    /// The instance whose voicemails are delivered.
    pub instance: InstanceArn,
    /// The modes that this install has.
    pub modes: Vec<Mode>,
    /// Mode of voicemails whose own is not available; one of the modes.
    pub default_mode: Mode,
    /// ARN of the queue for voicemails whose own is unusable.
    pub default_queue_arn: String,
    /// Id of the flow that routes tasks.
    pub task_flow_id: String,
    /// How long a playback link is to work.
    pub link_lifetime: Duration,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`SettingError`] for the first that is missing or unusable.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        let instance = settings.read(environment::INSTANCE_ARN, "the ARN of a Connect instance", |arn| {
            InstanceArn::parse(arn).ok()
        })?;
        let default_queue_arn =
            settings.read(environment::DEFAULT_QUEUE_ARN, "the ARN of a queue of the instance", |arn| {
                match instance.recipient(arn) {
                    Ok(RecipientArn::Queue { .. }) => Some(arn.to_owned()),
                    _ => None,
                }
            })?;
        let link_lifetime = settings.read(
            environment::LINK_LIFETIME_SECONDS,
            "a number of seconds from 1 to 604800 (7 days)",
            |text| {
                let lifetime = Duration::from_secs(text.parse().ok()?);
                (!lifetime.is_zero() && lifetime <= LONGEST_LIFETIME).then_some(lifetime)
            },
        )?;
        let modes = settings.read(environment::MODES, "a list of delivery modes", |text| {
            text.split(',').map(Mode::parse).collect::<Option<Vec<_>>>()
        })?;
        let default_mode =
            settings.read(environment::DEFAULT_MODE, "one of the delivery modes in VMX_MODES", |text| {
                Mode::parse(text).filter(|mode| modes.contains(mode))
            })?;
        Ok(Self {
            recordings_bucket: settings.text(environment::RECORDINGS_BUCKET)?,
            transcripts_bucket: settings.text(environment::TRANSCRIPTS_BUCKET)?,
            modes,
            default_mode,
            task_flow_id: settings.text(environment::TASK_FLOW_ID)?,
            instance,
            default_queue_arn,
            link_lifetime,
        })
    }
}

/// The AWS clients of the function.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Knows contacts, queues and agents, and makes tasks.
    pub connect: aws_sdk_connect::Client,
    /// Holds recordings, transcripts and delivery markers, and signs playback links.
    pub s3: aws_sdk_s3::Client,
    /// Holds the transcription jobs.
    pub transcribe: aws_sdk_transcribe::Client,
    /// The credentials that sign playback links: a link works no longer than they do.
    pub credentials: Option<SharedCredentialsProvider>,
}

impl Clients {
    /// The clients, which share one configuration and its connections.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            connect: aws_sdk_connect::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            transcribe: aws_sdk_transcribe::Client::new(config),
            credentials: config.credentials_provider(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const INSTANCE: &str =
        "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";

    /// A configuration with `task` alone.
    pub(crate) fn config() -> Config {
        read("3600", "q").unwrap()
    }

    fn read(lifetime: &str, queue: &str) -> Result<Config, SettingError> {
        read_with(lifetime, queue, "task", "task")
    }

    fn read_with(lifetime: &str, queue: &str, modes: &str, default: &str) -> Result<Config, SettingError> {
        Config::read(&Settings::from([
            ("VMX_RECORDINGS_BUCKET", "recordings"),
            ("VMX_TRANSCRIPTS_BUCKET", "transcripts"),
            ("VMX_INSTANCE_ARN", INSTANCE),
            ("VMX_MODES", modes),
            ("VMX_DEFAULT_MODE", default),
            ("VMX_DEFAULT_QUEUE_ARN", &format!("{INSTANCE}/queue/{queue}")),
            ("VMX_TASK_FLOW_ID", "flow"),
            ("VMX_LINK_LIFETIME_SECONDS", lifetime),
        ]))
    }

    #[test]
    fn settings_are_read_and_unusable_ones_named() {
        assert_eq!(read("3600", "q").unwrap().link_lifetime, Duration::from_secs(3600));
        for lifetime in ["0", "604801", "-1", "1h"] {
            let error = read(lifetime, "q").unwrap_err().to_string();
            assert!(error.contains("VMX_LINK_LIFETIME_SECONDS"), "{error}");
        }
        let agents_own = read("3600", "agent/u").unwrap_err().to_string();
        assert!(agents_own.contains("VMX_DEFAULT_QUEUE_ARN"), "{agents_own}");
    }

    #[test]
    fn the_default_is_one_of_the_modes() {
        let config = read_with("3600", "q", "task,email", "email").unwrap();
        assert_eq!((config.modes, config.default_mode), (vec![Mode::Task, Mode::Email], Mode::Email));
        for (modes, default, named) in [
            ("task", "email", "VMX_DEFAULT_MODE"),
            ("task,pigeon", "task", "VMX_MODES"),
            ("", "task", "VMX_MODES"),
        ] {
            let error = read_with("3600", "q", modes, default).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
