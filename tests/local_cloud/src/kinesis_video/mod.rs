//! Amazon Kinesis Video Streams: the streams that calls write into, and the calls that read them.
//!
//! Operations, shapes and errors are those of the models of `kinesisvideo` and `kinesis-video-archived-media`
//! (2017-09-30). What the service leaves open is answered in the way that is hardest on a reader: fragments are listed
//! in no order, not even across pages, streams are reused by later contacts, and the last fragment of some runs lacks
//! the contact's tags.

mod api;
mod fragments;
mod produce;
mod store;

pub use store::{KinesisVideo, Settings};
pub(crate) use store::{Place, Run, StreamSettings};
