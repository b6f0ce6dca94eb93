//! The flows of this installation.

use std::cmp::Reverse;
use std::collections::HashMap;

use aws_sdk_connect::types::{
    ContactFlow, ContactFlowModule, ContactFlowModuleStatus, ContactFlowSearchFilter, ContactFlowStatus,
    ContactFlowType, ControlPlaneTagFilter, TagCondition,
};

use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use vmx_model::actual::{ActualFlow, Instance, StackState};
use vmx_model::ownership::{FLOW_TAG, HASH_TAG, STACK_TAG};

/// Flows with names like those of an installation.
pub(super) struct Flows {
    /// Those that it created.
    pub(super) ours: Vec<ActualFlow>,
    /// Names of the others.
    pub(super) others: Vec<String>,
}

/// Finds flows by the stack's name as a prefix, by the stack's references, and by a search for their tag. Reading every
/// flow's tags would take minutes in a large instance, and a search alone misses recently created flows.
pub(super) async fn flows(
    cloud: &Cloud,
    instance: &Instance,
    stack: &str,
    state: Option<&StackState>,
) -> Result<Flows, CloudError> {
    let beginning = format!("{stack} ");
    let referred = |id: &str| state.is_some_and(|state| state.parameters.values().any(|value| value == id));
    let mut candidates = Vec::new();
    let mut pages = cloud
        .connect
        .list_contact_flows()
        .instance_id(instance.arn.id())
        .contact_flow_types(ContactFlowType::ContactFlow)
        .contact_flow_types(ContactFlowType::CustomerQueue)
        .contact_flow_types(ContactFlowType::CustomerWhisper)
        .contact_flow_types(ContactFlowType::AgentWhisper)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the instance's flows"))?;
        for summary in page.contact_flow_summary_list() {
            let (Some(id), Some(name)) = (summary.id(), summary.name()) else {
                continue;
            };
            if name.starts_with(&beginning) || referred(id) {
                candidates.push((id.to_owned(), name.to_owned()));
            }
        }
    }
    for tagged in tagged(cloud, instance, stack).await? {
        if candidates.iter().all(|(id, _)| *id != tagged.0) {
            candidates.push(tagged);
        }
    }
    let mut flows = Flows { ours: Vec::new(), others: Vec::new() };
    for (id, name) in candidates {
        match describe(cloud, instance, &id, &name).await?.and_then(|flow| ours(flow.into(), stack)) {
            Some(flow) => flows.ours.push(flow),
            None => flows.others.push(name),
        }
    }
    for (id, name) in modules(cloud, instance, &beginning).await? {
        match describe_module(cloud, instance, &id, &name)
            .await?
            .and_then(|module| ours(module.into(), stack))
        {
            Some(module) => flows.ours.push(module),
            None => flows.others.push(name),
        }
    }
    // Flows that refer to others come first, so that they can be deleted in this order.
    flows.ours.sort_by_key(|flow| Reverse(flow.key));
    Ok(flows)
}

/// IDs and names of the flows with the stack's tag. None if the caller cannot search.
async fn tagged(
    cloud: &Cloud,
    instance: &Instance,
    stack: &str,
) -> Result<Vec<(String, String)>, CloudError> {
    let condition = TagCondition::builder().tag_key(STACK_TAG).tag_value(stack).build();
    let filter = ControlPlaneTagFilter::builder().tag_condition(condition).build();
    let mut pages = cloud
        .connect
        .search_contact_flows()
        .instance_id(instance.arn.id())
        .search_filter(ContactFlowSearchFilter::builder().tag_filter(filter).build())
        .into_paginator()
        .send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(wrap("search the instance's flows")) {
            Ok(page) => page,
            Err(error) if error.kind == ErrorKind::Denied => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let known = page.contact_flows().iter();
        found.extend(known.filter_map(|flow| Some((flow.id()?.to_owned(), flow.name()?.to_owned()))));
    }
    Ok(found)
}

/// IDs and names of the flow modules with this prefix. None if the caller cannot list them.
async fn modules(
    cloud: &Cloud,
    instance: &Instance,
    beginning: &str,
) -> Result<Vec<(String, String)>, CloudError> {
    let mut found = Vec::new();
    let mut pages =
        cloud.connect.list_contact_flow_modules().instance_id(instance.arn.id()).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(wrap("list the instance's flow modules")) {
            Ok(page) => page,
            Err(error) if error.kind == ErrorKind::Denied => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let named = page.contact_flow_modules_summary_list().iter();
        found.extend(
            named
                .filter_map(|module| Some((module.id()?.to_owned(), module.name()?.to_owned())))
                .filter(|(_, name)| name.starts_with(beginning)),
        );
    }
    Ok(found)
}

/// Describes a module, or returns `None` if it was deleted.
pub(crate) async fn describe_module(
    cloud: &Cloud,
    instance: &Instance,
    id: &str,
    name: &str,
) -> Result<Option<ContactFlowModule>, CloudError> {
    let described = cloud
        .connect
        .describe_contact_flow_module()
        .instance_id(instance.arn.id())
        .contact_flow_module_id(id)
        .send()
        .await;
    match described.map_err(wrap(format!("describe the flow module {name}"))) {
        Ok(described) => Ok(described.contact_flow_module),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The fields shared by flows and modules.
struct Described {
    id: Option<String>,
    arn: Option<String>,
    name: Option<String>,
    content: Option<String>,
    published: bool,
    tags: Option<HashMap<String, String>>,
}

impl From<ContactFlow> for Described {
    fn from(ContactFlow { id, arn, name, content, status, tags, .. }: ContactFlow) -> Self {
        Self { id, arn, name, content, published: status != Some(ContactFlowStatus::Saved), tags }
    }
}

impl From<ContactFlowModule> for Described {
    fn from(ContactFlowModule { id, arn, name, content, status, tags, .. }: ContactFlowModule) -> Self {
        Self { id, arn, name, content, published: status != Some(ContactFlowModuleStatus::Saved), tags }
    }
}

/// Describes a flow, or returns `None` if it was deleted.
async fn describe(
    cloud: &Cloud,
    instance: &Instance,
    id: &str,
    name: &str,
) -> Result<Option<ContactFlow>, CloudError> {
    // A flow that was saved but never published is only available with this suffix.
    for suffix in ["", ":$SAVED"] {
        let described = cloud
            .connect
            .describe_contact_flow()
            .instance_id(instance.arn.id())
            .contact_flow_id(format!("{id}{suffix}"))
            .send()
            .await;
        match described.map_err(wrap(format!("describe the flow {name}"))) {
            Ok(described) => return Ok(described.contact_flow().cloned()),
            Err(error) if error.code.as_deref() == Some("ContactFlowNotPublishedException") => {}
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The flow, if its tags say that the stack's installation created it.
fn ours(flow: Described, stack: &str) -> Option<ActualFlow> {
    let tags = flow.tags.unwrap_or_default();
    if tags.get(STACK_TAG)? != stack {
        return None;
    }
    let key = tags.get(FLOW_TAG)?;
    Some(ActualFlow {
        key: key.parse().ok()?,
        id: flow.id?,
        arn: flow.arn?,
        name: flow.name?,
        content: flow.content.unwrap_or_default(),
        published: flow.published,
        written: tags.get(HASH_TAG).cloned(),
    })
}
