//! The subject of every error: one voicemail and its stream.

use kvs_media::MediaError;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::Failure;

use crate::error::RecordingError;

/// A voicemail and its stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) id: &'a VoicemailId,
    pub(crate) stream_arn: &'a str,
}

impl About<'_> {
    /// The voicemail's name and the stream's, for errors.
    pub(crate) fn names(self) -> (VoicemailId, String) {
        (self.id.clone(), self.stream_arn.to_owned())
    }

    pub(crate) fn stream(self, source: Failure) -> RecordingError {
        let (id, stream_arn) = self.names();
        RecordingError::Stream { id, stream_arn, source: Box::new(source) }
    }

    /// The stream's name in a sentence.
    pub(crate) fn place(self) -> String {
        format!("the stream {}", self.stream_arn)
    }

    pub(crate) fn broken_off(self, error: &dyn std::error::Error) -> RecordingError {
        broken_off(self.id, self.place(), error)
    }

    pub(crate) fn media(self, source: MediaError) -> RecordingError {
        let (id, stream_arn) = self.names();
        RecordingError::Media { id, stream_arn, source: Box::new(source) }
    }
}

/// The error of audio that ended too early.
pub(crate) fn broken_off(id: &VoicemailId, place: String, error: &dyn std::error::Error) -> RecordingError {
    let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    RecordingError::BrokenOff { id: id.clone(), place, reason }
}

/// S3 errors, which name no stream.
pub(crate) fn store(id: &VoicemailId) -> impl Fn(Failure) -> RecordingError {
    |source| RecordingError::Store { id: id.clone(), source: Box::new(source) }
}

/// State bucket errors.
pub(crate) fn state(id: &VoicemailId) -> impl Fn(Failure) -> RecordingError {
    |source| RecordingError::State { id: id.clone(), source: Box::new(source) }
}

/// The error of an invocation that runs out of time.
pub(crate) fn out_of_time(id: &VoicemailId) -> RecordingError {
    RecordingError::OutOfTime { id: id.clone() }
}
