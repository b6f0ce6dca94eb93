//! Messages cut out of a recording of a whole call.

use std::f64::consts::TAU;
use std::time::Duration;

use proptest::prelude::*;
use recorded_audio::{Begin, Cut, Encoding, Excerpt, Side, UNSURE};

use crate::files::{File, encode, header, samples};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// A call of 20 seconds: a prompt until 5.0, the beep until 5.5, a message until 15.0, the goodbye. The system is on one
/// side, the caller on the other; one channel has both.
fn system(n: usize) -> f64 {
    let t = n as f64 / 8000.0;
    // A prompt whose pitch moves, as voices do.
    let voice = |t: f64| 0.2 * (TAU * (180.0 * t + 9.0 * (TAU * 3.0 * t).sin())).sin();
    match n {
        40_000..44_000 => 0.3 * (TAU * 1000.0 * t).sin(),
        44_000..120_000 => 0.0,
        _ => voice(t),
    }
}

/// Every sample of the caller is its own place.
fn caller(n: usize) -> f64 {
    let n = i64::try_from(n).unwrap();
    if (44_000..120_000).contains(&n) { ((n * 37) % 8000 - 4000) as f64 / 32_767.0 } else { 0.0 }
}

fn call(channels: u16, swapped: bool) -> Vec<u8> {
    let frame = |n| match (channels, swapped) {
        (1, _) => vec![system(n) + caller(n)],
        (_, false) => vec![system(n), caller(n)],
        (_, true) => vec![caller(n), system(n)],
    };
    File::of(Encoding::Signed16, channels, 8000)
        .with(&encode(Encoding::Signed16, (0..160_000).flat_map(frame)))
}

fn said(from: usize, until: usize) -> Vec<i16> {
    samples(&encode(Encoding::Signed16, (from..until).map(caller)))
}

fn cut(file: &[u8], begin: Begin, until: Duration, not_before: Duration, piece: usize) -> (Vec<u8>, Cut) {
    let wav = header(file, 4096).unwrap().0;
    let mut excerpt = Excerpt::new(wav, begin, until, not_before);
    let range = excerpt.bytes();
    let mut pcm = Vec::new();
    for piece in file[range.start as usize..range.end as usize].chunks(piece) {
        excerpt.push(piece, &mut pcm).unwrap();
    }
    let cut = excerpt.finish(&mut pcm).unwrap();
    (pcm, cut)
}

#[test]
fn a_message_begins_at_the_beeps_end_wherever_within_a_second_its_mark_is() {
    let file = call(1, false);
    // The beep's end is found in steps of 5 ms, counted from where the search begins.
    for late in [0, 250, 995] {
        // The beep is played 100 ms after its mark, and the message ends with another mark.
        let (mark, until) = (MS(4900 + late), MS(15_000 + late));
        let (pcm, cut) = cut(&file, Begin::Mark(mark), until, Duration::ZERO, 7000);
        assert_eq!((cut.begins, cut.is_after_beep, cut.side), (MS(5500), true, Side::Both));
        // The end is as late as the beginning, all but the time in which the beep was asked for.
        assert_eq!(samples(&pcm)[..76_000], said(44_000, 120_000));
        let more = pcm.len() / 2 - 76_000;
        assert!(more.abs_diff(8 * late.min(100) as usize) < 40, "{late}: {more}");
    }
}

#[test]
fn the_side_on_which_no_beep_was_played_is_the_callers() {
    for (swapped, side) in [(false, Side::Right), (true, Side::Left)] {
        let (pcm, cut) = cut(&call(2, swapped), Begin::Mark(MS(5000)), MS(15_000), Duration::ZERO, 4097);
        assert_eq!((cut.side, cut.is_after_beep), (side, true));
        assert_eq!(samples(&pcm), said(44_000, 120_000));
    }
}

#[test]
fn without_a_beep_the_mark_decides_and_without_a_mark_the_time() {
    let file = call(2, false);
    let (pcm, at_mark) = cut(&file, Begin::Mark(MS(9000)), MS(12_000), Duration::ZERO, 999);
    let begins = MS(9000) - UNSURE;
    assert_eq!((at_mark.begins, at_mark.is_after_beep, at_mark.side), (begins, false, Side::Both));
    assert_eq!(samples(&pcm), said(64_000, 96_000).iter().map(|sample| sample / 2).collect::<Vec<_>>());
    // The message before it ended after that.
    let (pcm, bounded) = cut(&file, Begin::Mark(MS(9000)), MS(12_000), MS(8500), 999);
    assert_eq!((bounded.begins, pcm.len()), (MS(8500), 2 * 28_000));
    let (pcm, exact) = cut(&file, Begin::Time(MS(6000)), MS(7000), Duration::ZERO, 999);
    assert_eq!((exact.begins, pcm.len()), (MS(6000), 16_000));
}

#[test]
fn a_recording_that_ends_early_gives_what_it_has() {
    let file = call(1, false);
    let (pcm, _) = cut(&file, Begin::Mark(MS(5000)), MS(900_000), Duration::ZERO, 5000);
    assert_eq!(pcm.len() / 2, 160_000 - 44_000);
    for begin in [Begin::Mark(MS(30_000)), Begin::Time(MS(30_000))] {
        assert_eq!(cut(&file, begin, MS(40_000), Duration::ZERO, 5000).0.len(), 0);
    }
    // The caller hung up at the beep, or right after it.
    for until in [5300, 5500, 5510] {
        let (pcm, cut) = cut(&file, Begin::Mark(MS(4900)), MS(until), Duration::ZERO, 5000);
        assert!(cut.is_after_beep && pcm.len() <= 160, "{until}: {cut:?} {}", pcm.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the times: no more is read than asked for, no more comes out than was read, and nothing from before or
    /// after it.
    #[test]
    fn any_times_are_cut_without_fault(
        at in 0_u64..25_000,
        is_mark in any::<bool>(),
        until in 0_u64..25_000,
        not_before in 0_u64..25_000,
        piece in 1_usize..9000,
    ) {
        let file = call(1, false);
        let begin = if is_mark { Begin::Mark(MS(at)) } else { Begin::Time(MS(at)) };
        let wav = header(&file, 4096).unwrap().0;
        let range = Excerpt::new(wav.clone(), begin, MS(until), MS(not_before)).bytes();
        prop_assert!(range.start >= wav.bytes(MS(not_before), Duration::MAX).start);
        prop_assert!(range.end <= wav.bytes(Duration::ZERO, MS(until.max(not_before).max(at))).end);
        let (pcm, cut) = cut(&file, begin, MS(until), MS(not_before), piece);
        prop_assert!(pcm.len() as u64 <= range.end - range.start);
        let all = &file[wav.data.start as usize..];
        let start = (cut.begins.as_millis() as usize * 16).min(all.len());
        prop_assert!(pcm.is_empty() || all[start..].starts_with(&pcm));
    }
}
