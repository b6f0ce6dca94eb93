//! Limits on the memory that media can make the reader use.

/// How many fragments are held back for sorting. This determines the memory needed: 16 KiB each with Connect's
/// streams.
pub const REORDER_WINDOW: usize = 16;

/// The maximum audio taken from one fragment, in bytes: 32 s, which is the range of a block's 16-bit time relative to
/// its Cluster. Connect's fragments have 1 s (16,384 bytes), and the service accepts at most 20 s.
pub const MAX_FRAGMENT_BYTES: usize = 512 * 1024;
