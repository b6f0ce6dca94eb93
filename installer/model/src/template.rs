//! CloudFormation templates as values that can be compared. Pure.
//!
//! References become text in the notation of `Fn::Sub`: `!Ref Queue` is `${Queue}`, `!GetAtt Queue.Arn` is
//! `${Queue.Arn}`, and parameters are replaced by their values. So two templates that say the same in different ways
//! are the same, and what differs can be shown.

mod compare;
mod read;

pub use compare::{PropertyChange, ResourceAction, ResourceChange, compare, differences};
pub use read::{Resource, Template, TemplateError};
