//! The function's settings and clients.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use vmx_contract::{environment, language};
use vmx_lambda::settings::{SettingError, Settings};

use crate::job::Options;

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the recordings bucket.
    pub recordings_bucket: String,
    /// Name of the transcripts bucket.
    pub transcripts_bucket: String,
    /// Name of the state bucket.
    pub state_bucket: String,
    /// Name of the stack, which prefixes jobs' names.
    pub stack: String,
    /// The key that encrypts transcripts, if it is not Amazon S3's.
    pub transcripts_key_arn: Option<String>,
    /// Language of recordings whose own is refused.
    pub default_language: String,
    /// How recordings are transcribed.
    pub options: Options,
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
            stack: settings.text(environment::STACK)?,
            transcripts_key_arn: settings.optional(environment::TRANSCRIPTS_KEY_ARN).map(str::to_owned),
            default_language: settings.read(
                environment::DEFAULT_LANGUAGE,
                "a language of Amazon Transcribe",
                |code| language::canonical(code).map(str::to_owned),
            )?,
            options: Options {
                identify: optional(
                    settings,
                    environment::IDENTIFY_LANGUAGE,
                    "two to five languages",
                    languages,
                )?,
                vocabularies: optional(
                    settings,
                    environment::VOCABULARIES,
                    "languages with the names of their vocabularies",
                    vocabularies,
                )?,
                redact: settings.optional(environment::REDACT) == Some("true"),
                queueing_role: settings.optional(environment::TRANSCRIBE_ROLE_ARN).map(str::to_owned),
            },
        })
    }
}

/// An optional setting as another type.
fn optional<T: Default>(
    settings: &Settings,
    name: &'static str,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, SettingError> {
    if settings.optional(name).is_some() { settings.read(name, expected, read) } else { Ok(T::default()) }
}

/// `en-US,es-US`.
fn languages(text: &str) -> Option<Vec<String>> {
    let codes: Option<Vec<String>> =
        text.split(',').map(|code| language::canonical(code).map(str::to_owned)).collect();
    codes.filter(|codes| (2..=5).contains(&codes.len()))
}

/// `en-US=names,es-US=nombres`.
fn vocabularies(text: &str) -> Option<BTreeMap<String, String>> {
    let pair = |pair: &str| {
        let (code, name) = pair.split_once('=')?;
        (!name.is_empty()).then_some((language::canonical(code)?.to_owned(), name.to_owned()))
    };
    text.split(',').map(pair).collect()
}

/// The AWS clients of the function.
#[derive(Debug, Clone)]
pub struct Clients {
    /// For the recordings, and the records of ended voicemails.
    pub s3: aws_sdk_s3::Client,
    /// For the transcription jobs.
    pub transcribe: aws_sdk_transcribe::Client,
}

impl Clients {
    /// The clients, which share one configuration and its connections.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { s3: aws_sdk_s3::Client::new(config), transcribe: aws_sdk_transcribe::Client::new(config) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn read(name: &str, value: &str) -> Result<Config, SettingError> {
        Config::read(&Settings::from([
            ("VMX_RECORDINGS_BUCKET", "recordings"),
            ("VMX_TRANSCRIPTS_BUCKET", "transcripts"),
            ("VMX_STATE_BUCKET", "state"),
            ("VMX_STACK", "stack"),
            ("VMX_DEFAULT_LANGUAGE", "en-US"),
            (name, value),
        ]))
    }

    #[test]
    fn options_are_off_unless_they_are_set() {
        let config = read("VMX_LOG_LEVEL", "info").unwrap();
        assert_eq!(config.options, Options::default());
        let identify = read("VMX_IDENTIFY_LANGUAGE", "en-us,es-US").unwrap().options.identify;
        assert_eq!(identify, ["en-US", "es-US"]);
        let vocabularies =
            read("VMX_VOCABULARIES", "en-US=names,es-US=nombres").unwrap().options.vocabularies;
        assert_eq!(vocabularies["es-US"], "nombres");
        assert!(read("VMX_REDACT", "true").unwrap().options.redact);
    }

    #[test]
    fn an_unusable_option_is_named() {
        for (name, value) in [
            ("VMX_STATE_BUCKET", ""),
            ("VMX_STACK", ""),
            ("VMX_IDENTIFY_LANGUAGE", "en-US"),
            ("VMX_IDENTIFY_LANGUAGE", "en-US,xx-XX"),
            ("VMX_VOCABULARIES", "names"),
            ("VMX_VOCABULARIES", "en-US="),
        ] {
            assert!(read(name, value).unwrap_err().to_string().contains(name), "{name}={value}");
        }
    }
}
