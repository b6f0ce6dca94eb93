//! Finds the beep: where the message begins.
//!
//! The beep is a single steady tone. Amazon Polly does not publish the frequency and length of the tone that it plays
//! for an expletive, so none is assumed: any tone from 0.18 to 2.5 seconds is a beep, if it keeps its frequency, its
//! phase and its level. Voices do not, keys and ringing are two tones, and the hum of a line does not end.
//!
//! A tone is noticed in the spectrum of short frames. Its exact frequency is the one whose oscillation fits best to all
//! of these frames. From then on it is a matched filter: `fit` says for every 5 ms how much of the tone is there, 1
//! where it sounds and 0 elsewhere, whatever else sounds with it. The sum of `fit - ½` rises while the tone sounds and
//! falls before and after it, so its lowest and its highest point are the tone's most likely ends.

use std::f32::consts::TAU;
use std::time::Duration;

/// The rate of the audio that is searched.
const RATE: f32 = 8000.0;
/// Samples of a frame: 32 ms.
const FRAME: usize = 256;
/// Samples from one frame to the next: 10 ms.
const HOP: usize = 80;
/// The frequency of one step in a spectrum.
const BIN: f32 = RATE / FRAME as f32;
/// The steps that are looked at: 250 to 3500 Hz.
const LOWEST: usize = 8;
const BINS: usize = 104;
/// How much louder than the frequencies around it a tone has to be: 10 dB.
const PROMINENCE: f32 = 10.0;
/// The lowest level of a beep, relative to full scale: -50 dB.
const FAINTEST: f32 = 0.003;
/// For how many frames a tone has to be undisturbed to be noticed, and which part of them.
const NOTICED: usize = 12;
const NOTICED_PART: f32 = 0.7;
/// How many frames of it may be covered by something else.
const COVERED: usize = 4;
/// Samples of a block: 5 ms.
const BLOCK: usize = 40;
/// The length of a beep, in blocks.
const LENGTHS: std::ops::RangeInclusive<usize> = 36..=500;
/// How many blocks have to follow a beep, so that its end is known.
const AFTER: usize = 8;
/// Which part of a beep has to fit.
const STEADY_PART: f32 = 0.7;
/// How many frames before and after a tone are compared with it.
const AROUND: usize = 30;
/// Two tones at once are one sound if their levels differ by less than 10 dB.
const PARTNER: f32 = 0.3;

/// A beep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beep {
    /// When it begins, from the start of the audio.
    pub begins: Duration,
    /// When it ends, from the start of the audio.
    pub ends: Duration,
    /// Its frequency.
    pub hertz: f32,
    /// Its amplitude, relative to full scale.
    pub level: f32,
}

/// Finds the first beep in signed 16-bit little-endian mono PCM of 8 kHz: a few seconds around the place where it is
/// expected. A tone that is not over by the end is none.
#[must_use]
pub fn find_beep(pcm: &[u8]) -> Option<Beep> {
    let scale = 1.0 / 32_768.0;
    let samples: Vec<f32> =
        pcm.as_chunks::<2>().0.iter().map(|sample| f32::from(i16::from_le_bytes(*sample)) * scale).collect();
    let spectra = spectra(&samples);
    let mut tones: Vec<Tone> = Vec::new();
    for track in tracks(&spectra) {
        let is_known = |tone: &Tone| tone.is_near(track.hertz()) && tone.blocks.contains(&track.middle());
        if !tones.iter().any(is_known) {
            tones.extend(Tone::of(&samples, track));
        }
    }
    let is_beep = |tone: &&Tone| {
        LENGTHS.contains(&tone.blocks.len())
            && tone.blocks.end + AFTER <= samples.len() / BLOCK
            && !tone.has_partner(&spectra)
    };
    let first = tones.iter().filter(is_beep).min_by_key(|tone| tone.blocks.start)?;
    let time = |block: usize| Duration::from_millis(block as u64 * 5);
    Some(Beep {
        begins: time(first.blocks.start),
        ends: time(first.blocks.end),
        hertz: first.hertz,
        level: first.level,
    })
}

/// A frequency that stands out in successive frames.
#[derive(Debug, Clone, Copy)]
struct Track {
    bin: usize,
    first: usize,
    last: usize,
    frames: usize,
}

impl Track {
    fn hertz(self) -> f32 {
        (self.bin + LOWEST) as f32 * BIN
    }

    /// The blocks that it surely fills.
    fn blocks(self) -> std::ops::Range<usize> {
        let inner = FRAME / 4;
        (self.first * HOP + inner).div_ceil(BLOCK)..(self.last * HOP + FRAME - inner) / BLOCK
    }

    fn middle(self) -> usize {
        let blocks = self.blocks();
        blocks.start.midpoint(blocks.end)
    }
}

/// The power of each step in each frame.
type Spectrum = [f32; BINS];

