//! Under which cause a failed attempt is counted: few words, so that there are few metrics.

use crate::error::TranscriptionError;

/// Transcribe's code for as many jobs as the account may have at a time. Source: the Amazon Transcribe API reference.
const LIMIT: &str = "LimitExceededException";

/// The cause of an error.
pub(crate) fn of(error: &TranscriptionError) -> &'static str {
    match error {
        TranscriptionError::Event(_) | TranscriptionError::Metadata(_) => "message",
        TranscriptionError::Recording { .. } => "storage",
        TranscriptionError::NoRecording { .. } => "no_recording",
        TranscriptionError::Job { source, .. } if source.is(LIMIT) => "transcribe_limit",
        TranscriptionError::Job { .. } => "transcribe",
    }
}
