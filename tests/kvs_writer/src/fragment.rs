//! One fragment: about a second of a call.

use crate::document::{write_header, write_info, write_producer_tag, write_service_tags};
use crate::ebml::{Width, id, write, write_id, write_master, write_open_master, write_size};
use crate::layout::{Layout, TagPlace};

/// The name of the track that holds the caller's voice.
pub const FROM_CUSTOMER: &str = "AUDIO_FROM_CUSTOMER";
/// The name of the track that holds what the caller hears.
pub const TO_CUSTOMER: &str = "AUDIO_TO_CUSTOMER";
/// The audio in one of Connect's SimpleBlocks, in bytes: 64 ms.
pub const BLOCK_BYTES: usize = 1024;
/// The audio of one track in one of Connect's fragments, in bytes: 16 blocks.
pub const FRAGMENT_BYTES: usize = 16 * BLOCK_BYTES;
/// The length of one of Connect's fragments in milliseconds.
pub const FRAGMENT_MS: u64 = 1024;

/// Bytes of audio in one millisecond: 8,000 samples of two bytes a second.
const BYTES_PER_MS: usize = 16;

/// One fragment to be written.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// The number, in decimal digits. Connect's have 47 of them.
    pub number: &'a str,
    /// When the audio was spoken, in milliseconds since 1970.
    pub producer_timestamp_ms: u64,
    /// When the service received it, in milliseconds since 1970.
    pub server_timestamp_ms: u64,
    /// The contact that speaks.
    pub contact_id: &'a str,
    /// The identifier (not the ARN) of the Connect instance.
    pub instance_id: &'a str,
    /// The tracks, in the order in which they are declared.
    pub tracks: &'a [Track<'a>],
}

/// One track of a fragment.
#[derive(Clone, Copy, Debug)]
pub struct Track<'a> {
    /// The number that its blocks carry, 1 to 126.
    pub number: u8,
    /// The name, for example [`FROM_CUSTOMER`].
    pub name: &'a str,
    /// Signed 16-bit little-endian samples, 8 kHz, mono.
    pub pcm: &'a [u8],
}

/// Cuts a message into fragments' worth of audio, each with its offset from the start in milliseconds.
/// The last one may be shorter.
pub fn split(pcm: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    (0_u64..).step_by(FRAGMENT_MS as usize).zip(pcm.chunks(FRAGMENT_BYTES))
}

/// Appends a fragment: one whole EBML document.
///
/// # Panics
/// If the layout's block size is zero, a track number is outside 1 to 126, or a block starts more than 32 s after
/// the start of the fragment.
pub fn write_fragment(fragment: &Fragment<'_>, layout: &Layout, out: &mut Vec<u8>) {
    write_header(out);
    write_open_master(out, id::SEGMENT, layout.segment, |out| {
        write_info(out);
        write_tracks(out, fragment.tracks);
        if matches!(layout.contact_tags, TagPlace::Before | TagPlace::Both) {
            write_contact_tags(out, fragment, layout);
        }
        if layout.service_tags {
            append_service_tags(
                fragment.number,
                fragment.server_timestamp_ms,
                fragment.producer_timestamp_ms,
                out,
            );
        }
        write_clusters(out, fragment, layout);
        if matches!(layout.contact_tags, TagPlace::After | TagPlace::Both) {
            write_contact_tags(out, fragment, layout);
        }
    });
}

/// Appends the tags that the service adds, to a document whose Segment does not tell its size. The times are milliseconds
/// since 1970.
pub fn append_service_tags(
    number: &str,
    server_timestamp_ms: u64,
    producer_timestamp_ms: u64,
    out: &mut Vec<u8>,
) {
    let seconds = |ms: u64| format!("{}.{:03}", ms / 1000, ms % 1000);
    write_service_tags(
        out,
        &[
            ("AWS_KINESISVIDEO_FRAGMENT_NUMBER", number),
            ("AWS_KINESISVIDEO_SERVER_TIMESTAMP", &seconds(server_timestamp_ms)),
            ("AWS_KINESISVIDEO_PRODUCER_TIMESTAMP", &seconds(producer_timestamp_ms)),
        ],
    );
}

