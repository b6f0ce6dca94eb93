//! Reads the caller's voice out of Amazon Connect's Kinesis Video Streams fragments.
