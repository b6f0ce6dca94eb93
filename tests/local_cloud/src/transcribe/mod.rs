//! Amazon Transcribe: batch transcription jobs, run by a real speech recognizer.

mod job;
mod options;
mod recognizer;
mod runner;
mod service;
mod transcript;
mod wav;

pub use recognizer::RecognizerError;
pub use service::Transcribe;
