//! Amazon Transcribe: batch transcription jobs, done by a real recogniser.

mod job;
mod options;
mod recognizer;
mod runner;
mod service;
mod transcript;
mod wav;

pub use recognizer::RecognizerError;
pub use service::Transcribe;
