//! Which of an instance's flows refer to certain ones. Connect lists no such references, so each flow is read.

use std::fmt;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::cloud::{Cloud, CloudError, wrap};
use crate::discover::describe_module;
use crate::progress::{Progress, View};
use vmx_model::actual::Instance;

/// How many flows are worth a line of progress, and are read at Amazon Connect's rate from the beginning: over it, the
/// SDK waits longer than needed.
const MANY: usize = 20;
/// That rate: 2 calls a second of each operation.
const BETWEEN: Duration = Duration::from_millis(500);

/// A flow or flow module that refers to one of the flows in question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Whether it is a flow module.
    pub is_module: bool,
    /// Its name.
    pub name: String,
    /// The ID of the flow that it refers to: the first one, if there are several.
    pub to: String,
    /// Its content.
    pub content: String,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_module { "flow module" } else { "flow" };
        write!(f, "{kind} “{}”", self.name)
    }
}

/// The flows, and then the flow modules, that refer to one of these flows and are none of them.
pub(crate) async fn references(
    cloud: &Cloud,
    instance: &Instance,
    flows: &[&str],
    view: &dyn View,
) -> Result<Vec<Reference>, CloudError> {
    references_among(cloud, instance, all(cloud, instance).await?, flows, view).await
}

/// The same, among flows that are listed already.
pub(crate) async fn references_among(
    cloud: &Cloud,
    instance: &Instance,
    mut others: Vec<Other>,
    flows: &[&str],
    view: &dyn View,
) -> Result<Vec<Reference>, CloudError> {
    others.retain(|other| !flows.contains(&other.id.as_str()));
    let (mut found, all) = (Vec::new(), others.len());
    let mut turn = interval(BETWEEN);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for (read, Other { is_module, id, name }) in others.into_iter().enumerate() {
        if all >= MANY {
            turn.tick().await;
            if read % MANY == 0 {
                view.show(&Progress::ReadingFlows { read, all });
            }
        }
        let content = if is_module {
            describe_module(cloud, instance, &id, &name).await?.and_then(|module| module.content)
        } else {
            published_content(cloud, instance, &id, &name).await?
        };
        let content = content.unwrap_or_default();
        if let Some(to) = flows.iter().find(|flow| content.contains(**flow)) {
            found.push(Reference { is_module, name, to: (*to).to_owned(), content });
        }
    }
    Ok(found)
}

/// Something that could refer to a flow.
#[derive(Debug)]
pub(crate) struct Other {
    is_module: bool,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The instance's flows, and then its modules.
pub(crate) async fn all(cloud: &Cloud, instance: &Instance) -> Result<Vec<Other>, CloudError> {
    let id = instance.arn.id();
    let mut others = Vec::new();
    let mut flows = cloud.connect.list_contact_flows().instance_id(id).into_paginator().items().send();
    while let Some(flow) = flows.next().await {
        let flow = flow.map_err(wrap("list the instance's flows"))?;
        if let (Some(id), Some(name)) = (flow.id, flow.name) {
            others.push(Other { is_module: false, id, name });
        }
    }
    let mut modules =
        cloud.connect.list_contact_flow_modules().instance_id(id).into_paginator().items().send();
    while let Some(module) = modules.next().await {
        let module = module.map_err(wrap("list the instance's flow modules"))?;
        if let (Some(id), Some(name)) = (module.id, module.name) {
            others.push(Other { is_module: true, id, name });
        }
    }
    Ok(others)
}

/// The published content of a flow. A draft blocks nothing.
async fn published_content(
    cloud: &Cloud,
    instance: &Instance,
    id: &str,
    name: &str,
) -> Result<Option<String>, CloudError> {
    let described =
        cloud.connect.describe_contact_flow().instance_id(instance.arn.id()).contact_flow_id(id).send().await;
    match described.map_err(wrap(format!("describe the flow {name}"))) {
        Ok(described) => Ok(described.contact_flow().and_then(|flow| flow.content()).map(str::to_owned)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) if error.code.as_deref() == Some("ContactFlowNotPublishedException") => Ok(None),
        Err(error) => Err(error),
    }
}
