//! Steps 3 and 4 of the pipeline: gathers a voicemail into one package, and delivers it.
//!
//! The transcripts bucket announces each new transcript, and Amazon Transcribe each job that failed. [`Packager`]
//! puts recording, transcript, recipient, contact attributes and a playback link together as one
//! [`Package`](vmx_contract::package::Package) and delivers it by the modes that the voicemail asks for. A voicemail
//! whose transcription failed, or takes longer than it may, is delivered all the same, with a note: a
//! [`Reminder`](vmx_contract::reminder::Reminder) waits in the same queue until the transcript is due. Before it is
//! delivered the package is kept, without its link, for the page that the link leads to.
//!
//! # Once
//! Announcements come at least once, and any step may be the last before a crash. So:
//! 1. each delivery carries the contact's id as its token, where the receiving service has such: a repetition makes no
//!    second task. Where it has not, a claim keeps two invocations apart;
//! 2. then the mode's marker is written, `delivered/<contact id>/<mode>`: a mode that failed is repeated alone. Once
//!    every mode has its marker, `delivered/<contact id>` is written: from then on nothing is delivered any more;
//! 3. then the transcription job is deleted and the contact's flag is reset. Both may be repeated. When the service
//!    is out of reach the message is tried again; when it refuses, that is logged and the voicemail counts as done,
//!    because its people have it.

mod completion;
mod config;
mod connection;
mod counted;
mod delivery;
mod error;
mod package_store;
mod packager;
mod playback_link;
mod recipient;
mod summary;
mod transcript;

pub use config::{Clients, Config, Guide, LinkKind};
pub use connection::{Connection, SalesforceConfig};
pub use error::PackagingError;
pub use packager::Packager;
pub use summary::Summaries;
