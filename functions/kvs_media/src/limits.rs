//! How much the media may make the reader hold.

/// How many fragments are held back so that they can be put in order. What they hold is what the order costs in
/// memory: 16 KiB each in Connect's streams.
pub const REORDER_WINDOW: usize = 16;

/// The most audio that is taken from one fragment, in bytes: 32 s, the farthest that a block's 16-bit time reaches
/// from its Cluster. Connect's fragments hold 1 s (16,384 bytes), and the service accepts none longer than 20 s.
pub const MAX_FRAGMENT_BYTES: usize = 512 * 1024;
