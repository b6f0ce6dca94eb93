//! The few EBML primitives that a fragment is made of (RFC 8794, sections 4 to 7).

use crate::layout::ElementSize;

/// Element identifiers (RFC 8794 and RFC 9559), as they stand in the file, with their length marker.
pub(crate) mod id {
    pub(crate) const EBML: u32 = 0x1A45_DFA3;
    pub(crate) const EBML_VERSION: u32 = 0x4286;
    pub(crate) const EBML_READ_VERSION: u32 = 0x42F7;
    pub(crate) const EBML_MAX_ID_LENGTH: u32 = 0x42F2;
    pub(crate) const EBML_MAX_SIZE_LENGTH: u32 = 0x42F3;
    pub(crate) const DOC_TYPE: u32 = 0x4282;
    pub(crate) const DOC_TYPE_VERSION: u32 = 0x4287;
    pub(crate) const DOC_TYPE_READ_VERSION: u32 = 0x4285;
    pub(crate) const SEGMENT: u32 = 0x1853_8067;
    pub(crate) const INFO: u32 = 0x1549_A966;
    pub(crate) const SEGMENT_UID: u32 = 0x73A4;
    pub(crate) const TIMECODE_SCALE: u32 = 0x2A_D7B1;
    pub(crate) const TITLE: u32 = 0x7BA9;
    pub(crate) const MUXING_APP: u32 = 0x4D80;
    pub(crate) const WRITING_APP: u32 = 0x5741;
    pub(crate) const TRACKS: u32 = 0x1654_AE6B;
    pub(crate) const TRACK_ENTRY: u32 = 0xAE;
    pub(crate) const TRACK_NUMBER: u32 = 0xD7;
    pub(crate) const TRACK_UID: u32 = 0x73C5;
    pub(crate) const TRACK_TYPE: u32 = 0x83;
    pub(crate) const TRACK_NAME: u32 = 0x536E;
    pub(crate) const CODEC_ID: u32 = 0x86;
    pub(crate) const CODEC_PRIVATE: u32 = 0x63A2;
    pub(crate) const TAGS: u32 = 0x1254_C367;
    pub(crate) const TAG: u32 = 0x7373;
    pub(crate) const SIMPLE_TAG: u32 = 0x67C8;
    pub(crate) const TAG_NAME: u32 = 0x45A3;
    pub(crate) const TAG_STRING: u32 = 0x4487;
    pub(crate) const CLUSTER: u32 = 0x1F43_B675;
    pub(crate) const TIMECODE: u32 = 0xE7;
    pub(crate) const POSITION: u32 = 0xA7;
    pub(crate) const SIMPLE_BLOCK: u32 = 0xA3;
}

/// How many bytes a size field takes. Producers differ, and so does one producer from element to element.
#[derive(Clone, Copy)]
pub(crate) enum Width {
    One,
    Two,
    Four,
    Eight,
}

/// Appends an identifier, without its leading zero bytes.
pub(crate) fn write_id(out: &mut Vec<u8>, id: u32) {
    let bytes = id.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    out.extend_from_slice(&bytes[start..]);
}

/// Appends a size field of the given width.
///
/// # Panics
/// If the size does not fit: the caller wrote an element that its own layout cannot express.
pub(crate) fn write_size(out: &mut Vec<u8>, size: usize, width: Width) {
    let (bytes, marker) = match width {
        Width::One => (1, 0x80_u64),
        Width::Two => (2, 0x4000),
        Width::Four => (4, 0x1000_0000),
        Width::Eight => (8, 0x0100_0000_0000_0000),
    };
    let size = size as u64;
    assert!(size < marker - 1, "an element of {size} bytes does not fit a size field of {bytes} bytes");
    out.extend_from_slice(&(marker | size).to_be_bytes()[8 - bytes..]);
}

/// Appends an element with a payload that is at hand.
pub(crate) fn write(out: &mut Vec<u8>, id: u32, width: Width, payload: &[u8]) {
    write_id(out, id);
    write_size(out, payload.len(), width);
    out.extend_from_slice(payload);
}

/// Appends a master element whose children are written by `children`.
pub(crate) fn write_master(out: &mut Vec<u8>, id: u32, width: Width, children: impl FnOnce(&mut Vec<u8>)) {
    let mut payload = Vec::new();
    children(&mut payload);
    write(out, id, width, &payload);
}

/// Appends a Segment or a Cluster, whose size may be left unknown.
pub(crate) fn write_open_master(
    out: &mut Vec<u8>,
    id: u32,
    size: ElementSize,
    children: impl FnOnce(&mut Vec<u8>),
) {
    match size {
        ElementSize::Known => return write_master(out, id, Width::Eight, children),
        ElementSize::UnknownOneByte => {
            write_id(out, id);
            out.push(0xFF);
        }
        ElementSize::UnknownEightBytes => {
            write_id(out, id);
            out.extend_from_slice(&[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        }
    }
    children(out);
}
