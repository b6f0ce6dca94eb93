//! Step 2 of the pipeline: a transcription job for each recording.
//!
//! The recordings bucket announces each new object; [`Transcriber`] starts an Amazon Transcribe job named after the
//! contact, in the language that the recording's metadata names. Transcribe writes `<contact id>.json` to the
//! transcripts bucket. A job that exists is success, so that a second announcement starts no second job.
//!
//! # In time
//! Once a job is started, a [`Reminder`](vmx_contract::reminder::Reminder) waits in the packager's queue until the
//! transcript is due. A recording for which no job can be started by then is announced as well: its voicemail is
//! delivered without a transcript, while the recording goes on waiting for its turn or becomes a dead letter.

mod cause;
mod config;
mod error;
mod job;
mod transcriber;

pub use config::{Clients, Config};
pub use error::TranscriptionError;
pub use job::Options;
pub use transcriber::Transcriber;
