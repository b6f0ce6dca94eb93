//! Runs rounds of the function against a fake AWS.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chain;
mod letters;
mod undelivered;
mod work;
mod world;
