//! What an administrator decides: the content of `params.yaml`, as one typed model.
//!
//! ```text
//! file, VMX_… of the environment, --set ──► trees ──► keys checked ──► laid over the defaults ──► Params
//! ```
//! Every source of parameters becomes a tree of the same shape before anything is typed: a layer over those before
//! it, key by key. `region` and `instance` have no default; everything else does.

mod alarms;
mod arns;
mod checked;
mod delivery;
mod draft;
mod edit;
mod error;
mod flows;
mod keys;
mod layer;
mod limits;
mod links;
mod locate;
mod modes;
mod names;
mod near;
mod place;
mod prompt;
mod prompts;
mod protection;
mod read;
mod salesforce;
mod schema;
mod source;
mod summary;
mod tags;
mod transcription;
mod tree;
pub mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vmx_contract::attributes::Prefix;
use vmx_contract::mode::Mode;

pub use alarms::{Alarms, Emails, Topic};
pub use arns::{KeyArn, SecretArn};
pub use delivery::{Address, AttachRecording, Domains, Email, Other, PlainName, TargetRef};
pub use draft::Draft;
pub use edit::written;
pub use error::{ParamsError, Problem};
pub use flows::{AgentRef, AgentRefError, Flows};
pub use limits::{LogDays, Whole};
pub use links::Links;
pub use modes::Modes;
pub use names::{InstanceRef, Language, NameError, QueueRef, Region, StackName, TimeZone};
pub use place::{Foreign, Home, partition};
pub use prompt::{Prompt, PromptError};
pub use prompts::{Engine, Prompts, Voice, VoiceError, Wording, mode_prompt};
pub use protection::{BoundaryArn, BucketName, Buckets, Iam, RolePath};
pub use read::{Resolved, read_file};
pub use salesforce::{ApiVersionName, FieldName, Salesforce};
pub use schema::schema;
pub use source::{Parameter, Source};
pub use summary::{Invoked, Model, Summary, When};
pub use tags::Tags;
pub use transcription::{Candidates, Transcription, Vocabulary};
pub use vmx_contract::state::Silent;

/// The version of the file's form. It grows when a key changes its meaning or goes.
pub const VERSION: u32 = 1;

/// The parameters of one installation. What is said of the keys here is also said to administrators, by the schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "What an administrator decides about one installation of Voicemail Express.")]
pub struct Params {
    /// The version of the file's form.
    #[schemars(schema_with = "schema::version")]
    pub version: u32,
    /// The AWS region of the instance and of everything that is installed.
    pub region: Region,
    /// The Amazon Connect instance: its alias, id or ARN.
    pub instance: InstanceRef,
    /// The name of the CloudFormation stack, and the first word of the names of flows.
    pub stack: StackName,
    /// The stacks of other installations that may work on the same instance beside this one. Each records and delivers
    /// every voicemail, so that people get it from all of them.
    pub beside: Vec<StackName>,
    /// The processor of the functions; auto keeps what is installed.
    pub architecture: ArchitectureChoice,
    /// The queue for voicemails whose own is missing or unusable: its name, id or ARN.
    pub default_queue: QueueRef,
    /// The language of voicemails that name none: a language code of Amazon Transcribe.
    pub default_language: Language,
    /// The time zone in which people are told times: a name of the IANA time zone database.
    pub time_zone: TimeZone,
    /// How voicemails can be delivered.
    pub modes: Modes,
    /// How a voicemail is delivered that says nothing about it: one of the modes.
    #[serde(with = "modes::one")]
    #[schemars(schema_with = "schema::mode")]
    pub default_mode: Mode,
    /// What the delivery mode `email` needs to be told.
    pub email: Email,
    /// What the delivery mode `other` needs to be told.
    pub other: Other,
    /// What stands before the names of contact attributes.
    #[serde(with = "names::prefix")]
    #[schemars(schema_with = "schema::prefix")]
    pub attribute_prefix: Prefix,
    /// The longest message, in seconds. Up to 180 one block of the flow waits; beyond, it loops.
    pub longest_message_seconds: Whole<5, 1200>,
    /// What callers hear in the default language: each a text, SSML (`<speak>…</speak>`), the ARN of a prompt of the
    /// instance, or `default`.
    pub prompts: Prompts,
    /// The other languages in which callers are spoken to, and what they hear.
    #[schemars(schema_with = "schema::languages")]
    pub languages: BTreeMap<Language, Prompts>,
    /// Which flows are installed.
    pub flows: Flows,
    /// How voicemails become records in Salesforce.
    pub salesforce: Salesforce,
    /// How people get to a recording: by a link to a page (url), in the agent workspace alone (workspace), or by a
    /// presigned link that works twelve hours at most (presigned).
    pub links: Links,
    /// How long a playback link works, in hours; presigned ones 12 at most.
    pub link_lifetime_hours: Whole<1, 720>,
    /// How many requests of the page behind links are served at a time, reserved for it; 0 reserves nothing.
    pub links_at_once: Whole<0, 1000>,
    /// How recordings are transcribed.
    pub transcription: Transcription,
    /// What becomes of messages that have audio but no speech: deliver them like others, mark them, or drop them. A
    /// message is silent only if its audio holds no voice and its transcript no word.
    #[schemars(schema_with = "schema::silent")]
    pub silent: Silent,
    /// Which voicemails are summarised, and by which model of Amazon Bedrock.
    pub summary: Summary,
    /// How long data is kept.
    pub retention: Retention,
    /// How many voicemails the busiest hour brings: functions, triggers and the stream are laid out for it.
    pub expected_voicemails_per_hour: Whole<1, 1_000_000>,
    /// Who is told of alarms.
    pub alarms: Alarms,
    /// Whether AWS X-Ray traces the functions.
    pub tracing: bool,
    /// The ARN of the customer managed key that encrypts everything that is kept. Empty: keys of AWS.
    pub kms_key: KeyArn,
    /// What bounds the roles of the functions.
    pub iam: Iam,
    /// What the buckets keep and tell, beside `retention`.
    pub buckets: Buckets,
    /// What the functions log; debug also writes numbers of callers and what they said.
    pub log_level: LogLevel,
    /// Whether the flows write their steps to the instance's flow log, with callers' numbers in it.
    pub flow_logging: bool,
    /// Tags of everything that is installed.
    pub tags: Tags,
}

