//! Why a message could not be recorded.

use kvs_media::MediaError;
use recorded_audio::AudioError;
use vmx_contract::call_recording::Object;
use vmx_contract::contact_record::ContactRecordError;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};

/// Why a message could not be recorded. Each error names the voicemail, the subject, and the fix, but never the
/// caller's words or number. No recording was written.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The contact record does not say where the audio is.
    #[error(transparent)]
    Record(#[from] ContactRecordError),
    /// Kinesis Video Streams refuses, or cannot be reached.
    #[error("cannot read the stream {stream_arn} of voicemail {id}: {source}; {}", remedy(source))]
    Stream {
        /// The voicemail.
        id: VoicemailId,
        /// The stream.
        stream_arn: String,
        /// The service's message.
        source: Box<Failure>,
    },
    /// The stream lists no fragments of the message.
    #[error("the stream {stream_arn} lists no fragments of voicemail {id}; {RETENTION}")]
    NothingListed {
        /// The voicemail.
        id: VoicemailId,
        /// The stream.
        stream_arn: String,
    },
    /// Part of the message is not listed yet, and may still come.
    #[error(
        "the stream {stream_arn} does not list all of voicemail {id} yet, only {listed} of its fragments: \
         {what}; it is read again, and the available part is recorded if the rest does not arrive"
    )]
    Incomplete {
        /// The voicemail.
        id: VoicemailId,
        /// The stream.
        stream_arn: String,
        /// How many of its fragments are listed.
        listed: usize,
        /// What is missing.
        what: String,
    },
    /// An agent was talking to the caller in every fragment of a saved message.
    #[error(
        "nothing remains of voicemail {id}, which the caller saved: according to the contact record, an \
         agent was talking to the caller in all of it in {place}; listen to the call's own recording, and \
         check that the agent whisper stops media streaming"
    )]
    OnlyAgent {
        /// The voicemail.
        id: VoicemailId,
        /// The stream, or the recording.
        place: String,
    },
    /// The media ended too early.
    #[error(
        "the media of voicemail {id} from {place} was cut off: {reason}; it is read again from its start"
    )]
    BrokenOff {
        /// The voicemail.
        id: VoicemailId,
        /// The stream, or the recording.
        place: String,
        /// The connection's error.
        reason: String,
    },
    /// The service omitted fragments.
    #[error(
        "of {asked} fragments of voicemail {id} in the stream {stream_arn} only {received} arrived; all are \
         requested again"
    )]
    FragmentsMissing {
        /// The voicemail.
        id: VoicemailId,
        /// The stream.
        stream_arn: String,
        /// How many were requested.
        asked: u64,
        /// How many arrived.
        received: u64,
    },
    /// The media is not in Connect's format.
    #[error("cannot use the media of voicemail {id} in the stream {stream_arn}: {source}")]
    Media {
        /// The voicemail.
        id: VoicemailId,
        /// The stream.
        stream_arn: String,
        /// What is wrong with it.
        source: Box<MediaError>,
    },
    /// There are no samples of the caller.
    #[error(
        "the fragments of voicemail {id} in the stream {stream_arn} have no audio of the caller ({foreign} \
         of them belong to other contacts): check that the flow streams the audio from the customer"
    )]
    NoAudio {
        /// The voicemail.
        id: VoicemailId,
        /// The stream.
        stream_arn: String,
        /// How many fragments belong to other contacts.
        foreign: u64,
    },
    /// The recording of the automated interaction cannot be read, or is not there yet.
    #[error(
        "cannot read the recording of the automated interaction for voicemail {id}, {} in the bucket {}: \
         {source}; {}",
        object.key,
        object.bucket,
        recording_remedy(object, source)
    )]
    Recording {
        /// The voicemail.
        id: VoicemailId,
        /// The recording.
        object: Object,
        /// The service's message.
        source: Box<Failure>,
    },
    /// The recording of the automated interaction is in a format that cannot be read.
    #[error("cannot use the recording s3://{}/{} for voicemail {id}: {source}", object.bucket, object.key)]
    Audio {
        /// The voicemail.
        id: VoicemailId,
        /// The recording.
        object: Object,
        /// What is wrong with it.
        source: Box<AudioError>,
    },
    /// The recording of the automated interaction has nothing of the message.
    #[error(
        "the recording s3://{}/{} has nothing of voicemail {id}: it ends before the message begins; check that \
         the flow records the automated interaction until the message is over",
        object.bucket,
        object.key
    )]
    EndsBefore {
        /// The voicemail.
        id: VoicemailId,
        /// The recording.
        object: Object,
    },
    /// S3 refuses the recording, or cannot be reached.
    #[error("cannot store the recording of voicemail {id}: {source}")]
    Store {
        /// The voicemail.
        id: VoicemailId,
        /// The service's message.
        source: Box<Failure>,
    },
    /// S3 refuses to read or write the voicemail's state, or cannot be reached.
    #[error("cannot read or write the state of voicemail {id} in the state bucket: {source}")]
    State {
        /// The voicemail.
        id: VoicemailId,
        /// The service's message.
        source: Box<Failure>,
    },
    /// The invocation ran out of time.
    #[error("one invocation is not long enough for voicemail {id}: increase the function's timeout")]
    OutOfTime {
        /// The voicemail.
        id: VoicemailId,
    },
}

