//! Step 2 of the pipeline: a transcription job for each recording.
//!
//! The recordings bucket announces each new object; [`Transcriber`] starts an Amazon Transcribe job named after the stack
//! and the voicemail, in the language that the recording's metadata names. Transcribe writes `<voicemail>.json` to the
//! transcripts bucket. A job that exists is success, so that a second announcement starts no second job.
//!
//! A recording that is gone needs no transcript, if a witness says that its voicemail has ended; otherwise it is a fault.
//! A recording for which no job can be started goes on waiting for its turn. Its voicemail is delivered without a
//! transcript once that is due: the scheduled function tells the packager.

mod cause;
mod config;
mod error;
mod job;
mod transcriber;

pub use config::{Clients, Config};
pub use error::TranscriptionError;
pub use job::Options;
pub use transcriber::Transcriber;
