//! What the installer, the contact flows and the functions agree on, and nothing else.
//!
//! Two programs make Voicemail Express: the installer, which turns parameters into a running system, and the
//! pipeline of functions, which turns a contact record into a delivered voicemail. They meet only here:
//!
//! | module | what is agreed |
//! |---|---|
//! | [`attributes`] | the contact attributes that a flow sets (`vm_flag`, `vm_from`, …) and their aliases |
//! | [`contact_record`] | the contact record that Amazon Connect emits when a call is over |
//! | [`messages`] | which messages a contact record tells of, and where the audio of each lies |
//! | [`voicemail`] | what a contact record says about one message |
//! | [`voicemail_id`] | the name of a voicemail, and the keys of its objects |
//! | [`state`] | what says of a voicemail whether, and how, it has ended |
//! | [`retention`] | the tag by which a recording is kept, and for how long |
//! | [`objects`] | where the S3 objects of voicemails lie |
//! | [`metadata`] | the state that rides on the recording as S3 object metadata |
//! | [`delivered`] | what a delivery marker says |
//! | [`email`] | e-mail addresses, and the settings of the mode `email` |
//! | [`environment`] | environment variables of the functions |
//! | [`metrics`] | what is counted of the pipeline |
//! | [`other`] | the settings and the event of the mode `other` |
//! | [`package`] | the voicemail package, as JSON |
//! | [`reminder`] | the message that tells the packager that a transcript is due |
//! | [`retry`] | contact records as messages of the retry queue |
//! | [`token`] | the token of a playback link |
//! | [`transcription`] | what Amazon Transcribe makes of a recording |
//! | [`salesforce`] | how voicemails become records in Salesforce |
//! | [`at_once`] | how many items of a batch are worked on at the same time |
//! | [`watchdog`] | what the scheduled function looks after, and what it remembers |
//! | [`arn`] | the ARNs of instances, queues and agents |
//!
//! The crate knows no AWS SDK, so that both programs can use it and its tests need nothing.

#![warn(missing_docs)]

pub mod arn;
pub mod at_once;
pub mod attributes;
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
pub mod state;
pub mod token;
pub mod transcription;
pub mod voicemail;
pub mod voicemail_id;
pub mod watchdog;

/// Languages that Amazon Transcribe accepts in batch jobs, as of November 2026.
pub mod language;