fn write_tracks(out: &mut Vec<u8>, tracks: &[Track<'_>]) {
    write_master(out, id::TRACKS, Width::Four, |out| {
        for (index, track) in tracks.iter().enumerate() {
            assert!(
                (1..=126).contains(&track.number),
                "track number {} is not within 1 to 126",
                track.number
            );
            write_master(out, id::TRACK_ENTRY, Width::Four, |out| {
                // Connect numbers the identifiers the other way round: nothing may rely on them.
                let uid = (tracks.len() - index) as u64;
                write(out, id::TRACK_NUMBER, Width::One, &[track.number]);
                write(out, id::TRACK_UID, Width::One, &uid.to_be_bytes());
                write(out, id::TRACK_TYPE, Width::One, &[2]);
                write(out, id::TRACK_NAME, Width::One, track.name.as_bytes());
                // The payload is PCM all the same.
                write(out, id::CODEC_ID, Width::One, b"A_AAC");
                write(out, id::CODEC_PRIVATE, Width::One, &[0x11, 0x90]);
            });
        }
    });
}

fn write_contact_tags(out: &mut Vec<u8>, fragment: &Fragment<'_>, layout: &Layout) {
    write_producer_tag(out, "ContactId", fragment.contact_id);
    write_producer_tag(out, "InstanceId", fragment.instance_id);
    if let Some(mime_type) = layout.mime_type {
        write_producer_tag(out, "MimeType", mime_type);
    }
    for (index, track) in fragment.tracks.iter().enumerate() {
        // Like the identifiers, these numbers are not the tracks' numbers.
        write_producer_tag(out, track.name, &(fragment.tracks.len() - index).to_string());
    }
}

fn write_clusters(out: &mut Vec<u8>, fragment: &Fragment<'_>, layout: &Layout) {
    let block_count = fragment.tracks.iter().map(|track| track.pcm.len().div_ceil(layout.block_bytes)).max();
    let blocks: Vec<usize> = (0..block_count.unwrap_or(0)).collect();
    for cluster in blocks.chunks(layout.blocks_per_cluster.max(1)) {
        let first_ms = offset_ms(cluster[0], layout);
        write_open_master(out, id::CLUSTER, layout.cluster, |out| {
            let timecode = fragment.producer_timestamp_ms + first_ms;
            write(out, id::TIMECODE, Width::One, &timecode.to_be_bytes());
            write(out, id::POSITION, Width::One, &[0]);
            for &index in cluster {
                for track in fragment.tracks {
                    if let Some(audio) = track.pcm.chunks(layout.block_bytes).nth(index) {
                        write_block(out, track.number, offset_ms(index, layout) - first_ms, audio);
                    }
                }
            }
        });
    }
}

fn offset_ms(block: usize, layout: &Layout) -> u64 {
    (block * layout.block_bytes / BYTES_PER_MS) as u64
}

/// Appends a SimpleBlock: track number, time relative to the Cluster, no flags (a key frame is nothing to audio, and
/// Connect never laces), audio.
fn write_block(out: &mut Vec<u8>, track: u8, relative_ms: u64, audio: &[u8]) {
    let relative = i16::try_from(relative_ms);
    assert!(relative.is_ok(), "a block {relative_ms} ms after its Cluster cannot be expressed");
    write_id(out, id::SIMPLE_BLOCK);
    write_size(out, audio.len() + 4, Width::Eight);
    out.push(0x80 | track);
    out.extend_from_slice(&relative.unwrap_or_default().to_be_bytes());
    out.push(0);
    out.extend_from_slice(audio);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every offset here is from the published dump of a fragment that a Connect instance wrote.
    #[test]
    fn default_layout_has_the_offsets_of_a_real_fragment() {
        let pcm = [0x55; FRAGMENT_BYTES];
        let fragment = Fragment {
            number: "91343852333181551234925834077012571618243808844",
            producer_timestamp_ms: 1_782_912_654_536,
            server_timestamp_ms: 1_782_912_654_706,
            contact_id: "87718f4a-d2ed-476a-ad11-f496ab09b3f8",
            instance_id: "3087be6e-771a-48a8-90da-93b5326a43a1",
            tracks: &[
                Track { number: 1, name: TO_CUSTOMER, pcm: &pcm },
                Track { number: 2, name: FROM_CUSTOMER, pcm: &pcm },
            ],
        };
        let mut bytes = Vec::new();
        write_fragment(&fragment, &Layout::default(), &mut bytes);
        for (offset, start) in [
            (0, &[0x1A, 0x45, 0xDF, 0xA3, 0xA3][..]),
            (40, &[0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
            (52, &[0x15, 0x49, 0xA9, 0x66, 0x40, 119]),
            (177, &[0x16, 0x54, 0xAE, 0x6B, 0x10, 0, 0, 110]),
            (239, &[0xAE, 0x10, 0, 0, 51, 0xD7, 0x81, 2]),
            (295, &[0x12, 0x54, 0xC3, 0x67, 0x01, 0, 0, 0, 0, 0, 0, 85, 0x73, 0x73]),
            (723, &[0x12, 0x54, 0xC3, 0x67, 0x10, 0, 0, 235, 0x73, 0x73, 0x10, 0, 0, 229]),
            (966, &[0x1F, 0x43, 0xB6, 0x75, 0xFF, 0xE7, 0x88]),
            (981, &[0xA7, 0x81, 0]),
            (984, &[0xA3, 0x01, 0, 0, 0, 0, 0, 0x04, 0x04]),
            (33131, &[0xA3, 0x01, 0, 0, 0, 0, 0, 0x04, 0x04, 0x82, 0x03, 0xC0, 0, 0x55]),
            (34168, &[0x12, 0x54, 0xC3, 0x67]),
        ] {
            assert_eq!(&bytes[offset..offset + start.len()], start, "at offset {offset}");
        }
        assert_eq!(bytes.len(), 34596, "the dump's document without what only GetMedia appends");
    }

    #[test]
    fn a_message_is_cut_every_1024_ms() {
        let pcm = vec![0; 2 * FRAGMENT_BYTES + 2];
        let cut: Vec<_> = split(&pcm).map(|(ms, pcm)| (ms, pcm.len())).collect();
        assert_eq!(cut, [(0, 16384), (1024, 16384), (2048, 2)]);
    }
}
