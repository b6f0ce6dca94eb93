//! Amazon Connect's flow language, version 2019-10-30: reads flows and validates them by the service's rules.
//!
//! * [`Flow`] is a flow document, typed. Reading keeps the order of members and all of `Metadata`.
//! * [`validate`] checks the text of a flow the way `CreateContactFlow` checks a published one and tells every
//!   [`Problem`] in the service's words.
//! * [`check`] checks files, one's own or a stranger's, and adds advice that the service does not give.
//! * [`draw`] draws flows, as one page or as Mermaid.
//!
//! The rules are data, in `rules.json`: parameters, transitions, errors, conditions and flow types of each action, with
//! the sources and their date. They were compiled from what is public about the service: the conformance catalogue of
//! `flow-as-code/flow-as-code` (probed against the live `CreateContactFlow` in September 2026), the lints of AWS Samples'
//! AICC builder (June and July 2026), the developer guide, the administrator guide, and flows that the console exported
//! as published. Where those disagree, what was published counts most, then the later live probe. An action's `note` says
//! where that matters. A rule that only the documentation has makes no refusal: see [`Problem::is_certain`].
//!
//! What the service does not say in its own texts, this crate says by analogy; see [`ProblemKind`].

#![warn(missing_docs)]

pub mod check;
mod designer;
pub mod draw;
mod flow;
mod flow_type;
mod graph;
mod problem;
mod rules;
mod validate;

pub use designer::{Designer, Position};
pub use flow::{Action, Condition, ConditionBranch, ErrorBranch, Flow, ParseError, Transitions};
pub use flow_type::{FlowType, UnknownFlowType};
pub use problem::{Problem, ProblemKind};
pub use rules::{
    ActionRule, Basis, ConditionRule, ErrorRule, Forms, Limits, NextActionRule, ParameterRule, Rules, rules,
};
pub use validate::{examine, validate};
