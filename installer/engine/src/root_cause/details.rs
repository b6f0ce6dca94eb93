//! What `DescribeEvents` adds to the stack's events: validations and hooks.

use aws_sdk_cloudformation::types::{EventFilter, EventType, HookFailureMode, OperationEvent};

use super::{root_causes, root_causes_with};
use crate::cloud::{Cloud, CloudError, wrap};
use crate::progress::{Progress, StackEvent, View};
use crate::root_cause::cause::Cause;

/// What to read events of.
enum Of<'a> {
    Stack(&'a str),
    ChangeSet(&'a str),
}

/// Why an operation on a stack failed. If the details cannot be read, a warning says so and the stack's own events must
/// do.
pub(crate) async fn of_operation(
    cloud: &Cloud,
    stack_id: &str,
    events: &[StackEvent],
    view: &dyn View,
) -> Vec<Cause> {
    let begun_ms = events.iter().map(|event| event.at_ms).min().unwrap_or_default();
    let details = failed_events(cloud, Of::Stack(stack_id), begun_ms, view).await;
    root_causes_with(events, &details)
}

/// Why a change set could not be created. Empty if CloudFormation reports nothing new.
pub(crate) async fn of_change_set(cloud: &Cloud, change_set: &str, view: &dyn View) -> Vec<Cause> {
    root_causes_with(&[], &failed_events(cloud, Of::ChangeSet(change_set), i64::MIN, view).await)
}

/// The failed events since a moment. Empty, with a warning, if they cannot be read.
async fn failed_events(cloud: &Cloud, of: Of<'_>, begun_ms: i64, view: &dyn View) -> Vec<OperationEvent> {
    match read(cloud, of, begun_ms).await {
        Ok(events) => events,
        Err(error) => {
            let text = format!(
                "{error}; findings of CloudFormation's validations and hooks are missing from this \
                         report"
            );
            view.show(&Progress::Warning { text });
            Vec::new()
        }
    }
}

async fn read(cloud: &Cloud, of: Of<'_>, begun_ms: i64) -> Result<Vec<OperationEvent>, CloudError> {
    let request =
        cloud.cloudformation.describe_events().filters(EventFilter::builder().failed_events(true).build());
    let request = match of {
        Of::Stack(id) => request.stack_name(id),
        Of::ChangeSet(id) => request.change_set_name(id),
    };
    let mut events = Vec::new();
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("read the failure details"))?;
        let all = page.operation_events();
        let of_this_operation = all.iter().filter(|event| at_ms(event) >= begun_ms);
        let before = events.len();
        events.extend(of_this_operation.cloned());
        // Newest first: all that follows is older.
        if events.len() - before < all.len() {
            break;
        }
    }
    Ok(events)
}

fn at_ms(event: &OperationEvent) -> i64 {
    event.timestamp().and_then(|at| at.to_millis().ok()).unwrap_or_default()
}

/// The failure in an event, if there is one.
pub(super) fn failure(event: &OperationEvent) -> Option<Cause> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let found =
        |mode: Option<&HookFailureMode>, check: Option<&str>, path: Option<&str>, reason: Option<&str>| {
            // Warnings did not stop anything.
            (mode != Some(&HookFailureMode::Warn)).then(|| Cause {
                at_ms: at_ms(event),
                logical_id: text(event.logical_resource_id()),
                resource_type: text(event.resource_type()),
                status: "VALIDATION_FAILED".to_owned(),
                reason: reason.map(str::to_owned),
                check: check.map(str::to_owned),
                path: path.map(str::to_owned),
                in_rollback: false,
                hint: None,
            })
        };
    match event.event_type()? {
        EventType::ValidationError => found(
            event.validation_failure_mode(),
            event.validation_name(),
            event.validation_path(),
            event.validation_status_reason(),
        ),
        EventType::HookInvocationError => {
            found(event.hook_failure_mode(), event.hook_type(), None, event.hook_status_reason())
        }
        _ => {
            let event = StackEvent {
                id: text(event.event_id()),
                at_ms: at_ms(event),
                logical_id: text(event.logical_resource_id()),
                resource_type: text(event.resource_type()),
                status: event.resource_status().map_or_else(String::new, ToString::to_string),
                reason: event.resource_status_reason().map(str::to_owned),
            };
            root_causes(&[event]).into_iter().next()
        }
    }
}
