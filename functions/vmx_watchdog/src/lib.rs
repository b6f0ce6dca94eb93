//! Looks every few minutes at what has not been delivered, and at what has to work for it.
//!
//! The steps of the pipeline are chained by events, and an event can be lost: a rule that was off, a queue whose messages
//! expired. So every voicemail stands in the state bucket under `undelivered/` until it has ended, and [`Watchdog`]
//! goes through that listing in each round:
//!
//! | module | what |
//! |---|---|
//! | `round` | one round: everything below, then the metrics, whatever failed |
//! | `listing` | which voicemails have not ended |
//! | `look` | how far one of them has come |
//! | `decide` | what is to be done with it: a pure function |
//! | `act` | does it: sends an event again, notes that nothing helps, finishes what was left half done |
//! | `letters` | dead letters that are new, and those that expire |
//! | `chain` | triggers, rules, functions, and what the instance is set up to do |
//!
//! It may not read recordings or transcripts: that they are there is all it needs, and listings tell that. What it may
//! not look at counts as broken. Its own silence is an alarm.
//!
//! # Bounded
//! Voicemails that were written within the last minutes cost nothing but their place in a listing of a thousand. A round
//! lists so many pages and looks at so many voicemails, and the next one goes on from there. So the work depends on what
//! has not been delivered, and not on what is kept.

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
