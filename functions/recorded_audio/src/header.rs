//! Finds the format and the audio in a file of which only pieces are read.

use std::ops::Range;

use crate::error::AudioError;
use crate::format::{EXTENSIBLE, Format, Wav};

/// How many pieces of a file are read before it is given up. One is enough for most files.
pub const MOST_READS: usize = 16;
/// How many chunks may come before the audio.
const MOST_CHUNKS: usize = 64;
/// The bytes before a chunk's content: its name and its size.
const CHUNK_HEADER: u64 = 8;
/// The size of what is not known, and of what is in the chunk `ds64`.
const UNKNOWN: u32 = u32::MAX;
/// What follows the number of the format in the extension's GUID.
const SUBFORMAT: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Pass the bytes of the file from there on: a few KiB, or as many as there are.
    Read {
        /// The offset of the first of them.
        offset: u64,
    },
    /// The header is complete.
    Found(Wav),
}

/// Reads the header of a WAV file. Pass the file's first bytes, and then those that it asks for.
#[derive(Debug)]
pub struct HeaderReader {
    file_bytes: u64,
    /// Where the next chunk starts.
    at: u64,
    reads: usize,
    chunks: usize,
    is_started: bool,
    /// The size of the audio in the chunk `ds64`.
    wide_data: Option<u64>,
    format: Option<Format>,
    /// The audio by its stated size, while it is checked what follows it.
    stated: Option<(Format, Range<u64>)>,
}

impl HeaderReader {
    /// A reader for a file of that length.
    #[must_use]
    pub fn new(file_bytes: u64) -> Self {
        Self {
            file_bytes,
            at: 0,
            reads: 0,
            chunks: 0,
            is_started: false,
            wide_data: None,
            format: None,
            stated: None,
        }
    }

    /// Takes the file's bytes from the offset that was asked for, first from its start.
    ///
    /// # Errors
    /// The file is not a WAV file, is incomplete, or its audio is of a kind that is not supported.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Next, AudioError> {
        self.reads += 1;
        if self.reads > MOST_READS {
            return Err(AudioError::NoAudio { chunks: self.chunks, offset: self.at });
        }
        let piece = Piece { offset: self.at, bytes };
        if !self.is_started {
            let Some(start) = piece.get::<12>(0) else {
                return self.ask(piece, "the file's header");
            };
            let is_wave = &start[8..] == b"WAVE";
            if !is_wave || !matches!(&start[..4], b"RIFF" | b"RF64" | b"BW64") {
                return Err(AudioError::NotWav { begins: String::from_utf8_lossy(start).into_owned() });
            }
            self.is_started = true;
            self.at = 12;
        }
        if let Some((format, stated)) = self.stated.take() {
            let is_chunk = piece.get::<8>(self.at).is_some_and(|header| {
                header[..4].iter().all(|byte| (b' '..=b'~').contains(byte))
                    && self.at + CHUNK_HEADER + u64::from(size(header)) <= self.file_bytes
            });
            let end = if is_chunk { stated.end } else { self.file_bytes };
            return Ok(found(format, stated.start..end));
        }
        while let Some(header) = piece.get::<8>(self.at) {
            self.chunks += 1;
            if self.chunks > MOST_CHUNKS {
                return Err(AudioError::NoAudio { chunks: MOST_CHUNKS, offset: self.at });
            }
            let (content, stated) = (self.at + CHUNK_HEADER, size(header));
            match &header[..4] {
                b"fmt " => match fmt(piece, content, stated)? {
                    Some(format) => self.format = Some(format),
                    None => return self.ask(piece, "the chunk `fmt `"),
                },
                b"ds64" => match piece.get::<16>(content) {
                    Some([_, _, _, _, _, _, _, _, data @ ..]) => {
                        self.wide_data = Some(u64::from_le_bytes(*data))
                    }
                    None => return self.ask(piece, "the chunk `ds64`"),
                },
                b"data" => return self.data(content, stated),
                _ => {}
            }
            // Chunks have even lengths; a size that is not includes no padding.
            self.at = content + u64::from(stated) + u64::from(stated & 1);
        }
        self.ask(piece, "its chunks before the audio")
    }

    /// Asks for the bytes from the next chunk on, unless the file ends within it.
    fn ask(&self, piece: Piece<'_>, part: &'static str) -> Result<Next, AudioError> {
        let ends = piece.offset.saturating_add(piece.bytes.len() as u64);
        let has_rest = ends >= self.file_bytes && self.at < ends;
        if has_rest || self.at.saturating_add(CHUNK_HEADER) >= self.file_bytes {
            return Err(AudioError::Truncated { offset: self.file_bytes, part });
        }
        Ok(Next::Read { offset: self.at })
    }

    /// The audio: as long as it says, if that is possible.
    fn data(&mut self, start: u64, stated: u32) -> Result<Next, AudioError> {
        let Some(format) = self.format else {
            let reason = "it comes before the format of the audio";
            return Err(AudioError::Malformed { offset: self.at, part: "the chunk `data`", reason });
        };
        let stated = match (stated, self.wide_data) {
            (UNKNOWN, Some(wide)) => wide,
            (stated, _) => u64::from(stated),
        };
        let rest = self.file_bytes.saturating_sub(start);
        if stated == 0 || stated > rest {
            return Ok(found(format, start..self.file_bytes));
        }
        // More than the padding or a torn chunk.
        if rest - stated > CHUNK_HEADER {
            self.at = start + stated + stated % 2;
            self.stated = Some((format, start..start + stated));
            return Ok(Next::Read { offset: self.at });
        }
        Ok(found(format, start..start + stated))
    }
}

