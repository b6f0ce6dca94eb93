//! Measures how much of a message is more than silence.
//!
//! The audio is measured in frames of 20 ms, as in speech coders. A frame counts as voiced if its level, the root mean
//! square of its samples without their DC offset, is at least [`VOICED_LEVEL`]. That is between the idle noise of a
//! quiet line (-71 dB below full scale and less, by ITU-T G.712) and a caller who speaks softly (about -40 dB): 20 dB
//! above the one, 10 dB below the other. It separates sound from silence, not speech from noise: a noisy street is
//! voiced. So a message counts as silent too rarely rather than too often.

/// Samples in a frame: 20 ms.
const FRAME: u32 = 160;
/// The minimum level of a voiced frame: -50 dB below full scale.
const VOICED_LEVEL: i64 = 100;
/// The largest amplitude of an inaudible message: -60 dB below full scale. It includes the two smallest steps of
/// telephone coders (8 and 24), their output for silence.
const AUDIBLE_PEAK: u16 = 32;
/// Samples in one ms.
const SAMPLES_PER_MS: u64 = 8;

/// Measures streamed audio: signed 16-bit little-endian samples, 8 kHz, mono.
#[derive(Debug, Clone, Default)]
pub(crate) struct Voiced {
    frame: Frame,
    voiced_samples: u64,
    peak: u16,
    /// The first half of a sample whose second half is still to come.
    half: Option<u8>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Frame {
    samples: u32,
    sum: i64,
    squares: i64,
}

impl Frame {
    fn add(&mut self, sample: i16) {
        let sample = i64::from(sample);
        self.samples += 1;
        self.sum += sample;
        self.squares += sample * sample;
    }

    /// The number of voiced samples in the frame: all or none.
    fn voiced_samples(self) -> u64 {
        let samples = i64::from(self.samples);
        // Both sides are multiplied by the square of the number of samples.
        let is_voiced = samples * self.squares - self.sum * self.sum >= (VOICED_LEVEL * samples).pow(2);
        if is_voiced { u64::from(self.samples) } else { 0 }
    }
}

impl Voiced {
    /// Takes the next audio.
    pub(crate) fn add(&mut self, pcm: &[u8]) {
        let mut pcm = pcm;
        if let (Some(low), [high, rest @ ..]) = (self.half, pcm) {
            self.half = None;
            self.sample(i16::from_le_bytes([low, *high]));
            pcm = rest;
        }
        let (samples, half) = pcm.as_chunks::<2>();
        for sample in samples {
            self.sample(i16::from_le_bytes(*sample));
        }
        if let [low] = half {
            self.half = Some(*low);
        }
    }

    fn sample(&mut self, sample: i16) {
        self.peak = self.peak.max(sample.unsigned_abs());
        self.frame.add(sample);
        if self.frame.samples == FRAME {
            self.voiced_samples += self.frame.voiced_samples();
            self.frame = Frame::default();
        }
    }

    /// How many ms are voiced so far, rounded down.
    pub(crate) fn ms(&self) -> u64 {
        let begun = if self.frame.samples > 0 { self.frame.voiced_samples() } else { 0 };
        (self.voiced_samples + begun) / SAMPLES_PER_MS
    }

    /// Whether nothing is audible.
    pub(crate) fn is_inaudible(&self) -> bool {
        self.peak <= AUDIBLE_PEAK
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const SECOND: usize = 8000;

    fn measured(samples: impl IntoIterator<Item = f64>) -> Voiced {
        let mut voiced = Voiced::default();
        for sample in samples {
            voiced.add(&(sample.round() as i16).to_le_bytes());
        }
        voiced
    }

    /// A level in dB below full scale as the root of the mean square.
    fn level(db: f64) -> f64 {
        32_768.0 * 10_f64.powf(db / 20.0)
    }

    fn tone(samples: usize, hertz: f64, db: f64) -> impl Iterator<Item = f64> {
        (0..samples).map(move |n| (TAU * hertz * n as f64 / 8000.0).sin() * level(db) * 2_f64.sqrt())
    }

    /// Uniform noise, the same at each call.
    fn noise(samples: usize, db: f64) -> impl Iterator<Item = f64> {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        (0..samples).map(move |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state as f64 / u64::MAX as f64 - 0.5) * level(db) * 12_f64.sqrt()
        })
    }

