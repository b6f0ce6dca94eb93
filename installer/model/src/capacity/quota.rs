//! What AWS allows by default, as of November 2026.
//!
//! Quotas that no rate of voicemails comes near are left out: reading a stream (500 fragments a second, and every call
//! at the same time has a stream of its own), Amazon S3 (3,500 writes a second for each prefix), Amazon SQS and Amazon
//! EventBridge. What an account may send by Amazon SES, by Salesforce or to an address of its own, only they know.

use super::assumed;

/// A quota.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// What it is a quota of.
    pub what: &'static str,
    /// How much of it one voicemail a second uses: calls, or seconds in which it holds a place.
    pub per_voicemail: f64,
    /// The default.
    pub there: f64,
    /// Where to ask for more.
    pub at: &'static str,
    /// Whether only voicemails that become tasks use it.
    pub of_tasks: bool,
}

/// Concurrent executions of an account. Source: the AWS Lambda developer guide, "Lambda quotas". New accounts may have
/// fewer: `vmx-install doctor` tells.
pub const LAMBDA_EXECUTIONS: f64 = 1000.0;

/// Calls a second of an API of Amazon Connect that its quotas do not name, by account and region; bursts of
/// [`CONNECT_BURST`]. Source: the Amazon Connect administrator guide, "API throttling quotas".
pub const CONNECT_CALLS: f64 = 2.0;
/// How many calls may come at once.
pub const CONNECT_BURST: f64 = 5.0;
/// Tasks of an instance that are open at the same time. Source: the Amazon Connect administrator guide, "Amazon Connect
/// service quotas", concurrent active tasks per instance.
pub const OPEN_TASKS: f64 = 2500.0;
/// Batch transcription jobs at the same time. Source: the Amazon Transcribe developer guide, "Guidelines and quotas".
pub const TRANSCRIPTION_JOBS: f64 = 250.0;

const CONNECT: &str = "Service Quotas, Amazon Connect";
const TRANSCRIBE: &str = "Service Quotas, Amazon Transcribe";

/// The quotas of calls and places that each voicemail uses.
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
    // Source of both: as CONNECT_CALLS, which names them.
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
    // Source of the following: as TRANSCRIPTION_JOBS.
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
    // A list and its media, where the address of a stream is not known yet. It cannot be raised. Source: the Kinesis
    // Video Streams developer guide, "Control plane API service quotas".
    Quota {
        what: "GetDataEndpoint per second",
        per_voicemail: 2.0,
        there: 300.0,
        at: "AWS Support: a hard limit of Kinesis Video Streams",
        of_tasks: false,
    },
];
