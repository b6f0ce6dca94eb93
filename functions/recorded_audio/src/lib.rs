//! Reads recordings of calls in WAV files, piece by piece, and finds the end of the beep in them.
//!
//! A recording is read by byte ranges, because a message is a small part of a long call: first the header
//! ([`HeaderReader`]), then the bytes of the message ([`Excerpt`]), which become signed 16-bit little-endian PCM of 8 kHz
//! and one channel. Nothing here makes a call to AWS, and memory does not grow with the length of the recording.
//!
//! ```no_run
//! use recorded_audio::{Begin, Excerpt, HeaderReader, Next};
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = std::fs::read("call.wav")?;
//! let mut reader = HeaderReader::new(file.len() as u64);
//! let mut from = 0;
//! let wav = loop {
//!     match reader.take(&file[from..file.len().min(from + 4096)])? {
//!         Next::Read { offset } => from = offset as usize, // a real user requests that range
//!         Next::Found(wav) => break wav,
//!     }
//! };
//! let begin = Begin::Mark(Duration::from_secs(12));
//! let mut excerpt = Excerpt::new(wav, begin, Duration::from_secs(70), Duration::ZERO);
//! let (range, mut pcm) = (excerpt.bytes(), Vec::new());
//! for chunk in file[range.start as usize..range.end as usize].chunks(64 * 1024) {
//!     excerpt.push(chunk, &mut pcm)?; // a real user hands `pcm` on here, and clears it
//! }
//! let cut = excerpt.finish(&mut pcm)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Formats
//! RIFF and RF64 (or BW64) files with any unknown chunks; PCM of 8, 16, 24 and 32 bits, A-law and mu-law, plain or
//! extensible; 8 to 48 kHz; one or two channels. Everything else is refused by its name. Amazon does not say what its
//! recordings of the automated interaction are, so all that telephone systems write is read.
//!
//! The reader is ours because none was found that fits: hound reads from the start to the end, and neither RF64 nor
//! A-law or mu-law; symphonia pulls from a blocking reader, trusts the sizes in the header, does not know RF64, and has
//! a license that this project does not allow. Resampling is rubato's.
//!
//! Sources: Microsoft and IBM, *Multimedia Programming Interface and Data Specifications 1.0* (RIFF, WAVE); Microsoft,
//! `WAVEFORMATEXTENSIBLE` (mmreg.h); EBU Tech 3306 and ITU-R BS.2088 (RF64, BW64); ITU-T G.711 (A-law, mu-law).
//!
//! # Sizes that lie
//! The sizes of the file and of its frames are ignored. The size of the audio counts if it is possible: not zero, not
//! beyond the end of the file, and followed by the end or by another chunk. Otherwise the audio reaches to the end of
//! the file, as in files that are written while the call goes on.

#![warn(missing_docs)]

mod beep;
mod convert;
mod decode;
mod error;
mod excerpt;
mod format;
mod g711;
mod header;
mod resample;

pub use beep::{Beep, find_beep};
pub use convert::Converter;
pub use decode::Side;
pub use error::AudioError;
pub use excerpt::{Begin, Cut, Excerpt, UNSURE};
pub use format::{Encoding, Format, Wav};
pub use header::{HeaderReader, MOST_READS, Next};
pub use resample::SampleRate;
