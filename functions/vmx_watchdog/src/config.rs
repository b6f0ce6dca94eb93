//! Settings and clients.

use aws_config::SdkConfig;
use jiff::SignedDuration;
use vmx_contract::arn::InstanceArn;
use vmx_contract::environment;
use vmx_contract::watchdog::Watched;
use vmx_lambda::settings::{SettingError, Settings};

#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the bucket that holds the state of each voicemail.
    pub state_bucket: String,
    /// Name of the recordings bucket.
    pub recordings_bucket: String,
    /// Name of the transcripts bucket.
    pub transcripts_bucket: String,
    /// URL of the transcriber's queue of recordings.
    pub recordings_queue_url: String,
    /// URL of the packager's queue of transcripts and reminders.
    pub transcripts_queue_url: String,
    /// How long to wait for a transcript before delivering without it.
    pub deadline: SignedDuration,
    /// Whether transcripts may have the names of redacted ones.
    pub redact: bool,
    /// The Connect instance.
    pub instance: InstanceArn,
    /// What to check.
    pub watched: Watched,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`SettingError`] for the first that is missing or unusable.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        let deadline = settings.read(
            environment::TRANSCRIPT_DEADLINE_MINUTES,
            "a number of minutes from 1 to 1440 (a day)",
            |text| Some(text.parse::<u32>().ok()?).filter(|minutes| (1..=1440).contains(minutes)),
        )?;
        Ok(Self {
            state_bucket: settings.text(environment::STATE_BUCKET)?,
            recordings_bucket: settings.text(environment::RECORDINGS_BUCKET)?,
            transcripts_bucket: settings.text(environment::TRANSCRIPTS_BUCKET)?,
            recordings_queue_url: settings.text(environment::RECORDINGS_QUEUE_URL)?,
            transcripts_queue_url: settings.text(environment::TRANSCRIPTS_QUEUE_URL)?,
            deadline: SignedDuration::from_mins(deadline.into()),
            redact: settings.optional(environment::REDACT) == Some("true"),
            instance: settings.read(environment::INSTANCE_ARN, "the ARN of a Connect instance", |arn| {
                InstanceArn::parse(arn).ok()
            })?,
            watched: settings.read(
                environment::WATCHDOG,
                "the JSON of what the function monitors",
                |json| serde_json::from_str(json).ok(),
            )?,
        })
    }
}

/// The function's AWS clients.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Reads and writes the state of voicemails.
    pub s3: aws_sdk_s3::Client,
    /// Sends events and reads dead letters.
    pub sqs: aws_sdk_sqs::Client,
    /// Reads functions and triggers.
    pub lambda: aws_sdk_lambda::Client,
    /// Reads rules.
    pub eventbridge: aws_sdk_eventbridge::Client,
    /// Reads the instance's settings.
    pub connect: aws_sdk_connect::Client,
    /// Reads the stream's metrics.
    pub cloudwatch: aws_sdk_cloudwatch::Client,
}

impl Clients {
    /// Creates clients that share one configuration and its connections.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            s3: aws_sdk_s3::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            lambda: aws_sdk_lambda::Client::new(config),
            eventbridge: aws_sdk_eventbridge::Client::new(config),
            connect: aws_sdk_connect::Client::new(config),
            cloudwatch: aws_sdk_cloudwatch::Client::new(config),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const WATCHED: &str = r#"{"triggers":{"T":"1"},"functions":{},"rules":{},"deadLetters":{},"streamArn":"arn:s","mediaPrefix":"vmx"}"#;

    fn read(name: &str, value: &str) -> Result<Config, SettingError> {
        Config::read(&Settings::from([
            ("VMX_STATE_BUCKET", "state"),
            ("VMX_RECORDINGS_BUCKET", "recordings"),
            ("VMX_TRANSCRIPTS_BUCKET", "transcripts"),
            ("VMX_RECORDINGS_QUEUE_URL", "https://sqs.example/recordings"),
            ("VMX_TRANSCRIPTS_QUEUE_URL", "https://sqs.example/transcripts"),
            ("VMX_TRANSCRIPT_DEADLINE_MINUTES", "60"),
            (
                "VMX_INSTANCE_ARN",
                "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa",
            ),
            ("VMX_WATCHDOG", WATCHED),
            (name, value),
        ]))
    }

    #[test]
    fn settings_are_read_and_unusable_ones_named() {
        let config = read("VMX_REDACT", "true").unwrap();
        assert_eq!((config.watched.triggers["T"].as_str(), config.redact), ("1", true));
        assert!(!read("VMX_LOG_LEVEL", "info").unwrap().redact);
        for (name, value) in [
            ("VMX_WATCHDOG", "{}"),
            ("VMX_WATCHDOG", "triggers"),
            ("VMX_TRANSCRIPT_DEADLINE_MINUTES", "0"),
            ("VMX_INSTANCE_ARN", "instance"),
            ("VMX_STATE_BUCKET", ""),
        ] {
            assert!(read(name, value).unwrap_err().to_string().contains(name), "{name}={value}");
        }
    }
}
