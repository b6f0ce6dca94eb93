//! The Connect API calls that create, change and delete flows. Modules have their own, equivalent calls.

use aws_sdk_connect::error::SdkError;
use aws_sdk_connect::operation::create_contact_flow::CreateContactFlowError;
use aws_sdk_connect::operation::create_contact_flow_module::CreateContactFlowModuleError;
use aws_sdk_connect::operation::update_contact_flow_content::UpdateContactFlowContentError;
use aws_sdk_connect::operation::update_contact_flow_module_content::UpdateContactFlowModuleContentError;
use aws_sdk_connect::types::{ContactFlowType, ProblemDetail};
use flow_language::FlowType;

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::parts::FlowKey;
use vmx_model::plan::FlowPlan;

/// Why a flow could not be created or changed.
pub(crate) enum NotWritten {
    /// The flow is refused, for these reasons.
    Refused(Vec<ProblemDetail>),
    /// The call failed.
    Failed(CloudError),
}

impl NotWritten {
    /// The service's reasons: the exception's own message is often empty.
    fn new(problems: Option<&[ProblemDetail]>, error: CloudError) -> Self {
        match problems {
            Some(problems) if !problems.is_empty() => Self::Refused(problems.to_vec()),
            _ => Self::Failed(error),
        }
    }
}

/// The problems of a refusal, from one of the exceptions that have them.
macro_rules! problems {
    ($error:expr, $exception:path) => {
        match &$error {
            SdkError::ServiceError(refused) => match refused.err() {
                $exception(invalid) => Some(invalid.problems().to_vec()),
                _ => None,
            },
            _ => None,
        }
    };
}

/// Creates a flow and returns its ID and ARN.
pub(crate) async fn create(
    cloud: &Cloud,
    instance_id: &str,
    flow: &FlowPlan,
) -> Result<(String, String), NotWritten> {
    let wanted = format!("create the flow {}", flow.name);
    let tags = Some(flow.tags.clone().into_iter().collect());
    let (id, arn) = if flow.flow_type == FlowType::Module {
        let request = cloud
            .connect
            .create_contact_flow_module()
            .instance_id(instance_id)
            .name(&flow.name)
            .description(&flow.description)
            .content(&flow.content)
            .set_tags(tags);
        let made = request.send().await.map_err(|error| {
            let problems = problems!(error, CreateContactFlowModuleError::InvalidContactFlowModuleException);
            NotWritten::new(problems.as_deref(), wrap(&wanted)(error))
        })?;
        (made.id, made.arn)
    } else {
        let request = cloud
            .connect
            .create_contact_flow()
            .instance_id(instance_id)
            .name(&flow.name)
            .r#type(ContactFlowType::from(flow.flow_type.as_str()))
            .description(&flow.description)
            .content(&flow.content)
            .set_tags(tags);
        let made = request.send().await.map_err(|error| {
            let problems = problems!(error, CreateContactFlowError::InvalidContactFlowException);
            NotWritten::new(problems.as_deref(), wrap(&wanted)(error))
        })?;
        (made.contact_flow_id, made.contact_flow_arn)
    };
    id.zip(arn).ok_or_else(|| NotWritten::Failed(CloudError::incomplete(&wanted, "flow id and ARN")))
}

/// Sets a flow's content.
pub(crate) async fn update(
    cloud: &Cloud,
    instance_id: &str,
    flow: &FlowPlan,
    id: &str,
) -> Result<(), NotWritten> {
    let wanted = format!("update the flow {}", flow.name);
    if flow.flow_type == FlowType::Module {
        let request = cloud
            .connect
            .update_contact_flow_module_content()
            .instance_id(instance_id)
            .contact_flow_module_id(id)
            .content(&flow.content);
        request.send().await.map(drop).map_err(|error| {
            let problems =
                problems!(error, UpdateContactFlowModuleContentError::InvalidContactFlowModuleException);
            NotWritten::new(problems.as_deref(), wrap(wanted)(error))
        })
    } else {
        let request = cloud
            .connect
            .update_contact_flow_content()
            .instance_id(instance_id)
            .contact_flow_id(id)
            .content(&flow.content);
        request.send().await.map(drop).map_err(|error| {
            let problems = problems!(error, UpdateContactFlowContentError::InvalidContactFlowException);
            NotWritten::new(problems.as_deref(), wrap(wanted)(error))
        })
    }
}

/// Deletes a flow.
pub(crate) async fn delete(
    cloud: &Cloud,
    instance_id: &str,
    key: FlowKey,
    id: &str,
    name: &str,
) -> Result<(), CloudError> {
    let wanted = format!("delete the flow {name}");
    if key.flow_type() == FlowType::Module {
        let request =
            cloud.connect.delete_contact_flow_module().instance_id(instance_id).contact_flow_module_id(id);
        request.send().await.map(drop).map_err(wrap(wanted))
    } else {
        let request = cloud.connect.delete_contact_flow().instance_id(instance_id).contact_flow_id(id);
        request.send().await.map(drop).map_err(wrap(wanted))
    }
}
