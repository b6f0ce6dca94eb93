//! Creates or updates the stack with a change set.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, DeploymentConfig, DeploymentConfigMode, OnStackFailure,
    Parameter, Tag,
};

use super::watch::watch;
use super::{Run, StepError, announced, artifacts};
use crate::cloud::{CloudError, ErrorKind, wrap};
use crate::discover::describe_stack;
use crate::follow::{Bookmark, Followed};
use crate::progress::{Progress, StackOperation};
use crate::root_cause;
use crate::waits;
use vmx_model::actual::Settled;
use vmx_model::change::{Action, Kind};
use vmx_model::ownership::template_key;
use vmx_model::parts::FlowKey;
use vmx_model::plan::{StackChange, Value};

/// The largest template to send in the request, in bytes. Larger ones are read from S3. Source: quotas of AWS
/// CloudFormation.
const LARGEST_SENT: usize = 51_200;

/// Creates or updates the stack and returns its outputs, or `None` if CloudFormation is still working.
pub(super) async fn change(
    run: &mut Run<'_>,
    flow_ids: &BTreeMap<FlowKey, String>,
) -> Result<Option<BTreeMap<String, String>>, StepError> {
    let plan = run.plan;
    let name = &plan.stack.name;
    let operation = match &plan.stack.change {
        StackChange::None => {
            let stack = describe_stack(run.cloud, name).await?;
            return Ok(Some(stack.unwrap_or_default().outputs));
        }
        StackChange::Create => StackOperation::Create,
        StackChange::Update { .. } => StackOperation::Update,
        StackChange::Replace { .. } => {
            if let Some(id) = &plan.stack.id {
                delete(run, id).await?;
            }
            StackOperation::Create
        }
    };
    let Some(change_set) = create_change_set(run, operation, flow_ids).await? else {
        run.view.show(&Progress::Kept {
            kind: Kind::Stack,
            name: name.clone(),
            reason: "CloudFormation found nothing to change".to_owned(),
        });
        let stack = describe_stack(run.cloud, name).await?;
        return Ok(Some(stack.unwrap_or_default().outputs));
    };
    let begin = execute(run, operation, &change_set).await?;
    if run.options.detach {
        run.changes += 1;
        return Ok(None);
    }
    let (followed, cancelled) = watch(run, &change_set.stack_id, operation, begin).await?;
    let complete = match operation {
        StackOperation::Create => "CREATE_COMPLETE",
        _ => "UPDATE_COMPLETE",
    };
    if followed.stack.status == complete {
        let action = match operation {
            StackOperation::Create => Action::Created,
            _ => Action::Updated,
        };
        run.changed(action, Kind::Stack, name);
        return Ok(Some(followed.stack.outputs));
    }
    if cancelled && followed.stack.settled() != Settled::Stuck {
        run.changes += 1;
        return Err(StepError::Cancelled { stack: name.clone(), operation, status: followed.stack.status });
    }
    Err(failure(run, operation, followed).await)
}

async fn failure(run: &mut Run<'_>, operation: StackOperation, followed: Followed) -> StepError {
    let causes = root_cause::of_operation(run.cloud, &followed.stack.id, &followed.events, run.view).await;
    run.changes += 1;
    run.view.show(&Progress::RootCause { causes: causes.clone() });
    let (stack, status) = (run.plan.stack.name.clone(), followed.stack.status.clone());
    if followed.stack.settled() == Settled::Stuck {
        StepError::Stuck { stack, operation, status, causes }
    } else {
        StepError::RolledBack { stack, operation, status, causes }
    }
}

/// Express mode with rollback, which must be requested: otherwise a failed update stays as it is.
fn express() -> DeploymentConfig {
    DeploymentConfig::builder().mode(DeploymentConfigMode::Express).disable_rollback(false).build()
}

