//! What the Connect API owns: flows, where the instance puts things, which functions its flows may invoke.

use std::collections::BTreeMap;

use aws_sdk_connect::error::SdkError;
use aws_sdk_connect::operation::create_contact_flow::CreateContactFlowError;
use aws_sdk_connect::operation::update_contact_flow_content::UpdateContactFlowContentError;
use aws_sdk_connect::types::{
    ContactFlowType, EncryptionConfig, EncryptionType, InstanceStorageConfig, InstanceStorageResourceType,
    KinesisStreamConfig, KinesisVideoStreamConfig, ProblemDetail, StorageType,
};

use super::refusal::explain;
use super::{Made, Run, Step};
use crate::cloud::{CloudError, wrap};
use crate::event::{Action, Event, Kind};
use crate::ownership::{HASH_TAG, STREAM_OUTPUT};
use crate::plan::{FlowChange, FlowPlan, StorageChange};

/// Brings a flow to what the plan says and gives its id.
pub(super) async fn flow(run: &mut Run<'_>, flow: &FlowPlan) -> Result<String, Step> {
    match &flow.change {
        FlowChange::None { id } => return Ok(id.clone()),
        FlowChange::Create => return create_flow(run, flow).await,
        FlowChange::Update { id, arn } => {
            update_flow(run, flow, id).await?;
            tag_flow(run, flow, arn).await?;
        }
        FlowChange::Tag { arn, .. } => tag_flow(run, flow, arn).await?,
    }
    run.changed(Action::Updated, Kind::Flow, &flow.name);
    Ok(flow.change.id().unwrap_or_default().to_owned())
}

async fn create_flow(run: &mut Run<'_>, flow: &FlowPlan) -> Result<String, Step> {
    let wanted = format!("create the flow {}", flow.name);
    let created = run
        .cloud
        .connect
        .create_contact_flow()
        .instance_id(&run.plan.target.instance_id)
        .name(&flow.name)
        .r#type(ContactFlowType::from(flow.flow_type.as_str()))
        .description(&flow.description)
        .content(&flow.content)
        .set_tags(Some(flow.tags.clone().into_iter().collect()))
        .send()
        .await
        .map_err(|error| {
            let problems = match &error {
                SdkError::ServiceError(refused) => match refused.err() {
                    CreateContactFlowError::InvalidContactFlowException(invalid) => {
                        Some(invalid.problems().to_vec())
                    }
                    _ => None,
                },
                _ => None,
            };
            refused(flow, problems, wrap(&wanted)(error))
        })?;
    let id = created.contact_flow_id().ok_or_else(|| CloudError::incomplete(&wanted, "flow id"))?.to_owned();
    run.made.push(Made::Flow { id: id.clone(), name: flow.name.clone() });
    run.changed(Action::Created, Kind::Flow, &flow.name);
    Ok(id)
}

async fn update_flow(run: &Run<'_>, flow: &FlowPlan, id: &str) -> Result<(), Step> {
    run.cloud
        .connect
        .update_contact_flow_content()
        .instance_id(&run.plan.target.instance_id)
        .contact_flow_id(id)
        .content(&flow.content)
        .send()
        .await
        .map_err(|error| {
            let problems = match &error {
                SdkError::ServiceError(refused) => match refused.err() {
                    UpdateContactFlowContentError::InvalidContactFlowException(invalid) => {
                        Some(invalid.problems().to_vec())
                    }
                    _ => None,
                },
                _ => None,
            };
            refused(flow, problems, wrap(format!("update the flow {}", flow.name))(error))
        })?;
    Ok(())
}

/// The service's reasons where it gives them: the exception's own message is often empty.
fn refused(flow: &FlowPlan, problems: Option<Vec<ProblemDetail>>, error: CloudError) -> Step {
    match problems {
        Some(problems) if !problems.is_empty() => Step::Flow {
            name: flow.name.clone(),
            problems: problems
                .iter()
                .filter_map(|problem| Some(explain(problem.message()?, &flow.content, flow.flow_type)))
                .collect(),
        },
        _ => Step::Cloud(error),
    }
}

