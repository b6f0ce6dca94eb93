//! Environment variables by which the stack configures the functions.

/// The stack's name, by which what is counted is told from other installations.
pub const STACK: &str = "VMX_STACK";
/// Name of the recordings bucket.
pub const RECORDINGS_BUCKET: &str = "VMX_RECORDINGS_BUCKET";
/// Name of the transcripts bucket.
pub const TRANSCRIPTS_BUCKET: &str = "VMX_TRANSCRIPTS_BUCKET";
/// Name of the bucket that says of each voicemail whether it has ended.
pub const STATE_BUCKET: &str = "VMX_STATE_BUCKET";
/// What becomes of messages without speech: `deliver`, `mark` or `drop`; absent for `mark`.
pub const SILENT: &str = "VMX_SILENT";
/// What the scheduled function looks after, as JSON.
pub const WATCHDOG: &str = "VMX_WATCHDOG";
/// ARN of the instance whose voicemails are processed.
pub const INSTANCE_ARN: &str = "VMX_INSTANCE_ARN";
/// URL of the queue in which contact records wait that could not be processed at once.
pub const RETRY_QUEUE_URL: &str = "VMX_RETRY_QUEUE_URL";
/// URL of the queue that brings recordings to the transcriber.
pub const RECORDINGS_QUEUE_URL: &str = "VMX_RECORDINGS_QUEUE_URL";
/// URL of the queue that brings transcripts, and word of those that are due, to the packager.
pub const TRANSCRIPTS_QUEUE_URL: &str = "VMX_TRANSCRIPTS_QUEUE_URL";
/// How long a transcript is waited for, in minutes.
pub const TRANSCRIPT_DEADLINE_MINUTES: &str = "VMX_TRANSCRIPT_DEADLINE_MINUTES";
/// Language codes among which the spoken one is identified, separated by commas; absent where none is.
pub const IDENTIFY_LANGUAGE: &str = "VMX_IDENTIFY_LANGUAGE";
/// Custom vocabularies by their languages: `en-US=names,es-US=nombres`; absent where there are none.
pub const VOCABULARIES: &str = "VMX_VOCABULARIES";
/// ARN of the KMS key that Amazon Transcribe encrypts transcripts with; absent for the key of Amazon S3.
pub const TRANSCRIPTS_KEY_ARN: &str = "VMX_TRANSCRIPTS_KEY_ARN";
/// Whether personal data is redacted in transcripts: `true`, or absent.
pub const REDACT: &str = "VMX_REDACT";
/// ARN of the role by which Amazon Transcribe works off jobs that had to queue; absent where none may.
pub const TRANSCRIBE_ROLE_ARN: &str = "VMX_TRANSCRIBE_ROLE_ARN";
/// Which voicemails are summarised: `per_call` or `always`; absent where none is.
pub const SUMMARY: &str = "VMX_SUMMARY";
/// The model or inference profile of Amazon Bedrock that summarises.
pub const SUMMARY_MODEL: &str = "VMX_SUMMARY_MODEL";
/// Language code of voicemails that name none.
pub const DEFAULT_LANGUAGE: &str = "VMX_DEFAULT_LANGUAGE";
/// Delivery mode of voicemails that name none.
pub const DEFAULT_MODE: &str = "VMX_DEFAULT_MODE";
/// The delivery modes that this install has, with commas between.
pub const MODES: &str = "VMX_MODES";
/// The settings of the mode `email`, as JSON; only where it is among the modes.
pub const EMAIL: &str = "VMX_EMAIL";
/// The settings of the mode `other`, as JSON; only where it is among the modes.
pub const OTHER: &str = "VMX_OTHER";
/// Name of the bucket with the operator's own e-mail templates; only with the mode `email`.
pub const TEMPLATES_BUCKET: &str = "VMX_TEMPLATES_BUCKET";
/// ARN of the queue for voicemails whose own is unusable.
pub const DEFAULT_QUEUE_ARN: &str = "VMX_DEFAULT_QUEUE_ARN";
/// The time zone in which people are told times: a name of the IANA time zone database.
pub const TIME_ZONE: &str = "VMX_TIME_ZONE";
/// Id of the flow that routes the tasks.
pub const TASK_FLOW_ID: &str = "VMX_TASK_FLOW_ID";
/// Id of the flow that routes the guided tasks; absent where these are not installed.
pub const GUIDED_TASK_FLOW_ID: &str = "VMX_GUIDED_TASK_FLOW_ID";
/// ARN of the function that the guide of a guided task asks for the voicemail.
pub const GUIDE_FUNCTION_ARN: &str = "VMX_GUIDE_FUNCTION_ARN";
/// What playback links are: `url`, `workspace` or `presigned`.
pub const LINKS: &str = "VMX_LINKS";
/// ARN of the KMS key that authenticates the tokens of playback links.
pub const LINK_KEY_ARN: &str = "VMX_LINK_KEY_ARN";
/// The URL of the playback function, to which tokens are added.
pub const PLAYBACK_URL: &str = "VMX_PLAYBACK_URL";
/// How long a playback link works, in seconds; a presigned one never longer than the credentials that sign it.
pub const LINK_LIFETIME_SECONDS: &str = "VMX_LINK_LIFETIME_SECONDS";
/// What is logged: `error`, `warn`, `info` or `debug`.
pub const LOG_LEVEL: &str = "VMX_LOG_LEVEL";
/// How voicemails become records in Salesforce: [`crate::salesforce::Settings`] as JSON. Not set when neither mode is
/// enabled.
pub const SALESFORCE: &str = "VMX_SALESFORCE";
