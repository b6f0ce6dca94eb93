//! Why a stack operation failed: a pure fold over CloudFormation's events.

pub mod cause;
mod details;
mod hints;

use aws_sdk_cloudformation::types::OperationEvent;

use crate::progress::StackEvent;
use crate::root_cause::cause::Cause;

pub(crate) use details::{of_change_set, of_operation};

/// CloudFormation's text, in lower case, for resources cancelled because another one failed.
const CONSEQUENCES: [&str; 3] =
    ["resource creation cancelled", "resource update cancelled", "resource deletion cancelled"];

/// The failures that are not just a consequence, oldest first, one per resource.
///
/// The stack's own failure ("The following resource(s) failed …") counts only if nothing else explains it.
#[must_use]
pub fn root_causes(events: &[StackEvent]) -> Vec<Cause> {
    root_causes_with(events, &[])
}

/// Like [`root_causes`], with what only `DescribeEvents` knows: what was found before the first resource started.
#[must_use]
pub fn root_causes_with(events: &[StackEvent], details: &[OperationEvent]) -> Vec<Cause> {
    let mut failures = failures(events);
    failures.extend(details.iter().filter_map(details::failure));
    failures.sort_by_key(|failure| failure.at_ms);
    let (of_the_stack, of_resources): (Vec<Cause>, Vec<Cause>) =
        failures.into_iter().partition(Cause::is_of_the_stack);
    let mut causes: Vec<Cause> = Vec::new();
    for failure in of_resources {
        // One resource may fail several validations, and then fail again: that is one cause.
        let known = |cause: &Cause| {
            cause.logical_id == failure.logical_id && (failure.path.is_none() || cause.path == failure.path)
        };
        if !causes.iter().any(known) {
            causes.push(failure);
        }
    }
    if causes.is_empty() {
        causes.extend(of_the_stack.into_iter().next());
    }
    for cause in &mut causes {
        cause.hint = cause.reason.as_deref().and_then(hints::hint);
    }
    causes
}

/// Every failure except cancellations.
fn failures(events: &[StackEvent]) -> Vec<Cause> {
    let mut events: Vec<&StackEvent> = events.iter().collect();
    events.sort_by_key(|event| event.at_ms);
    let mut in_rollback = false;
    let mut failures = Vec::new();
    for event in events {
        if is_failure(event) {
            failures.push(Cause {
                at_ms: event.at_ms,
                logical_id: event.logical_id.clone(),
                resource_type: event.resource_type.clone(),
                status: event.status.clone(),
                reason: event.reason.clone(),
                check: None,
                path: None,
                in_rollback,
                hint: None,
            });
        }
        in_rollback |= event.is_of_the_stack() && event.status.contains("ROLLBACK_IN_PROGRESS");
    }
    failures
}

fn is_failure(event: &StackEvent) -> bool {
    let reason = event.reason.as_deref().unwrap_or_default();
    let failed = event.status.ends_with("_FAILED")
        // A stack that rolls back gives the reason there if no resource had started.
        || (event.is_of_the_stack() && event.status.contains("ROLLBACK_IN_PROGRESS") && !reason.is_empty());
    failed && !is_consequence(reason)
}

fn is_consequence(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    CONSEQUENCES.iter().any(|text| reason.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at_ms: i64, logical_id: &str, status: &str, reason: &str) -> StackEvent {
        let resource_type =
            if logical_id == "vmx" { "AWS::CloudFormation::Stack" } else { "AWS::SQS::Queue" };
        StackEvent {
            id: format!("{logical_id}-{at_ms}"),
            at_ms,
            logical_id: logical_id.into(),
            resource_type: resource_type.into(),
            status: status.into(),
            reason: (!reason.is_empty()).then(|| reason.into()),
        }
    }

    fn names(causes: &[Cause]) -> Vec<&str> {
        causes.iter().map(|cause| cause.logical_id.as_str()).collect()
    }

    #[test]
    fn the_first_failure_is_the_cause_and_cancellations_are_none() {
        let events = [
            event(1, "vmx", "CREATE_IN_PROGRESS", "User Initiated"),
            event(2, "Queue", "CREATE_IN_PROGRESS", ""),
            event(5, "Role", "CREATE_FAILED", "Resource creation cancelled"),
            event(4, "Queue", "CREATE_FAILED", "Queue already exists"),
            event(
                6,
                "vmx",
                "ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Role, Queue].",
            ),
            event(7, "Queue", "DELETE_COMPLETE", ""),
        ];
        assert_eq!(names(&root_causes(&events)), ["Queue"]);
    }

    #[test]
    fn several_causes_come_oldest_first_and_once_each() {
        let events = [
            event(9, "B", "UPDATE_FAILED", "no permission"),
            event(3, "A", "UPDATE_FAILED", "bad value"),
            event(12, "A", "DELETE_FAILED", "in use"),
        ];
        let causes = root_causes(&events);
        assert_eq!(names(&causes), ["A", "B"]);
        assert_eq!(causes[0].reason.as_deref(), Some("bad value"));
    }

    #[test]
    fn the_stack_itself_explains_what_no_resource_does() {
        let reason = "Transform failed";
        let events =
            [event(1, "vmx", "CREATE_IN_PROGRESS", ""), event(2, "vmx", "ROLLBACK_IN_PROGRESS", reason)];
        assert_eq!(root_causes(&events)[0].reason.as_deref(), Some(reason));
        assert_eq!(root_causes(&events[..1]), []);
    }
}
