//! The summary of the media read.

use crate::number::FragmentNumber;
use crate::wav::BYTES_PER_MS;

/// How many gaps a [`Summary`] lists; further gaps are only counted, to limit its size.
pub const MAX_LISTED_GAPS: usize = 64;

/// The summary of the media so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The contact's fragments, without repeats.
    pub fragments: u64,
    /// Those of [`fragments`](Self::fragments) without a track with the caller's voice.
    pub voiceless: u64,
    /// Fragments with a repeated number; dropped.
    pub duplicates: u64,
    /// Fragments of other contacts or outside the range; dropped.
    pub foreign: u64,
    /// The returned audio, including silence, in bytes.
    pub pcm_bytes: u32,
    /// The silence inserted for missing audio, in bytes.
    pub silence_bytes: u32,
    /// The first [`MAX_LISTED_GAPS`] gaps.
    pub gaps: Vec<Gap>,
    /// The number of all gaps.
    pub gap_count: u64,
    /// The first of the contact's fragments that has a number.
    pub first: Option<FragmentNumber>,
    /// The last of the contact's fragments that has a number.
    pub last: Option<FragmentNumber>,
    /// Whether the last response ended right after a block of a Cluster of unknown size, or after the tags of a
    /// fragment without a Cluster. A call's last fragment ends like that, but so does a response truncated exactly
    /// there. Only the transport can tell: the HTTP client reports a truncated body as an error.
    pub open_ended: bool,
}

impl Summary {
    /// The length of the audio in milliseconds, rounded down.
    pub fn duration_ms(&self) -> u64 {
        u64::from(self.pcm_bytes / BYTES_PER_MS)
    }

    pub(crate) fn add_gap(&mut self, gap: Gap) {
        self.gap_count += 1;
        self.silence_bytes = self.silence_bytes.saturating_add(gap.filled_bytes);
        if self.gaps.len() < MAX_LISTED_GAPS {
            self.gaps.push(gap);
        }
    }
}

/// A place where audio is missing between two fragments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Its position in the returned audio, in bytes from the start.
    pub at_bytes: u32,
    /// How much audio is missing according to the timecodes, in bytes.
    pub missing_bytes: u64,
    /// How much silence was inserted. Less than is missing only if the recording's total exceeds
    /// [`MAX_SILENCE_MS`](crate::MAX_SILENCE_MS).
    pub filled_bytes: u32,
}

impl Gap {
    /// Its position in the audio, in milliseconds from the start, rounded down.
    pub fn at_ms(&self) -> u64 {
        u64::from(self.at_bytes / BYTES_PER_MS)
    }

    /// How much audio is missing, in milliseconds, rounded down.
    pub fn missing_ms(&self) -> u64 {
        self.missing_bytes / u64::from(BYTES_PER_MS)
    }
}