/// Whether express mode supports the template, if it is requested.
pub(super) fn check_express(run: &Run<'_>) -> Result<(), StepError> {
    let custom = ["Type: Custom::", "Type: AWS::CloudFormation::CustomResource"];
    let has_custom = custom.iter().any(|text| run.plan.stack.template.contains(text));
    if run.options.express && has_custom { Err(StepError::NotExpress) } else { Ok(()) }
}

/// A change set that can be executed.
struct ChangeSet {
    id: String,
    stack_id: String,
}

/// Creates the change set, or returns `None` if CloudFormation finds nothing to change.
async fn create_change_set(
    run: &Run<'_>,
    operation: StackOperation,
    flow_ids: &BTreeMap<FlowKey, String>,
) -> Result<Option<ChangeSet>, StepError> {
    let plan = &run.plan.stack;
    let wanted = format!("prepare the update of the stack {}", plan.name);
    let creating = operation == StackOperation::Create;
    let parameter = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::Known(value) => value.clone(),
            Value::NewFlow(key) => flow_ids.get(key).cloned().unwrap_or_default(),
        };
        Parameter::builder().parameter_key(name).parameter_value(value).build()
    };
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let mut request = run
        .cloud
        .cloudformation
        .create_change_set()
        .stack_name(&plan.name)
        .change_set_name(run.options.run_id)
        .client_token(run.options.run_id)
        .change_set_type(if creating { ChangeSetType::Create } else { ChangeSetType::Update })
        .set_on_stack_failure(creating.then_some(OnStackFailure::Delete))
        .set_deployment_config(run.options.express.then(express))
        .set_parameters(Some(plan.parameters.iter().map(parameter).collect()))
        .set_tags(Some(plan.tags.iter().map(tag).collect()))
        .set_capabilities(Some(
            plan.capabilities.iter().map(|name| Capability::from(name.as_str())).collect(),
        ));
    request = if plan.template.len() <= LARGEST_SENT {
        request.template_body(&plan.template)
    } else {
        let key = template_key(&plan.template);
        artifacts::put(run, &key, plan.template.clone().into_bytes(), "application/yaml").await?;
        request.template_url(object_url(run, &key))
    };
    let created = request.send().await.map_err(wrap(&wanted)).map_err(|error| busy_or(run, error))?;
    let missing = |what| CloudError::incomplete(&wanted, what);
    let change_set = ChangeSet {
        id: created.id().ok_or_else(|| missing("change set id"))?.to_owned(),
        stack_id: created.stack_id().ok_or_else(|| missing("stack id"))?.to_owned(),
    };
    match wait_for(run, &change_set).await? {
        Ready::Executable if creating => Ok(Some(change_set)),
        Ready::Executable => {
            let changes = announced::unannounced(run, &change_set.id).await?;
            if changes.is_empty() {
                return Ok(Some(change_set));
            }
            discard(run, &change_set, creating).await?;
            Err(StepError::Unannounced { stack: plan.name.clone(), changes })
        }
        Ready::NoChange => {
            discard(run, &change_set, creating).await?;
            Ok(None)
        }
        Ready::Refused(reason) => {
            let causes = root_cause::of_change_set(run.cloud, &change_set.id, run.view).await;
            if !causes.is_empty() {
                run.view.show(&Progress::RootCause { causes: causes.clone() });
            }
            discard(run, &change_set, creating).await?;
            Err(StepError::ChangeSet { stack: plan.name.clone(), reason, causes })
        }
    }
}

/// The result of creating a change set.
enum Ready {
    Executable,
    NoChange,
    Refused(String),
}

async fn wait_for(run: &Run<'_>, change_set: &ChangeSet) -> Result<Ready, CloudError> {
    let _preparing = waits::on("CloudFormation to prepare the change set");
    for wait in run.options.pace.waits() {
        let described = run
            .cloud
            .cloudformation
            .describe_change_set()
            .change_set_name(&change_set.id)
            .send()
            .await
            .map_err(wrap("read the change set"))?;
        match described.status() {
            Some(ChangeSetStatus::CreateComplete) => return Ok(Ready::Executable),
            Some(ChangeSetStatus::Failed) => {
                let reason = described.status_reason().unwrap_or("no reason given");
                // CloudFormation reports this only as text, in two wordings.
                let none = ["didn't contain changes", "No updates are to be performed"];
                return Ok(if none.iter().any(|text| reason.contains(text)) {
                    Ready::NoChange
                } else {
                    Ready::Refused(reason.to_owned())
                });
            }
            _ => tokio::time::sleep(wait).await,
        }
    }
    unreachable!("waits never end")
}

