//! The function's settings and clients.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use vmx_contract::arn::{InstanceArn, RecipientArn};
use vmx_contract::email::EmailSettings;
use vmx_contract::environment;
use vmx_contract::mode::Mode;
use vmx_contract::other::OtherSettings;
use vmx_contract::staff::Words;
use vmx_contract::state::Silent;
use vmx_lambda::settings::{SettingError, Settings};

use crate::connection::{Connection, SalesforceConfig};
use crate::store::Store;
use crate::summary::Summaries;

/// The longest lifetime of a playback link. Presigned ones end earlier: see `playback_link`.
const LONGEST_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The kind of playback links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkKind {
    /// Links with tokens to the playback page.
    Url {
        /// ARN of the KMS key that authenticates the tokens.
        key_arn: String,
        /// The playback function's URL, without its trailing slash.
        base: String,
    },
    /// None: recordings are played in the agent workspace.
    Workspace,
    /// Presigned S3 URLs, which expire with their signing credentials.
    Presigned,
}

/// The function's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// Name of the recordings bucket.
    pub recordings_bucket: String,
    /// Name of the transcripts bucket.
    pub transcripts_bucket: String,
    /// Name of the state bucket.
    pub state_bucket: String,
    /// Name of the stack, which prefixes transcription jobs' names.
    pub stack: String,
    /// What to do with messages without speech.
    pub silent: Silent,
    /// Whether transcripts should be redacted.
    pub redact: bool,
    /// The summary settings, if enabled.
    pub summaries: Option<Summaries>,
    /// The instance whose voicemails are delivered.
    pub instance: InstanceArn,
    /// The installed modes.
    pub modes: Vec<Mode>,
    /// Mode of voicemails whose own is not available; one of the modes.
    pub default_mode: Mode,
    /// For the mode `email`; present if it is installed.
    pub email: Option<EmailSettings>,
    /// For the mode `other`; present if it is installed.
    pub other: Option<OtherSettings>,
    /// Name of the bucket with custom email templates.
    pub templates_bucket: Option<String>,
    /// Whether a webhook can be on this machine, and without TLS: only if the AWS endpoint itself is, as with a local
    /// cloud. Never on Lambda.
    pub loopback: bool,
    /// ARN of the queue for voicemails without a usable queue.
    pub default_queue_arn: String,
    /// Id of the flow that routes tasks.
    pub task_flow_id: String,
    /// Settings of guided tasks, if they are installed.
    pub guide: Option<Guide>,
    /// The time zone of the times that people see.
    pub time_zone: String,
    /// The words for the people who get voicemails.
    pub words: &'static Words,
    /// How long a playback link works.
    pub link_lifetime: Duration,
    /// The Salesforce settings, if one of its modes is installed.
    pub salesforce: Option<SalesforceConfig>,
    /// The kind of playback links.
    pub links: LinkKind,
    /// Whether to attach the recording to tasks.
    pub attach_to_task: bool,
}

/// Settings of guided tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// Id of the flow that routes them and sets their guide.
    pub task_flow_id: String,
    /// ARN of the agent guide's function.
    pub function_arn: String,
}

