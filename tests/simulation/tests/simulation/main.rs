//! The pipeline in a simulated AWS.
//!
//! The handlers are those that run on Lambda, with the SDK's clients, retries and timeouts. Everything around them is
//! simulated: callers and agents, the services, the event source mappings, rules and schedule that invoke the
//! handlers, the alarms, and the time, which passes as fast as there is work. Faults and the order of events are drawn
//! from a seed. At the end, the installer's own `redrive` retries what is not delivered, and every message is
//! accounted for.
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
