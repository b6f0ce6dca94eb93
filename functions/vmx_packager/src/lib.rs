//! Steps 3 and 4 of the pipeline: gathers a voicemail into one package, and delivers it.
//!
//! The transcripts bucket announces each new transcript, Amazon Transcribe each job that failed, and the scheduled function
//! each transcript that is due. [`Packager`] puts recording, transcript, recipient, contact attributes and a playback link
//! together as one [`Package`](vmx_contract::package::Package) and delivers it by the modes that the voicemail asks for. A
//! voicemail whose transcription failed, or takes longer than it may, is delivered all the same, with a note. Before it is
//! delivered the package is kept, without its link, for the page that the link leads to. A message without speech is
//! delivered, marked or dropped, as the installation wants it.
//!
//! # One after another
//! A voicemail waits for AWS calls, so that what does not need each other is asked at the same time: first everything that
//! its name leads to (recording, witness of an end, transcript, contact), then everything that the recording leads to
//! (recipient, link, summary, earlier receipts); then the package is kept, and then it is delivered by all modes at once.
//!
//! # Once
//! Announcements come at least once, and any step may be the last before a crash. So:
//! 1. each delivery carries the voicemail's name as its token, where the receiving service has such: a repetition makes no
//!    second task. Where it has not, a claim keeps two invocations apart;
//! 2. then the mode's receipt is written, `delivered/<voicemail>/<mode>`: a mode that failed is repeated alone. Once
//!    every mode has its receipt, `ended/<voicemail>` is written: from then on nothing is delivered any more. S3 itself
//!    refuses to overwrite either;
//! 3. then the recording is tagged, the transcription job is deleted, and the contact says that its message has ended; last
//!    goes `undelivered/<voicemail>`. All of it may be repeated. When Transcribe or Connect refuses, that is logged and the
//!    voicemail counts as done, because its people have it.

mod clean;
mod config;
mod connection;
mod contact;
mod counted;
mod delivery;
mod ending;
mod error;
mod gather;
mod known;
mod package_store;
mod packager;
mod playback_link;
mod recipient;
mod silence;
mod store;
mod summary;
mod transcript;

pub use config::{Clients, Config, Guide, LinkKind};
pub use connection::{Connection, SalesforceConfig};
pub use error::PackagingError;
pub use packager::Packager;
pub use summary::Summaries;
