//! Headers: every kind that is written, sizes that lie, and what is refused.

use std::time::Duration;

use proptest::prelude::*;
use recorded_audio::{AudioError, Encoding};

use crate::files::{ENCODINGS, File, Size, chunk, header};

const AUDIO: usize = 48_000;

fn found(file: &File) -> std::ops::Range<u64> {
    let bytes = file.with(&[0x80; AUDIO]);
    let (wav, _) = header(&bytes, 4096).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    assert_eq!(wav.format, file.format, "{file:?}");
    let start = bytes.windows(4).position(|window| window == b"data").unwrap() as u64 + 8;
    assert_eq!(wav.data.start, start, "{file:?}");
    0..wav.data.end - start
}

#[test]
fn every_container_format_and_rate_is_read() {
    for name in [b"RIFF", b"RF64", b"BW64"] {
        for encoding in ENCODINGS {
            for channels in [1, 2] {
                for rate in [8000, 11_025, 16_000, 44_100, 48_000] {
                    for is_extensible in [false, true] {
                        let file = File { name, is_extensible, ..File::of(encoding, channels, rate) };
                        assert_eq!(found(&file), 0..AUDIO as u64);
                    }
                }
            }
        }
    }
}

#[test]
fn a_size_that_cannot_be_is_replaced_by_the_length_of_the_file() {
    for size in [Size::Zero, Size::Unknown, Size::TooLong, Size::TooShort] {
        let file = File { size, ..File::of(Encoding::Signed16, 2, 8000) };
        assert_eq!(found(&file), 0..AUDIO as u64, "{size:?}");
    }
}

#[test]
fn what_follows_the_audio_is_none_of_it() {
    for content in [vec![], b"a".to_vec(), vec![7; 5000]] {
        let file =
            File { chunks_after: vec![content.clone(), content], ..File::of(Encoding::Signed16, 1, 8000) };
        assert_eq!(found(&file), 0..AUDIO as u64);
    }
}

#[test]
fn unknown_chunks_are_skipped_without_reading_them() {
    let art = vec![0xAB; 3_000_001];
    let file = File { chunks_before: vec![art.clone(), vec![1], art], ..File::of(Encoding::MuLaw, 1, 8000) };
    let bytes = file.with(&[0x80; AUDIO]);
    let (wav, read) = header(&bytes, 4096).unwrap();
    assert_eq!(wav.frames(), AUDIO as u64);
    assert!(read <= 3 * 4096, "{read}");
    // In ranges that hold hardly more than one chunk.
    assert_eq!(header(&bytes, 64).unwrap().0, wav);
}

#[test]
fn samples_in_wider_containers_are_told_by_the_frame() {
    let mut file = File::of(Encoding::Signed32, 2, 8000).with(&[0; 80]);
    let bits = file.windows(4).position(|window| window == b"data").unwrap() - 2;
    file[bits] = 20;
    assert_eq!(header(&file, 4096).unwrap().0.format.encoding, Encoding::Signed32);
    // A frame of no possible length is ignored.
    file[bits - 2] = 7;
    assert_eq!(header(&file, 4096).unwrap().0.format.encoding, Encoding::Signed24);
}

#[test]
fn times_lead_to_whole_frames_within_the_audio() {
    let file = File::of(Encoding::Signed24, 2, 8000).with(&[0; 6 * 16_000 + 5]);
    let (wav, _) = header(&file, 4096).unwrap();
    let start = wav.data.start;
    assert_eq!(wav.duration(), Duration::from_secs(2));
    let bytes = |from, until| wav.bytes(Duration::from_millis(from), Duration::from_millis(until));
    assert_eq!(bytes(500, 1500), start + 24_000..start + 72_000);
    assert_eq!(bytes(1500, 9_000_000), start + 72_000..start + 96_000);
    assert_eq!(bytes(9000, 9500), start + 96_000..start + 96_000);
    assert_eq!(bytes(1500, 500), start + 72_000..start + 72_000);
    assert_eq!(wav.bytes(Duration::ZERO, Duration::MAX), start..start + 96_000);
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = File::of(Encoding::Signed16, 1, 8000).with(&[0; 100]);
        change(&mut file);
        header(&file, 4096).unwrap_err().to_string()
    };
    for (part, error) in [
        ("begins with \"<?xm", refused(&|file| file.splice(..4, *b"<?xm").for_each(drop))),
        ("instead of RIFF", refused(&|file| file.splice(8..12, *b"AVI ").for_each(drop))),
        ("ends at byte 7", refused(&|file| file.truncate(7))),
        ("ends at byte 20", refused(&|file| file.truncate(20))),
        ("ends at byte 30", refused(&|file| file.truncate(30))),
        ("ends at byte 0", refused(&|file| file.clear())),
        ("shorter than 16 bytes", refused(&|file| file[16] = 8)),
        ("has no extension", refused(&|file| file.splice(20..22, [0xFE, 0xFF]).for_each(drop))),
        ("is IEEE float", refused(&|file| file[20] = 3)),
        ("is GSM 6.10", refused(&|file| file[20] = 0x31)),
        ("unknown format 0x0099", refused(&|file| file[20] = 0x99)),
        ("A-law with other than 8 bits", refused(&|file| file[20] = 6)),
        ("has 6 channels", refused(&|file| file[22] = 6)),
        ("has 0 channels", refused(&|file| file[22] = 0)),
        ("has 96000 samples", refused(&|file| file.splice(24..28, 96_000_u32.to_le_bytes()).for_each(drop))),
        ("has 0 samples", refused(&|file| file.splice(24..28, [0; 4]).for_each(drop))),
        ("PCM of 64 bits", refused(&|file| file.splice(32..36, [8, 0, 64, 0]).for_each(drop))),
        ("before the format", refused(&|file| file.splice(12..36, []).for_each(drop))),
        ("no audio in its first 64 chunks", {
            refused(&|file| file.splice(36.., chunk(b"junk", b"").repeat(100)).for_each(drop))
        }),
    ] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let extended = File { is_extensible: true, ..File::of(Encoding::Signed16, 1, 8000) };
    let mut file = extended.with(&[0; 100]);
    file[59] ^= 1;
    assert!(matches!(header(&file, 4096), Err(AudioError::Encoding { name }) if name.contains("GUID")));
}

proptest! {
    /// A header with any bytes changed, read in ranges of any length: an error, or audio that is in the file.
    #[test]
    fn no_header_is_too_strange(
        changes in prop::collection::vec((0_usize..140, any::<u8>()), 0..6),
        range in 40_usize..400,
        name in prop::sample::select(vec![b"RIFF", b"RF64"]),
        length in 0_usize..400,
    ) {
        let file = File { name, is_extensible: true, ..File::of(Encoding::ALaw, 2, 16_000) };
        let mut bytes = file.with(&[0x55; 200]);
        for (place, byte) in changes {
            if let Some(old) = bytes.get_mut(place) {
                *old = byte;
            }
        }
        bytes.truncate(length);
        if let Ok((wav, _)) = header(&bytes, range) {
            prop_assert!(wav.data.start <= wav.data.end && wav.data.end <= bytes.len() as u64);
            prop_assert_eq!((wav.data.end - wav.data.start) % wav.format.frame_bytes() as u64, 0);
        }
    }
}
