//! What a command works with.

use vmx_engine::approver::Approver;
use vmx_engine::interrupt::Interrupts;

use crate::cli::{ApplyArgs, ApprovalArgs};
use crate::event::EventView;

/// What the command line and the environment give to a command that changes something.
pub(super) struct Session<'a> {
    pub(super) profile: Option<&'a str>,
    pub(super) approval: ApprovalArgs,
    pub(super) apply: ApplyArgs,
    pub(super) run_id: &'a str,
    pub(super) interrupts: &'a Interrupts,
    pub(super) view: &'a dyn EventView,
    pub(super) approver: &'a dyn Approver,
}
