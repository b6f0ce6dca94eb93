//! Errors of running a flow.

use flow_language::ParseError;

use crate::connect::PublishError;

/// Why a call or a task failed. A call that ends badly for the caller is not an error.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The number is not assigned to a flow.
    #[error("no flow answers {0}: claim the number and attach a flow to it")]
    NoAnswer(String),
    /// There is no such flow.
    #[error("there is no flow {0:?} in the contact center")]
    NoFlow(String),
    /// The flow cannot answer calls.
    #[error("the flow {flow:?} cannot answer: {reason}")]
    NotCallable {
        /// The flow's name.
        flow: String,
        /// The reason.
        reason: String,
    },
    /// The flow's content is invalid.
    #[error("the flow {flow:?} cannot be read: {source}")]
    Unreadable {
        /// The flow's name.
        flow: String,
        /// The problem.
        source: ParseError,
    },
    /// The flow uses a feature that the local cloud does not support.
    #[error("the action {action:?} of the flow {flow:?} needs {what}, which the local cloud does not have")]
    Unsupported {
        /// The flow's name.
        flow: String,
        /// The action's identifier.
        action: String,
        /// The feature.
        what: String,
    },
    /// The agent in the caller's script cannot take the call.
    #[error(
        "{agent} cannot answer the call: {why}; name an agent whose routing profile has the call's queue"
    )]
    NoAgent {
        /// The agent's name.
        agent: String,
        /// The reason.
        why: String,
    },
    /// A contact has no guide.
    #[error("the contact {contact} cannot be opened with a guide: {why}")]
    NoGuide {
        /// The contact's ID.
        contact: String,
        /// The reason.
        why: String,
    },
    /// The flow loops forever without the caller noticing.
    #[error("the flow {flow:?} ran {actions} actions without an end")]
    Endless {
        /// The flow's name.
        flow: String,
        /// The number of actions after which it was stopped.
        actions: usize,
    },
    /// The call took place, but its contact record could not be sent.
    #[error("the call took place, but {0}")]
    ContactRecord(#[from] PublishError),
}
