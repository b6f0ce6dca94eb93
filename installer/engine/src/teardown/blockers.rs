//! What still refers to an installation's flows: removing them would break calls.

use std::time::Duration;

use aws_sdk_connect::types::ListFlowAssociationResourceType;
use tokio::time::{MissedTickBehavior, interval};

use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use crate::discover::describe_module;
use crate::progress::{Progress, View};
use vmx_model::actual::{ActualFlow, Instance, StackState};

/// How many flows are worth a line of progress, and are read at Amazon Connect's rate from the beginning: over it, the
/// SDK waits longer than needed.
const MANY: usize = 20;
/// That rate: 2 calls a second of each operation.
const BETWEEN: Duration = Duration::from_millis(500);

/// All blockers, each with its fix.
pub(super) async fn blockers(
    cloud: &Cloud,
    instance: &Instance,
    flows: &[ActualFlow],
    stack: Option<&StackState>,
    notes: &mut Vec<String>,
    view: &dyn View,
) -> Result<Vec<String>, CloudError> {
    let mut found = Vec::new();
    if let Some(stack) = stack.filter(|stack| stack.protected) {
        found.push(format!(
            "the stack {0} has termination protection enabled; to remove it, run `aws cloudformation \
             update-termination-protection --no-enable-termination-protection --stack-name {0} --region \
             {1}`",
            stack.name, cloud.region
        ));
    }
    if flows.is_empty() {
        return Ok(found);
    }
    match numbers(cloud, instance, flows).await {
        Ok(numbers) => found.extend(numbers),
        // A newer API that policies often lack. Without it, Connect refuses to delete a flow with a number.
        Err(error) if matches!(error.kind, ErrorKind::Denied | ErrorKind::NotFound | ErrorKind::Refused) => {
            notes.push(format!("could not check which phone numbers use the flows: {error}"));
        }
        Err(error) => return Err(error),
    }
    found.extend(referring_flows(cloud, instance, flows, view).await?);
    Ok(found)
}

/// Phone numbers that use one of the flows.
async fn numbers(
    cloud: &Cloud,
    instance: &Instance,
    flows: &[ActualFlow],
) -> Result<Vec<String>, CloudError> {
    let mut found = Vec::new();
    let mut pages = cloud
        .connect
        .list_flow_associations()
        .instance_id(instance.arn.id())
        .resource_type(ListFlowAssociationResourceType::VoicePhoneNumber)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the flows' phone numbers"))?;
        for association in page.flow_association_summary_list() {
            let flow = association
                .flow_id()
                .and_then(|target| flows.iter().find(|flow| target == flow.arn || target == flow.id));
            if let (Some(flow), Some(arn)) = (flow, association.resource_id()) {
                let number = number(cloud, arn).await;
                found.push(format!(
                    "the phone number {number} uses the flow “{}”; assign another flow in the console, \
                     under Phone numbers",
                    flow.name
                ));
            }
        }
    }
    Ok(found)
}

/// The phone number of an ARN, which is what people know.
async fn number(cloud: &Cloud, arn: &str) -> String {
    let described = cloud.connect.describe_phone_number().phone_number_id(arn).send().await;
    let number = described.ok().and_then(|described| described.claimed_phone_number_summary?.phone_number);
    // Without permission to describe it, the ARN must do.
    number.unwrap_or_else(|| arn.to_owned())
}

/// Something that could refer to a flow.
struct Other {
    is_module: bool,
    id: String,
    name: String,
}

/// Other flows and flow modules that refer to one of the flows. Connect lists no such references, so each is read.
async fn referring_flows(
    cloud: &Cloud,
    instance: &Instance,
    flows: &[ActualFlow],
    view: &dyn View,
) -> Result<Vec<String>, CloudError> {
    let mut others = other_flows(cloud, instance).await?;
    others.retain(|other| flows.iter().all(|flow| flow.id != other.id));
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
        let named = |flow: &&ActualFlow| content.as_ref().is_some_and(|content| content.contains(&flow.id));
        if let Some(flow) = flows.iter().find(named) {
            let kind = if is_module { "flow module" } else { "flow" };
            found.push(format!(
                "the {kind} “{name}” refers to the flow “{}”; change and publish it",
                flow.name
            ));
        }
    }
    Ok(found)
}

/// The instance's flows, and then its modules.
async fn other_flows(cloud: &Cloud, instance: &Instance) -> Result<Vec<Other>, CloudError> {
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
