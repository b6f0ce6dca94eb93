//! Earlier systems on the account, and what taking over from one means.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cloud::{Cloud, CloudError};
use crate::discover::{DiscoverError, describe_stack_with_resources, find_instance, parameters, stacks};
use crate::flow_references::{Reference, all, references_among};
use crate::progress::View;
use vmx_model::actual::StackState;
use vmx_model::ancestor::Ancestor;
use vmx_model::ancestor::flows::{BlockUse, setting, successor, uses};
use vmx_model::params::Params;
use vmx_model::render::{flow_name, wanted_flows};

/// The type of a stack within a stack.
const NESTED: &str = "AWS::CloudFormation::Stack";
/// What the types of flows and flow modules begin with.
const FLOW: &str = "AWS::Connect::ContactFlow";

/// The root stack of an earlier system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub stack: String,
    /// Which system it is.
    pub ancestor: Ancestor,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
}

/// The earlier systems in the account and region.
///
/// # Errors
/// [`CloudError`] if CloudFormation does not answer.
pub async fn find(cloud: &Cloud) -> Result<Vec<Found>, CloudError> {
    let mut found = Vec::new();
    for stack in stacks(cloud).await? {
        let parameters = parameters(&stack);
        if let Some(ancestor) = Ancestor::of(stack.description().unwrap_or_default(), &parameters) {
            let stack = stack.stack_name().unwrap_or_default().to_owned();
            found.push(Found { stack, ancestor, parameters });
        }
    }
    Ok(found)
}

/// A flow of the instance that refers to an earlier system's flows and is not its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnFlow {
    /// Whether it is a flow module.
    pub is_module: bool,
    /// Its name.
    pub name: String,
    /// What to change in it.
    pub changes: Vec<FlowChange>,
}

/// A flow's reference to an earlier system's flow, and what replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowChange {
    /// The block, unless the flow could not be read.
    pub block: Option<String>,
    /// Name of the flow that it refers to.
    pub from: String,
    /// Name of this installation's flow that does the same.
    pub to: Option<String>,
    /// What to set for that flow, if the parameters do not ask for it.
    pub set: Option<&'static str>,
}

/// The flows of the instance that refer to the earlier system's flows and are not its own, with what to change in them
/// for an installation with these parameters.
///
/// # Errors
/// [`DiscoverError`] if the instance is not there, or AWS does not answer.
pub async fn own_flows(
    cloud: &Cloud,
    params: &Params,
    stack: &str,
    view: &dyn View,
) -> Result<Vec<OwnFlow>, DiscoverError> {
    let instance = find_instance(cloud, params).await?;
    let Some(root) = describe_stack_with_resources(cloud, stack).await? else { return Ok(Vec::new()) };
    let mut flows = flows_of(&root);
    for nested in root.resources.iter().filter(|resource| resource.resource_type == NESTED) {
        if let Some(nested) = describe_stack_with_resources(cloud, &nested.physical_id).await? {
            flows.extend(flows_of(&nested));
        }
    }
    if flows.is_empty() {
        return Ok(Vec::new());
    }
    let flows: Vec<&str> = flows.iter().map(String::as_str).collect();
    let all = all(cloud, &instance).await?;
    let names: BTreeMap<String, String> =
        all.iter().map(|flow| (flow.id.clone(), flow.name.clone())).collect();
    let found = references_among(cloud, &instance, all, &flows, view).await?;
    Ok(found.into_iter().map(|found| own_flow(found, &flows, &names, params)).collect())
}

fn own_flow(found: Reference, flows: &[&str], names: &BTreeMap<String, String>, params: &Params) -> OwnFlow {
    let change = |block: Option<String>, flow: &str| {
        let from = names.get(flow).map_or(flow, String::as_str).to_owned();
        let key = successor(&from);
        let is_missing = key.is_some_and(|key| !wanted_flows(params).any(|wanted| wanted == key));
        FlowChange {
            block,
            to: key.map(|key| flow_name(key, params)),
            set: key.filter(|_| is_missing).and_then(setting),
            from,
        }
    };
    let mut changes: Vec<FlowChange> = uses(&found.content, flows)
        .into_iter()
        .map(|BlockUse { block, flow }| change(Some(block), &flow))
        .collect();
    if changes.is_empty() {
        changes.push(change(None, &found.to));
    }
    OwnFlow { is_module: found.is_module, name: found.name, changes }
}

