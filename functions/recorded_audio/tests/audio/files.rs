//! Writes WAV files, true ones and others, and reads them back as the recorder does.

use std::time::Duration;

use recorded_audio::{
    AudioError, Converter, Encoding, Format, HeaderReader, MOST_READS, Next, SampleRate, Side, Wav,
};

pub(crate) const ENCODINGS: [Encoding; 6] = [
    Encoding::Unsigned8,
    Encoding::Signed16,
    Encoding::Signed24,
    Encoding::Signed32,
    Encoding::ALaw,
    Encoding::MuLaw,
];

/// What stands where the size of the audio belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    True,
    /// As a writer leaves it that does not know the length yet.
    Zero,
    Unknown,
    TooLong,
    TooShort,
}

/// A file to write.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) name: &'static [u8; 4],
    pub(crate) format: Format,
    pub(crate) is_extensible: bool,
    pub(crate) size: Size,
    pub(crate) chunks_before: Vec<Vec<u8>>,
    pub(crate) chunks_after: Vec<Vec<u8>>,
}

impl File {
    pub(crate) fn of(encoding: Encoding, channels: u16, rate: u32) -> Self {
        Self {
            name: b"RIFF",
            format: Format { encoding, channels, rate },
            is_extensible: false,
            size: Size::True,
            chunks_before: Vec::new(),
            chunks_after: Vec::new(),
        }
    }

    /// The file with these frames, encoded.
    pub(crate) fn with(&self, audio: &[u8]) -> Vec<u8> {
        let is_wide = self.name != b"RIFF";
        let mut file = Vec::new();
        file.extend(self.name);
        file.extend([0xFF; 4]);
        file.extend(b"WAVE");
        if is_wide {
            let sizes = [0, audio.len() as u64, 0].map(u64::to_le_bytes).concat();
            file.extend(chunk(b"ds64", &[sizes, vec![0; 4]].concat()));
        }
        for content in &self.chunks_before {
            file.extend(chunk(b"LIST", content));
        }
        file.extend(chunk(b"fmt ", &self.fmt()));
        let size = match self.size {
            Size::True if is_wide => u32::MAX,
            Size::True => audio.len() as u32,
            Size::Zero => 0,
            Size::Unknown => u32::MAX,
            Size::TooLong => audio.len() as u32 + 100_000,
            Size::TooShort => audio.len() as u32 / 2,
        };
        file.extend(b"data");
        file.extend(size.to_le_bytes());
        file.extend(audio);
        if !self.chunks_after.is_empty() {
            file.extend(vec![0; audio.len() % 2]);
        }
        for content in &self.chunks_after {
            file.extend(chunk(b"id3 ", content));
        }
        file
    }

    fn fmt(&self) -> Vec<u8> {
        let Format { encoding, channels, rate } = self.format;
        let (tag, bits) = match encoding {
            Encoding::ALaw => (6_u16, 8),
            Encoding::MuLaw => (7, 8),
            encoding => (1, encoding.bytes() as u16 * 8),
        };
        let frame = self.format.frame_bytes() as u16;
        let mut fmt = Vec::new();
        for field in [if self.is_extensible { 0xFFFE } else { tag }, channels] {
            fmt.extend(field.to_le_bytes());
        }
        fmt.extend(rate.to_le_bytes());
        fmt.extend((rate * u32::from(frame)).to_le_bytes());
        for field in [frame, bits] {
            fmt.extend(field.to_le_bytes());
        }
        if self.is_extensible {
            for field in [22_u16, bits, 3, 0, tag] {
                fmt.extend(field.to_le_bytes());
            }
            fmt.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
        }
        fmt
    }
}

/// A chunk with its padding.
pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend((content.len() as u32).to_le_bytes());
    chunk.extend(content);
    chunk.extend(vec![0; content.len() % 2]);
    chunk
}

/// Encodes frames of one or two channels, samples from -1 to 1.
pub(crate) fn encode(encoding: Encoding, samples: impl IntoIterator<Item = f64>) -> Vec<u8> {
    let codes = code_book(encoding);
    let mut bytes = Vec::new();
    for sample in samples {
        let sample = sample.clamp(-1.0, 1.0);
        let wide = (sample * 2_147_483_647.0) as i32;
        match encoding {
            Encoding::Unsigned8 => bytes.push(((wide >> 24) + 128) as u8),
            Encoding::Signed16 => bytes.extend(((sample * 32_767.0).round() as i16).to_le_bytes()),
            Encoding::Signed24 => bytes.extend(&wide.to_le_bytes()[1..]),
            Encoding::Signed32 => bytes.extend(wide.to_le_bytes()),
            Encoding::ALaw | Encoding::MuLaw => {
                let wanted = (sample * 32_767.0).round() as i32;
                let place = codes.partition_point(|(value, _)| *value < wanted).min(codes.len() - 1);
                let near = [place.saturating_sub(1), place];
                let best = near.into_iter().min_by_key(|n| codes[*n].0.abs_diff(wanted)).unwrap();
                bytes.push(codes[best].1);
            }
        }
    }
    bytes
}

/// All values of an encoding of 8 bits, in their order.
fn code_book(encoding: Encoding) -> Vec<(i32, u8)> {
    let format = Format { encoding, channels: 1, rate: 8000 };
    let codes: Vec<u8> = (0..=255).collect();
    let values = samples(&convert(format, Side::Both, &codes, 256));
    let mut book: Vec<(i32, u8)> = values.into_iter().map(i32::from).zip(codes).collect();
    book.sort_unstable();
    book
}

pub(crate) fn samples(pcm: &[u8]) -> Vec<i16> {
    pcm.as_chunks::<2>().0.iter().map(|sample| i16::from_le_bytes(*sample)).collect()
}

/// The PCM of frames that come in pieces.
pub(crate) fn convert(format: Format, side: Side, audio: &[u8], piece: usize) -> Vec<u8> {
    let mut converter = Converter::new(format, side, SampleRate::Hz8000).unwrap();
    let mut pcm = Vec::new();
    for piece in audio.chunks(piece) {
        converter.push(piece, &mut pcm).unwrap();
    }
    converter.finish(&mut pcm).unwrap();
    pcm
}

/// Reads a header by ranges of that length. Returns the bytes that were read, too.
pub(crate) fn header(file: &[u8], range: usize) -> Result<(Wav, usize), AudioError> {
    let mut reader = HeaderReader::new(file.len() as u64);
    let (mut from, mut read) = (0, 0);
    for _ in 0..=MOST_READS {
        let piece = &file[from..file.len().min(from + range)];
        read += piece.len();
        match reader.take(piece)? {
            Next::Found(wav) => return Ok((wav, read)),
            Next::Read { offset } => from = usize::try_from(offset).unwrap(),
        }
        assert!(from < file.len(), "it asks for what is not there");
    }
    panic!("it asks for ever");
}

/// The PCM of a file from one time to another.
pub(crate) fn read(file: &[u8], side: Side, from: Duration, until: Duration) -> Result<Vec<u8>, AudioError> {
    let (wav, _) = header(file, 4096)?;
    let range = wav.bytes(from, until);
    let audio = &file[range.start as usize..range.end as usize];
    Ok(convert(wav.format, side, audio, 60_000))
}
