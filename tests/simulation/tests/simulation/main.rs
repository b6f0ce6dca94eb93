//! The pipeline in a simulated AWS.
//!
//! The handlers are those that run on Lambda, with the SDK's clients, its retries and its time limits. What stands
//! around them is simulated: the services that they call, the event source mappings that invoke them, and the time,
//! which passes as fast as there is work. What goes wrong is drawn from a seed, call by call, and so is the order of
//! events. At the end the installer's own `redrive` puts dead letters back into work, and every voicemail is accounted
//! for.
//!
//! ```text
//! FAULTS_VOICEMAILS=1000 FAULTS_SEED=7 cargo test --workspace --test simulation at_random -- --nocapture
//! ```
#![expect(
    clippy::unwrap_used,
    reason = "a simulation that goes against itself is to stop, and a test fails by panicking"
)]

mod account;
mod at_random;
mod cases;
mod every_call;
mod fault;
mod lambda;
mod process;
mod run;
mod stack;
mod voicemail;
mod world;
