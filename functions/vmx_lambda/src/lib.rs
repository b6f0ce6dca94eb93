//! What every function of the pipeline needs of its surroundings.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | the function's environment variables, with errors that name them |
//! | [`clock`] | what time it is |
//! | [`aws`] | one AWS configuration, shared by every client |
//! | [`failure`] | why an AWS call failed, and whether trying again can help |
//! | [`batch`] | the messages of one invocation, each answered for by itself |
//! | [`event_bridge`] | the events that start the later steps |
//! | [`logs`] | JSON lines, with nothing personal at level info |
//! | [`metrics`] | what is counted, as lines among the logs |
//! | [`retention`] | the tag by which a recording is kept |
//! | `testing` | AWS as a function of requests, for tests (feature `testing`) |
//!
//! A function's `main` reads settings, makes clients and hands over to a handler in its library.

pub mod aws;
pub mod batch;
pub mod clock;
pub mod event_bridge;
pub mod failure;
pub mod logs;
pub mod metrics;
pub mod retention;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;
