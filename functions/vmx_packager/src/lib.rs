//! Steps 3 and 4 of the pipeline: gathers a voicemail into one package, and delivers it.
//!
//! The transcripts bucket announces each new transcript, Amazon Transcribe each failed job, and the watchdog each
//! transcript that is due. [`Packager`] combines recording, transcript, recipient, contact attributes and a playback
//! link into one [`Package`](vmx_contract::package::Package) and delivers it by the voicemail's modes. If the
//! transcription failed, or takes too long, it is delivered anyway, with a note. Before delivery the package is stored,
//! without its link, for the page behind the link. A message without speech is delivered, marked or dropped, as
//! configured.
//!
//! # Few steps
//! A voicemail waits for AWS calls, so independent ones run concurrently: first everything that its name leads to
//! (recording, witness of an end, transcript, contact), then everything that the recording leads to (recipient, link,
//! summary, earlier receipts); then the package is stored, and then it is delivered by all modes at once.
//!
//! # Once
//! Announcements come at least once, and any step may be the last before a crash. So:
//! 1. each delivery carries the voicemail's name as its token, if the receiving service supports one: a repetition
//!    creates no second task. Otherwise a claim keeps two invocations apart;
//! 2. then the mode's receipt is written, `delivered/<voicemail>/<mode>`: only a failed mode is repeated. Once every
//!    mode has its receipt, `ended/<voicemail>` is written: from then on nothing is delivered any more. S3 itself refuses
//!    to overwrite either;
//! 3. then the recording is tagged, the transcription job is deleted, and the contact is updated; finally
//!    `undelivered/<voicemail>` is removed. All of it can be repeated. If Transcribe or Connect refuses, that is logged
//!    and the voicemail counts as done, because it was delivered.

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
