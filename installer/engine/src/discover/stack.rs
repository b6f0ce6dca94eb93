//! The stack's state.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack, StackEvent as SdkEvent, TemplateStage};

use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::progress::StackEvent;
use vmx_model::actual::{Settled, StackResource, StackState};

/// Describes a stack by its name or ARN, or returns `None`. A deleted stack is only found by its ARN.
pub async fn describe_stack(cloud: &Cloud, name: &str) -> Result<Option<StackState>, CloudError> {
    let wanted = format!("describe the stack {name}");
    let described = cloud.cloudformation.describe_stacks().stack_name(name).send().await;
    match described.map_err(wrap(wanted)) {
        Ok(described) => Ok(described.stacks().first().map(state)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Like [`describe_stack`], with the template and the resources.
pub async fn describe_stack_whole(cloud: &Cloud, name: &str) -> Result<Option<StackState>, CloudError> {
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

/// Like [`describe_stack`], with the resources.
pub async fn describe_stack_with_resources(
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

/// The stacks of the region but for nested ones, which belong to their parents and have their tags.
pub(crate) async fn stacks(cloud: &Cloud) -> Result<Vec<Stack>, CloudError> {
    let mut pages = cloud.cloudformation.describe_stacks().into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(stack) = pages.next().await {
        let stack = stack.map_err(wrap("list the stacks"))?;
        if stack.root_id().is_none() && stack.parent_id().is_none() {
            found.push(stack);
        }
    }
    Ok(found)
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

/// A stack's parameters.
pub(crate) fn parameters(stack: &Stack) -> BTreeMap<String, String> {
    let pairs = stack.parameters().iter();
    pairs.map(|pair| (text(pair.parameter_key()), text(pair.parameter_value()))).collect()
}

fn state(stack: &Stack) -> StackState {
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
        parameters: parameters(stack),
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

/// A page of a stack's events, newest first, and the token of the next page.
pub async fn page_of_events(
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
    StackEvent {
        id: text(event.event_id()),
        at_ms: event.timestamp().map_or(0, |at| at.to_millis().unwrap_or_default()),
        logical_id: text(event.logical_resource_id()),
        resource_type: text(event.resource_type()),
        status: event.resource_status().map_or_else(String::new, ToString::to_string),
        reason: event.resource_status_reason().map(str::to_owned).filter(|reason| !reason.is_empty()),
    }
}