/// Help for streams without data. A stream keeps its first data retention; Connect's setting only applies to new
/// streams.
const RETENTION: &str = "the stream is deleted or has no data: its data retention is over, or was 0 when \
    Connect created it and still is, whatever the instance's data storage setting is now; check its \
    DataRetentionInHours (aws kinesisvideo describe-stream), and increase it (aws kinesisvideo \
    update-data-retention) or delete the stream so that Connect creates a new one";

fn remedy(failure: &Failure) -> &'static str {
    match failure.kind {
        Kind::NotFound => RETENTION,
        Kind::Refused if failure.is("NoDataRetentionException") => RETENTION,
        Kind::Refused => {
            "check that the function's role is allowed to read the stream and use its key (kms:Decrypt)"
        }
        Kind::Transient => "it will be retried",
    }
}

/// Without `s3:ListBucket`, S3 refuses an object that is not there.
fn recording_remedy(object: &Object, failure: &Failure) -> String {
    match failure.kind {
        Kind::NotFound => "it is not there yet; it will be retried".to_owned(),
        Kind::Refused => format!(
            "if it is there, allow the function's role s3:GetObject on arn:aws:s3:::{}/{}* and, if the bucket has a \
             key of its own, kms:Decrypt on that key; if it is not there yet, it will be retried",
            object.bucket,
            object.prefix()
        ),
        Kind::Transient => "it will be retried".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn media_that_is_not_there_names_the_retention_of_the_stream() {
        let id = || VoicemailId::parse("00000000-0000-4000-8000-00000000c0de-2").unwrap();
        let stream_arn = || "arn:aws:kinesisvideo:us-east-1:111122223333:stream/s/1".to_owned();
        let gone = Failure::new("kinesisvideo:ListFragments", Kind::NotFound, "why");
        let mut kept_nothing = Failure::new("kinesisvideo:ListFragments", Kind::Refused, "why");
        kept_nothing.code = Some("NoDataRetentionException".to_owned());
        for error in [
            RecordingError::Stream { id: id(), stream_arn: stream_arn(), source: Box::new(gone) },
            RecordingError::Stream { id: id(), stream_arn: stream_arn(), source: Box::new(kept_nothing) },
            RecordingError::NothingListed { id: id(), stream_arn: stream_arn() },
        ] {
            let text = error.to_string();
            for part in [
                "00000000-0000-4000-8000-00000000c0de-2",
                "stream/s/1",
                "was 0 when Connect created it",
                "DataRetentionInHours",
                "update-data-retention",
            ] {
                assert!(text.contains(part), "{part} in {text}");
            }
        }
    }
}
