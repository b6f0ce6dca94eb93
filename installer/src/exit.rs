//! How the program ends: one documented set of exit codes.

use std::process::ExitCode;

/// Exit codes of `vmx-install`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing was to be done.
    Ok = 0,
    /// Failed; nothing was changed.
    Failed = 1,
    /// The command line or the parameters are wrong; nothing was changed.
    Usage = 2,
    /// Credentials are missing or expired, or do not allow what is needed.
    Permission = 3,
    /// Failed; what had been changed was taken back.
    RolledBack = 4,
    /// Failed half-way; the message says what to mend by hand or that the same command can be run again.
    NeedsRepair = 5,
    /// An approval is needed, and there is no terminal to ask on.
    ApprovalNeeded = 6,
    /// Another operation on the same stack is under way.
    Busy = 8,
    /// Interrupted by the person, or the person declined.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
