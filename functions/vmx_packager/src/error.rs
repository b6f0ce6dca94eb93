//! Why a voicemail could not be packaged or delivered.

use vmx_contract::metadata::MetadataError;
use vmx_contract::objects::ContactId;
use vmx_contract::voicemail::Mode;
use vmx_lambda::event_bridge::EventError;
use vmx_lambda::failure::Failure;

use crate::delivery::ModeFailure;

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
    /// A transcript that is not due yet cannot be waited for.
    #[error("the transcript of contact {contact_id} cannot be waited for: {source}")]
    Wait {
        /// The contact.
        contact_id: ContactId,
        /// What the service said.
        source: Failure,
    },
    /// No playback link can be made.
    #[error("no playback link for contact {contact_id} can be made: {reason}")]
    Link {
        /// The contact.
        contact_id: ContactId,
        /// Why.
        reason: String,
    },
    /// The package cannot be kept for the playback page.
    #[error("the package of contact {contact_id} cannot be kept: {source}")]
    Keep {
        /// The contact.
        contact_id: ContactId,
        /// What the service said.
        source: Failure,
    },
    /// A mode's delivery was refused, or its service cannot be reached.
    #[error("the voicemail of contact {contact_id} cannot be delivered by {failed}{delivered}")]
    Deliver {
        /// The contact.
        contact_id: ContactId,
        /// The modes that failed, and what their services said.
        failed: String,
        /// What is said of the modes that did not fail.
        delivered: String,
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

impl PackagingError {
    /// Some of the modes failed; the others are done.
    pub(crate) fn deliver(contact_id: &ContactId, modes: &[Mode], failures: &[ModeFailure]) -> Self {
        let failed: Vec<String> =
            failures.iter().map(|failed| format!("{}: {}", failed.mode, failed.failure)).collect();
        let is_done = |mode: &&Mode| !failures.iter().any(|failed| failed.mode == **mode);
        let done: Vec<&str> = modes.iter().filter(is_done).map(|mode| mode.as_str()).collect();
        let delivered = match done.as_slice() {
            [] => String::new(),
            done => format!("; it is delivered by {}, and not again", done.join(", ")),
        };
        Self::Deliver { contact_id: contact_id.clone(), failed: failed.join("; by "), delivered }
    }
}
