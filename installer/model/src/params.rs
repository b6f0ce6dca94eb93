//! What an administrator decides: the content of `params.yaml`, as one typed model.
//!
//! ```text
//! file, VMX_… of the environment, --set ──► trees ──► keys checked ──► laid over the defaults ──► Params
//! ```
//! Every source of parameters becomes a tree of the same shape before anything is typed: a layer over those before
//! it, key by key. `region` and `instance` have no default; everything else does.

mod alarms;
mod answers;
mod arns;
mod checked;
mod delivery;
mod edit;
mod error;
mod flows;
mod languages;
mod layer;
mod limits;
mod links;
mod locate;
mod migration;
mod modes;
mod names;
mod near;
mod place;
mod plain;
mod problems;
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
pub use answers::Key;
pub use arns::{KeyArn, SecretArn};
pub use delivery::{Address, AttachRecording, Domains, Email, Other, PlainName, TargetRef};
pub use edit::written;
pub use error::{ParamsError, Problem};
pub use flows::{AgentRef, Flows};
pub use layer::IgnoredVariable;
pub use limits::{LogDays, Whole};
pub use links::Links;
pub use migration::EarlierStack;
pub use modes::Modes;
pub use names::{InstanceRef, Language, LanguageTag, NameError, QueueRef, Region, StackName, TimeZone};
pub use place::{Foreign, Home, partition};
pub use prompt::{Prompt, PromptError};
pub use prompts::{Engine, Prompts, Voice, Wording, mode_prompt};
pub use protection::{BoundaryArn, BucketName, Buckets, Iam, RolePath};
pub use read::{Resolved, read_file};
pub use salesforce::{ApiVersionName, FieldName, Salesforce};
pub use schema::schema;
pub use source::{Parameter, Source};
pub use summary::{InvokedModel, Model, Summary, When};
pub use tags::Tags;
pub use transcription::{Candidates, Transcription, Vocabulary};
pub use vmx_contract::state::Silent;

/// The version of the file's format. It rises when a key is removed or changes its meaning.
pub const VERSION: u32 = 1;

