//! The beep in generated recordings. No real one was at hand: what is played, and how, is chosen as widely as the
//! telephone allows.

use std::f64::consts::TAU;
use std::time::Duration;

use fastrand::Rng;
use recorded_audio::{Encoding, Side, find_beep};

use crate::files::{ENCODINGS, File, encode, header, read};

/// What is searched: the seconds before the mark and after it.
const SEARCHED: f64 = 4.7;

/// A generated recording.
struct Recording {
    rng: Rng,
    rate: u32,
    samples: Vec<f64>,
}

impl Recording {
    fn new(seed: u64, rate: u32) -> Self {
        let samples = vec![0.0; (SEARCHED * f64::from(rate)) as usize];
        Self { rng: Rng::with_seed(seed), rate, samples }
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.rng.f64() * (high - low)
    }

    fn at(&self, seconds: f64) -> usize {
        (seconds * f64::from(self.rate)) as usize
    }

    fn add(&mut self, from: f64, until: f64, mut sound: impl FnMut(f64) -> f64) {
        let range = self.at(from.max(0.0))..self.at(until.max(0.0)).min(self.samples.len());
        for n in range {
            self.samples[n] += sound(n as f64 / f64::from(self.rate) - from);
        }
    }

    /// A tone that swells and fades within some milliseconds.
    fn tone(&mut self, from: f64, length: f64, hertz: f64, level: f64, fade: f64) {
        let phase = self.between(0.0, TAU);
        self.add(from, from + length, |t| {
            let swell = (t / fade).min((length - t) / fade).clamp(0.0, 1.0);
            level * swell * (TAU * hertz * t + phase).sin()
        });
    }

    fn noise(&mut self, level: f64) {
        let mut rng = self.rng.fork();
        self.add(0.0, SEARCHED, |_| level * (rng.f64() + rng.f64() + rng.f64() - 1.5) * 2.0);
    }

    /// Something like speech: syllables of a voice whose pitch moves, with formants and hisses.
    fn speech(&mut self, from: f64, until: f64, level: f64) {
        let mut start = from;
        while start < until {
            let length = self.between(0.08, 0.32).min(until - start);
            if self.rng.f64() < 0.2 {
                let mut rng = self.rng.fork();
                self.add(start, start + length, |_| level * (rng.f64() - 0.5));
            } else {
                let (pitch, glide) = (self.between(85.0, 260.0), self.between(-0.5, 0.5));
                let glide = if glide.abs() < 0.1 { 0.1 } else { glide };
                let (vibrato, depth) = (self.between(3.0, 6.0), self.between(0.01, 0.04));
                let formants = [self.between(300.0, 800.0), self.between(900.0, 2400.0), 2800.0];
                self.add(start, start + length, |t| {
                    let swell = (TAU * t / length / 2.0).sin();
                    let turns = pitch * (t + glide * t * t / 2.0 / length)
                        + pitch * depth / (TAU * vibrato) * (TAU * vibrato * t).sin();
                    let voice: f64 = (1..=24)
                        .map(|overtone| {
                            let hertz = pitch * f64::from(overtone);
                            let gain: f64 = formants
                                .iter()
                                .map(|peak| 1.0 / (1.0 + ((hertz - peak) / 120.0).powi(2)))
                                .sum();
                            gain * (TAU * turns * f64::from(overtone)).sin()
                        })
                        .sum();
                    level * swell * voice * 0.5
                });
            }
            start += length + if self.rng.f64() < 0.3 { self.between(0.05, 0.3) } else { 0.0 };
        }
    }

    fn key(&mut self, from: f64, length: f64, level: f64) {
        let low = [697.0, 770.0, 852.0, 941.0][self.rng.usize(..4)];
        let high = [1209.0, 1336.0, 1477.0, 1633.0][self.rng.usize(..4)];
        self.tone(from, length, low, level, 0.002);
        self.tone(from, length, high, level * 1.1, 0.002);
    }

    /// What is on the line beside the beep.
    fn surroundings(&mut self, beep: f64) {
        let noise = beep * db(self.between(-60.0, -10.0));
        self.noise(noise);
        let greeting = beep * db(self.between(-6.0, 12.0));
        let end = self.between(0.1, 0.9);
        self.speech(-0.2, end, greeting);
        match self.rng.u8(..6) {
            0 => {
                let length = self.between(0.06, 0.3);
                self.key(0.0, length, beep);
            }
            1 => {
                let hum = [50.0, 60.0, 100.0, 120.0, 300.0, 360.0][self.rng.usize(..6)];
                self.tone(0.0, SEARCHED, hum, beep * 0.4, 0.001);
            }
            2 => {
                let whistle = self.between(1700.0, 3000.0);
                self.tone(0.0, SEARCHED, whistle, beep * 0.5, 0.001);
            }
            3 => {
                // Ringing, as in North America.
                self.tone(0.0, 0.7, 440.0, beep, 0.005);
                self.tone(0.0, 0.7, 480.0, beep, 0.005);
            }
            _ => {}
        }
    }

