//! The cause under which a failed attempt is counted. There are few, to keep metrics few.

use crate::error::TranscriptionError;

/// Transcribe's code for the limit of concurrent jobs. Source: the Amazon Transcribe API reference.
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
