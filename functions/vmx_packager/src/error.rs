//! Why a voicemail could not be packaged or delivered.

use vmx_contract::metadata::MetadataError;
use vmx_contract::mode::Mode;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::event_bridge::EventError;
use vmx_lambda::failure::Failure;

use crate::delivery::ModeFailure;

/// Why a voicemail could not be packaged or delivered. The message stays in its queue and is retried; after a few
/// attempts it becomes a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum PackagingError {
    /// The message is not an event.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The recording lacks its metadata.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The recording is missing, and nothing records that the voicemail has ended.
    #[error(
        "the recording of voicemail {id} is missing, and nothing records that it has ended: the recording \
         was deleted before delivery; restore it, or remove the message from the queue"
    )]
    NoRecording {
        /// The voicemail.
        id: VoicemailId,
    },
    /// A part of the package cannot be read at the moment.
    #[error("cannot package voicemail {id}: {source}")]
    Gather {
        /// The voicemail.
        id: VoicemailId,
        /// The service's message.
        source: Failure,
    },
    /// No playback link can be created.
    #[error("cannot create a playback link for voicemail {id}: {reason}")]
    Link {
        /// The voicemail.
        id: VoicemailId,
        /// Why.
        reason: String,
    },
    /// The package cannot be stored for the playback page.
    #[error("cannot store the package of voicemail {id}: {source}")]
    Keep {
        /// The voicemail.
        id: VoicemailId,
        /// The service's message.
        source: Failure,
    },
    /// A mode's delivery was refused, or its service cannot be reached.
    #[error("cannot deliver voicemail {id} by {failed}{delivered}")]
    Deliver {
        /// The voicemail.
        id: VoicemailId,
        /// The modes that failed, with their services' messages.
        failed: String,
        /// About the modes that did not fail.
        delivered: String,
    },
    /// It is delivered or has ended, but a following step failed.
    #[error("voicemail {id} is done, but: {source}; this will be retried without delivering it again")]
    Complete {
        /// The voicemail.
        id: VoicemailId,
        /// The service's message.
        source: Failure,
    },
}

impl PackagingError {
    /// Some of the modes failed; the others are done.
    pub(crate) fn deliver(id: &VoicemailId, modes: &[Mode], failures: &[ModeFailure]) -> Self {
        let failed: Vec<String> =
            failures.iter().map(|failed| format!("{}: {}", failed.mode, failed.failure)).collect();
        let is_done = |mode: &&Mode| !failures.iter().any(|failed| failed.mode == **mode);
        let done: Vec<&str> = modes.iter().filter(is_done).map(|mode| mode.as_str()).collect();
        let delivered = match done.as_slice() {
            [] => String::new(),
            done => format!("; it is delivered by {} and will not be delivered again", done.join(", ")),
        };
        Self::Deliver { id: id.clone(), failed: failed.join("; by "), delivered }
    }
}
