//! Checks every few minutes for undelivered voicemails and for broken parts of the pipeline.
//!
//! Events connect the steps of the pipeline, and events can be lost: a disabled rule, a queue whose messages expired.
//! Every voicemail is therefore listed in the state bucket under `undelivered/` until it has ended, and [`Watchdog`]
//! works through that listing in each round:
//!
//! | module | purpose |
//! |---|---|
//! | `round` | one round: everything below, then the metrics, even after failures |
//! | `listing` | lists the voicemails that have not ended |
//! | `look` | finds out how far one of them has come |
//! | `decide` | decides what to do with it: a pure function |
//! | `act` | does it: resends an event, marks a voicemail as stuck, completes unfinished ends |
//! | `letters` | finds dead letters that are new or about to expire |
//! | `chain` | checks triggers, rules, functions and the instance's settings |
//!
//! It has no permission to read recordings or transcripts: listings show that they exist. A part that it may not check
//! counts as broken. If it stops running, an alarm goes off.
//!
//! # Bounded
//! Voicemails written within the last minutes cost only their place in a page of a thousand. Each round lists and
//! checks a limited number, and the next one continues there. The work depends on the number of undelivered
//! voicemails, not on the size of the archive.

mod act;
mod chain;
mod config;
mod decide;
mod letters;
mod listing;
mod look;
mod memory;
mod round;

pub use config::{Clients, Config};
pub use round::Watchdog;