/// A part of a file.
#[derive(Clone, Copy)]
struct Piece<'a> {
    offset: u64,
    bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    /// The bytes at an offset of the file, if the piece has them.
    fn get<const N: usize>(self, offset: u64) -> Option<&'a [u8; N]> {
        let from = usize::try_from(offset.checked_sub(self.offset)?).ok()?;
        self.bytes.get(from..)?.first_chunk()
    }
}

fn size(header: &[u8; 8]) -> u32 {
    let [_, _, _, _, size @ ..] = header;
    u32::from_le_bytes(*size)
}

fn found(format: Format, data: Range<u64>) -> Next {
    let frame = format.frame_bytes() as u64;
    let bytes = data.end.saturating_sub(data.start) / frame * frame;
    Next::Found(Wav { format, data: data.start..data.start + bytes })
}

/// Reads the chunk `fmt `; `None` if the piece does not have it all.
fn fmt(piece: Piece<'_>, content: u64, stated: u32) -> Result<Option<Format>, AudioError> {
    let malformed = |reason| AudioError::Malformed { offset: content, part: "the chunk `fmt `", reason };
    if stated < 16 {
        return Err(malformed("it is shorter than 16 bytes"));
    }
    let Some(fields) = piece.get::<16>(content) else { return Ok(None) };
    let word = |at: usize| u16::from_le_bytes([fields[at], fields[at + 1]]);
    let (mut tag, channels, frame, bits) = (word(0), word(2), word(12), word(14));
    let rate = u32::from_le_bytes([fields[4], fields[5], fields[6], fields[7]]);
    if tag == EXTENSIBLE {
        if stated < 40 {
            return Err(malformed("it has no extension, although its format is extensible"));
        }
        let Some(subformat) = piece.get::<16>(content + 24) else { return Ok(None) };
        let [low, high, rest @ ..] = subformat;
        if *rest != SUBFORMAT {
            let name = format!("of an unknown format with the GUID {subformat:02x?}");
            return Err(AudioError::Encoding { name });
        }
        tag = u16::from_le_bytes([*low, *high]);
    }
    // Samples of 20 bits are in three bytes, or in four: in the upper bits, so that the rest is zero.
    let least = bits.div_ceil(8);
    let stated = frame.checked_div(channels).filter(|bytes| bytes * channels == frame);
    let container = stated.filter(|bytes| (least..=4).contains(bytes)).unwrap_or(least);
    Format::new(tag, channels, rate, container).map(Some)
}