/// The frequencies that stand out, in the order of their beginning.
fn tracks(spectra: &[Spectrum]) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for (frame, power) in spectra.iter().enumerate() {
        for bin in peaks(power) {
            let goes_on = |track: &&mut Track| track.bin.abs_diff(bin) <= 1 && frame - track.last <= COVERED;
            match tracks.iter_mut().find(goes_on) {
                Some(track) if track.last == frame => {}
                Some(track) => {
                    track.last = frame;
                    track.frames += 1;
                }
                None => tracks.push(Track { bin, first: frame, last: frame, frames: 1 }),
            }
        }
    }
    tracks.retain(|track| {
        let length = track.last - track.first + 1;
        length >= NOTICED && track.frames as f32 >= length as f32 * NOTICED_PART
    });
    tracks
}

/// The steps of a spectrum that stand out.
fn peaks(power: &Spectrum) -> impl Iterator<Item = usize> {
    let faintest = power_of(FAINTEST);
    (1..BINS - 1).filter(move |bin| {
        let own = power[*bin];
        let around = |range: std::ops::RangeInclusive<usize>| {
            let range = (*range.start()).min(BINS)..(range.end() + 1).min(BINS);
            (power[range.clone()].iter().sum::<f32>(), range.len())
        };
        let (below, above) =
            (around(bin.saturating_sub(8)..=bin.saturating_sub(4)), around(bin + 4..=bin + 8));
        let mean = (below.0 + above.0) / (below.1 + above.1).max(1) as f32;
        own >= faintest && own >= power[bin - 1] && own > power[bin + 1] && own > mean * PROMINENCE
    })
}

/// The power of a tone of that amplitude in a spectrum, through a window that halves it.
fn power_of(level: f32) -> f32 {
    (level * FRAME as f32 / 4.0).powi(2)
}

/// The spectra of all frames, by Goertzel's algorithm for all steps at once.
fn spectra(samples: &[f32]) -> Vec<Spectrum> {
    let window: [f32; FRAME] =
        std::array::from_fn(|n| 0.5 - 0.5 * (TAU * (n as f32 + 0.5) / FRAME as f32).cos());
    let turn: Spectrum = std::array::from_fn(|bin| 2.0 * (TAU * (bin + LOWEST) as f32 / FRAME as f32).cos());
    let spectrum = |frame: &[f32]| -> Spectrum {
        let (mut one, mut two) = ([0.0; BINS], [0.0; BINS]);
        for (sample, window) in frame.iter().zip(&window) {
            let sample = sample * window;
            for ((one, two), turn) in one.iter_mut().zip(&mut two).zip(&turn) {
                let next = sample + turn * *one - *two;
                *two = *one;
                *one = next;
            }
        }
        std::array::from_fn(|bin| one[bin] * one[bin] + two[bin] * two[bin] - turn[bin] * one[bin] * two[bin])
    };
    samples.windows(FRAME).step_by(HOP).map(spectrum).collect()
}

/// A steady tone.
#[derive(Debug)]
struct Tone {
    hertz: f32,
    level: f32,
    blocks: std::ops::Range<usize>,
}

impl Tone {
    /// The tone that a track shows, if it is steady.
    fn of(samples: &[f32], track: Track) -> Option<Self> {
        let base = track.hertz();
        let band = baseband(samples, base);
        let mut blocks = track.blocks();
        let mut offset = 0.0;
        let mut fits = Vec::new();
        // The longer the part that is known, the more exact is the frequency, and with it both ends.
        for (width, step) in [(50.0, 0.5), (2.0, 0.05)] {
            offset = best_offset(band.get(blocks.clone())?, offset, width, step);
            fits = fit(&band, offset, &blocks);
            blocks = ends(&fits, blocks.start.midpoint(blocks.end));
        }
        let steady = fits.get(blocks.clone())?.iter().filter(|fit| fit.is_steady()).count();
        let level = 2.0 * mean(&band, offset, &blocks).length() / BLOCK as f32;
        let is_steady = steady as f32 >= blocks.len() as f32 * STEADY_PART;
        (is_steady && level >= FAINTEST).then_some(Self { hertz: base + offset, level, blocks })
    }

    fn is_near(&self, hertz: f32) -> bool {
        (self.hertz - hertz).abs() < 2.0 * BIN
    }

    /// Whether another tone sounds at the same time, about as loud, as with a key. An overtone is none, and what sounds
    /// before and after is the line's.
    fn has_partner(&self, spectra: &[Spectrum]) -> bool {
        let frame = |block: usize| (block * BLOCK / HOP).min(spectra.len());
        let (first, last) = (frame(self.blocks.start), frame(self.blocks.end));
        let inside = first..last.saturating_sub(FRAME / HOP).max(first);
        let before = &spectra[first.saturating_sub(AROUND + FRAME / HOP)..first.saturating_sub(FRAME / HOP)];
        let after = &spectra[last..(last + AROUND).min(spectra.len())];
        let least = power_of(self.level * PARTNER);
        let part = |spectra: &[Spectrum], bin: usize| {
            let loud = spectra.iter().filter(|power| power[bin] > least).count();
            loud as f32 / spectra.len().max(1) as f32
        };
        (0..BINS).any(|bin| {
            let times = (bin + LOWEST) as f32 * BIN / self.hertz;
            let is_own = (times - times.round().max(1.0)).abs() * self.hertz < 2.5 * BIN;
            let goes_on = part(before, bin) > 0.3 && part(after, bin) > 0.3;
            !is_own && !goes_on && part(&spectra[inside.clone()], bin) > 0.6
        })
    }
}