impl Guide {
    fn read(settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self {
            task_flow_id: settings.text(environment::GUIDED_TASK_FLOW_ID)?,
            function_arn: settings.text(environment::GUIDE_FUNCTION_ARN)?,
        })
    }
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
        let default_queue_arn =
            settings.read(environment::DEFAULT_QUEUE_ARN, "the ARN of a queue of the instance", |arn| {
                match instance.recipient(arn) {
                    Ok(RecipientArn::Queue { .. }) => Some(arn.to_owned()),
                    _ => None,
                }
            })?;
        let link_lifetime = settings.read(
            environment::LINK_LIFETIME_SECONDS,
            "a number of seconds from 1 to 2592000 (30 days)",
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
        let word = settings.read(environment::LINKS, "one of url, workspace, presigned", |text| {
            ["url", "workspace", "presigned"].into_iter().find(|word| *word == text)
        })?;
        let links = match word {
            "workspace" => LinkKind::Workspace,
            "presigned" => LinkKind::Presigned,
            _ => LinkKind::Url {
                key_arn: settings.text(environment::LINK_KEY_ARN)?,
                base: settings.read(environment::PLAYBACK_URL, "a URL that starts with https://", |url| {
                    url.starts_with("https://").then(|| url.trim_end_matches('/').to_owned())
                })?,
            },
        };
        let email = modes.contains(&Mode::Email).then(|| {
            settings.read(environment::EMAIL, "the email settings as JSON", |json| {
                serde_json::from_str(json).ok()
            })
        });
        let other = modes.contains(&Mode::Other).then(|| {
            settings.read(environment::OTHER, "the settings of other deliveries as JSON", |json| {
                serde_json::from_str(json).ok()
            })
        });
        let loopback = settings.optional("AWS_ENDPOINT_URL").is_some_and(is_loopback);
        let salesforce = SalesforceConfig::read(settings, &modes, loopback)?;
        Ok(Self {
            salesforce,
            email: email.transpose()?,
            other: other.transpose()?,
            templates_bucket: settings.optional(environment::TEMPLATES_BUCKET).map(str::to_owned),
            loopback,
            recordings_bucket: settings.text(environment::RECORDINGS_BUCKET)?,
            transcripts_bucket: settings.text(environment::TRANSCRIPTS_BUCKET)?,
            state_bucket: settings.text(environment::STATE_BUCKET)?,
            stack: settings.text(environment::STACK)?,
            silent: silent(settings)?,
            redact: settings.optional(environment::REDACT) == Some("true"),
            summaries: summaries(settings)?,
            guide: modes.contains(&Mode::GuidedTask).then(|| Guide::read(settings)).transpose()?,
            modes,
            default_mode,
            task_flow_id: settings.text(environment::TASK_FLOW_ID)?,
            time_zone: settings.text(environment::TIME_ZONE)?,
            words: Words::of(settings.optional(environment::LANGUAGE_OF_STAFF).unwrap_or_default()),
            instance,
            default_queue_arn,
            link_lifetime,
            links,
            attach_to_task: settings.optional(environment::ATTACH_TO_TASK) == Some("true"),
        })
    }

    /// The state bucket.
    pub(crate) fn state<'a>(&'a self, clients: &'a Clients) -> Store<'a> {
        Store { s3: &clients.s3, bucket: &self.state_bucket }
    }

    /// The transcripts bucket, where the earlier version kept its receipts.
    pub(crate) fn transcripts<'a>(&'a self, clients: &'a Clients) -> Store<'a> {
        Store { s3: &clients.s3, bucket: &self.transcripts_bucket }
    }
}

/// What to do with messages without speech.
fn silent(settings: &Settings) -> Result<Silent, SettingError> {
    if settings.optional(environment::SILENT).is_none() {
        return Ok(Silent::default());
    }
    settings.read(environment::SILENT, "one of deliver, mark, drop", Silent::parse)
}

/// The summary settings; `None` if absent.
fn summaries(settings: &Settings) -> Result<Option<Summaries>, SettingError> {
    if settings.optional(environment::SUMMARY).is_none() {
        return Ok(None);
    }
    let always = settings.read(environment::SUMMARY, "per_call or always", |text| match text {
        "always" => Some(true),
        "per_call" => Some(false),
        _ => None,
    })?;
    Ok(Some(Summaries { model: settings.text(environment::SUMMARY_MODEL)?, always }))
}

/// Whether a URL's host is this machine, by its address.
fn is_loopback(url: &str) -> bool {
    let uri: Option<http::Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host).map(|host| host.trim_matches(['[', ']']));
    host.and_then(|host| host.parse::<IpAddr>().ok()).is_some_and(|address| address.is_loopback())
}

/// The AWS clients that every voicemail needs, and the configuration for the others. Most installations never need
/// those, so a voicemail that does creates its own.
#[derive(Debug, Clone)]
pub struct Clients {
    /// For contacts, queues, agents and tasks.
    pub connect: aws_sdk_connect::Client,
    /// For recordings, transcripts and the state of voicemails, and for presigned links.
    pub s3: aws_sdk_s3::Client,
    /// Authenticates the tokens of playback links.
    pub kms: aws_sdk_kms::Client,
    /// For the transcription jobs.
    pub transcribe: aws_sdk_transcribe::Client,
    /// The credentials that presign links: such a link works no longer than they do.
    pub credentials: Option<SharedCredentialsProvider>,
    /// For records in Salesforce.
    pub salesforce: Arc<Connection>,
    /// For further clients.
    pub config: SdkConfig,
}

