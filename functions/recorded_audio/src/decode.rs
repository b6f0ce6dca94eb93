//! Decodes samples, and makes one channel of two.

use crate::format::{Encoding, Format};
use crate::g711;

/// What of a recording with two channels is kept. Makes no difference for one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first channel.
    Left,
    /// The second channel.
    Right,
    /// Both, each at half of its level: together they cannot be too loud.
    Both,
}

/// Decodes streamed frames to signed 16-bit samples of one channel.
#[derive(Debug)]
pub(crate) struct Decoder {
    format: Format,
    side: Side,
    /// The begun frame.
    begun: Vec<u8>,
}

impl Decoder {
    pub(crate) fn new(format: Format, side: Side) -> Self {
        Self { format, side, begun: Vec::with_capacity(format.frame_bytes()) }
    }

    /// Decodes bytes and appends their samples. An incomplete frame at the end is kept for the next call.
    pub(crate) fn push(&mut self, mut bytes: &[u8], samples: &mut Vec<i16>) {
        let frame = self.format.frame_bytes();
        if !self.begun.is_empty() {
            let (head, rest) = bytes.split_at(bytes.len().min(frame - self.begun.len()));
            self.begun.extend_from_slice(head);
            bytes = rest;
            if self.begun.len() < frame {
                return;
            }
            let begun = std::mem::take(&mut self.begun);
            self.frames(&begun, samples);
        }
        let (whole, rest) = bytes.split_at(bytes.len() / frame * frame);
        self.frames(whole, samples);
        self.begun.extend_from_slice(rest);
    }

    fn frames(&self, bytes: &[u8], samples: &mut Vec<i16>) {
        match self.format.encoding {
            Encoding::Unsigned8 => self.channels(bytes, samples, |[byte]| i16::from(byte ^ 0x80) << 8),
            Encoding::ALaw => self.channels(bytes, samples, |[code]| g711::A_LAW[usize::from(code)]),
            Encoding::MuLaw => self.channels(bytes, samples, |[code]| g711::MU_LAW[usize::from(code)]),
            Encoding::Signed16 => self.channels(bytes, samples, i16::from_le_bytes),
            Encoding::Signed24 => self.channels(bytes, samples, |[low, middle, high]| {
                rounded(i32::from_le_bytes([0, low, middle, high]))
            }),
            Encoding::Signed32 => self.channels(bytes, samples, |sample| rounded(i32::from_le_bytes(sample))),
        }
    }

    fn channels<const N: usize>(
        &self,
        bytes: &[u8],
        samples: &mut Vec<i16>,
        decode: impl Fn([u8; N]) -> i16,
    ) {
        let all = bytes.as_chunks::<N>().0;
        if self.format.channels == 1 {
            samples.extend(all.iter().map(|sample| decode(*sample)));
            return;
        }
        let pairs = all.as_chunks::<2>().0.iter();
        match self.side {
            Side::Left => samples.extend(pairs.map(|[left, _]| decode(*left))),
            Side::Right => samples.extend(pairs.map(|[_, right]| decode(*right))),
            Side::Both => samples
                .extend(pairs.map(|[left, right]| {
                    ((i32::from(decode(*left)) + i32::from(decode(*right))) / 2) as i16
                })),
        }
    }
}

/// The nearest 16-bit sample of a 32-bit one.
fn rounded(sample: i32) -> i16 {
    (sample.saturating_add(0x8000) >> 16) as i16
}
