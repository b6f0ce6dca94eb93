//! Extracts the caller's voice from Amazon Connect's Kinesis Video Streams fragments.
//!
//! Connect stores about a second of a call as one fragment, and each fragment is a whole EBML (Matroska) document. A
//! response of `GetMediaForFragmentList` or `GetMedia`, or a file saved from one, is a sequence of such documents. An
//! [`Extractor`] takes the bytes of such responses in chunks of any size and returns the caller's voice as PCM: signed
//! 16-bit little-endian, 8 kHz, mono. It makes no AWS calls, and its memory does not grow with the length of the
//! message.
//!
//! ```no_run
//! use kvs_media::{Extractor, Selection, wav_header};
//! use std::io::Read;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut input = std::fs::File::open("dump.mkv")?;
//! let mut extractor = Extractor::new(Selection::contact("87718f4a-d2ed-476a-ad11-f496ab09b3f8"));
//! let (mut chunk, mut pcm) = (vec![0; 64 * 1024], Vec::new());
//! loop {
//!     let length = input.read(&mut chunk)?;
//!     if length == 0 {
//!         break;
//!     }
//!     extractor.push(&chunk[..length], &mut pcm)?; // a real user hands `pcm` on here, and clears it
//! }
//! let summary = extractor.finish(&mut pcm)?;
//! let header = wav_header(summary.pcm_bytes);
//! # Ok(())
//! # }
//! ```
//!
//! # Assumptions about the format
//! Only the tag `MimeType` states the audio format (`audio/L16;rate=8000;channels=1;`); the track's codec identifier
//! is wrong (`A_AAC`) and ignored. A track is selected by its name, never by its number or position. The parser
//! follows element sizes, known and unknown, and never searches for markers, so PCM that looks like EBML is harmless.
//! A fragment without a Cluster, which can be the last one of a call, contributes no audio.
//!
//! # Order, repeats, gaps
//! Fragments are sorted by number. The service documents no order within a response, so up to [`REORDER_WINDOW`]
//! fragments are held back. A response of up to that many may arrive in any order; in a longer one, no fragment may be
//! further out of place. Otherwise the result is [`MediaError::OutOfOrder`], never a scrambled recording. Repeated
//! numbers are dropped and counted. If the timecodes show that a fragment is missing, silence of that length replaces
//! it and a [`Gap`] is reported.

#![warn(missing_docs)]

mod assembly;
mod document;
mod element;
mod error;
mod extractor;
mod limits;
mod number;
mod reader;
mod selection;
mod summary;
mod timeline;
mod wav;

pub use error::MediaError;
pub use extractor::Extractor;
pub use limits::{MAX_FRAGMENT_BYTES, REORDER_WINDOW};
pub use number::{FragmentNumber, InvalidFragmentNumber};
pub use selection::{CALLER_TRACKS, Selection};
pub use summary::{Gap, MAX_LISTED_GAPS, Summary};
pub use timeline::{GAP_TOLERANCE_MS, MAX_SILENCE_MS};
pub use wav::{
    BITS_PER_SAMPLE, BYTES_PER_MS, CHANNELS, MAX_PCM_BYTES, SAMPLE_RATE, WAV_HEADER_BYTES, wav_header,
};
