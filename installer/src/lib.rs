//! Installs Voicemail Express on an Amazon Connect instance, and takes it away again.
//!
//! ```text
//! params ──► discover ──► render ──► plan ──► apply
//! ```
//! | stage | module | what it does |
//! |---|---|---|
//! | what is wanted | [`params`] | read from a file and checked |
//! | what is there | [`discover`] | looks at the account and the instance, and changes nothing |
//! | documents | [`render`] | pure: the stack's template and the flows |
//! | what has to change | [`plan`] | pure: one value that is shown, approved and applied |
//! | can it work | [`preflight`] | looks at the account before the first write, and at what is installed |
//! | change it | [`apply`], [`teardown`] | tell what they do by [`event`]s |
//!
//! [`template`] and [`permissions`] compare what is deployed with what is wanted; [`drift`] is what somebody changed past
//! CloudFormation. [`approval`] is the one gate before a change. [`status`], [`trace`], [`redrive`] and [`links`] are for
//! whoever operates an installation; they find its parts by [`pipeline`]. [`deployments`] remembers what was installed, to
//! go back to it. [`capacity`] is what an installation is laid out for. [`build`] makes the functions' zips. [`commands`]
//! put the stages together; nothing prints but [`ui`].

pub mod actual;
pub mod apply;
pub mod approval;
pub mod approver;
pub mod architecture;
pub mod artifact;
pub mod build;
pub mod capacity;
pub mod change;
pub mod cli;
pub mod cloud;
pub mod commands;
pub mod dead_letters;
pub mod deployments;
pub mod digest;
pub mod discover;
pub mod drift;
pub mod error;
pub mod event;
pub mod exit;
pub mod facts;
pub mod files;
pub mod finding;
pub mod flow_calls;
pub mod flow_content;
pub mod follow;
pub mod interrupt;
pub mod links;
pub mod ownership;
pub mod pace;
pub mod params;
pub mod parts;
pub mod permissions;
pub mod pipeline;
pub mod plan;
pub mod preflight;
pub mod progress;
pub mod redrive;
pub mod render;
pub mod root_cause;
pub mod smoke;
pub mod state_bucket;
pub mod status;
pub mod teardown;
pub mod template;
#[cfg(test)]
mod testing;
pub mod timeouts;
pub mod trace;
pub mod ui;
pub mod wizard;
