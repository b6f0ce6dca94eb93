//! Rounds of the function against an AWS that is a function of requests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chain;
mod letters;
mod undelivered;
mod work;
mod world;
