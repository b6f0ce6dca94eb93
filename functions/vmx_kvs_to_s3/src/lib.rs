//! Step 1 of the pipeline: the caller's audio, from Kinesis Video Streams to the recordings bucket.
//!
//! Amazon Connect writes a contact record to a Kinesis data stream when a contact is over. For each message that the
//! record tells of ([`vmx_contract::messages`]), [`Recorder`] writes `<voicemail>.wav`, 8 kHz mono 16-bit, with
//! everything that the later steps need as the object's metadata. Audio is streamed: memory does not grow with the length
//! of the message.
//!
//! # Nothing is lost, nothing blocks
//! A record that fails is put on the retry queue as it is, from where it comes back to this same function; after a
//! few more attempts it lies in that queue's dead-letter queue, whole. Only when the queue cannot be reached is the
//! Kinesis record itself reported as failed. So a record that can never be processed does not block those behind it,
//! and a message that cannot be recorded does not block the others of its contact.
//!
//! # Once
//! Records are delivered at least once. The recording's key is the voicemail's name and it is written on condition that
//! it is not there, so that a second delivery finds the first one's work and makes no second voicemail. A recording
//! is there whole or not at all.
//!
//! # States
//! Before a message is recorded, `undelivered/<voicemail>` is written to the state bucket: from then on nobody has to rely
//! on events to know of it. A message of which there is no voicemail ends here, with `ended/<voicemail>` as the witness
//! and a metric: an agent answered while it was being left, or nothing was said. The latter is said of a message only
//! that the caller did not save, and only if not a sound is in it, or if its stream lasted less than two seconds and holds
//! no audio. Everything else that holds nothing is an error.
//!
//! # Whole
//! A message is read when both its ends are listed and nothing is missing between. What is missing is waited for, first
//! here, then in the retry queue; what has not come ten minutes after the end of the stream does not come any more, and
//! the rest is recorded with a warning. Fragments in which an agent was talking to the caller are never asked for.
//!
//! # Fast
//! At most three AWS calls run one after another from the record to the first byte of media: what was done before and
//! where to read, the list of fragments and the entry in the state bucket, the media.

mod about;
mod cause;
mod config;
mod copy;
mod error;
mod event;
mod listing;
mod media_stream;
mod message;
mod recorder;
mod retry_queue;
mod state_bucket;
mod throttling;
mod triage;
mod upload;
mod voiced;

pub use config::{Clients, Config};
pub use error::RecordingError;
pub use event::Event;
pub use recorder::Recorder;
