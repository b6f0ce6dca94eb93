//! Step 2 of the pipeline: a transcription job for each recording.
//!
//! The recordings bucket announces each new object; [`Transcriber`] starts an Amazon Transcribe job named after the
//! stack and the voicemail, in the language of the recording's metadata. Transcribe writes `<voicemail>.json` to the
//! transcripts bucket. An existing job is success, so that a second announcement starts no second job.
//!
//! A deleted recording needs no transcript if a witness says that its voicemail has ended; otherwise it is an error. A
//! recording whose job cannot be started keeps waiting. Its voicemail is delivered without a transcript once that is
//! due: the watchdog notifies the packager.

mod cause;
mod config;
mod error;
mod job;
mod transcriber;

pub use config::{Clients, Config};
pub use error::TranscriptionError;
pub use job::Options;
pub use transcriber::Transcriber;
