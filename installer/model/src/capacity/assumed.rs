//! Assumptions about voicemails and steps where AWS promises nothing. All are conservative; the dashboard shows the
//! real values.

/// The peak within the busiest hour, as a multiple of its average.
pub const HEADROOM: f64 = 2.0;
/// From contact record to recording, in seconds. A fragment is listed within a second after it was written (Kinesis
/// Video Streams, ListFragments); reading and writing a minute of audio takes about another.
pub const RECORD_SECONDS: f64 = 2.5;
/// Starting a transcription job, in seconds: three calls.
pub const START_JOB_SECONDS: f64 = 0.5;
/// A transcription job, in seconds. Amazon Transcribe promises no time; short messages take about this long.
pub const JOB_SECONDS: f64 = 30.0;
/// Packaging and delivering, in seconds: a dozen calls, of which those to Connect are slow.
pub const PACKAGE_SECONDS: f64 = 1.5;
/// The reminder of each voicemail, which comes to the same queue later and finds it delivered, in seconds.
pub const REMINDER_SECONDS: f64 = 0.2;
/// How long a task stays open, in seconds.
pub const TASK_OPEN_SECONDS: f64 = 1800.0;
/// Ended contacts per voicemail: the instance writes a record for each.
pub const CONTACTS_PER_VOICEMAIL: f64 = 10.0;
/// A contact record, in bytes.
pub const RECORD_BYTES: f64 = 6_000.0;
/// Busy hours in a month: ten a day on 22 working days. An upper bound for costs.
pub const BUSY_HOURS_A_MONTH: u32 = 220;
