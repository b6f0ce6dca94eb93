//! Under which cause a failed attempt is counted: few words, so that there are few metrics.

use crate::error::RecordingError;

/// A contact record that cannot be read.
pub(crate) const RECORD: &str = "record";

/// The cause of an error.
pub(crate) fn of(error: &RecordingError) -> &'static str {
    match error {
        RecordingError::Record(_) => RECORD,
        RecordingError::Stream { .. } | RecordingError::BrokenOff { .. } => "media_unavailable",
        RecordingError::StopFragmentMissing { .. } | RecordingError::FragmentsMissing { .. } => {
            "media_incomplete"
        }
        RecordingError::Media { .. } | RecordingError::NoAudio { .. } => "media_unusable",
        RecordingError::Store { .. } => "storage",
        RecordingError::OutOfTime { .. } => "out_of_time",
    }
}
