//! What is assumed of voicemails and of the steps, where AWS promises nothing. Each is on the careful side; the
//! dashboard shows what it is in truth.

/// Times the average that is laid out for: within the busiest hour there are busier minutes.
pub const HEADROOM: f64 = 2.0;
/// From a contact record in hand to its recording, in seconds. A fragment is listed within a second after it was
/// written (Kinesis Video Streams, ListFragments); reading and writing a minute of audio takes about another.
pub const RECORD_SECONDS: f64 = 2.5;
/// The start of a transcription job, in seconds: three calls.
pub const START_JOB_SECONDS: f64 = 0.5;
/// A transcription job, in seconds. Amazon Transcribe promises no time; short messages take about so long.
pub const JOB_SECONDS: f64 = 30.0;
/// Packaging and delivering, in seconds: a dozen calls, of which those to Connect are the slow ones.
pub const PACKAGE_SECONDS: f64 = 1.5;
/// The reminder of each voicemail that comes to the same queue later and finds it delivered, in seconds.
pub const REMINDER_SECONDS: f64 = 0.2;
/// How long a task is open until an agent has closed it, in seconds.
pub const TASK_OPEN_SECONDS: f64 = 1800.0;
/// Contacts that end for each voicemail: the instance writes a record of every one.
pub const CONTACTS_PER_VOICEMAIL: f64 = 10.0;
/// A contact record, in bytes.
pub const RECORD_BYTES: f64 = 6_000.0;
/// Hours of a month that are as busy as the busiest: ten a day on 22 working days. An upper bound of what is paid for.
pub const BUSY_HOURS_A_MONTH: u32 = 220;
