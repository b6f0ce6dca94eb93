//! The pipeline in a simulated AWS.
//!
//! The handlers are those that run on Lambda, with the SDK's clients, its retries and its time limits. What stands
//! around them is simulated: callers and agents, the services that the handlers call, the event source mappings, rules
//! and schedule that invoke them, the alarms, and the time, which passes as fast as there is work. What goes wrong is
//! drawn from a seed, call by call, and so is the order of events. At the end the installer's own `redrive` puts what is
//! not delivered back into work, and every message is accounted for.
//!
//! ```text
//! FAULTS_VOICEMAILS=1000 FAULTS_SEED=7 cargo test --workspace --test simulation at_random -- --nocapture
//! ```
#![expect(
    clippy::unwrap_used,
    reason = "a simulation that goes against itself is to stop, and a test fails by panicking"
)]

mod account;
mod alarms;
mod at_random;
mod before;
mod call;
mod cases;
mod chain;
mod every_call;
mod fault;
mod lambda;
mod links;
mod outcome;
mod process;
mod run;
mod stack;
mod table;
mod world;