/// Deletes an unused change set, and the empty stack created with it.
async fn discard(run: &Run<'_>, change_set: &ChangeSet, creating: bool) -> Result<(), CloudError> {
    let cloudformation = &run.cloud.cloudformation;
    cloudformation
        .delete_change_set()
        .change_set_name(&change_set.id)
        .send()
        .await
        .map_err(wrap("delete the change set"))?;
    let shell = describe_stack(run.cloud, &change_set.stack_id).await?;
    if creating && shell.is_some_and(|stack| stack.settled() == Settled::Shell) {
        cloudformation
            .delete_stack()
            .stack_name(&change_set.stack_id)
            .send()
            .await
            .map_err(wrap("delete the empty stack"))?;
    }
    Ok(())
}

/// Executes the change set, and returns the position in the stack's events where that starts.
async fn execute(
    run: &mut Run<'_>,
    operation: StackOperation,
    change_set: &ChangeSet,
) -> Result<Bookmark, StepError> {
    let name = &run.plan.stack.name;
    let bookmark = Bookmark::of(run.cloud, &change_set.stack_id).await?;
    run.view.show(&Progress::StackOperation { stack: name.clone(), operation });
    let creating = operation == StackOperation::Create;
    run.at_work = true;
    let executed = run
        .cloud
        .cloudformation
        .execute_change_set()
        .change_set_name(&change_set.id)
        .client_request_token(run.options.run_id)
        // A first creation that fails should leave nothing, not even retained resources.
        .set_retain_except_on_create(creating.then_some(true))
        .send()
        .await
        .map_err(wrap(format!("change the stack {name}")));
    executed.map_err(|error| {
        // A lost response does not tell whether the request was executed.
        run.at_work = error.kind == ErrorKind::Unreachable;
        busy_or(run, error)
    })?;
    Ok(bookmark)
}

/// Deletes the remains of a failed first installation.
async fn delete(run: &mut Run<'_>, id: &str) -> Result<(), StepError> {
    let name = &run.plan.stack.name;
    let bookmark = Bookmark::of(run.cloud, id).await?;
    run.view.show(&Progress::StackOperation { stack: name.clone(), operation: StackOperation::Delete });
    run.cloud
        .cloudformation
        .delete_stack()
        .stack_name(id)
        .send()
        .await
        .map_err(wrap(format!("delete the stack {name}")))?;
    let (followed, _) = watch(run, id, StackOperation::Delete, bookmark).await?;
    if followed.stack.settled() == Settled::Gone {
        run.changed(Action::Deleted, Kind::Stack, name);
        return Ok(());
    }
    Err(failure(run, StackOperation::Delete, followed).await)
}

/// CloudFormation's own lock: one operation per stack at a time.
fn busy_or(run: &Run<'_>, error: CloudError) -> StepError {
    let busy = error.code.as_deref() == Some("OperationInProgressException")
        || error.message.contains("IN_PROGRESS state");
    if busy {
        StepError::Busy { stack: run.plan.stack.name.clone(), reason: error.message }
    } else {
        StepError::Cloud(error)
    }
}

/// The URL of an artifact for CloudFormation.
fn object_url(run: &Run<'_>, key: &str) -> String {
    let target = &run.plan.target;
    let host = match &run.cloud.endpoint {
        Some(endpoint) => endpoint.clone(),
        None if target.partition == "aws-cn" => format!("https://s3.{}.amazonaws.com.cn", target.region),
        None => format!("https://s3.{}.amazonaws.com", target.region),
    };
    format!("{host}/{}/{key}", run.plan.bucket.name)
}