/// The parameters of one installation. The schema shows these comments to administrators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(description = "Parameters of one installation of Voicemail Express.")]
pub struct Params {
    /// The version of the file's format.
    #[schemars(schema_with = "schema::version")]
    pub version: u32,
    /// The AWS region of the instance. Everything is installed there.
    pub region: Region,
    /// The Amazon Connect instance: its alias, ID or ARN.
    pub instance: InstanceRef,
    /// The name of the CloudFormation stack, and the prefix of flow names.
    pub stack: StackName,
    /// The stacks of other installations allowed on the same instance. Each one records and delivers every voicemail, so
    /// people get it from all of them.
    pub beside: Vec<StackName>,
    /// The stack of an earlier Voicemail Express that this installation replaces. While it is set, contact records are
    /// read from `vmx-install migrate switch` on, and not before. Empty for none.
    pub migrate_from: EarlierStack,
    /// The processor architecture of the functions. auto keeps what is installed.
    pub architecture: ArchitectureChoice,
    /// The queue for voicemails without a usable queue: its name, ID or ARN.
    pub default_queue: QueueRef,
    /// The language of voicemails that set none: an Amazon Transcribe language code.
    pub default_language: Language,
    /// The language of what people who get voicemails read: the page behind a link, tasks, emails, records and the agent
    /// guide. A tag such as de-DE; English if the language has no words.
    pub language_of_staff: LanguageTag,
    /// The time zone of the times that people see: a name from the IANA time zone database.
    pub time_zone: TimeZone,
    /// How voicemails can be delivered.
    pub modes: Modes,
    /// The delivery mode of voicemails that set none: one of the modes.
    #[serde(with = "modes::one")]
    #[schemars(schema_with = "schema::mode")]
    pub default_mode: Mode,
    /// Settings of the delivery mode `email`.
    pub email: Email,
    /// Settings of the delivery mode `other`.
    pub other: Other,
    /// The prefix of contact attribute names.
    #[serde(with = "names::prefix")]
    #[schemars(schema_with = "schema::prefix")]
    pub attribute_prefix: Prefix,
    /// The longest message, in seconds. Beyond 180 the flow loops.
    pub longest_message_seconds: Whole<5, 1200>,
    /// What callers hear in the default language: each prompt is text, SSML (`<speak>…</speak>`), the ARN of a prompt in
    /// the instance, or `default`.
    pub prompts: Prompts,
    /// Other languages for callers, with their prompts.
    #[schemars(schema_with = "schema::languages")]
    pub languages: BTreeMap<Language, Prompts>,
    /// The flows to install.
    pub flows: Flows,
    /// Whether to read voicemails that flows of other systems leave in recordings of the automated interaction (IVR), not
    /// in media streams.
    pub read_ivr_recordings: bool,
    /// Salesforce records.
    pub salesforce: Salesforce,
    /// How people open a recording: with a link to a page (url), only in the agent workspace (workspace), or with a
    /// presigned link that works for at most 12 hours (presigned).
    pub links: Links,
    /// How long a playback link works, in hours, or at most 12 if presigned.
    pub link_lifetime_hours: Whole<1, 720>,
    /// Lambda concurrency reserved for the page behind links, which is also its limit. 0 reserves none.
    pub links_at_once: Whole<0, 1000>,
    /// Whether to attach the recording to tasks and guided tasks. Amazon Connect then keeps a copy with its attachments.
    pub attach_to_task: bool,
    /// How recordings are transcribed.
    pub transcription: Transcription,
    /// What to do with messages that have audio but no speech: deliver, mark or drop them. A message is silent only if its
    /// audio has no voice and its transcript no words.
    #[schemars(schema_with = "schema::silent")]
    pub silent: Silent,
    /// Which voicemails to summarize, and with which Amazon Bedrock model.
    pub summary: Summary,
    /// How long data is kept.
    pub retention: Retention,
    /// How many voicemails to expect in the busiest hour. Functions, triggers and the stream are sized for it.
    pub expected_voicemails_per_hour: Whole<1, 1_000_000>,
    /// Who gets alarms.
    pub alarms: Alarms,
    /// Trace the functions with AWS X-Ray.
    pub tracing: bool,
    /// The ARN of the customer managed key that encrypts all stored data. Empty: AWS managed keys.
    pub kms_key: KeyArn,
    /// Settings of the functions' roles.
    pub iam: Iam,
    /// Settings of the buckets, in addition to `retention`.
    pub buckets: Buckets,
    /// What the functions log. debug also logs callers' numbers and what they said.
    pub log_level: LogLevel,
    /// Log the flows' steps, with callers' numbers, to the instance's flow log.
    pub flow_logging: bool,
    /// Tags of everything that is installed.
    pub tags: Tags,
}

/// How long data is kept. Undelivered voicemails wait up to 14 days in a dead-letter queue: keep data at least as long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Retention {
    /// Recordings, in days after their voicemail ended. 0 keeps them forever.
    pub recordings_days: Whole<0, 3653>,
    /// Transcripts, and the markers that prevent double delivery, in days.
    pub transcripts_days: Whole<15, 3653>,
    /// Contact records in a stream that the installer creates, in hours. AWS charges for more than 24: 168 costs about 15
    /// US dollars a month and shard.
    pub contact_records_hours: Whole<24, 8760>,
    /// Callers' audio in Kinesis Video Streams, in hours. Only if the instance does not stream media yet.
    pub media_hours: Whole<24, 8760>,
    /// Function logs, in days.
    pub logs_days: LogDays,
}

/// The architecture of the functions, or `auto`, which the engine resolves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ArchitectureChoice {
    /// What is installed already, otherwise arm64 if it can be built.
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

/// The architecture of the functions.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::EnumString, strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Architecture {
    /// 64-bit Arm.
    Arm64,
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
}

impl Architecture {
    /// The architecture with an AWS Lambda name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// The name that AWS Lambda uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What the functions log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[schemars(inline)]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// Also warnings.
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
        self.into()
    }
}

impl Params {
    /// The chosen architecture, or arm64 while it is open.
    #[must_use]
    pub fn processor(&self) -> Architecture {
        self.architecture.chosen().unwrap_or(Architecture::Arm64)
    }

    /// The delivery modes that the test line offers. Empty if there is no choice.
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
            migrate_from: EarlierStack::default(),
            architecture: ArchitectureChoice::Auto,
            default_queue: QueueRef::Name("BasicQueue".to_owned()),
            default_language: Language::default(),
            language_of_staff: LanguageTag::default(),
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
            read_ivr_recordings: false,
            salesforce: Salesforce::default(),
            links: Links::Url,
            link_lifetime_hours: const { Whole::of(72) },
            links_at_once: const { Whole::of(10) },
            attach_to_task: false,
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
