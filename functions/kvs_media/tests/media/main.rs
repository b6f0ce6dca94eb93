//! Tests of the extractor through its public face.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod behavior;
mod call;
mod clusterless;
mod extract;
mod fixtures;
mod properties;
