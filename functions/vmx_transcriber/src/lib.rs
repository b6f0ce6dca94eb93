//! Step 2 of the pipeline: a transcription job for each recording.
//!
//! The recordings bucket announces each new object; [`Transcriber`] starts an Amazon Transcribe job named after the
//! contact, in the language that the recording's metadata names. Transcribe writes `<contact id>.json` to the
//! transcripts bucket. A job that exists is success, so that a second announcement starts no second job.

mod config;
mod error;
mod transcriber;

pub use config::{Clients, Config};
pub use error::TranscriptionError;
pub use transcriber::Transcriber;
