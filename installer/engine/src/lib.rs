//! The part of the installer that talks to AWS. It neither prints nor prompts: it reports [`progress`], and an
//! [`approver`] approves.
//!
//! | what | module |
//! |---|---|
//! | clients, errors with fixes, what is waited for | [`cloud`], [`pace`], [`waits`] |
//! | what exists | [`discover`], [`pipeline`], [`drift`] |
//! | whether it can work | [`preflight`], [`finding`], [`permissions`], [`services`] |
//! | the functions' zips | [`build`], [`architecture`] |
//! | changes | [`apply`], [`teardown`], [`deployments`] for rolling back |
//! | whether it works, and why not | `checks`, [`smoke`], [`follow`], [`root_cause`] |
//! | operating it | [`status`], [`trace`], [`logs`], [`console`], [`redrive`], [`links`], [`dead_letters`], [`state_bucket`] |
//! | voicemails | [`voicemails`], [`deletion`] |
//! | taking over from earlier systems | [`migrate`], [`flow_references`], [`handover`] |

pub mod apply;
pub mod approver;
pub mod architecture;
pub mod build;
pub(crate) mod checks;
pub mod cloud;
pub mod console;
pub mod dead_letters;
pub mod deletion;
pub mod deployments;
pub mod discover;
pub mod drift;
pub mod files;
pub mod finding;
pub mod flow_calls;
pub mod flow_references;
pub mod follow;
pub mod handover;
pub mod interrupt;
pub mod links;
pub mod logs;
pub mod migrate;
pub(crate) mod outside;
pub mod pace;
pub mod permissions;
pub mod pipeline;
pub mod preflight;
pub mod progress;
pub(crate) mod recording_tags;
pub mod redrive;
pub mod root_cause;
pub mod services;
pub mod smoke;
pub mod state_bucket;
pub mod status;
pub mod teardown;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trace;
pub(crate) mod versions;
pub mod voicemails;
pub mod waits;
