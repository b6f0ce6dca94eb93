//! The function's settings and clients.

use aws_config::SdkConfig;
use vmx_contract::arn::InstanceArn;
use vmx_contract::mode::Mode;
use vmx_contract::voicemail::Defaults;
use vmx_contract::{environment, language};
use vmx_lambda::settings::{SettingError, Settings};

use crate::throttling::ThrottledMedia;

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the recordings bucket.
    pub recordings_bucket: String,
    /// Name of the state bucket.
    pub state_bucket: String,
    /// The instance whose voicemails are processed.
    pub instance: InstanceArn,
    /// URL of the retry queue.
    pub retry_queue_url: String,
    /// Defaults for missing or invalid attributes.
    pub defaults: Defaults,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`SettingError`] for the first that is missing or invalid.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        let instance = settings.read(environment::INSTANCE_ARN, "the ARN of a Connect instance", |arn| {
            InstanceArn::parse(arn).ok()
        })?;
        let defaults = Defaults {
            language: settings.read(
                environment::DEFAULT_LANGUAGE,
                "a language of Amazon Transcribe",
                |code| language::canonical(code).map(str::to_owned),
            )?,
            mode: settings.read(environment::DEFAULT_MODE, "a delivery mode", Mode::parse)?,
            queue_arn: settings.read(
                environment::DEFAULT_QUEUE_ARN,
                "the ARN of a queue of the instance",
                |arn| instance.recipient(arn).ok().map(|_| arn.to_owned()),
            )?,
        };
        Ok(Self {
            recordings_bucket: settings.text(environment::RECORDINGS_BUCKET)?,
            state_bucket: settings.text(environment::STATE_BUCKET)?,
            retry_queue_url: settings.text(environment::RETRY_QUEUE_URL)?,
            instance,
            defaults,
        })
    }
}

/// The AWS clients of the function.
#[derive(Debug, Clone)]
pub struct Clients {
    /// For the address at which to read a stream.
    pub kinesis_video: aws_sdk_kinesisvideo::Client,
    /// Reads a stream.
    pub archived_media: aws_sdk_kinesisvideoarchivedmedia::Client,
    /// For the recordings, and the records of ended voicemails.
    pub s3: aws_sdk_s3::Client,
    /// For the retry queue.
    pub sqs: aws_sdk_sqs::Client,
}

impl Clients {
    /// The clients, which share one configuration and its connections.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let kinesis_video =
            aws_sdk_kinesisvideo::config::Builder::from(config).retry_classifier(ThrottledMedia);
        let archived_media =
            aws_sdk_kinesisvideoarchivedmedia::config::Builder::from(config).retry_classifier(ThrottledMedia);
        Self {
            kinesis_video: aws_sdk_kinesisvideo::Client::from_conf(kinesis_video.build()),
            archived_media: aws_sdk_kinesisvideoarchivedmedia::Client::from_conf(archived_media.build()),
            s3: aws_sdk_s3::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const INSTANCE: &str =
        "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";

    fn settings(queue: &str) -> Settings {
        Settings::from([
            ("VMX_RECORDINGS_BUCKET", "recordings"),
            ("VMX_STATE_BUCKET", "state"),
            ("VMX_INSTANCE_ARN", INSTANCE),
            ("VMX_RETRY_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/111122223333/retry"),
            ("VMX_DEFAULT_LANGUAGE", "en-us"),
            ("VMX_DEFAULT_MODE", "task"),
            ("VMX_DEFAULT_QUEUE_ARN", queue),
        ])
    }

    #[test]
    fn settings_are_read_and_a_queue_of_another_instance_is_refused() {
        let config = Config::read(&settings(&format!("{INSTANCE}/queue/q"))).unwrap();
        assert_eq!(
            (config.recordings_bucket.as_str(), config.state_bucket.as_str()),
            ("recordings", "state")
        );
        assert_eq!((config.defaults.language.as_str(), config.defaults.mode), ("en-US", Mode::Task));
        let foreign =
            Config::read(&settings("arn:aws:connect:us-east-1:111122223333:instance/other/queue/q"));
        assert!(foreign.unwrap_err().to_string().contains("VMX_DEFAULT_QUEUE_ARN"));
    }
}
