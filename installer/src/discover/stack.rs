//! The stack as it is.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackEvent as SdkEvent, TemplateStage};

use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::event::StackEvent;

/// The stack as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackState {
    /// Its ARN: unlike the name, never used twice.
    pub id: String,
    /// Its name.
    pub name: String,
    /// For example `CREATE_COMPLETE`.
    pub status: String,
    /// Why it has that status.
    pub reason: Option<String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its template; empty when it was not asked for or there is none.
    pub template: String,
    /// What is in it; empty when it was not asked for.
    pub resources: Vec<StackResource>,
    /// Whether CloudFormation refuses to delete it.
    pub protected: bool,
    /// When it was last made or changed.
    pub since: Option<Timestamp>,
}

/// Something that the stack made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Its own name, or its ARN.
    pub physical_id: String,
}

/// What can be done with a stack in a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It works and can be updated or deleted.
    Working,
    /// A first installation failed and left it, with nothing in it that works: it can only be deleted.
    Leftover,
    /// A change set was made for it and never executed: it has no resources and can still be created.
    Shell,
    /// Something is being done to it.
    Busy,
    /// CloudFormation got stuck half-way.
    Stuck,
    /// It is deleted.
    Gone,
}

impl StackState {
    /// Whether the stack made the thing with an ARN. That an output names it does not say so: it may be adopted.
    #[must_use]
    pub fn made(&self, arn: &str) -> bool {
        let name = arn.rsplit(['/', ':']).next().unwrap_or(arn);
        self.resources.iter().any(|resource| resource.physical_id == arn || resource.physical_id == name)
    }

    /// What can be done with it.
    #[must_use]
    pub fn settled(&self) -> Settled {
        match self.status.as_str() {
            "REVIEW_IN_PROGRESS" => Settled::Shell,
            "DELETE_COMPLETE" => Settled::Gone,
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" => Settled::Leftover,
            "ROLLBACK_FAILED" | "UPDATE_ROLLBACK_FAILED" | "DELETE_FAILED" | "UPDATE_FAILED" => {
                Settled::Stuck
            }
            status if status.ends_with("_IN_PROGRESS") => Settled::Busy,
            _ => Settled::Working,
        }
    }
}

