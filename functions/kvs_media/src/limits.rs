//! Limits on what the media can make the reader keep.

/// How many fragments are held back to put them in order. They determine the memory needed: 16 KiB each with Connect's
/// streams.
pub const REORDER_WINDOW: usize = 16;

/// The most audio taken from one fragment, in bytes: 32 s, the farthest that a block's 16-bit time reaches from its
/// Cluster. Connect's fragments have 1 s (16,384 bytes), and the service accepts at most 20 s.
pub const MAX_FRAGMENT_BYTES: usize = 512 * 1024;
