//! Step 1 of the pipeline: the caller's audio, from Kinesis Video Streams to the recordings bucket.
//!
//! Amazon Connect writes a contact record to a Kinesis data stream when a contact is over. For a record that is
//! flagged as a voicemail, [`Recorder`] writes `<contact id>.wav`, 8 kHz mono 16-bit, with everything that the later
//! steps need as the object's metadata. Audio is streamed: memory does not grow with the length of the message.
//!
//! # Nothing is lost, nothing blocks
//! A record that fails is put on the retry queue as it is, from where it comes back to this same function; after a
//! few more attempts it lies in that queue's dead-letter queue, whole. Only when the queue cannot be reached is the
//! Kinesis record itself reported as failed. So a record that can never be processed does not block those behind it.
//!
//! # Once
//! Records are delivered at least once. The recording's key is the contact's id and it is written on condition that
//! it is not there, so that a second delivery finds the first one's work and makes no second voicemail. A recording
//! is there whole or not at all.

mod cause;
mod config;
mod error;
mod event;
mod listing;
mod media_stream;
mod recorder;
mod retry_queue;
mod throttling;
mod triage;
mod upload;

pub use config::{Clients, Config};
pub use error::RecordingError;
pub use event::Event;
pub use recorder::Recorder;
