//! What comes out of a recording, in every format.

use std::f64::consts::TAU;
use std::time::Duration;

use proptest::prelude::*;
use recorded_audio::{Encoding, Format, Side};

use crate::files::{ENCODINGS, File, convert, encode, read, samples};

fn sine(hertz: f64, rate: u32, level: f64) -> impl Fn(usize) -> f64 {
    move |n| level * (TAU * hertz * n as f64 / f64::from(rate)).sin()
}

#[test]
fn every_encoding_is_decoded_to_the_same_sound() {
    for encoding in ENCODINGS {
        let sound = sine(440.0, 8000, 0.5);
        let audio = encode(encoding, (0..8000).map(&sound));
        let file = File::of(encoding, 1, 8000).with(&audio);
        let pcm = samples(&read(&file, Side::Both, Duration::ZERO, Duration::MAX).unwrap());
        assert_eq!(pcm.len(), 8000);
        // A step of the coarsest codes at this level.
        let tolerance = match encoding {
            Encoding::Unsigned8 => 257.0,
            Encoding::ALaw | Encoding::MuLaw => 512.0,
            _ => 2.0,
        };
        for (n, sample) in pcm.iter().enumerate() {
            assert!((f64::from(*sample) - sound(n) * 32_768.0).abs() <= tolerance, "{encoding:?} at {n}");
        }
    }
}

#[test]
fn a_side_is_kept_or_both_at_half_of_their_level() {
    let frames = (0..1000).flat_map(|n| [n, -n]).map(i16::to_le_bytes).collect::<Vec<_>>().concat();
    let format = Format { encoding: Encoding::Signed16, channels: 2, rate: 8000 };
    let side = |side| samples(&convert(format, side, &frames, 999));
    assert!(side(Side::Left).into_iter().eq(0..1000));
    assert!(side(Side::Right).into_iter().eq((0..1000).map(|n| -n)));
    assert!(side(Side::Both).into_iter().all(|sample| sample == 0));
    let loud = [i16::MIN, i16::MIN, i16::MAX, i16::MAX].map(i16::to_le_bytes).concat();
    assert_eq!(samples(&convert(format, Side::Both, &loud, 3)), [i16::MIN, i16::MAX]);
    let loudest = [0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0x80];
    let format = Format { encoding: Encoding::Signed32, channels: 1, rate: 8000 };
    assert_eq!(samples(&convert(format, Side::Both, &loudest, 3)), [i16::MAX, i16::MIN]);
}

/// A tone of any rate comes out at the same time, to a sample, with the same pitch and level. A tone above what 8 kHz can
/// hold is gone.
#[test]
fn another_rate_moves_and_changes_nothing_that_can_be_heard() {
    for rate in [8001, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] {
        let frames = rate as usize;
        let format = Format { encoding: Encoding::Signed16, channels: 1, rate };
        for hertz in [50.0, 440.0, 1000.0, 3000.0] {
            let audio = encode(Encoding::Signed16, (0..frames).map(sine(hertz, rate, 0.5)));
            let pcm = samples(&convert(format, Side::Both, &audio, 10_007));
            assert_eq!(pcm.len(), 8000, "{rate}");
            // How much of the tone is there, in phase with what was put in and across, and what is left.
            let turn = |n: usize| TAU * hertz * n as f64 / 8000.0;
            let heard = || (400..7600).map(|n| (turn(n), f64::from(pcm[n]) / 16_384.0));
            let within: f64 = heard().map(|(turn, sample)| sample * turn.sin()).sum::<f64>() / 3600.0;
            let across: f64 = heard().map(|(turn, sample)| sample * turn.cos()).sum::<f64>() / 3600.0;
            let noise: f64 = heard()
                .map(|(turn, sample)| (sample - within * turn.sin() - across * turn.cos()).powi(2))
                .sum();
            assert!((within.hypot(across) - 1.0).abs() < 0.01, "{hertz} Hz at {rate}: {within} {across}");
            let delay = -across.atan2(within) / (TAU * hertz) * 8000.0;
            assert!(delay.abs() < 1.01, "{hertz} Hz at {rate} is {delay} samples late");
            let noise = 10.0 * (noise / 3600.0).log10();
            assert!(noise < -55.0, "{hertz} Hz at {rate}: {noise:.1} dB");
        }
        if rate >= 12_000 {
            let audio = encode(Encoding::Signed16, (0..frames).map(sine(5500.0, rate, 0.5)));
            let pcm = samples(&convert(format, Side::Both, &audio, 4096));
            let peak = pcm[400..7600].iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!(peak < 100, "{rate}: {peak}");
        }
    }
}

proptest! {
    #[test]
    fn sixteen_bits_of_one_channel_come_out_byte_for_byte(
        audio in prop::collection::vec(any::<u8>(), 0..3000),
        piece in 1_usize..700,
    ) {
        let format = Format { encoding: Encoding::Signed16, channels: 1, rate: 8000 };
        let pcm = convert(format, Side::Both, &audio, piece);
        prop_assert_eq!(&pcm[..], &audio[..audio.len() / 2 * 2]);
    }

    /// It makes no difference in which pieces audio comes, and its length is the recording's.
    #[test]
    fn pieces_of_any_size_give_the_same(
        audio in prop::collection::vec(any::<u8>(), 0..20_000),
        piece in 1_usize..5000,
        encoding in prop::sample::select(ENCODINGS.to_vec()),
        channels in 1_u16..=2,
        rate in prop_oneof![Just(8000_u32), 8000_u32..=48_000],
        side in prop::sample::select(vec![Side::Left, Side::Right, Side::Both]),
    ) {
        let format = Format { encoding, channels, rate };
        let pcm = convert(format, side, &audio, piece);
        prop_assert_eq!(&pcm, &convert(format, side, &audio, audio.len().max(1)));
        let frames = (audio.len() / format.frame_bytes()) as u64;
        prop_assert_eq!(pcm.len() as u64, (frames * 8000).div_ceil(u64::from(rate)) * 2);
    }
}
