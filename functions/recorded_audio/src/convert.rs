//! From the bytes of a recording to PCM.

use crate::decode::{Decoder, Side};
use crate::error::AudioError;
use crate::format::Format;
use crate::resample::{Resampler, SampleRate};

/// Converts the streamed audio of a recording to signed 16-bit little-endian mono PCM.
///
/// Audio of one channel that already has the rate and 16 bits comes out byte for byte. Memory depends on the pieces
/// that are pushed, not on the length of the recording.
#[derive(Debug)]
pub struct Converter {
    decoder: Decoder,
    resampler: Option<Resampler>,
    samples: Vec<i16>,
}

impl Converter {
    /// A converter of audio in that format.
    ///
    /// # Errors
    /// [`AudioError::Resampling`]: the rates cannot be converted.
    pub fn new(format: Format, side: Side, rate: SampleRate) -> Result<Self, AudioError> {
        let is_same = format.rate == rate.hertz();
        let resampler = if is_same { None } else { Some(Resampler::new(format.rate, rate)?) };
        Ok(Self { decoder: Decoder::new(format, side), resampler, samples: Vec::new() })
    }

    /// Takes the next bytes of the audio, and appends the PCM that is complete so far.
    ///
    /// # Errors
    /// [`AudioError::Resampling`].
    pub fn push(&mut self, bytes: &[u8], pcm: &mut Vec<u8>) -> Result<(), AudioError> {
        self.samples.clear();
        self.decoder.push(bytes, &mut self.samples);
        match &mut self.resampler {
            Some(resampler) => resampler.push(&self.samples, pcm),
            None => {
                pcm.extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
                Ok(())
            }
        }
    }

    /// Appends the rest of the PCM. An incomplete frame at the end of the audio is dropped. Nothing can
    /// be pushed after it.
    ///
    /// # Errors
    /// [`AudioError::Resampling`].
    pub fn finish(&mut self, pcm: &mut Vec<u8>) -> Result<(), AudioError> {
        match &mut self.resampler {
            Some(resampler) => resampler.finish(pcm),
            None => Ok(()),
        }
    }
}
