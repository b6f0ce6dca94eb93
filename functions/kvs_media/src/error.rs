//! Error types.

use crate::limits::{MAX_FRAGMENT_BYTES, REORDER_WINDOW};
use crate::number::FragmentNumber;
use crate::selection::CALLER_TRACKS;

/// Why the audio could not be read. Offsets count the bytes of the response (or file) being read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The bytes end within an element. Requesting the same fragments again may help.
    #[error("the media ends at byte {offset}, where {element} is incomplete or missing; read it again")]
    Truncated {
        /// Where the bytes end.
        offset: u64,
        /// The element that is incomplete or missing.
        element: &'static str,
    },
    /// The bytes are not in the format of Kinesis Video Streams.
    #[error("the media is not a Kinesis Video Streams response: at byte {offset}, in {element}, {reason}")]
    Malformed {
        /// Where the element starts, or where its payload is wrong.
        offset: u64,
        /// The element.
        element: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The service reported an error inside the response.
    #[error("kinesis video streams reported {code:?}{} inside the media", service_details(id, message))]
    Service {
        /// The code, for example `FRAGMENT_NOT_FOUND`.
        code: String,
        /// The code's number, for example 3000.
        id: Option<String>,
        /// The service's message.
        message: Option<String>,
    },
    /// A fragment of the contact has audio in another format.
    #[error(
        "the audio is {mime_type:?}; only audio/L16 with 8000 samples per second and one channel is \
         supported"
    )]
    Format {
        /// The tag `MimeType`.
        mime_type: String,
    },
    /// A block has several frames, which Connect never writes.
    #[error("the block at byte {offset} is laced; only blocks with one frame are supported")]
    Laced {
        /// Where the block's payload starts.
        offset: u64,
    },
    /// A fragment's audio ends within a sample.
    #[error("fragment {fragment} has {bytes} bytes of audio, which is not a whole number of 16-bit samples")]
    HalfSample {
        /// The fragment's number, or a description without one.
        fragment: String,
        /// The length of its audio in bytes.
        bytes: usize,
    },
    /// A fragment has more audio than the service accepts.
    #[error("the fragment with the block at byte {offset} has more than {MAX_FRAGMENT_BYTES} bytes of audio")]
    FragmentTooLarge {
        /// Where the block's payload starts.
        offset: u64,
    },
    /// A fragment arrived after later audio had been returned.
    #[error(
        "fragment {fragment} came after later ones were passed on; sort the numbers before requesting them, \
         or request at most {REORDER_WINDOW} at a time"
    )]
    OutOfOrder {
        /// The fragment's number, or a description without one.
        fragment: String,
    },
    /// The contact's fragments have no track with the caller's voice.
    #[error(
        "none of the contact's fragments has a track named {} or {}, only {found:?}; media streaming must \
         include audio from the customer",
        CALLER_TRACKS[0],
        CALLER_TRACKS[1]
    )]
    NoCallerTrack {
        /// The names of the tracks of the first such fragment.
        found: Vec<String>,
    },
    /// The audio is too long for a WAV file.
    #[error("the audio is too long for a WAV file (4 GiB)")]
    TooLong,
}

fn service_details(id: &Option<String>, message: &Option<String>) -> String {
    let id = id.as_ref().map(|id| format!(" (id {id:?})")).unwrap_or_default();
    let message = message.as_ref().map(|message| format!(": {message:?}")).unwrap_or_default();
    id + &message
}

/// A fragment's name in an error.
pub(crate) fn fragment_name(number: Option<&FragmentNumber>) -> String {
    number.map_or_else(|| "without a number".to_owned(), ToString::to_string)
}
