//! What can be wrong with a flow.

use std::fmt;

/// One problem of a flow.
///
/// It displays as the service words it, for people who search for that text; [`detail`](Self::detail) says the same
/// plainly, and [`fix`](Self::fix) how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: ProblemKind,
    /// The path, for example `Actions[3].Transitions.NextAction`. Empty for the flow as a whole.
    pub path: String,
    /// The identifier of its action.
    pub action: Option<String>,
    /// What is wrong and what is expected, in one sentence without a full stop.
    pub detail: String,
    /// The fix: an imperative without a full stop.
    pub fix: String,
    /// Whether the service refuses the flow for it. If not, only documentation or custom is against it.
    pub is_certain: bool,
}

/// The kinds of problems, each a text of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// Something that an action needs is missing. A text of the service.
    MissingProperty,
    /// A branch that an action needs is missing. A text of the service.
    MissingError(String),
    /// An action has a branch for an error that it does not raise. A text of the service.
    InvalidError(String),
    /// Something has a name that is not known there. A text of the service.
    InvalidName,
    /// Something has a value that is not allowed there. A text of the service.
    InvalidValue,
    /// There is no action of this type, or not in flows of this type. A text of the service.
    InvalidType(String),
    /// An action that ends a flow has a transition. A text of the service.
    TransitionsNotSupported,
    /// A condition that an action needs is missing. By analogy with [`MissingError`](Self::MissingError).
    MissingCondition(String),
    /// An action has a condition that it never meets. By analogy with [`InvalidError`](Self::InvalidError).
    InvalidCondition,
    /// The flow as a whole is invalid: its text, a top-level member, its size. By analogy.
    InvalidFlow,
}

impl Problem {
    /// The problem in the service's words, as in `problems[].message` of an `InvalidContactFlowException`.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, path, detail, .. } = self;
        match kind {
            ProblemKind::MissingProperty => {
                write!(formatter, "Action is missing required property. Path: {path}")
            }
            ProblemKind::MissingError(error) => {
                write!(formatter, "Action is missing required error. Error: {error}, Path: {path}")
            }
            ProblemKind::InvalidError(error) => write!(formatter, "Invalid Action error. Error: {error}"),
            ProblemKind::InvalidName => write!(formatter, "Invalid Action property name. Path: {path}"),
            ProblemKind::InvalidValue => write!(formatter, "Invalid Action property value. Path: {path}"),
            ProblemKind::InvalidType(kind) => write!(formatter, "Invalid Action type. Type: {kind}"),
            ProblemKind::TransitionsNotSupported => {
                formatter.write_str("Action does not support transitions")
            }
            ProblemKind::MissingCondition(operand) => {
                write!(formatter, "Action is missing required condition. Condition: {operand}, Path: {path}")
            }
            ProblemKind::InvalidCondition => write!(formatter, "Invalid Action condition. Path: {path}"),
            ProblemKind::InvalidFlow if path.is_empty() => write!(formatter, "Invalid Flow. {detail}"),
            ProblemKind::InvalidFlow => write!(formatter, "Invalid Flow property. Path: {path}"),
        }
    }
}
