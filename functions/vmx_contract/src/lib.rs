//! The contract between the installer, the contact flows and the functions.
//!
//! Two programs make Voicemail Express: the installer, which turns parameters into a running system, and the pipeline
//! of functions, which turns a contact record into a delivered voicemail. They share only this crate:
//!
//! | module | content |
//! |---|---|
//! | [`attributes`] | the contact attributes that a flow sets (`vm_flag`, `vm_from`, …) and their aliases |
//! | [`contact_record`] | the contact record that Amazon Connect emits when a call is over |
//! | [`messages`] | a contact record's messages, and their audio |
//! | [`voicemail`] | what a contact record says about one message |
//! | [`voicemail_id`] | the name of a voicemail, and the keys of its objects |
//! | [`state`] | whether and how a voicemail has ended |
//! | [`retention`] | the tag that keeps a recording, and for how long |
//! | [`objects`] | the keys of voicemails' S3 objects |
//! | [`metadata`] | the state in the recording's S3 object metadata |
//! | [`delivered`] | the content of delivery markers |
//! | [`email`] | email addresses, and the settings of the mode `email` |
//! | [`environment`] | environment variables of the functions |
//! | [`metrics`] | the pipeline's metrics |
//! | [`other`] | the settings and the event of the mode `other` |
//! | [`package`] | the voicemail package, as JSON |
//! | [`staff`] | the words for people who get voicemails, in several languages |
//! | [`reminder`] | the message that tells the packager that a transcript is due |
//! | [`retry`] | contact records as messages of the retry queue |
//! | [`token`] | the token of a playback link |
//! | [`transcription`] | the output of Amazon Transcribe |
//! | [`salesforce`] | the settings of Salesforce records |
//! | [`at_once`] | how many items of a batch are processed concurrently |
//! | [`watchdog`] | what the watchdog monitors and remembers |
//! | [`chain`] | how rules and triggers are read |
//! | [`arn`] | the ARNs of instances, queues and agents |
//!
//! The crate has no AWS SDK, so that both programs can use it and its tests need nothing.

#![warn(missing_docs)]

pub mod arn;
pub mod at_once;
pub mod attributes;
pub mod call_recording;
pub mod chain;
pub mod contact_record;
pub mod delivered;
pub mod email;
pub mod environment;
pub mod messages;
pub mod metadata;
pub mod metrics;
pub mod mode;
pub mod objects;
pub mod other;
pub mod package;
pub mod reminder;
pub mod retention;
pub mod retry;
pub mod salesforce;
pub mod staff;
pub mod state;
pub mod token;
pub mod transcription;
pub mod voicemail;
pub mod voicemail_id;
pub mod watchdog;

/// Languages that Amazon Transcribe accepts in batch jobs, as of November 2026.
pub mod language;
