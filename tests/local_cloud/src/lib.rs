//! The local cloud: MiniStack with Amazon Connect, Kinesis Video Streams and Transcribe, on loopback.
//!
//! [`LocalCloud::start`] returns one endpoint for all of AWS. The scope of a request's signature determines its
//! service: Connect, Kinesis Video Streams, Transcribe and Service Quotas are implemented here, all others by
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
pub mod functions;
pub mod installer;
pub mod internal_calls;
pub mod kinesis_video;
pub mod ministack;
pub mod python;
pub mod service;
mod service_quotas;

pub mod transcribe;

pub use cloud::{LocalCloud, Options, StartError};