    /// Synthetic speech: a voice of 120 Hz with overtones in four syllables a second, each followed by a pause of the
    /// same length.
    fn speech(seconds: usize, db: f64) -> impl Iterator<Item = f64> {
        (0..seconds * SECOND).map(move |n| {
            let place = n % 2000;
            if place >= 1000 {
                return 0.0;
            }
            let swell = (std::f64::consts::PI * place as f64 / 1000.0).sin();
            let voice: f64 =
                (1..=8).map(|k| (TAU * 120.0 * k as f64 * n as f64 / 8000.0).sin() / k as f64).sum();
            swell * voice * level(db) * 2.0
        })
    }

    #[test]
    fn silence_and_what_a_line_makes_of_it_is_not_voiced() {
        assert_eq!(measured(vec![0.0; 3 * SECOND]).ms(), 0);
        assert_eq!(measured(noise(3 * SECOND, -70.0)).ms(), 0);
        assert_eq!(measured(noise(3 * SECOND, -55.0)).ms(), 0);
        // The smallest steps of a telephone coder, and a line with a DC offset.
        assert_eq!(measured((0..SECOND).map(|n| if n % 3 == 0 { 8.0 } else { -8.0 })).ms(), 0);
        assert_eq!(measured(vec![1500.0; SECOND]).ms(), 0);
    }

    #[test]
    fn tones_noise_and_speech_are_voiced_also_when_they_are_soft() {
        for db in [-3.0, -20.0, -40.0, -48.0] {
            assert_eq!(measured(tone(SECOND, 440.0, db)).ms(), 1000, "{db}");
            assert_eq!(measured(noise(SECOND, db)).ms(), 1000, "{db}");
        }
        for db in [-10.0, -25.0, -38.0] {
            let ms = measured(speech(4, db)).ms();
            // 16 syllables, each in at most 7 frames.
            assert!((1000..=16 * 140).contains(&ms), "{ms} ms of 4 s, half of which are pauses, at {db}");
        }
    }

    #[test]
    fn one_word_in_a_long_silence_is_found() {
        let word = speech(1, -25.0).take(1000);
        let silence = || std::iter::repeat_n(0.0, 30 * SECOND);
        let ms = measured(silence().chain(word).chain(silence())).ms();
        assert!((60..=160).contains(&ms), "{ms}");
    }

    #[test]
    fn it_makes_no_difference_in_which_pieces_audio_comes() {
        let pcm: Vec<u8> =
            speech(2, -30.0).chain(noise(777, -30.0)).flat_map(|s| (s as i16).to_le_bytes()).collect();
        let mut whole = Voiced::default();
        whole.add(&pcm);
        for size in [1, 2, 3, 319, 320, 321, 16_384] {
            let mut pieces = Voiced::default();
            pcm.chunks(size).for_each(|piece| pieces.add(piece));
            assert_eq!((pieces.ms(), pieces.peak), (whole.ms(), whole.peak), "{size}");
        }
    }

    #[test]
    fn no_more_is_voiced_than_there_is() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for bytes in 0..2000 {
            let pcm: Vec<u8> = (0..bytes)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    (state >> 32) as u8
                })
                .collect();
            let mut voiced = Voiced::default();
            voiced.add(&pcm);
            assert!(voiced.ms() <= bytes / 16, "{bytes}");
        }
        let mut loudest = Voiced::default();
        loudest.add(&[0x00, 0x80, 0xff, 0x7f].repeat(40_000));
        assert_eq!(loudest.ms(), 10_000, "the largest samples do not overflow");
    }

    #[test]
    fn what_cannot_be_heard_is_told_from_what_is_merely_soft() {
        assert!(Voiced::default().is_inaudible());
        assert!(measured(vec![0.0; SECOND]).is_inaudible());
        assert!(measured((0..SECOND).map(|n| if n % 2 == 0 { 24.0 } else { -24.0 })).is_inaudible());
        assert!(!measured(speech(1, -60.0)).is_inaudible());
        let click = [vec![0.0; SECOND], vec![300.0], vec![0.0; SECOND]].concat();
        assert!(!measured(click).is_inaudible());
    }
}
