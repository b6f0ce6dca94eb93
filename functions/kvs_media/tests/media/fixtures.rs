//! Every fixture, with numbers that were read off its bytes.

use crate::extract::extract;
use kvs_media::{Gap, MediaError, Selection, Summary};

const CONTACT_1: &str = "00000000-0000-4000-8000-000000000001";
const CONTACT_2: &str = "00000000-0000-4000-8000-000000000002";
const CONTACT_3: &str = "00000000-0000-4000-8000-000000000003";

/// Silence between two fragments that start 1,024 ms apart when the first holds one block of 24 bytes, which is
/// 1.5 ms: 1,022.5 ms.
const GAP_AFTER_24_BYTES: usize = 16_360;

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/{name}.mkv", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The audio of the synthetic fixtures: bytes that count up.
fn ramp(first: u8, length: usize) -> Vec<u8> {
    (0..length).map(|index| first.wrapping_add(index as u8)).collect()
}

fn silence(length: usize) -> Vec<u8> {
    vec![0; length]
}

fn gap(at_bytes: u32, bytes: u32) -> Gap {
    Gap { at_bytes, missing_bytes: bytes.into(), filled_bytes: bytes }
}

/// The summary of fragments that all have the caller's voice and come in order, without gaps.
fn summary(fragments: u64, foreign: u64, pcm: &[u8]) -> Summary {
    Summary { fragments, foreign, pcm_bytes: pcm.len() as u32, open_ended: true, ..Summary::default() }
}

fn with_gaps(summary: Summary, gaps: &[Gap]) -> Summary {
    let silence_bytes = gaps.iter().map(|gap| gap.filled_bytes).sum();
    Summary { gap_count: gaps.len() as u64, gaps: gaps.to_vec(), silence_bytes, ..summary }
}

fn numbered(summary: Summary, first: &str, last: &str) -> Summary {
    Summary { first: Some(first.parse().unwrap()), last: Some(last.parse().unwrap()), ..summary }
}

#[track_caller]
fn check(name: &str, contact: &str, pcm: &[Vec<u8>], expected: impl FnOnce(&[u8]) -> Summary) {
    let pcm = pcm.concat();
    let (found, summary) = extract(&Selection::contact(contact), &read(name)).unwrap();
    assert_eq!(found, pcm);
    assert_eq!(summary, expected(&pcm));
}

#[test]
fn connect_real_shape() {
    check("connect_real_shape", CONTACT_1, &[ramp(0x41, 24), ramp(0x61, 24)], |pcm| Summary {
        open_ended: false, // tags follow the Cluster
        ..summary(1, 0, pcm)
    });
}

#[test]
fn false_ebml_magic_in_pcm() {
    let with_magic = [ramp(0x40, 8), vec![0x1A, 0x45, 0xDF, 0xA3], ramp(0x4C, 36)].concat();
    assert_eq!(with_magic.len(), 48);
    check("false_ebml_magic_in_pcm", CONTACT_1, &[ramp(0x01, 24), with_magic, ramp(0x03, 24)], |pcm| {
        summary(1, 0, pcm)
    });
}

#[test]
fn filter_mismatch() {
    check(
        "filter_mismatch",
        CONTACT_1,
        &[ramp(0x30, 24), silence(GAP_AFTER_24_BYTES), ramp(0x31, 24)],
        |pcm| with_gaps(summary(2, 2, pcm), &[gap(24, 16_360)]),
    );
    check(
        "filter_mismatch",
        CONTACT_2,
        &[ramp(0x32, 24), silence(GAP_AFTER_24_BYTES), ramp(0x33, 24)],
        |pcm| with_gaps(summary(2, 2, pcm), &[gap(24, 16_360)]),
    );
    check("filter_mismatch", CONTACT_3, &[], |pcm| summary(0, 4, pcm));
}

#[test]
fn gap_between_fragments() {
    // The third fragment starts 3,072 ms after the second: 3,070.5 ms are missing.
    let audio =
        [ramp(0x50, 24), silence(GAP_AFTER_24_BYTES), ramp(0x51, 24), silence(49_128), ramp(0x52, 24)];
    check("gap", CONTACT_1, &audio, |pcm| {
        with_gaps(summary(3, 0, pcm), &[gap(24, 16_360), gap(16_408, 49_128)])
    });
}

#[test]
fn known_size_cluster() {
    let number = "91343852333181000000000000000000000000000000001";
    check("known_size_cluster", CONTACT_1, &[ramp(0x01, 32), ramp(0x02, 32), ramp(0x03, 32)], |pcm| {
        Summary { open_ended: false, ..numbered(summary(1, 0, pcm), number, number) }
    });
}

#[test]
fn multi_cluster() {
    // What is missing within one fragment was never there: the service stores fragments whole.
    let audio = [ramp(0x61, 24), ramp(0x62, 24), ramp(0x71, 24), ramp(0x72, 24)];
    check("multi_cluster", CONTACT_1, &audio, |pcm| summary(1, 0, pcm));
}

#[test]
fn multi_segment() {
    // Blocks at 0 and 10 ms, the second of 2 ms: 1,012 ms are missing before the next fragment.
    let gap_bytes = 16_192;
    let fragment = |index: u8| [ramp(0x10 + index, 32), ramp(0x20 + index, 32)].concat();
    let gap_of = silence(gap_bytes);
    let audio =
        [fragment(0), gap_of.clone(), fragment(1), gap_of.clone(), fragment(2), gap_of.clone(), fragment(3)];
    check("multi_segment", CONTACT_1, &audio, |pcm| {
        let gaps = [gap(64, 16_192), gap(16_320, 16_192), gap(32_576, 16_192)];
        numbered(
            with_gaps(summary(4, 0, pcm), &gaps),
            "91343852333181000000000000000000000000000000001",
            "91343852333181000000000000000000000000000000004",
        )
    });
}

