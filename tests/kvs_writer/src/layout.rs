//! What may differ between one fragment's bytes and another's.

/// The `MimeType` tag of Connect's fragments: the only place where the real format of the audio stands.
pub const MIME_TYPE: &str = "audio/L16;rate=8000;channels=1;";

/// How a Segment or a Cluster says where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementSize {
    /// Unknown, written as eight bytes `01 FF FF FF FF FF FF FF`.
    UnknownEightBytes,
    /// Unknown, written as one byte `FF`.
    UnknownOneByte,
    /// The real size, in eight bytes.
    Known,
}

/// Where the tags of the contact (`ContactId`, `InstanceId`, `MimeType`, ...) stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagPlace {
    /// Before the Cluster only.
    Before,
    /// After the Cluster only.
    After,
    /// Before the Cluster and once more after it: Connect's way.
    Both,
    /// Nowhere, as in the last fragment of some runs.
    Nowhere,
}

/// The layout of a fragment. The default is Connect's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The size of the Segment.
    pub segment: ElementSize,
    /// The size of each Cluster.
    pub cluster: ElementSize,
    /// Where the contact's tags stand.
    pub contact_tags: TagPlace,
    /// Whether the tags that the service adds (`AWS_KINESISVIDEO_FRAGMENT_NUMBER` and the time stamps) are there.
    pub service_tags: bool,
    /// The `MimeType` tag; `None` leaves it out.
    pub mime_type: Option<&'static str>,
    /// The size of a SimpleBlock's audio in bytes; the last one of a track may be shorter.
    pub block_bytes: usize,
    /// How many of the first track's blocks go into one Cluster.
    pub blocks_per_cluster: usize,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            segment: ElementSize::UnknownEightBytes,
            cluster: ElementSize::UnknownOneByte,
            contact_tags: TagPlace::Both,
            service_tags: true,
            mime_type: Some(MIME_TYPE),
            block_bytes: crate::BLOCK_BYTES,
            blocks_per_cluster: usize::MAX,
        }
    }
}
