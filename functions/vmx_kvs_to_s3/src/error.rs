//! Why a voicemail could not be recorded.

use kvs_media::MediaError;
use vmx_contract::contact_record::ContactRecordError;
use vmx_contract::objects::ContactId;
use vmx_lambda::failure::{Failure, Kind};

/// Why a voicemail could not be recorded. Each names the contact, what it concerns, and what to do; none names what
/// the caller said or from where. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The contact record does not say where the audio is.
    #[error(transparent)]
    Record(#[from] ContactRecordError),
    /// Kinesis Video Streams refuses to be read, or cannot be reached.
    #[error("the stream {stream_arn} of contact {contact_id} cannot be read: {source}; {}", remedy(source))]
    Stream {
        /// The contact.
        contact_id: ContactId,
        /// The stream.
        stream_arn: String,
        /// What the service said.
        source: Failure,
    },
    /// The contact's last fragment does not appear in the stream's list.
    #[error(
        "the last fragment of contact {contact_id} is not in the stream {stream_arn}, only {listed} before it: \
         the stream is late, which another attempt mends, or its retention is over: check the retention of live \
         media streaming in the instance's data storage"
    )]
    StopFragmentMissing {
        /// The contact.
        contact_id: ContactId,
        /// The stream.
        stream_arn: String,
        /// How many of the contact's fragments are listed.
        listed: usize,
    },
    /// The media ended before all of it had come.
    #[error(
        "the media of contact {contact_id} from the stream {stream_arn} broke off: {reason}; it is read again from its start"
    )]
    BrokenOff {
        /// The contact.
        contact_id: ContactId,
        /// The stream.
        stream_arn: String,
        /// What the connection reported.
        reason: String,
    },
    /// The service left fragments out.
    #[error(
        "of {asked} fragments of contact {contact_id} in the stream {stream_arn} only {received} came; all are asked for again"
    )]
    FragmentsMissing {
        /// The contact.
        contact_id: ContactId,
        /// The stream.
        stream_arn: String,
        /// How many were asked for.
        asked: u64,
        /// How many came.
        received: u64,
    },
    /// The media is not what Connect writes.
    #[error("the media of contact {contact_id} in the stream {stream_arn} cannot be used: {source}")]
    Media {
        /// The contact.
        contact_id: ContactId,
        /// The stream.
        stream_arn: String,
        /// What is wrong with it.
        source: MediaError,
    },
    /// There is not one sample of the caller.
    #[error(
        "the fragments of contact {contact_id} in the stream {stream_arn} hold no audio of the caller ({foreign} of them \
         belong to other contacts): check that the flow streams what comes from the customer; if it does, the caller hung up at once"
    )]
    NoAudio {
        /// The contact.
        contact_id: ContactId,
        /// The stream.
        stream_arn: String,
        /// How many fragments belong to other contacts.
        foreign: u64,
    },
    /// S3 refuses the recording, or cannot be reached.
    #[error("the recording of contact {contact_id} cannot be stored: {source}")]
    Store {
        /// The contact.
        contact_id: ContactId,
        /// What the service said.
        source: Failure,
    },
    /// The invocation's time is over.
    #[error(
        "the time of one invocation is not enough for contact {contact_id}: raise the function's timeout"
    )]
    OutOfTime {
        /// The contact.
        contact_id: ContactId,
    },
}

fn remedy(failure: &Failure) -> &'static str {
    match failure.kind {
        Kind::NotFound => "the stream or its media is gone: check the retention of live media streaming",
        Kind::Refused => {
            "check that the function's role may read the stream, and may use the key it is encrypted with (kms:Decrypt)"
        }
        Kind::Transient => "it is tried again",
    }
}