/// A complex number.
#[derive(Debug, Clone, Copy, Default)]
struct Phasor {
    re: f32,
    im: f32,
}

impl Phasor {
    fn turned(angle: f32) -> Self {
        Self { re: angle.cos(), im: angle.sin() }
    }

    fn times(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }

    fn plus(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }

    fn length(self) -> f32 {
        // `hypot` would need a newer glibc than Lambda has.
        (self.re * self.re + self.im * self.im).sqrt()
    }
}

/// The sums of the blocks after the frequency was moved to zero.
fn baseband(samples: &[f32], hertz: f32) -> Vec<Phasor> {
    let step = f64::from(hertz / RATE);
    let block = |(index, block): (usize, &[f32])| {
        let mut sum = Phasor::default();
        for (n, sample) in block.iter().enumerate() {
            let turns = (step * (index * BLOCK + n) as f64).fract() as f32;
            let turn = Phasor::turned(-TAU * turns);
            sum = sum.plus(Phasor { re: turn.re * sample, im: turn.im * sample });
        }
        sum
    };
    samples.as_chunks::<BLOCK>().0.iter().map(<[f32; BLOCK]>::as_slice).enumerate().map(block).collect()
}

/// The turn of a block at an offset from the frequency.
fn turn(block: usize, offset: f32) -> Phasor {
    Phasor::turned(-TAU * (offset * block as f32 * BLOCK as f32 / RATE).fract())
}

fn sum(band: &[Phasor], offset: f32) -> Phasor {
    band.iter().enumerate().fold(Phasor::default(), |sum, (n, block)| sum.plus(block.times(turn(n, offset))))
}

/// The offset from the frequency at which the blocks add up best.
fn best_offset(band: &[Phasor], around: f32, width: f32, step: f32) -> f32 {
    let steps = (width / step) as i32;
    let offsets = (-steps..=steps).map(|n| around + n as f32 * step);
    let best = offsets.map(|offset| (sum(band, offset).length(), offset));
    best.max_by(|one, other| one.0.total_cmp(&other.0)).map_or(around, |(_, offset)| offset)
}

fn mean(band: &[Phasor], offset: f32, blocks: &std::ops::Range<usize>) -> Phasor {
    let total = blocks.clone().filter_map(|n| Some(band.get(n)?.times(turn(n, offset))));
    let total = total.fold(Phasor::default(), Phasor::plus);
    let count = blocks.len().max(1) as f32;
    Phasor { re: total.re / count, im: total.im / count }
}

/// How much of a tone is in a block: `level` is 1 where it sounds, and `across` 0.
#[derive(Debug, Clone, Copy)]
struct Fit {
    level: f32,
    across: f32,
}

impl Fit {
    fn is_steady(self) -> bool {
        (self.level - 1.0).abs() < 0.5 && self.across.abs() < 0.5
    }
}

/// How every block fits to the tone of some.
fn fit(band: &[Phasor], offset: f32, blocks: &std::ops::Range<usize>) -> Vec<Fit> {
    let mean = mean(band, offset, blocks);
    let power = (mean.re * mean.re + mean.im * mean.im).max(f32::MIN_POSITIVE);
    let fit = |(n, block): (usize, &Phasor)| {
        let own = block.times(turn(n, offset));
        Fit {
            level: (own.re * mean.re + own.im * mean.im) / power,
            across: (own.im * mean.re - own.re * mean.im) / power,
        }
    };
    band.iter().enumerate().map(fit).collect()
}

/// The most likely ends of a tone that sounds at `middle`.
fn ends(fits: &[Fit], middle: usize) -> std::ops::Range<usize> {
    // What is louder than the tone says no more about it than the tone itself, and what is not in its phase, less.
    let gain = |fit: &Fit| (fit.level - 0.5).clamp(-1.0, 1.0) / (1.0 + fit.across * fit.across);
    let highest = |gains: &mut dyn Iterator<Item = f32>| {
        let (mut sum, mut best, mut length) = (0.0, 0.0, 0);
        for (n, gain) in gains.enumerate() {
            sum += gain;
            if sum > best {
                (best, length) = (sum, n + 1);
            }
        }
        length
    };
    let (before, after) = fits.split_at(middle.min(fits.len()));
    let back = highest(&mut before.iter().rev().map(gain));
    let forth = highest(&mut after.iter().map(gain));
    middle.saturating_sub(back)..middle + forth
}