/// Describes the stack by its name or ARN; `None` when there is none. A deleted stack is only found by its ARN.
pub(crate) async fn describe_stack(cloud: &Cloud, name: &str) -> Result<Option<StackState>, CloudError> {
    let wanted = format!("describe the stack {name}");
    let described = cloud.cloudformation.describe_stacks().stack_name(name).send().await;
    match described.map_err(wrap(wanted)) {
        Ok(described) => Ok(described.stacks().first().map(state)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// As [`describe_stack`], with the template and what is in the stack.
pub(crate) async fn describe_stack_whole(
    cloud: &Cloud,
    name: &str,
) -> Result<Option<StackState>, CloudError> {
    let Some(mut stack) = describe_stack_with_resources(cloud, name).await? else {
        return Ok(None);
    };
    if matches!(stack.settled(), Settled::Shell | Settled::Gone) {
        return Ok(Some(stack));
    }
    let template = cloud
        .cloudformation
        .get_template()
        .stack_name(&stack.id)
        .template_stage(TemplateStage::Original)
        .send()
        .await
        .map_err(wrap(format!("read the template of the stack {name}")))?;
    stack.template = template.template_body().unwrap_or_default().to_owned();
    Ok(Some(stack))
}

/// As [`describe_stack`], with what is in the stack.
pub(crate) async fn describe_stack_with_resources(
    cloud: &Cloud,
    name: &str,
) -> Result<Option<StackState>, CloudError> {
    let Some(mut stack) = describe_stack(cloud, name).await? else {
        return Ok(None);
    };
    if matches!(stack.settled(), Settled::Shell | Settled::Gone) {
        return Ok(Some(stack));
    }
    let mut pages = cloud.cloudformation.list_stack_resources().stack_name(&stack.id).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap(format!("list what is in the stack {name}")))?;
        let known = page.stack_resource_summaries().iter().filter_map(|summary| {
            Some(StackResource {
                logical_id: summary.logical_resource_id()?.to_owned(),
                resource_type: summary.resource_type()?.to_owned(),
                physical_id: summary.physical_resource_id()?.to_owned(),
            })
        });
        stack.resources.extend(known);
    }
    Ok(Some(stack))
}

fn state(stack: &Stack) -> StackState {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    StackState {
        id: text(stack.stack_id()),
        name: text(stack.stack_name()),
        status: stack.stack_status().map_or_else(String::new, ToString::to_string),
        reason: stack.stack_status_reason().map(str::to_owned).filter(|reason| !reason.is_empty()),
        outputs: stack
            .outputs()
            .iter()
            .map(|output| (text(output.output_key()), text(output.output_value())))
            .collect(),
        parameters: stack
            .parameters()
            .iter()
            .map(|parameter| (text(parameter.parameter_key()), text(parameter.parameter_value())))
            .collect(),
        tags: stack.tags().iter().map(|tag| (text(tag.key()), text(tag.value()))).collect(),
        template: String::new(),
        resources: Vec::new(),
        protected: stack.enable_termination_protection().unwrap_or_default(),
        since: stack
            .last_updated_time()
            .or(stack.creation_time())
            .and_then(|at| Timestamp::from_millisecond(at.to_millis().ok()?).ok()),
    }
}

/// A page of a stack's events, newest first, and the token of the page of older ones.
pub(crate) async fn page_of_events(
    cloud: &Cloud,
    stack: &str,
    token: Option<String>,
) -> Result<(Vec<StackEvent>, Option<String>), CloudError> {
    let page = cloud
        .cloudformation
        .describe_stack_events()
        .stack_name(stack)
        .set_next_token(token)
        .send()
        .await
        .map_err(wrap(format!("read the events of the stack {stack}")))?;
    let next = page.next_token().map(str::to_owned);
    Ok((page.stack_events().iter().map(event).collect(), next))
}

fn event(event: &SdkEvent) -> StackEvent {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    StackEvent {
        id: text(event.event_id()),
        at_ms: event.timestamp().map_or(0, |at| at.to_millis().unwrap_or_default()),
        logical_id: text(event.logical_resource_id()),
        resource_type: text(event.resource_type()),
        status: event.resource_status().map_or_else(String::new, ToString::to_string),
        reason: event.resource_status_reason().map(str::to_owned).filter(|reason| !reason.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_stack_was_made_by_it() {
        let resource = |resource_type: &str, physical_id: &str| StackResource {
            logical_id: "X".into(),
            resource_type: resource_type.into(),
            physical_id: physical_id.into(),
        };
        let stack = StackState {
            resources: vec![
                resource("AWS::Kinesis::Stream", "vmx-Records-1"),
                resource("AWS::Lambda::Function", "vmx-Packager-1"),
            ],
            outputs: BTreeMap::from([("Stream".into(), "arn:aws:kinesis:r:1:stream/adopted".into())]),
            ..StackState::default()
        };
        assert!(stack.made("arn:aws:kinesis:r:1:stream/vmx-Records-1"));
        assert!(stack.made("arn:aws:lambda:r:1:function:vmx-Packager-1"));
        assert!(!stack.made("arn:aws:kinesis:r:1:stream/adopted"));
    }

    #[test]
    fn every_status_says_what_can_be_done() {
        for (status, settled) in [
            ("CREATE_COMPLETE", Settled::Working),
            ("UPDATE_COMPLETE", Settled::Working),
            ("UPDATE_ROLLBACK_COMPLETE", Settled::Working),
            ("ROLLBACK_COMPLETE", Settled::Leftover),
            ("REVIEW_IN_PROGRESS", Settled::Shell),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Settled::Busy),
            ("DELETE_IN_PROGRESS", Settled::Busy),
            ("UPDATE_ROLLBACK_FAILED", Settled::Stuck),
            ("DELETE_FAILED", Settled::Stuck),
            ("DELETE_COMPLETE", Settled::Gone),
        ] {
            let stack = StackState { status: status.into(), ..StackState::default() };
            assert_eq!(stack.settled(), settled, "{status}");
        }
    }
}
