//! What every function of the pipeline needs from its environment.
//!
//! | module | content |
//! |---|---|
//! | [`settings`] | the function's environment variables, with errors that name them |
//! | [`clock`] | the current time |
//! | [`date`] | the time by a service's clock |
//! | [`aws`] | one AWS configuration, shared by every client |
//! | [`failure`] | why an AWS call failed, and whether a retry can help |
//! | [`batch`] | the messages of one invocation, each with its own result |
//! | [`event_bridge`] | the events that start the later steps |
//! | [`logs`] | JSON lines, with nothing personal at level info |
//! | [`metrics`] | metrics, as lines in the logs |
//! | [`retention`] | the tag that keeps a recording |
//! | `testing` | AWS as a function of requests, for tests (feature `testing`) |
//!
//! A function's `main` reads settings, creates clients and calls a handler in its library.

pub mod aws;
pub mod batch;
pub mod clock;
pub mod date;
pub mod event_bridge;
pub mod failure;
pub mod logs;
pub mod metrics;
pub mod retention;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;
