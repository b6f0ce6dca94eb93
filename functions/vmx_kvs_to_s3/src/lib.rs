//! Step 1 of the pipeline: the caller's audio, from Kinesis Video Streams or the recording of the automated interaction
//! to the recordings bucket.
//!
//! Amazon Connect writes a contact record to a Kinesis data stream when a contact is over. For each message in the
//! record ([`vmx_contract::messages`]), [`Recorder`] writes `<voicemail>.wav`, 8 kHz mono 16-bit, with everything that
//! the later steps need as the object's metadata. Audio is streamed: memory does not grow with the length of the
//! message.
//!
//! # Nothing is lost, nothing blocks
//! A failed record goes unchanged to the retry queue, which feeds this same function; after a few more attempts it is,
//! complete, in that queue's dead-letter queue. The Kinesis record itself is reported as failed only if the queue
//! cannot be reached. So a record that can never be processed does not block those behind it, and a message that cannot
//! be recorded does not block the others of its contact.
//!
//! # Once
//! Records are delivered at least once. The recording's key is the voicemail's name, and it is written only if it does
//! not exist, so a second delivery finds the first one's work. A recording exists completely or not at all.
//!
//! # States
//! Before a message is recorded, `undelivered/<voicemail>` is written to the state bucket: from then on it does not
//! depend on events. A message that is no voicemail ends here, with `ended/<voicemail>` as the witness and a metric: an
//! agent answered while it was being left, or nothing was said. The latter applies only to a message that the caller
//! did not save, and only if it has no sound, or if its stream lasted less than two seconds and has no audio.
//! Everything else without audio is an error.
//!
//! # Complete
//! A message is read when both its ends are listed and nothing is missing in between. Missing parts are waited for,
//! first here, then in the retry queue; what has not come ten minutes after the end of the stream is lost, and the rest
//! is recorded with a warning. Fragments in which an agent was talking to the caller are never requested.
//!
//! In the recording of the automated interaction, a message is found by the mark that its flow has noted, and begins at
//! the end of the beep. That recording is there as a whole, or waited for in the retry queue.
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
mod recorded_call;
mod recorder;
mod retry_queue;
mod state_bucket;
mod throttling;
mod triage;
mod upload;
mod voice;
mod voiced;

pub use config::{Clients, Config};
pub use error::RecordingError;
pub use event::Event;
pub use recorder::Recorder;
