//! Step 1: the caller's audio from Kinesis Video Streams to the recordings bucket.
