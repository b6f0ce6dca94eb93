//! Why a flow could not be run.

use flow_language::ParseError;

use crate::connect::PublishError;

/// Why a call or a task could not be carried through. A call that ends badly for the caller is no error.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nothing answers the number.
    #[error("no flow answers {0}: claim the number and attach a flow to it")]
    NoAnswer(String),
    /// There is no such flow.
    #[error("there is no flow {0:?} in the contact centre")]
    NoFlow(String),
    /// The flow cannot answer a call.
    #[error("the flow {flow:?} cannot answer: {reason}")]
    NotCallable {
        /// The flow's name.
        flow: String,
        /// Why not.
        reason: String,
    },
    /// The flow is no flow.
    #[error("the flow {flow:?} cannot be read: {source}")]
    Unreadable {
        /// The flow's name.
        flow: String,
        /// Where it departs.
        source: ParseError,
    },
    /// The flow uses what the local cloud cannot do.
    #[error("the action {action:?} of the flow {flow:?} needs {what}, which the local cloud does not have")]
    Unsupported {
        /// The flow's name.
        flow: String,
        /// The action's identifier.
        action: String,
        /// What it needs.
        what: String,
    },
    /// The agent of the caller's script cannot take the call.
    #[error(
        "{agent} cannot answer the call: {why}; name an agent whose routing profile has the call's queue"
    )]
    NoAgent {
        /// The agent's name.
        agent: String,
        /// Why not.
        why: String,
    },
    /// A contact has no guide.
    #[error("the contact {contact} cannot be opened with a guide: {why}")]
    NoGuide {
        /// The contact's id.
        contact: String,
        /// Why not.
        why: String,
    },
    /// The flow goes on for ever without a caller noticing.
    #[error("the flow {flow:?} ran {actions} actions without an end")]
    Endless {
        /// The flow's name.
        flow: String,
        /// After how many actions it was stopped.
        actions: usize,
    },
    /// The call took place; its contact record could not be sent.
    #[error("the call took place, but {0}")]
    ContactRecord(#[from] PublishError),
}
