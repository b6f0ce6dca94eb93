//! Why a voicemail could not be packaged or delivered.

use vmx_contract::metadata::MetadataError;
use vmx_contract::objects::ContactId;
use vmx_lambda::event_bridge::EventError;
use vmx_lambda::failure::Failure;

/// Why a voicemail could not be packaged or delivered. The message stays in its queue and is tried again; after a few
/// attempts it lies in the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum PackagingError {
    /// The message is no event.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The recording does not say what it is.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// There is a transcript, but no recording.
    #[error(
        "there is a transcript but no recording of contact {contact_id}: it was deleted before it was delivered; \
         restore the recording, or remove the message from the queue"
    )]
    NoRecording {
        /// The contact.
        contact_id: ContactId,
    },
    /// What a package consists of cannot be read at the moment.
    #[error("the voicemail of contact {contact_id} cannot be packaged: {source}")]
    Gather {
        /// The contact.
        contact_id: ContactId,
        /// What the service said.
        source: Failure,
    },
    /// No playback link can be signed.
    #[error("no playback link for contact {contact_id} can be signed: {reason}")]
    Link {
        /// The contact.
        contact_id: ContactId,
        /// Why.
        reason: String,
    },
    /// The delivery was refused, or the service cannot be reached.
    #[error("the voicemail of contact {contact_id} cannot be delivered: {source}")]
    Deliver {
        /// The contact.
        contact_id: ContactId,
        /// What the service said.
        source: Failure,
    },
    /// It was delivered, but what follows could not be done.
    #[error(
        "the voicemail of contact {contact_id} is delivered, but: {source}; this is tried again without delivering it again"
    )]
    Complete {
        /// The contact.
        contact_id: ContactId,
        /// What the service said.
        source: Failure,
    },
}