/// The IDs of a stack's flows and flow modules, whose physical IDs are their ARNs.
fn flows_of(stack: &StackState) -> Vec<String> {
    let flows = stack.resources.iter().filter(|resource| resource.resource_type.starts_with(FLOW));
    flows.filter_map(|flow| flow.physical_id.rsplit('/').next().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::Client as CloudFormation;
    use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksOutput;
    use aws_sdk_cloudformation::operation::list_stack_resources::ListStackResourcesOutput;
    use aws_sdk_cloudformation::primitives::DateTime;
    use aws_sdk_cloudformation::types::{
        Parameter, ResourceStatus, Stack, StackResourceSummary, StackStatus,
    };
    use aws_sdk_connect::Client as Connect;
    use aws_sdk_connect::operation::describe_contact_flow::DescribeContactFlowOutput;
    use aws_sdk_connect::operation::list_contact_flow_modules::ListContactFlowModulesOutput;
    use aws_sdk_connect::operation::list_contact_flows::ListContactFlowsOutput;
    use aws_sdk_connect::types::{ContactFlow, ContactFlowModuleSummary, ContactFlowSummary};
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::testing::{Recorder, cloud};
    use vmx_model::testing::{INSTANCE, params};

    const CONTACT_FLOWS: &str = "arn:aws:cloudformation:eu-west-2:111122223333:stack/old-flows/1";

    fn stack(name: &str, description: &str) -> aws_sdk_cloudformation::types::builders::StackBuilder {
        let stack = Stack::builder().stack_name(name).description(description).stack_id(name);
        stack.stack_status(StackStatus::CreateComplete).creation_time(DateTime::from_secs(0))
    }

    fn stacks() -> Rule {
        mock!(CloudFormation::describe_stacks).then_compute_output(|request| {
            let bucket =
                Parameter::builder().parameter_key("ConnectRecordingsBucketArn").parameter_value("b");
            let deploys =
                "Deploys the Voicemail Express solution for Amazon Connect. Updated for 2025.09.13.";
            let all = [
                stack("website", "Shop").build(),
                stack("old", deploys).parameters(bucket.build()).build(),
                stack(CONTACT_FLOWS, "Deploys the Voicemail Express contact flows.").build(),
            ];
            let asked = request.stack_name();
            let found = all.into_iter().filter(|stack| asked.is_none() || stack.stack_name() == asked);
            DescribeStacksOutput::builder().set_stacks(Some(found.collect())).build()
        })
    }

    #[tokio::test]
    async fn an_earlier_system_is_found_with_its_parameters() {
        let found = find(&cloud(&[&stacks()], &[], &[])).await.expect("found");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].stack.as_str(), found[0].ancestor), ("old", Ancestor::V3Recordings));
        assert_eq!(found[0].parameters["ConnectRecordingsBucketArn"], "b");
    }

    #[tokio::test]
    async fn only_own_flows_that_refer_to_theirs_are_named_with_what_replaces_them() {
        let resources = mock!(CloudFormation::list_stack_resources).then_compute_output(|request| {
            let resource = |kind: &str, id: &str| {
                let resource = StackResourceSummary::builder().logical_resource_id("X").resource_type(kind);
                let resource =
                    resource.physical_resource_id(id).last_updated_timestamp(DateTime::from_secs(0));
                resource.resource_status(ResourceStatus::CreateComplete).build()
            };
            let resources = match request.stack_name() {
                Some("old") => vec![resource(NESTED, CONTACT_FLOWS)],
                _ => vec![
                    resource(
                        "AWS::Connect::ContactFlowModule",
                        &format!("{INSTANCE}/flow-module/their-module"),
                    ),
                    resource("AWS::Connect::ContactFlow", &format!("{INSTANCE}/contact-flow/their-test")),
                ],
            };
            ListStackResourcesOutput::builder().set_stack_resource_summaries(Some(resources)).build()
        });
        let flows = mock!(Connect::list_contact_flows).then_output(|| {
            let flow = |id: &str, name: &str| ContactFlowSummary::builder().id(id).name(name).build();
            let flows = vec![
                flow("main", "Main line"),
                flow("night", "Night line"),
                flow("odd", "Odd line"),
                flow("their-test", "VMX3_AWS_Test_Flow_shop"),
            ];
            ListContactFlowsOutput::builder().set_contact_flow_summary_list(Some(flows)).build()
        });
        let modules = mock!(Connect::list_contact_flow_modules).then_output(|| {
            let module = ContactFlowModuleSummary::builder().id("their-module");
            let module = module.name("VMX3_Main_VM_Module_shop").build();
            ListContactFlowModulesOutput::builder().contact_flow_modules_summary_list(module).build()
        });
        let described = mock!(Connect::describe_contact_flow).then_compute_output(|request| {
            let invokes = serde_json::json!({
                "Version": "2019-10-30", "StartAction": "Take a message",
                "Actions": [{
                    "Identifier": "Take a message", "Type": "InvokeFlowModule",
                    "Parameters": {"FlowModuleId": format!("{INSTANCE}/flow-module/their-module")},
                    "Transitions": {}
                }]
            });
            let content = match request.contact_flow_id() {
                Some("main") => invokes.to_string(),
                Some("odd") => "their-test, in no known form".to_owned(),
                _ => "nothing of theirs".to_owned(),
            };
            DescribeContactFlowOutput::builder()
                .contact_flow(ContactFlow::builder().content(content).build())
                .build()
        });
        let instances = crate::testing::instance([None, None]).swap_remove(0);
        let cloud = cloud(&[&stacks(), &resources], &[&instances, &flows, &modules, &described], &[]);
        let found = own_flows(&cloud, &params(), "old", &Recorder::default()).await.expect("found");
        let change = |block: Option<&str>, from: &str, to: &str, set| FlowChange {
            block: block.map(str::to_owned),
            from: from.to_owned(),
            to: Some(to.to_owned()),
            set: Some(set),
        };
        let own = |name: &str, change| OwnFlow { is_module: false, name: name.into(), changes: vec![change] };
        let module = change(
            Some("Take a message (Invoke module)"),
            "VMX3_Main_VM_Module_shop",
            "vmx voicemail module",
            "flows.voicemail_module=true",
        );
        let test = change(None, "VMX3_AWS_Test_Flow_shop", "vmx voicemail test line", "flows.test_line=true");
        assert_eq!(found, [own("Main line", module), own("Odd line", test)]);
    }
}
