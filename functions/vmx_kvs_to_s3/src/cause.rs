//! The cause under which a failed attempt is counted. There are few, to keep metrics few.

use crate::error::RecordingError;

/// A contact record that is unreadable, or incomplete so far.
pub(crate) const RECORD: &str = "record";

/// The cause of an error.
pub(crate) fn of(error: &RecordingError) -> &'static str {
    match error {
        RecordingError::Record(_) => RECORD,
        RecordingError::Stream { .. }
        | RecordingError::Recording { .. }
        | RecordingError::NothingListed { .. }
        | RecordingError::BrokenOff { .. } => "media_unavailable",
        RecordingError::Incomplete { .. } | RecordingError::FragmentsMissing { .. } => "media_incomplete",
        RecordingError::Media { .. }
        | RecordingError::Audio { .. }
        | RecordingError::NoAudio { .. }
        | RecordingError::EndsBefore { .. }
        | RecordingError::OnlyAgent { .. } => "media_unusable",
        RecordingError::Store { .. } | RecordingError::State { .. } => "storage",
        RecordingError::OutOfTime { .. } => "out_of_time",
    }
}