impl Clients {
    /// The clients, which share one configuration and its connections.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            connect: aws_sdk_connect::Client::new(config),
            s3: aws_sdk_s3::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            transcribe: aws_sdk_transcribe::Client::new(config),
            credentials: config.credentials_provider(),
            salesforce: Arc::new(Connection::new(config.clone())),
            config: config.clone(),
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
        read_with(lifetime, queue, &[])
    }

    /// The settings with these in place of, or besides, the usual ones.
    fn read_with(lifetime: &str, queue: &str, more: &[(&str, &str)]) -> Result<Config, SettingError> {
        let queue = format!("{INSTANCE}/queue/{queue}");
        let usual = [
            ("VMX_SUMMARY_MODEL", "us.example.model-v1:0"),
            ("VMX_STATE_BUCKET", "state"),
            ("VMX_STACK", "stack"),
            ("VMX_LINKS", "url"),
            ("VMX_LINK_KEY_ARN", "arn:of:key"),
            ("VMX_PLAYBACK_URL", "https://example.com/"),
            ("VMX_RECORDINGS_BUCKET", "recordings"),
            ("VMX_TRANSCRIPTS_BUCKET", "transcripts"),
            ("VMX_INSTANCE_ARN", INSTANCE),
            (
                "VMX_EMAIL",
                r#"{"from":"v@example.com","to":"d@example.com","allowedDomains":[],"attachAtMostKb":0}"#,
            ),
            ("VMX_MODES", "task"),
            ("VMX_DEFAULT_MODE", "task"),
            ("VMX_DEFAULT_QUEUE_ARN", &queue),
            ("VMX_TASK_FLOW_ID", "flow"),
            ("VMX_TIME_ZONE", "UTC"),
            ("VMX_LINK_LIFETIME_SECONDS", lifetime),
        ];
        Config::read(&usual.iter().chain(more).copied().collect())
    }

    #[test]
    fn settings_are_read_and_unusable_ones_named() {
        assert_eq!(read("3600", "q").unwrap().link_lifetime, Duration::from_secs(3600));
        for lifetime in ["0", "2592001", "-1", "1h"] {
            let error = read(lifetime, "q").unwrap_err().to_string();
            assert!(error.contains("VMX_LINK_LIFETIME_SECONDS"), "{error}");
        }
        let agents_own = read("3600", "agent/u").unwrap_err().to_string();
        assert!(agents_own.contains("VMX_DEFAULT_QUEUE_ARN"), "{agents_own}");
    }

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for (url, is) in [
            ("http://127.0.0.1:4566", true),
            ("http://[::1]:4566", true),
            ("https://10.0.0.1", false),
            ("http://127.0.0.1.example.com", false),
            ("https://s3.amazonaws.com", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(url), is, "{url}");
        }
    }

    #[test]
    fn guided_tasks_need_their_flow_and_their_function() {
        assert_eq!(config().guide, None);
        let error = read_with("3600", "q", &[("VMX_MODES", "task,guided_task")]).unwrap_err().to_string();
        assert!(error.contains("VMX_GUIDED_TASK_FLOW_ID"), "{error}");
    }

    #[test]
    fn the_default_is_one_of_the_modes() {
        let read =
            |modes, default| read_with("3600", "q", &[("VMX_MODES", modes), ("VMX_DEFAULT_MODE", default)]);
        let config = read("task,email", "email").unwrap();
        assert_eq!(config.email.map(|email| email.from).as_deref(), Some("v@example.com"));
        assert_eq!((config.modes, config.default_mode), (vec![Mode::Task, Mode::Email], Mode::Email));
        for (modes, default, named) in [
            ("task", "email", "VMX_DEFAULT_MODE"),
            ("task,pigeon", "task", "VMX_MODES"),
            ("", "task", "VMX_MODES"),
        ] {
            let error = read(modes, default).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn nothing_is_summarized_unless_it_is_set() {
        assert_eq!(read("3600", "q").unwrap().summaries, None);
        let read = |when| read_with("3600", "q", &[("VMX_SUMMARY", when)]);
        for (when, always) in [("per_call", false), ("always", true)] {
            let model = "us.example.model-v1:0".to_owned();
            assert_eq!(read(when).unwrap().summaries, Some(Summaries { model, always }));
        }
        let error = read("sometimes").unwrap_err().to_string();
        assert!(error.contains("VMX_SUMMARY"), "{error}");
    }

    #[test]
    fn messages_without_speech_are_marked_unless_it_is_set() {
        assert_eq!(read("3600", "q").unwrap().silent, Silent::Mark);
        for choice in Silent::ALL {
            assert_eq!(read_with("3600", "q", &[("VMX_SILENT", choice.as_str())]).unwrap().silent, choice);
        }
        let error = read_with("3600", "q", &[("VMX_SILENT", "never")]).unwrap_err().to_string();
        assert!(error.contains("VMX_SILENT"), "{error}");
    }

    #[test]
    fn links_are_one_of_three() {
        let read = |word, url| read_with("3600", "q", &[("VMX_LINKS", word), ("VMX_PLAYBACK_URL", url)]);
        let url = LinkKind::Url { key_arn: "arn:of:key".into(), base: "https://example.com".into() };
        assert_eq!(read("url", "https://example.com/").unwrap().links, url);
        for (word, kind) in [("workspace", LinkKind::Workspace), ("presigned", LinkKind::Presigned)] {
            assert_eq!(read(word, "").unwrap().links, kind);
        }
        for (word, address, named) in [
            ("carrier", "", "VMX_LINKS"),
            ("url", "", "VMX_PLAYBACK_URL"),
            ("url", "http://a", "VMX_PLAYBACK_URL"),
        ] {
            let error = read(word, address).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
