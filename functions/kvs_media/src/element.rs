//! EBML: headers of elements, and the elements of a fragment (RFC 8794, RFC 9559).

pub(crate) const EBML: u32 = 0x1A45_DFA3;
pub(crate) const SEGMENT: u32 = 0x1853_8067;
pub(crate) const INFO: u32 = 0x1549_A966;
pub(crate) const TIMECODE_SCALE: u32 = 0x2A_D7B1;
pub(crate) const TRACKS: u32 = 0x1654_AE6B;
pub(crate) const TRACK_ENTRY: u32 = 0xAE;
pub(crate) const TRACK_NUMBER: u32 = 0xD7;
pub(crate) const TRACK_NAME: u32 = 0x536E;
pub(crate) const TAGS: u32 = 0x1254_C367;
pub(crate) const TAG: u32 = 0x7373;
pub(crate) const SIMPLE_TAG: u32 = 0x67C8;
pub(crate) const TAG_NAME: u32 = 0x45A3;
pub(crate) const TAG_STRING: u32 = 0x4487;
pub(crate) const CLUSTER: u32 = 0x1F43_B675;
pub(crate) const TIMECODE: u32 = 0xE7;
pub(crate) const SIMPLE_BLOCK: u32 = 0xA3;
pub(crate) const BLOCK_GROUP: u32 = 0xA0;
pub(crate) const BLOCK: u32 = 0xA1;
const SEEK_HEAD: u32 = 0x114D_9B74;
const CUES: u32 = 0x1C53_BB6B;
const CHAPTERS: u32 = 0x1043_A770;
const ATTACHMENTS: u32 = 0x1941_A469;
const VOID: u32 = 0xEC;
const CRC_32: u32 = 0xBF;

/// How an element is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Read its children.
    Master,
    /// Read its payload, a number or a text.
    Value,
    /// Its payload is a frame of a track.
    Block,
    /// Skip it.
    Skip,
    /// It is not allowed here.
    Misplaced,
}

/// How an element is handled, by its parent.
pub(crate) fn role(parent: Option<u32>, id: u32) -> Role {
    match (parent, id) {
        (None, SEGMENT) => Role::Master,
        (None, EBML | VOID | CRC_32) => Role::Skip,
        (None, _) => Role::Misplaced,
        (Some(SEGMENT), INFO | TRACKS | TAGS | CLUSTER)
        | (Some(TRACKS), TRACK_ENTRY)
        | (Some(TAGS), TAG)
        | (Some(TAG), SIMPLE_TAG)
        | (Some(CLUSTER), BLOCK_GROUP) => Role::Master,
        (Some(INFO), TIMECODE_SCALE)
        | (Some(TRACK_ENTRY), TRACK_NUMBER | TRACK_NAME)
        | (Some(SIMPLE_TAG), TAG_NAME | TAG_STRING)
        | (Some(CLUSTER), TIMECODE) => Role::Value,
        (Some(CLUSTER), SIMPLE_BLOCK) | (Some(BLOCK_GROUP), BLOCK) => Role::Block,
        // Skipping these would lose audio silently.
        (_, SIMPLE_BLOCK | BLOCK_GROUP | BLOCK) => Role::Misplaced,
        _ => Role::Skip,
    }
}

/// Whether an element of unknown size ends where `next` starts.
///
/// Unknown elements do not end it: they are skipped in place.
pub(crate) fn ends_at(id: u32, next: u32) -> bool {
    match next {
        EBML | SEGMENT => true,
        SEEK_HEAD | INFO | TRACKS | CLUSTER | CUES | CHAPTERS | TAGS | ATTACHMENTS => id != SEGMENT,
        _ => false,
    }
}

/// Whether an element's size may be unknown.
pub(crate) fn may_be_unsized(id: u32) -> bool {
    matches!(id, SEGMENT | CLUSTER)
}

/// The name of an element, for messages.
pub(crate) fn name(id: u32) -> &'static str {
    match id {
        EBML => "EBML",
        SEGMENT => "Segment",
        INFO => "Info",
        TIMECODE_SCALE => "TimecodeScale",
        TRACKS => "Tracks",
        TRACK_ENTRY => "TrackEntry",
        TRACK_NUMBER => "TrackNumber",
        TRACK_NAME => "Name",
        TAGS => "Tags",
        TAG => "Tag",
        SIMPLE_TAG => "SimpleTag",
        TAG_NAME => "TagName",
        TAG_STRING => "TagString",
        CLUSTER => "Cluster",
        TIMECODE => "Timecode",
        SIMPLE_BLOCK => "SimpleBlock",
        BLOCK_GROUP => "BlockGroup",
        BLOCK => "Block",
        VOID => "Void",
        CRC_32 => "CRC-32",
        _ => "an unknown element",
    }
}

/// The maximum length of a header: four bytes of identifier, eight of size.
pub(crate) const MAX_HEADER_BYTES: usize = 12;

/// The header of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The identifier as written, with its length marker.
    pub(crate) id: u32,
    /// The length of the payload; `None` if unknown.
    pub(crate) size: Option<u64>,
}

