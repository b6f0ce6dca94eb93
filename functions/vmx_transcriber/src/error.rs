//! Why a recording could not be given to Transcribe.

use vmx_contract::metadata::MetadataError;
use vmx_contract::objects::ContactId;
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
    #[error("the recording of contact {contact_id} cannot be looked at: {source}")]
    Recording {
        /// The contact.
        contact_id: ContactId,
        /// What the service said.
        source: Failure,
    },
    /// Transcribe refuses, or cannot be reached.
    #[error(
        "no transcription job for contact {contact_id} in {job}: {source}; if it says that a limit is exceeded, \
         the recording waits its turn"
    )]
    Job {
        /// The contact.
        contact_id: ContactId,
        /// What was asked for.
        job: String,
        /// What the service said.
        source: Failure,
    },
    /// SQS refuses, or cannot be reached.
    #[error("the packager cannot be reminded of the transcript of contact {contact_id}: {source}")]
    Reminder {
        /// The contact.
        contact_id: ContactId,
        /// What the service said.
        source: Failure,
    },
}
