//! The function's settings and clients.

use aws_config::SdkConfig;
use vmx_contract::arn::InstanceArn;
use vmx_contract::environment;
use vmx_contract::staff::Words;
use vmx_lambda::settings::{SettingError, Settings};

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the recordings bucket.
    pub recordings_bucket: String,
    /// Name of the bucket with packages, and with the earlier version's revocations.
    pub transcripts_bucket: String,
    /// Name of the bucket with revocations.
    pub state_bucket: String,
    /// The instance whose flows are allowed to ask.
    pub instance: InstanceArn,
    /// ARN of the KMS key that authenticates tokens; `None` for other kinds of links: then no token is valid.
    pub key_arn: Option<String>,
    /// The words for the people who get voicemails.
    pub words: &'static Words,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`SettingError`] for the first that is missing or invalid.
    pub fn read(settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self {
            recordings_bucket: settings.text(environment::RECORDINGS_BUCKET)?,
            transcripts_bucket: settings.text(environment::TRANSCRIPTS_BUCKET)?,
            state_bucket: settings.text(environment::STATE_BUCKET)?,
            instance: settings.read(environment::INSTANCE_ARN, "the ARN of a Connect instance", |arn| {
                InstanceArn::parse(arn).ok()
            })?,
            key_arn: settings.optional(environment::LINK_KEY_ARN).map(str::to_owned),
            words: Words::of(settings.optional(environment::LANGUAGE_OF_STAFF).unwrap_or_default()),
        })
    }
}

/// The AWS clients of the function.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Authenticates tokens.
    pub kms: aws_sdk_kms::Client,
    /// For recordings, packages and revocations, and for presigned URLs.
    pub s3: aws_sdk_s3::Client,
}

impl Clients {
    /// The clients, which share one configuration and its connections.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { kms: aws_sdk_kms::Client::new(config), s3: aws_sdk_s3::Client::new(config) }
    }
}
