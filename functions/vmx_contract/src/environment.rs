//! The functions' environment variables, set by the stack.

/// The stack's name, which separates its metrics from other installations'.
pub const STACK: &str = "VMX_STACK";
/// Name of the recordings bucket.
pub const RECORDINGS_BUCKET: &str = "VMX_RECORDINGS_BUCKET";
/// Name of the transcripts bucket.
pub const TRANSCRIPTS_BUCKET: &str = "VMX_TRANSCRIPTS_BUCKET";
/// Name of the state bucket.
pub const STATE_BUCKET: &str = "VMX_STATE_BUCKET";
/// What to do with messages without speech: `deliver`, `mark` or `drop`; absent for `mark`.
pub const SILENT: &str = "VMX_SILENT";
/// What the watchdog monitors, as JSON.
pub const WATCHDOG: &str = "VMX_WATCHDOG";
/// ARN of the instance whose voicemails are processed.
pub const INSTANCE_ARN: &str = "VMX_INSTANCE_ARN";
/// URL of the retry queue, for contact records that could not be processed at once.
pub const RETRY_QUEUE_URL: &str = "VMX_RETRY_QUEUE_URL";
/// URL of the transcriber's queue, with recordings.
pub const RECORDINGS_QUEUE_URL: &str = "VMX_RECORDINGS_QUEUE_URL";
/// URL of the packager's queue, with transcripts and reminders of due ones.
pub const TRANSCRIPTS_QUEUE_URL: &str = "VMX_TRANSCRIPTS_QUEUE_URL";
/// How long to wait for a transcript, in minutes.
pub const TRANSCRIPT_DEADLINE_MINUTES: &str = "VMX_TRANSCRIPT_DEADLINE_MINUTES";
/// Language codes to choose from, separated by commas; absent if none.
pub const IDENTIFY_LANGUAGE: &str = "VMX_IDENTIFY_LANGUAGE";
/// Custom vocabularies by language: `en-US=names,es-US=nombres`; absent if there are none.
pub const VOCABULARIES: &str = "VMX_VOCABULARIES";
/// ARN of the KMS key that Amazon Transcribe encrypts transcripts with; absent for the key of Amazon S3.
pub const TRANSCRIPTS_KEY_ARN: &str = "VMX_TRANSCRIPTS_KEY_ARN";
/// Whether to redact personal data in transcripts: `true`, or absent.
pub const REDACT: &str = "VMX_REDACT";
/// ARN of Amazon Transcribe's role for queued jobs; absent if jobs must not queue.
pub const TRANSCRIBE_ROLE_ARN: &str = "VMX_TRANSCRIBE_ROLE_ARN";
/// Which voicemails to summarize: `per_call` or `always`; absent if none.
pub const SUMMARY: &str = "VMX_SUMMARY";
/// The Amazon Bedrock model or inference profile for summaries.
pub const SUMMARY_MODEL: &str = "VMX_SUMMARY_MODEL";
/// Language code of voicemails that set none.
pub const DEFAULT_LANGUAGE: &str = "VMX_DEFAULT_LANGUAGE";
/// Delivery mode of voicemails that set none.
pub const DEFAULT_MODE: &str = "VMX_DEFAULT_MODE";
/// The installed delivery modes, separated by commas.
pub const MODES: &str = "VMX_MODES";
/// The settings of the mode `email`, as JSON; only if it is installed.
pub const EMAIL: &str = "VMX_EMAIL";
/// The settings of the mode `other`, as JSON; only if it is installed.
pub const OTHER: &str = "VMX_OTHER";
/// Name of the bucket with custom email templates; only with the mode `email`.
pub const TEMPLATES_BUCKET: &str = "VMX_TEMPLATES_BUCKET";
/// ARN of the queue for voicemails without a usable queue.
pub const DEFAULT_QUEUE_ARN: &str = "VMX_DEFAULT_QUEUE_ARN";
/// The time zone of the times that people see: a name from the IANA time zone database.
pub const TIME_ZONE: &str = "VMX_TIME_ZONE";
/// The language of the texts for people who get voicemails: a tag such as `de-DE`; absent for English.
pub const LANGUAGE_OF_STAFF: &str = "VMX_LANGUAGE_OF_STAFF";
/// Id of the flow that routes the tasks.
pub const TASK_FLOW_ID: &str = "VMX_TASK_FLOW_ID";
/// ID of the flow that routes guided tasks; absent if they are not installed.
pub const GUIDED_TASK_FLOW_ID: &str = "VMX_GUIDED_TASK_FLOW_ID";
/// ARN of the agent guide's function.
pub const GUIDE_FUNCTION_ARN: &str = "VMX_GUIDE_FUNCTION_ARN";
/// Whether to attach the recording to tasks: `true`, or absent.
pub const ATTACH_TO_TASK: &str = "VMX_ATTACH_TO_TASK";
/// The kind of playback links: `url`, `workspace` or `presigned`.
pub const LINKS: &str = "VMX_LINKS";
/// ARN of the KMS key that authenticates the tokens of playback links.
pub const LINK_KEY_ARN: &str = "VMX_LINK_KEY_ARN";
/// The playback function's URL, to which tokens are appended.
pub const PLAYBACK_URL: &str = "VMX_PLAYBACK_URL";
/// How long a playback link works, in seconds; a presigned one never longer than its signing credentials.
pub const LINK_LIFETIME_SECONDS: &str = "VMX_LINK_LIFETIME_SECONDS";
/// The log level: `error`, `warn`, `info` or `debug`.
pub const LOG_LEVEL: &str = "VMX_LOG_LEVEL";
/// The Salesforce settings: [`crate::salesforce::Settings`] as JSON. Not set if neither mode is installed.
pub const SALESFORCE: &str = "VMX_SALESFORCE";
