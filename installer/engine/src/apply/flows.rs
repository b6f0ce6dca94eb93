//! The flows.

use super::refusal::explain;
use super::{Made, Run, StepError};
use crate::cloud::{CloudError, wrap};
use crate::flow_calls::{self, NotWritten};
use vmx_model::change::{Action, Kind};
use vmx_model::flow_content::{fingerprint, linked};
use vmx_model::ownership::HASH_TAG;
use vmx_model::plan::{FlowChange, FlowPlan};

/// Creates or updates a flow, and returns its ID.
pub(super) async fn flow(run: &mut Run<'_>, flow: &FlowPlan) -> Result<String, StepError> {
    let flow = &with_links(run, flow);
    let instance_id = &run.plan.target.instance_id;
    match &flow.change {
        FlowChange::None { id } => return Ok(id.clone()),
        FlowChange::Create => return create(run, flow).await,
        FlowChange::Update { id, arn } => {
            let updated = flow_calls::update(run.cloud, instance_id, flow, id).await;
            updated.map_err(|why| not_written(flow, why))?;
            tag(run, flow, arn).await?;
        }
        FlowChange::Tag { arn, .. } => tag(run, flow, arn).await?,
    }
    run.changed(Action::Updated, Kind::Flow, &flow.name);
    Ok(flow.change.id().unwrap_or_default().to_owned())
}

/// The flow with the ARNs of other flows created in this run.
fn with_links(run: &Run<'_>, flow: &FlowPlan) -> FlowPlan {
    let mut flow = flow.clone();
    let content = linked(&flow.content, &run.flow_arns);
    if content != flow.content {
        flow.tags.insert(HASH_TAG.to_owned(), fingerprint(&content));
        flow.content = content;
    }
    flow
}

async fn create(run: &mut Run<'_>, flow: &FlowPlan) -> Result<String, StepError> {
    let created = flow_calls::create(run.cloud, &run.plan.target.instance_id, flow).await;
    let (id, arn) = created.map_err(|why| not_written(flow, why))?;
    // An ARN is the instance's ARN, then a word and an ID.
    if let Some(instance) = arn.rsplitn(3, '/').nth(2) {
        run.flow_arns.insert(flow.key.stand_in(instance), arn);
    }
    run.made.push(Made::Flow { key: flow.key, id: id.clone(), name: flow.name.clone() });
    run.changed(Action::Created, Kind::Flow, &flow.name);
    Ok(id)
}

fn not_written(flow: &FlowPlan, why: NotWritten) -> StepError {
    match why {
        NotWritten::Refused(problems) => StepError::Flow {
            name: flow.name.clone(),
            problems: problems
                .iter()
                .filter_map(|problem| Some(explain(problem.message()?, &flow.content, flow.flow_type)))
                .collect(),
        },
        NotWritten::Failed(error) => StepError::Cloud(error),
    }
}

/// Tags the flow with its content's hash, so that later edits are detected.
async fn tag(run: &Run<'_>, flow: &FlowPlan, arn: &str) -> Result<(), CloudError> {
    run.cloud
        .connect
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(flow.tags.clone().into_iter().collect()))
        .send()
        .await
        .map_err(wrap(format!("set the tag {HASH_TAG} of the flow {}", flow.name)))?;
    Ok(())
}
