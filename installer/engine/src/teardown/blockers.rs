//! What still refers to an installation's flows: removing them would break calls.

use aws_sdk_connect::types::ListFlowAssociationResourceType;

use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use crate::flow_references::references;
use crate::progress::View;
use vmx_model::actual::{ActualFlow, Instance, StackState};

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
    let ids: Vec<&str> = flows.iter().map(|flow| flow.id.as_str()).collect();
    for reference in references(cloud, instance, &ids, view).await? {
        let flow = flows.iter().find(|flow| reference.to == flow.id).map_or("", |flow| flow.name.as_str());
        found.push(format!("the {reference} refers to the flow “{flow}”; change and publish it"));
    }
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
