//! Amazon Connect and Kinesis Video Streams as their clients and callers see them, without a network.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actions;
mod calls;
mod contract;
mod flows;
mod guides;
mod instance;
mod media;
mod modules;
mod queues;
mod support;
mod tasks;
mod voicemails;
