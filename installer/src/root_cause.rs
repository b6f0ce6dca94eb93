//! Why a stack operation failed: a pure fold over its events.

use crate::event::StackEvent;

/// What CloudFormation says of resources that it gave up because another one failed.
const CONSEQUENCES: [&str; 4] = [
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
    "Resource creation Cancelled",
];

/// The failures that are no mere consequence of another one, oldest first, one for each resource.
///
/// The stack's own failure ("The following resource(s) failed …") only counts when nothing else explains it.
#[must_use]
pub fn root_causes(events: &[StackEvent]) -> Vec<StackEvent> {
    let mut failures: Vec<&StackEvent> = events.iter().filter(|event| is_failure(event)).collect();
    failures.sort_by_key(|event| event.at_ms);
    let of_resources = failures.iter().filter(|event| !event.is_of_the_stack());
    let mut causes: Vec<StackEvent> = Vec::new();
    for failure in of_resources {
        if !causes.iter().any(|cause| cause.logical_id == failure.logical_id) {
            causes.push((*failure).clone());
        }
    }
    if causes.is_empty() {
        causes.extend(failures.first().map(|event| (*event).clone()));
    }
    causes
}

fn is_failure(event: &StackEvent) -> bool {
    let reason = event.reason.as_deref().unwrap_or_default();
    let failed = event.status.ends_with("_FAILED")
        // A stack that rolls back names the reason there when no resource had begun.
        || (event.is_of_the_stack() && event.status.contains("ROLLBACK_IN_PROGRESS") && !reason.is_empty());
    failed && !CONSEQUENCES.iter().any(|text| reason.contains(text))
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

    fn names(causes: &[StackEvent]) -> Vec<&str> {
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
