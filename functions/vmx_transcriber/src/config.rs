//! What the function is given: settings and clients.

use aws_config::SdkConfig;
use vmx_contract::{environment, language};
use vmx_lambda::settings::{SettingError, Settings};

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the recordings bucket.
    pub recordings_bucket: String,
    /// Name of the transcripts bucket.
    pub transcripts_bucket: String,
    /// Language of recordings whose own is refused.
    pub default_language: String,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`SettingError`] for the first that is missing or unusable.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self {
            recordings_bucket: settings.text(environment::RECORDINGS_BUCKET)?,
            transcripts_bucket: settings.text(environment::TRANSCRIPTS_BUCKET)?,
            default_language: settings.read(
                environment::DEFAULT_LANGUAGE,
                "a language of Amazon Transcribe",
                |code| language::canonical(code).map(str::to_owned),
            )?,
        })
    }
}

/// The AWS clients of the function.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Holds the recordings.
    pub s3: aws_sdk_s3::Client,
    /// Transcribes them.
    pub transcribe: aws_sdk_transcribe::Client,
}

impl Clients {
    /// The clients, which share one configuration and its connections.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { s3: aws_sdk_s3::Client::new(config), transcribe: aws_sdk_transcribe::Client::new(config) }
    }
}
