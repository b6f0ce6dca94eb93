//! Changes the sample rate.

use std::fmt;

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Async, FixedAsync, Indexing, Resampler as _, SincInterpolationParameters, WindowFunction};

use crate::error::AudioError;

/// Samples that are converted at a time.
const CHUNK: usize = 1024;
/// The length of the filter, in samples of the faster rate: from 48 to 8 kHz, 43 of the slower.
const FILTER: usize = 256;

/// The sample rate of converted audio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleRate {
    /// A telephone's.
    Hz8000,
    /// Wideband telephony's.
    Hz16000,
}

impl SampleRate {
    /// Samples per second.
    #[must_use]
    pub fn hertz(self) -> u32 {
        match self {
            Self::Hz8000 => 8000,
            Self::Hz16000 => 16_000,
        }
    }
}

/// Converts streamed samples. The result has as many as fit into the same time, and none of it is moved.
pub(crate) struct Resampler {
    from: u32,
    to: u32,
    filter: Async<f32>,
    /// Samples that wait for a whole chunk.
    waiting: Vec<f32>,
    output: Vec<f32>,
    /// Samples of the filter's delay that are still to be dropped.
    delay: usize,
    taken: u64,
    returned: u64,
}

impl fmt::Debug for Resampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resampler").field("from", &self.from).field("to", &self.to).finish_non_exhaustive()
    }
}

impl Resampler {
    pub(crate) fn new(from: u32, to: SampleRate) -> Result<Self, AudioError> {
        let to = to.hertz();
        let ratio = f64::from(to) / f64::from(from);
        let parameters = SincInterpolationParameters::new(FILTER, WindowFunction::Blackman2);
        let filter = Async::new_sinc(ratio, 1.0, &parameters, CHUNK, 1, FixedAsync::Input);
        let filter = filter.map_err(|error| refused(from, to, &error))?;
        let output = vec![0.0; filter.output_frames_max()];
        // The filter makes its first sample one step after it has started.
        let delay = filter.output_delay().saturating_sub(1);
        Ok(Self {
            from,
            to,
            delay,
            filter,
            waiting: Vec::with_capacity(CHUNK),
            output,
            taken: 0,
            returned: 0,
        })
    }

    /// Takes samples, and appends what is converted so far.
    pub(crate) fn push(&mut self, samples: &[i16], pcm: &mut Vec<u8>) -> Result<(), AudioError> {
        self.taken += samples.len() as u64;
        let mut rest = samples;
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(rest.len().min(CHUNK - self.waiting.len()));
            self.waiting.extend(head.iter().map(|sample| f32::from(*sample)));
            rest = tail;
            if self.waiting.len() == CHUNK {
                self.convert(CHUNK, u64::MAX, pcm)?;
            }
        }
        Ok(())
    }

    /// Appends the rest.
    pub(crate) fn finish(&mut self, pcm: &mut Vec<u8>) -> Result<(), AudioError> {
        let all = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        while self.returned < all {
            let length = self.waiting.len();
            self.waiting.resize(CHUNK, 0.0);
            self.convert(length, all - self.returned, pcm)?;
        }
        Ok(())
    }

    /// Converts the waiting chunk, of which `length` samples count, and appends at most `most` samples.
    fn convert(&mut self, length: usize, most: u64, pcm: &mut Vec<u8>) -> Result<(), AudioError> {
        let (from, to) = (self.from, self.to);
        let room = self.output.len();
        let input =
            SequentialSlice::new(&self.waiting, 1, CHUNK).map_err(|error| refused(from, to, &error))?;
        let mut output =
            SequentialSlice::new_mut(&mut self.output, 1, room).map_err(|error| refused(from, to, &error))?;
        let indexing = Indexing {
            input_offset: 0,
            output_offset: 0,
            partial_len: Some(length),
            active_channels_mask: None,
        };
        let (_, made) = self
            .filter
            .process_into_buffer(&input, &mut output, Some(&indexing))
            .map_err(|error| refused(from, to, &error))?;
        self.waiting.clear();
        let dropped = self.delay.min(made);
        self.delay -= dropped;
        let kept = &self.output[dropped..made];
        let kept = &kept[..kept.len().min(usize::try_from(most).unwrap_or(usize::MAX))];
        self.returned += kept.len() as u64;
        // A cast of a float saturates.
        pcm.extend(kept.iter().flat_map(|sample| (sample.round() as i16).to_le_bytes()));
        Ok(())
    }
}

fn refused(from: u32, to: u32, error: &impl fmt::Display) -> AudioError {
    AudioError::Resampling { from, to, reason: error.to_string() }
}
