//! Writes Kinesis Video Streams fragments in the layout that Amazon Connect uses.
