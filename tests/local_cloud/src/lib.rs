//! The local cloud: MiniStack with Amazon Connect, Kinesis Video Streams and Transcribe beside it, on loopback.

pub mod backend;
pub mod service;
