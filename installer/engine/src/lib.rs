//! Whatever of the installer talks to AWS. It prints nothing and asks nobody: it tells of its [`progress`], and whoever
//! has to agree is an [`approver`].
//!
//! | what | module |
//! |---|---|
//! | clients, and errors with what to do | [`cloud`], [`pace`] |
//! | what is there | [`discover`], [`pipeline`], [`drift`] |
//! | can it work | [`preflight`], [`finding`] |
//! | the functions' zips | [`build`], [`architecture`] |
//! | change it | [`apply`], [`teardown`], [`deployments`] to go back to |
//! | see that it works, and why it does not | [`smoke`], [`follow`], [`root_cause`] |
//! | operate it | [`status`], [`trace`], [`redrive`], [`links`], [`dead_letters`], [`state_bucket`] |

pub mod apply;
pub mod approver;
pub mod architecture;
pub mod build;
pub mod cloud;
pub mod dead_letters;
pub mod deployments;
pub mod discover;
pub mod drift;
pub mod files;
pub mod finding;
pub mod flow_calls;
pub mod follow;
pub mod interrupt;
pub mod links;
pub mod pace;
pub mod pipeline;
pub mod preflight;
pub mod progress;
pub(crate) mod recording_tags;
pub mod redrive;
pub mod root_cause;
pub mod smoke;
pub mod state_bucket;
pub mod status;
pub mod teardown;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trace;
