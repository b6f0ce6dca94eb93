//! Installs Voicemail Express on an Amazon Connect instance, and takes it away again: the command line in front of
//! [`vmx_engine`], which does the work, and [`vmx_model`], which knows what the work is.
//!
//! [`commands`] put the stages together; [`wizard`] asks for parameters; [`approval`] is the one gate before a change;
//! nothing prints but [`ui`], which shows [`event`]s; [`exit`] is the table of exit codes.

pub mod approval;
pub mod cli;
pub mod commands;
pub mod error;
pub mod event;
pub mod exit;
pub mod plan_file;
#[cfg(test)]
mod testing;
pub mod ui;
pub mod wizard;