#[test]
fn partial_tags() {
    check("partial_tags", CONTACT_1, &[ramp(0x11, 24), silence(GAP_AFTER_24_BYTES), ramp(0x12, 24)], |pcm| {
        with_gaps(summary(2, 0, pcm), &[gap(24, 16_360)])
    });
}

#[test]
fn scaled_timestamps() {
    check("scaled_timestamps", CONTACT_1, &[ramp(0x11, 24), ramp(0x12, 24), ramp(0x13, 24)], |pcm| {
        summary(1, 0, pcm)
    });
}

#[test]
fn short_block_mid_track() {
    let audio = [ramp(0x01, 1024), ramp(0x03, 192), ramp(0x05, 1024)];
    check("short_block_mid_track", CONTACT_1, &audio, |pcm| Summary {
        open_ended: false,
        ..summary(1, 0, pcm)
    });
}

#[test]
fn stream_reuse() {
    for contact in [CONTACT_2, CONTACT_3] {
        check(
            "stream_reuse",
            contact,
            &[ramp(0x31, 24), silence(GAP_AFTER_24_BYTES), ramp(0x32, 24)],
            |pcm| Summary { open_ended: false, ..with_gaps(summary(2, 2, pcm), &[gap(24, 16_360)]) },
        );
    }
}

#[test]
fn tagless_consecutive() {
    let pause = silence(GAP_AFTER_24_BYTES);
    let audio = [ramp(1, 24), pause.clone(), ramp(2, 24), pause.clone(), ramp(3, 24), pause, ramp(4, 24)];
    check("tagless_consecutive", CONTACT_1, &audio, |pcm| {
        with_gaps(summary(4, 0, pcm), &[gap(24, 16_360), gap(16_408, 16_360), gap(32_792, 16_360)])
    });
}

#[test]
fn tagless_single() {
    let pause = silence(GAP_AFTER_24_BYTES);
    check(
        "tagless_single",
        CONTACT_1,
        &[ramp(1, 24), pause.clone(), ramp(2, 24), pause, ramp(3, 24)],
        |pcm| with_gaps(summary(3, 0, pcm), &[gap(24, 16_360), gap(16_408, 16_360)]),
    );
}

#[test]
fn tagless_tail() {
    let pause = silence(GAP_AFTER_24_BYTES);
    check(
        "tagless_tail",
        CONTACT_1,
        &[ramp(0x11, 24), pause.clone(), ramp(0x12, 24), pause, ramp(0x13, 24)],
        |pcm| with_gaps(summary(3, 0, pcm), &[gap(24, 16_360), gap(16_408, 16_360)]),
    );
}

#[test]
fn tail_last_fragment() {
    let audio = [ramp(1, 24), silence(GAP_AFTER_24_BYTES), ramp(2, 24), ramp(3, 24)];
    check("tail_last_fragment", CONTACT_1, &audio, |pcm| with_gaps(summary(2, 0, pcm), &[gap(24, 16_360)]));
}

#[test]
fn topology_basic() {
    let number = "91343852333181000000000000000000000000000000001";
    check("topology_basic", CONTACT_1, &[ramp(0x01, 32), ramp(0x02, 32), ramp(0x03, 32)], |pcm| {
        numbered(summary(1, 0, pcm), number, number)
    });
}

#[test]
fn track_order_swapped() {
    check("track_order_swapped", CONTACT_2, &[ramp(0x51, 32)], |pcm| Summary {
        open_ended: false,
        ..summary(1, 0, pcm)
    });
}

#[test]
fn two_tracks() {
    check("two_tracks", CONTACT_1, &[ramp(0x11, 24), ramp(0x31, 16)], |pcm| summary(1, 0, pcm));
}

#[test]
fn unknown_elements() {
    check("unknown_elements", CONTACT_1, &[ramp(0x21, 24)], |pcm| summary(1, 0, pcm));
}

#[test]
fn real_service_output_without_a_contact_is_nobodys() {
    check("test_mixed_tags", CONTACT_1, &[], |pcm| Summary { open_ended: false, ..summary(0, 10, pcm) });
    check("test_tags_empty_cluster", CONTACT_1, &[], |pcm| Summary {
        open_ended: false,
        ..summary(0, 1, pcm)
    });
}

#[test]
fn real_service_output_with_another_track_is_an_error_that_names_it() {
    let first = "91343852333713038908964877623801423530396737899".parse().unwrap();
    let last = "91343852333713038953530719038075113645398559869".parse().unwrap();
    let selection = Selection::contact(CONTACT_1).within(first, last);
    let error = extract(&selection, &read("test_mixed_tags")).unwrap_err();
    assert_eq!(error, MediaError::NoCallerTrack { found: vec!["test track".to_owned()] });
}

#[test]
fn a_range_leaves_fragments_out() {
    let number = "91343852333181000000000000000000000000000000002";
    let selection = Selection::contact(CONTACT_1).within(number.parse().unwrap(), number.parse().unwrap());
    let (pcm, found) = extract(&selection, &read("multi_segment")).unwrap();
    assert_eq!(pcm, [ramp(0x11, 32), ramp(0x21, 32)].concat());
    assert_eq!(found, numbered(summary(1, 3, &pcm), number, number));
}