/// Writes down what the flow's content is now, so that an edit is seen later.
async fn tag_flow(run: &Run<'_>, flow: &FlowPlan, arn: &str) -> Result<(), CloudError> {
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

/// Has the instance put something somewhere.
pub(super) async fn storage(
    run: &mut Run<'_>,
    change: &StorageChange,
    outputs: &BTreeMap<String, String>,
) -> Result<(), Step> {
    let wanted = format!("have the instance store its {}", change.name());
    let invalid =
        |error: aws_sdk_connect::error::BuildError| CloudError::incomplete(&wanted, &error.to_string());
    let (what, config) = match change {
        StorageChange::ContactRecords => {
            let arn = outputs.get(STREAM_OUTPUT).ok_or_else(|| Step::NoOutput {
                stack: run.plan.stack.name.clone(),
                output: STREAM_OUTPUT,
            })?;
            let stream = KinesisStreamConfig::builder().stream_arn(arn).build().map_err(invalid)?;
            let config = InstanceStorageConfig::builder()
                .storage_type(StorageType::KinesisStream)
                .kinesis_stream_config(stream);
            (InstanceStorageResourceType::ContactTraceRecords, config)
        }
        StorageChange::MediaStreams { prefix, retention_hours, key } => {
            let encryption = EncryptionConfig::builder()
                .encryption_type(EncryptionType::Kms)
                .key_id(key)
                .build()
                .map_err(invalid)?;
            let streams = KinesisVideoStreamConfig::builder()
                .prefix(prefix)
                .retention_period_hours(i32::try_from(*retention_hours).unwrap_or(i32::MAX))
                .encryption_config(encryption)
                .build()
                .map_err(invalid)?;
            let config = InstanceStorageConfig::builder()
                .storage_type(StorageType::KinesisVideoStream)
                .kinesis_video_stream_config(streams);
            (InstanceStorageResourceType::MediaStreams, config)
        }
    };
    let associated = run
        .cloud
        .connect
        .associate_instance_storage_config()
        .instance_id(&run.plan.target.instance_id)
        .resource_type(what.clone())
        .storage_config(config.build().map_err(invalid)?)
        .send()
        .await
        .map_err(wrap(&wanted))?;
    run.made.push(Made::Storage {
        association_id: associated
            .association_id()
            .ok_or_else(|| CloudError::incomplete(&wanted, "association id"))?
            .to_owned(),
        what,
        name: change.name(),
    });
    run.changed(Action::Associated, Kind::StorageConfig, change.name());
    Ok(())
}

/// Lets the instance's flows invoke a function.
pub(super) async fn associate(run: &mut Run<'_>, arn: &str) -> Result<(), Step> {
    run.cloud
        .connect
        .associate_lambda_function()
        .instance_id(&run.plan.target.instance_id)
        .function_arn(arn)
        .send()
        .await
        .map_err(wrap(format!("let flows invoke {arn}")))?;
    run.made.push(Made::Association { arn: arn.to_owned() });
    run.changed(Action::Associated, Kind::Lambda, arn);
    Ok(())
}

/// Takes back what the run made in the instance, newest first, and gives what could not be taken back.
pub(super) async fn take_back(run: &mut Run<'_>) -> Vec<String> {
    let mut left = Vec::new();
    while let Some(made) = run.made.pop() {
        let (action, kind, name, taken) = match made {
            Made::Flow { id, name } => {
                let taken = run
                    .cloud
                    .connect
                    .delete_contact_flow()
                    .instance_id(&run.plan.target.instance_id)
                    .contact_flow_id(id)
                    .send()
                    .await
                    .map(drop)
                    .map_err(wrap(format!("delete the flow {name}")));
                (Action::Deleted, Kind::Flow, name, taken)
            }
            Made::Storage { association_id, what, name } => {
                let taken = run
                    .cloud
                    .connect
                    .disassociate_instance_storage_config()
                    .instance_id(&run.plan.target.instance_id)
                    .association_id(association_id)
                    .resource_type(what)
                    .send()
                    .await
                    .map(drop)
                    .map_err(wrap(format!("disassociate the storage of {name}")));
                (Action::Disassociated, Kind::StorageConfig, name.to_owned(), taken)
            }
            Made::Association { arn } => {
                let taken = run
                    .cloud
                    .connect
                    .disassociate_lambda_function()
                    .instance_id(&run.plan.target.instance_id)
                    .function_arn(&arn)
                    .send()
                    .await
                    .map(drop)
                    .map_err(wrap(format!("disassociate {arn}")));
                (Action::Disassociated, Kind::Lambda, arn, taken)
            }
        };
        match taken {
            Ok(()) => run.view.show(&Event::Changed { action, kind, name }),
            Err(error) => {
                run.view.show(&Event::Warning { text: error.to_string() });
                left.push(format!("{kind} {name}"));
            }
        }
    }
    left
}
