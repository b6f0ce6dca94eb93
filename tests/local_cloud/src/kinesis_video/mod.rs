//! Amazon Kinesis Video Streams: the streams of calls, and the API to read them.
//!
//! Operations, shapes and errors follow the models of `kinesisvideo` and `kinesis-video-archived-media` (2017-09-30).
//! Where the service makes no promise, this one behaves in the way that is hardest on a reader: fragments are listed
//! in no order, not even across pages, later contacts reuse streams, and the last fragment of some runs lacks the
//! contact's tags.

mod api;
mod fragments;
mod produce;
mod store;

pub use store::{KinesisVideo, Settings};
pub(crate) use store::{Place, Run, StreamSettings};
