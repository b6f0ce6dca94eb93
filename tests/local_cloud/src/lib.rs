//! The local cloud: MiniStack with Amazon Connect, Kinesis Video Streams and Transcribe beside it, on loopback.
//!
//! [`LocalCloud::start`] gives one endpoint that stands for all of AWS. A request goes by the service that its signature
//! is scoped to: Connect, Kinesis Video Streams, Transcribe and Service Quotas are answered here, all else by
//! [MiniStack](ministack), which runs as a supervised child and also verifies the signatures and evaluates the IAM
//! policies for us.

pub mod backend;
pub mod call;
pub mod clock;
mod cloud;
pub mod connect;
pub mod control;
pub mod demo;
pub mod download;
pub mod faults;
pub mod front;
pub mod installer;
pub mod internal_calls;
pub mod kinesis_video;
pub mod ministack;
pub mod python;
pub mod service;
mod service_quotas;

pub mod transcribe;

pub use cloud::{LocalCloud, Options, StartError};