/// Reads a header and returns its length; `None` if more bytes are needed.
#[inline]
pub(crate) fn header(bytes: &[u8]) -> Result<Option<(Header, usize)>, &'static str> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    let id_bytes = first.leading_zeros() as usize + 1;
    if id_bytes > 4 {
        return Err("no element starts like this");
    }
    let Some(id) = big_endian(bytes, id_bytes) else {
        return Ok(None);
    };
    let Some((size, size_bytes)) = variable_integer(&bytes[id_bytes..])? else {
        return Ok(None);
    };
    let unknown = (1 << (7 * size_bytes)) - 1;
    Ok(Some((Header { id: id as u32, size: (size != unknown).then_some(size) }, id_bytes + size_bytes)))
}

/// Reads a variable-size integer, without its length marker, and returns its length.
#[inline]
fn variable_integer(bytes: &[u8]) -> Result<Option<(u64, usize)>, &'static str> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    let length = first.leading_zeros() as usize + 1;
    if length > 8 {
        return Err("a number is longer than eight bytes");
    }
    Ok(big_endian(bytes, length).map(|value| (value & ((1 << (7 * length)) - 1), length)))
}

/// The number in the first `length` (at most eight) bytes; `None` if there are fewer.
#[inline]
fn big_endian(bytes: &[u8], length: usize) -> Option<u64> {
    // Usually, there are eight bytes to read at once.
    if let (Some(eight), 1..=8) = (bytes.first_chunk(), length) {
        return Some(u64::from_be_bytes(*eight) >> (64 - 8 * length));
    }
    bytes.get(..length).map(|bytes| bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// The start of a block's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockHeader {
    /// The number of the track.
    pub(crate) track: u64,
    /// The time in timecode units, relative to the Cluster's.
    pub(crate) relative: i16,
    /// Whether it has several frames.
    pub(crate) laced: bool,
}

/// Reads the start of a block's payload and returns its length; `None` if more bytes are needed.
#[inline]
pub(crate) fn block_header(bytes: &[u8]) -> Result<Option<(BlockHeader, usize)>, &'static str> {
    const LACING: u8 = 0b0000_0110;
    let Some((track, track_bytes)) = variable_integer(bytes)? else {
        return Ok(None);
    };
    let Some(&[high, low, flags]) = bytes[track_bytes..].first_chunk() else {
        return Ok(None);
    };
    let header = BlockHeader { track, relative: i16::from_be_bytes([high, low]), laced: flags & LACING != 0 };
    Ok(Some((header, track_bytes + 3)))
}

/// The value of an unsigned integer element; `None` if it is longer than eight bytes.
pub(crate) fn unsigned(payload: &[u8]) -> Option<u64> {
    (payload.len() <= 8).then(|| payload.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// The value of a text element, without zero padding.
pub(crate) fn text(payload: &[u8]) -> &[u8] {
    let end = payload.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &payload[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_width_are_read() {
        let sized = |id, size| Ok(Some((Header { id, size: Some(size) }, 0)));
        let without_length = |bytes: &[u8]| header(bytes).map(|read| read.map(|(header, _)| (header, 0)));
        assert_eq!(without_length(&[0xA3, 0x9C]), sized(SIMPLE_BLOCK, 28));
        assert_eq!(without_length(&[0x67, 0xC8, 0x40, 0x33]), sized(SIMPLE_TAG, 51));
        assert_eq!(without_length(&[0x2A, 0xD7, 0xB1, 0x83]), sized(TIMECODE_SCALE, 3));
        assert_eq!(without_length(&[0xA3, 0x01, 0, 0, 0, 0, 0, 4, 4]), sized(SIMPLE_BLOCK, 1028));
        assert_eq!(
            header(&[0xA3, 0x01, 0, 0, 0, 0, 0, 4, 4, 0xFF]).map(|read| read.map(|it| it.1)),
            Ok(Some(9))
        );
    }

    #[test]
    fn unknown_sizes_are_told_from_large_ones() {
        let size = |bytes: &[u8]| header(bytes).map(|read| read.map(|(header, _)| header.size));
        assert_eq!(size(&[0x1F, 0x43, 0xB6, 0x75, 0xFF]), Ok(Some(None)));
        assert_eq!(size(&[0x18, 0x53, 0x80, 0x67, 1, 255, 255, 255, 255, 255, 255, 255]), Ok(Some(None)));
        assert_eq!(
            size(&[0x18, 0x53, 0x80, 0x67, 1, 255, 255, 255, 255, 255, 255, 254]),
            Ok(Some(Some((1 << 56) - 2)))
        );
        assert_eq!(size(&[0xA3, 0x40, 0x7F]), Ok(Some(Some(127))));
    }

    #[test]
    fn a_cut_header_asks_for_more_and_a_wrong_one_is_refused() {
        let whole = [0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        for end in 0..whole.len() {
            assert_eq!(header(&whole[..end]), Ok(None), "{end} bytes");
        }
        assert!(header(&[0x08]).is_err());
        assert!(header(&[0xA3, 0x00]).is_err());
    }

    #[test]
    fn block_headers_are_read() {
        let expected = BlockHeader { track: 1, relative: -20, laced: false };
        assert_eq!(block_header(&[0x81, 0xFF, 0xEC, 0x80]), Ok(Some((expected, 4))));
        let expected = BlockHeader { track: 500, relative: 960, laced: true };
        assert_eq!(block_header(&[0x41, 0xF4, 0x03, 0xC0, 0x02, 9]), Ok(Some((expected, 5))));
        assert_eq!(block_header(&[0x81, 0xFF, 0xEC]), Ok(None));
    }
}
