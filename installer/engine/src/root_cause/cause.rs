//! Why something failed.

use std::fmt;

use serde::Serialize;

/// A failure that is not just a consequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// When, in milliseconds since 1970, by CloudFormation's clock.
    pub at_ms: i64,
    /// The resource's logical ID, or the stack's name for the stack.
    pub logical_id: String,
    /// For example `AWS::Lambda::Function`.
    pub resource_type: String,
    /// For example `CREATE_FAILED`; `VALIDATION_FAILED` for findings before the start.
    pub status: String,
    /// Why, in CloudFormation's words.
    pub reason: Option<String>,
    /// The validation or hook that found it.
    pub check: Option<String>,
    /// Where in the template, for example `/Resources/Queue/Properties/QueueName`.
    pub path: Option<String>,
    /// Whether it happened during the rollback: then it does not explain the failed operation, but why the stack is
    /// stuck.
    pub in_rollback: bool,
    /// The fix, if known.
    pub hint: Option<&'static str>,
}

impl Cause {
    pub(crate) fn is_of_the_stack(&self) -> bool {
        self.resource_type == "AWS::CloudFormation::Stack" && self.check.is_none()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason.as_deref().unwrap_or("CloudFormation gave no reason");
        write!(f, "{} ({}): {}", self.logical_id, self.resource_type, reason.trim_end_matches('.'))?;
        match (&self.check, &self.path) {
            (Some(check), Some(path)) => write!(f, " [{check} at {path}]"),
            (Some(check), None) => write!(f, " [{check}]"),
            (None, Some(path)) => write!(f, " [at {path}]"),
            (None, None) => Ok(()),
        }
    }
}
