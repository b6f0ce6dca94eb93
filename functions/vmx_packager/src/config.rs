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
    /// Mode of voicemails whose own is not available.
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
        Ok(Self {
            recordings_bucket: settings.text(environment::RECORDINGS_BUCKET)?,
            transcripts_bucket: settings.text(environment::TRANSCRIPTS_BUCKET)?,
            default_mode: settings.read(environment::DEFAULT_MODE, "a delivery mode", Mode::parse)?,
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
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const INSTANCE: &str =
        "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";

    fn read(lifetime: &str, queue: &str) -> Result<Config, SettingError> {
        Config::read(&Settings::from([
            ("VMX_RECORDINGS_BUCKET", "recordings"),
            ("VMX_TRANSCRIPTS_BUCKET", "transcripts"),
            ("VMX_INSTANCE_ARN", INSTANCE),
            ("VMX_DEFAULT_MODE", "task"),
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
}