/// How long data is kept. A voicemail that could not be delivered waits 14 days in a dead-letter queue: what it needs
/// should live as long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Retention {
    /// Recordings, in days after their voicemail has ended; 0 keeps them for ever.
    pub recordings_days: Whole<0, 3653>,
    /// Transcripts, and the markers by which nothing is delivered twice, in days.
    pub transcripts_days: Whole<15, 3653>,
    /// Contact records in a stream that the installer makes, in hours. Beyond 24 AWS charges for it: 168 cost about 15
    /// US dollars a month and shard.
    pub contact_records_hours: Whole<24, 8760>,
    /// The caller's audio in Kinesis Video Streams, where the instance does not stream yet, in hours.
    pub media_hours: Whole<24, 8760>,
    /// Logs of the functions, in days.
    pub logs_days: LogDays,
}

/// Processor of the functions, or that circumstances decide: see [`settle`](vmx_engine::architecture::settle).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ArchitectureChoice {
    /// What is installed already; otherwise what costs less, if it can be had.
    Auto,
    /// 64-bit Arm.
    Arm64,
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
}

impl ArchitectureChoice {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Arm64, Self::X86_64];

    /// The processor, if one is chosen.
    #[must_use]
    pub fn chosen(self) -> Option<Architecture> {
        match self {
            Self::Auto => None,
            Self::Arm64 => Some(Architecture::Arm64),
            Self::X86_64 => Some(Architecture::X86_64),
        }
    }

    /// Its name in the parameters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.chosen().map_or("auto", Architecture::as_str)
    }
}

impl From<Architecture> for ArchitectureChoice {
    fn from(architecture: Architecture) -> Self {
        match architecture {
            Architecture::Arm64 => Self::Arm64,
            Architecture::X86_64 => Self::X86_64,
        }
    }
}

/// Processor of the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// 64-bit Arm.
    Arm64,
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
}

impl Architecture {
    /// The processor with a name of AWS Lambda's.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Arm64, Self::X86_64].into_iter().find(|architecture| architecture.as_str() == name)
    }

    /// The name that AWS Lambda uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

/// What the functions log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// Also what was worked around.
    Warn,
    /// Also one line per step of a voicemail.
    Info,
    /// Also callers' numbers and what they said.
    Debug,
}

impl LogLevel {
    /// The level as the functions read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

impl Params {
    /// The processor of the functions: what is chosen, and arm64 where circumstances have not decided yet.
    #[must_use]
    pub fn processor(&self) -> Architecture {
        self.architecture.chosen().unwrap_or(Architecture::Arm64)
    }

    /// The ways of delivery among which the test line lets callers choose: none where there is no choice.
    pub fn test_line_modes(&self) -> impl Iterator<Item = Mode> + '_ {
        let modes = self.modes.get();
        let asks = self.flows.test_line && modes.len() > 1;
        modes.iter().copied().filter(move |_| asks)
    }

    /// The parameters of an instance with every default.
    #[must_use]
    pub fn new(region: Region, instance: InstanceRef) -> Self {
        Self {
            version: VERSION,
            region,
            instance,
            stack: StackName::default(),
            beside: Vec::new(),
            architecture: ArchitectureChoice::Auto,
            default_queue: QueueRef::Name("BasicQueue".to_owned()),
            default_language: Language::default(),
            time_zone: TimeZone::default(),
            modes: Modes::default(),
            default_mode: Mode::Task,
            email: Email::default(),
            other: Other::default(),
            attribute_prefix: Prefix::default(),
            longest_message_seconds: const { Whole::of(60) },
            prompts: Prompts::default(),
            languages: BTreeMap::new(),
            flows: Flows::default(),
            salesforce: Salesforce::default(),
            links: Links::Url,
            link_lifetime_hours: const { Whole::of(72) },
            links_at_once: const { Whole::of(10) },
            transcription: Transcription::default(),
            silent: Silent::default(),
            summary: Summary::default(),
            retention: Retention::default(),
            expected_voicemails_per_hour: const { Whole::of(2000) },
            alarms: Alarms::default(),
            tracing: false,
            kms_key: KeyArn::default(),
            iam: Iam::default(),
            buckets: Buckets::default(),
            log_level: LogLevel::Info,
            flow_logging: false,
            tags: Tags::default(),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            recordings_days: const { Whole::of(90) },
            transcripts_days: const { Whole::of(90) },
            contact_records_hours: const { Whole::of(24) },
            media_hours: const { Whole::of(168) },
            logs_days: LogDays::default(),
        }
    }
}
