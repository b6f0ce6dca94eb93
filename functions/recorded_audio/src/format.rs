//! The format of a recording's audio, and where in the file it is.

use std::ops::Range;
use std::time::Duration;

use crate::error::AudioError;

/// How a sample is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Unsigned 8-bit samples.
    Unsigned8,
    /// Signed little-endian samples of 16 bits.
    Signed16,
    /// Signed little-endian samples of 24 bits.
    Signed24,
    /// Signed little-endian samples of 32 bits.
    Signed32,
    /// A-law, ITU-T G.711.
    ALaw,
    /// Mu-law, ITU-T G.711.
    MuLaw,
}

impl Encoding {
    /// The bytes of one sample.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Unsigned8 | Self::ALaw | Self::MuLaw => 1,
            Self::Signed16 => 2,
            Self::Signed24 => 3,
            Self::Signed32 => 4,
        }
    }
}

/// The format of the audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// How a sample is written.
    pub encoding: Encoding,
    /// One or two.
    pub channels: u16,
    /// Samples per second and channel, 8000 to 48,000.
    pub rate: u32,
}

impl Format {
    /// The bytes of one sample of every channel.
    #[must_use]
    pub fn frame_bytes(self) -> usize {
        self.encoding.bytes() * usize::from(self.channels)
    }

    /// Checks what a file says: the numbers of the `fmt ` chunk.
    pub(crate) fn new(tag: u16, channels: u16, rate: u32, container: u16) -> Result<Self, AudioError> {
        let encoding = match (tag, container) {
            (PCM, 1) => Encoding::Unsigned8,
            (PCM, 2) => Encoding::Signed16,
            (PCM, 3) => Encoding::Signed24,
            (PCM, 4) => Encoding::Signed32,
            (PCM, bytes) => {
                return Err(AudioError::Encoding { name: format!("PCM of {} bits", 8 * u32::from(bytes)) });
            }
            (A_LAW, 1) => Encoding::ALaw,
            (MU_LAW, 1) => Encoding::MuLaw,
            (tag, _) => return Err(AudioError::Encoding { name: name(tag) }),
        };
        if !(1..=2).contains(&channels) {
            return Err(AudioError::Channels { channels });
        }
        if !(8000..=48_000).contains(&rate) {
            return Err(AudioError::Rate { rate });
        }
        Ok(Self { encoding, channels, rate })
    }
}

pub(crate) const PCM: u16 = 1;
pub(crate) const A_LAW: u16 = 6;
pub(crate) const MU_LAW: u16 = 7;
/// The format is in the extension.
pub(crate) const EXTENSIBLE: u16 = 0xFFFE;

/// The name of an encoding that is not supported. Source: RFC 2361, and mmreg.h.
fn name(tag: u16) -> String {
    let known = match tag {
        0x0002 => "Microsoft ADPCM",
        0x0003 => "IEEE float",
        A_LAW => "A-law with other than 8 bits",
        MU_LAW => "mu-law with other than 8 bits",
        0x0011 => "IMA ADPCM",
        0x0014 | 0x0064 => "G.723",
        0x0031 => "GSM 6.10",
        0x0040 | 0x0045 => "G.726 ADPCM",
        0x0050 => "MPEG",
        0x0055 => "MP3",
        0x0065 => "G.722",
        0x0083 | 0x0133 => "G.729",
        0x00FF | 0x1600 | 0x1610 => "AAC",
        _ => return format!("of the unknown format {tag:#06x}"),
    };
    known.to_owned()
}

/// A WAV file: the format of its audio and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wav {
    /// The format.
    pub format: Format,
    /// The bytes of the file that are audio, whole frames.
    pub data: Range<u64>,
}

impl Wav {
    /// The length of the audio, in frames: one sample of each channel.
    #[must_use]
    pub fn frames(&self) -> u64 {
        (self.data.end - self.data.start) / self.format.frame_bytes() as u64
    }

    /// The length of the audio.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let (frames, rate) = (self.frames(), u64::from(self.format.rate));
        let nanos = frames % rate * 1_000_000_000 / rate;
        Duration::from_secs(frames / rate) + Duration::from_nanos(nanos)
    }

    /// The bytes of the file that hold the audio between two times, counted from its start: whole frames, within the
    /// audio.
    #[must_use]
    pub fn bytes(&self, from: Duration, until: Duration) -> Range<u64> {
        let (all, rate) = (self.frames(), u128::from(self.format.rate));
        let frame = |time: Duration| {
            let frame = (time.as_nanos().saturating_mul(rate) + 500_000_000) / 1_000_000_000;
            u64::try_from(frame).unwrap_or(u64::MAX).min(all)
        };
        let place = |frame: u64| self.data.start + frame * self.format.frame_bytes() as u64;
        let from = frame(from);
        place(from)..place(frame(until).max(from))
    }
}
