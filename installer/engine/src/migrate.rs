//! Earlier systems on the account, and what taking over from one means.

use std::collections::BTreeMap;

use crate::cloud::{Cloud, CloudError};
use crate::discover::{describe_stack_with_resources, parameters, stacks};
use crate::flow_references::{Reference, references};
use crate::progress::View;
use vmx_model::actual::{Instance, StackState};
use vmx_model::ancestor::Ancestor;

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

/// The flows of the instance that refer to the earlier system's flows and are not its own.
///
/// # Errors
/// [`CloudError`] if CloudFormation or Amazon Connect does not answer.
pub async fn own_flows(
    cloud: &Cloud,
    instance: &Instance,
    stack: &str,
    view: &dyn View,
) -> Result<Vec<Reference>, CloudError> {
    let Some(root) = describe_stack_with_resources(cloud, stack).await? else { return Ok(Vec::new()) };
    let mut flows = flows_of(&root);
    for nested in root.resources.iter().filter(|resource| resource.resource_type == NESTED) {
        if let Some(nested) = describe_stack_with_resources(cloud, &nested.physical_id).await? {
            flows.extend(flows_of(&nested));
        }
    }
    let flows: Vec<&str> = flows.iter().map(String::as_str).collect();
    if flows.is_empty() {
        return Ok(Vec::new());
    }
    references(cloud, instance, &flows, view).await
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
    use aws_sdk_connect::types::{ContactFlow, ContactFlowSummary};
    use aws_smithy_mocks::{Rule, mock};

    use super::*;
    use crate::testing::{Recorder, cloud};
    use vmx_model::testing::{INSTANCE, nothing_there};

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
    async fn only_own_flows_that_refer_to_theirs_are_named() {
        let resources = mock!(CloudFormation::list_stack_resources).then_compute_output(|request| {
            let resource = |kind: &str, id: &str| {
                let resource = StackResourceSummary::builder().logical_resource_id("X").resource_type(kind);
                let resource =
                    resource.physical_resource_id(id).last_updated_timestamp(DateTime::from_secs(0));
                resource.resource_status(ResourceStatus::CreateComplete).build()
            };
            let resource = match request.stack_name() {
                Some("old") => resource(NESTED, CONTACT_FLOWS),
                _ => resource(
                    "AWS::Connect::ContactFlowModule",
                    &format!("{INSTANCE}/flow-module/their-module"),
                ),
            };
            ListStackResourcesOutput::builder().stack_resource_summaries(resource).build()
        });
        let flows = mock!(Connect::list_contact_flows).then_output(|| {
            let flow = |id: &str| ContactFlowSummary::builder().id(id).name(format!("{id} line")).build();
            let flows = ["main", "night"].map(flow).to_vec();
            ListContactFlowsOutput::builder().set_contact_flow_summary_list(Some(flows)).build()
        });
        let modules = mock!(Connect::list_contact_flow_modules)
            .then_output(|| ListContactFlowModulesOutput::builder().build());
        let described = mock!(Connect::describe_contact_flow).then_compute_output(|request| {
            let content = match request.contact_flow_id() {
                Some("main") => format!("{INSTANCE}/flow-module/their-module"),
                _ => "nothing of theirs".to_owned(),
            };
            DescribeContactFlowOutput::builder()
                .contact_flow(ContactFlow::builder().content(content).build())
                .build()
        });
        let cloud = cloud(&[&stacks(), &resources], &[&flows, &modules, &described], &[]);
        let instance = nothing_there().instance;
        let found = own_flows(&cloud, &instance, "old", &Recorder::default()).await.expect("found");
        let named: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(named, ["flow “main line”"]);
        assert_eq!(found[0].to, "their-module");
    }
}
