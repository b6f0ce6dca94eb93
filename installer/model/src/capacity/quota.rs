//! AWS's default quotas, as of November 2026.
//!
//! Quotas that no rate of voicemails approaches are omitted: reading a stream (500 fragments a second, and every
//! concurrent call has its own stream), Amazon S3 (3,500 writes a second per prefix), Amazon SQS and Amazon
//! EventBridge. The sending limits of Amazon SES, Salesforce and custom targets are unknown here.

use super::assumed;

/// A quota.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// What it is a quota of.
    pub what: &'static str,
    /// How much of it one voicemail per second uses: calls, or seconds of occupancy.
    pub per_voicemail: f64,
    /// The default.
    pub there: f64,
    /// Where to request more.
    pub at: &'static str,
    /// Whether only voicemails that become tasks use it.
    pub of_tasks: bool,
}

/// Concurrent executions of an account. Source: the AWS Lambda developer guide, "Lambda quotas". New accounts may have
/// fewer: `vmx-install doctor` shows it.
pub const LAMBDA_EXECUTIONS: f64 = 1000.0;

/// Calls per second to an Amazon Connect API without its own quota, by account and region, with bursts of
/// [`CONNECT_BURST`]. Source: the Amazon Connect administrator guide, "API throttling quotas".
pub const CONNECT_CALLS: f64 = 2.0;
/// The largest burst of calls.
pub const CONNECT_BURST: f64 = 5.0;
/// Open tasks of an instance. Source: the Amazon Connect administrator guide, "Amazon Connect service quotas",
/// concurrent active tasks per instance.
pub const OPEN_TASKS: f64 = 2500.0;
/// Concurrent batch transcription jobs. Source: the Amazon Transcribe developer guide, "Guidelines and quotas".
pub const TRANSCRIPTION_JOBS: f64 = 250.0;

const CONNECT: &str = "Service Quotas, Amazon Connect";
const TRANSCRIBE: &str = "Service Quotas, Amazon Transcribe";

/// The quotas that each voicemail uses.
pub const ALL: [Quota; 9] = [
    Quota {
        what: "open tasks of the instance",
        per_voicemail: assumed::TASK_OPEN_SECONDS,
        there: OPEN_TASKS,
        at: CONNECT,
        of_tasks: true,
    },
    Quota {
        what: "StartTaskContact per second",
        per_voicemail: 1.0,
        there: CONNECT_CALLS,
        at: CONNECT,
        of_tasks: true,
    },
    Quota {
        what: "DescribeQueue per second",
        per_voicemail: 1.0,
        there: CONNECT_CALLS,
        at: CONNECT,
        of_tasks: false,
    },
    // Source of both: see CONNECT_CALLS.
    Quota {
        what: "GetContactAttributes per second",
        per_voicemail: 1.0,
        there: 10.0,
        at: CONNECT,
        of_tasks: false,
    },
    Quota {
        what: "UpdateContactAttributes per second",
        per_voicemail: 1.0,
        there: 10.0,
        at: CONNECT,
        of_tasks: false,
    },
    // Source of the following: see TRANSCRIPTION_JOBS.
    Quota {
        what: "concurrent transcription jobs",
        per_voicemail: assumed::JOB_SECONDS,
        there: TRANSCRIPTION_JOBS,
        at: TRANSCRIBE,
        of_tasks: false,
    },
    Quota {
        what: "StartTranscriptionJob per second",
        per_voicemail: 1.0,
        there: 25.0,
        at: TRANSCRIBE,
        of_tasks: false,
    },
    Quota {
        what: "DeleteTranscriptionJob per second",
        per_voicemail: 1.0,
        there: 5.0,
        at: TRANSCRIBE,
        of_tasks: false,
    },
    // One for the list and one for its media, if the stream's address is unknown. It cannot be raised. Source: the
    // Kinesis Video Streams developer guide, "Control plane API service quotas".
    Quota {
        what: "GetDataEndpoint per second",
        per_voicemail: 2.0,
        there: 300.0,
        at: "AWS Support: a hard limit of Kinesis Video Streams",
        of_tasks: false,
    },
];
