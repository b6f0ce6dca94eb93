//! Why a recording could not be given to Transcribe.

use vmx_contract::metadata::MetadataError;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::event_bridge::EventError;
use vmx_lambda::failure::Failure;

/// Why a recording could not be given to Transcribe. The message stays in its queue and is tried again; after a few
/// attempts it lies in the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptionError {
    /// The message is no event.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The recording does not say what it is.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// S3 refuses, or cannot be reached.
    #[error("cannot read the recording of voicemail {id}: {source}")]
    Recording {
        /// The voicemail.
        id: VoicemailId,
        /// What the service said.
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
        /// What was asked for.
        job: Box<str>,
        /// What the service said.
        source: Failure,
    },
    /// The recording is gone, and nothing says that its voicemail has ended.
    #[error(
        "the recording of voicemail {id} is missing, and nothing records that it has ended: the recording \
         was deleted before delivery; restore it, or remove the message from the queue"
    )]
    NoRecording {
        /// The voicemail.
        id: VoicemailId,
    },
}