    /// Written and read back, in any format.
    fn heard(&mut self) -> Vec<u8> {
        let encoding = ENCODINGS[self.rng.usize(..ENCODINGS.len())];
        let channels = self.rng.u16(1..=2);
        let copies = usize::from(channels);
        let all = self.samples.iter().flat_map(|sample| std::iter::repeat_n(*sample, copies));
        let file = File::of(encoding, channels, self.rate).with(&encode(encoding, all));
        read(&file, Side::Both, Duration::ZERO, Duration::MAX).unwrap()
    }
}

fn db(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

fn recording(seed: u64) -> Recording {
    let mut rng = Rng::with_seed(seed ^ 0x5EED);
    let rate = [8000, 8000, 8000, 11_025, 16_000, 22_050, 44_100, 48_000][rng.usize(..8)];
    Recording::new(seed, rate)
}

#[test]
#[expect(clippy::print_stdout, reason = "how exact it is, for anyone who runs this test with --nocapture")]
fn the_beeps_end_is_found_in_a_thousand_recordings_to_20_ms() {
    const RECORDINGS: u64 = 1000;
    let (mut found, mut worst, mut wrong) = (0, 0.0_f64, Vec::new());
    for seed in 0..RECORDINGS {
        let mut recording = recording(seed);
        let level = db(recording.between(-32.0, -4.0));
        let begins = recording.between(1.0, 1.8);
        let length = recording.between(0.25, 1.0);
        let hertz = recording.between(400.0, 1600.0);
        let fade = recording.between(0.0005, 0.012);
        recording.surroundings(level);
        recording.tone(begins, length, hertz, level, fade);
        // The middle of its fading.
        let ends = begins + length - fade / 2.0;
        // The caller begins after the beep, or before its end, and is louder than it at most by 3 dB.
        let speaks = ends - if recording.rng.bool() { recording.between(0.0, 0.4) } else { -0.2 };
        let loudness = level * db(recording.between(-15.0, 3.0));
        recording.speech(speaks.max(begins + 0.2), SEARCHED, loudness);
        if let Some(beep) = find_beep(&recording.heard()) {
            found += 1;
            let off = (beep.ends.as_secs_f64() - ends).abs();
            worst = worst.max(off);
            if off > 0.020 {
                wrong.push((seed, off, beep.hertz, hertz));
            }
        }
    }
    println!("{found} of {RECORDINGS} found, the worst {:.1} ms off; wrong: {wrong:?}", worst * 1000.0);
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(found >= RECORDINGS * 97 / 100, "only {found}");
}

/// A beep that is found where there is none would cut off words.
#[test]
fn nothing_else_is_taken_for_a_beep() {
    for seed in 0..500 {
        let mut recording = recording(seed + 10_000);
        let level = db(recording.between(-32.0, -4.0));
        recording.surroundings(level);
        let loudness = level * db(recording.between(-10.0, 10.0));
        recording.speech(1.0, SEARCHED, loudness);
        if recording.rng.bool() {
            let (from, length) = (recording.between(1.0, 3.0), recording.between(0.05, 0.6));
            recording.key(from, length, level);
        }
        let beep = find_beep(&recording.heard());
        assert_eq!(beep, None, "{seed}");
    }
}

#[test]
fn silence_and_pieces_have_no_beep() {
    for length in [0, 1, 2, 511, 512, 40_000] {
        assert_eq!(find_beep(&vec![0; length]), None);
        assert_eq!(find_beep(&vec![0x80; length]), None);
    }
    // It is not over at the end.
    let mut cut = Recording::new(1, 8000);
    cut.tone(4.0, 1.0, 1000.0, 0.3, 0.005);
    let file = File::of(Encoding::Signed16, 1, 8000).with(&encode(Encoding::Signed16, cut.samples));
    assert!(header(&file, 100).is_ok());
    assert_eq!(find_beep(&read(&file, Side::Both, Duration::ZERO, Duration::MAX).unwrap()), None);
}
