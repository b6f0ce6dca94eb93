//! Why a transcription job could not be started.

use vmx_contract::metadata::MetadataError;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::event_bridge::EventError;
use vmx_lambda::failure::Failure;

/// Why a transcription job could not be started. The message stays in its queue and is retried; after a few attempts it
/// becomes a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptionError {
    /// The message is not an event.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The recording lacks its metadata.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// S3 refuses, or cannot be reached.
    #[error("cannot read the recording of voicemail {id}: {source}")]
    Recording {
        /// The voicemail.
        id: VoicemailId,
        /// The service's message.
        source: Failure,
    },
    /// Transcribe refuses, or cannot be reached.
    #[error(
        "no transcription job for voicemail {id} in {job}: {source}; if a limit is exceeded, the recording \
         waits"
    )]
    Job {
        /// The voicemail.
        id: VoicemailId,
        /// The requested job.
        job: Box<str>,
        /// The service's message.
        source: Failure,
    },
    /// The recording is missing, and nothing records that its voicemail has ended.
    #[error(
        "the recording of voicemail {id} is missing, and nothing records that it has ended: the recording \
         was deleted before delivery; restore it, or remove the message from the queue"
    )]
    NoRecording {
        /// The voicemail.
        id: VoicemailId,
    },
}
