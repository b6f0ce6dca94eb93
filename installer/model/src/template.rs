//! CloudFormation templates as comparable values. Pure.
//!
//! References become text in the notation of `Fn::Sub`: `!Ref Queue` is `${Queue}`, `!GetAtt Queue.Arn` is
//! `${Queue.Arn}`, and parameters are replaced by their values. So two templates with the same meaning are equal, and
//! differences can be shown.

mod compare;
mod read;

pub use compare::{PropertyChange, ResourceAction, ResourceChange, compare, differences};
pub use read::{Resource, Template, TemplateError};
