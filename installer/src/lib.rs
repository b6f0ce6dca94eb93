//! Installs and removes Voicemail Express on an Amazon Connect instance: the command line in front of [`vmx_engine`],
//! which does the work, and [`vmx_model`], which defines it.
//!
//! [`commands`] combine the stages; [`wizard`] asks for parameters; [`approval`] is the gate before every change; only
//! [`ui`] prints, by showing [`event`]s; [`exit`] has the exit codes.

pub mod approval;
pub mod cli;
pub mod commands;
pub mod error;
pub mod event;
pub mod exit;
mod home;
mod packages;
pub mod plan_file;
#[cfg(test)]
mod testing;
pub mod ui;
pub mod wizard;
