//! Removes an installation: first an inventory, then, once approved, the removal.

mod blockers;
mod buckets;
mod inventory;
mod logs;
mod readers;
mod remove;
#[cfg(test)]
mod tests;
mod waiting;

use crate::cloud::CloudError;
use crate::root_cause::cause::Cause;
use vmx_model::change::Change;

pub use buckets::Contents;
pub use inventory::{Inventory, OwnedStorage, Recordings, inventory};
pub use remove::remove;

/// Why an installation could not be removed.
#[derive(Debug, thiserror::Error)]
pub enum TeardownError {
    /// The account or the instance could not be read.
    #[error(transparent)]
    Discover(#[from] crate::discover::DiscoverError),
    /// A call failed during the inventory: nothing was removed.
    #[error("{0}; nothing was removed")]
    Inventory(CloudError),
    /// A call failed during the removal.
    #[error("{0}; run the same command again to remove the rest")]
    Cloud(#[from] CloudError),
    /// Something still refers to what would be removed.
    #[error(
        "nothing was removed: {} blocking it, listed above with the fix; then run the same command again",
        if .0.len() == 1 { "1 thing is".to_owned() } else { format!("{} things are", .0.len()) }
    )]
    Blocked(Vec<String>),
    /// A stack operation is in progress.
    #[error(
        "CloudFormation is updating the stack {stack} ({status}); wait until it has finished and run the \
         same command again"
    )]
    Busy {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
    },
    /// CloudFormation could not delete the stack.
    #[error(
        "the stack {stack} could not be deleted and is {status}: {}; fix that and run the same command \
         again, or add --force to keep what CloudFormation cannot delete",
        .causes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    )]
    Stuck {
        /// The stack.
        stack: String,
        /// Its status.
        status: String,
        /// Why, oldest first.
        causes: Vec<Cause>,
    },
    /// The stack's status could not be read for too long.
    #[error(
        "can no longer read the status of the stack {stack}; CloudFormation is still deleting it: {source}; \
         run the same command again"
    )]
    LostSight {
        /// The stack.
        stack: String,
        /// The last error.
        source: CloudError,
    },
}

impl Inventory {
    /// What will be removed, one change each. Empty if there is nothing to do.
    #[must_use]
    pub fn goes(&self) -> Vec<Change> {
        inventory::goes(self)
    }
}
