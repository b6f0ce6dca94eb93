//! Maps requests to operations and their IAM actions and resources.
//!
//! Methods and paths follow the service's model, actions and resources the service authorization reference of Amazon
//! Connect.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::center::ContactCenter;
use super::contacts::{StopContact, UpdateAttributes};
use super::metrics::GetMetricData;
use super::numbers::AssociateFlow;
use super::tasks::StartTaskContact;
use crate::service::{Action, AwsError, AwsRequest};

/// The actions that those of an operation depend on. Source: the Service Authorization Reference, with which a test of
/// `tests/end_to_end/permissions` compares them.
static DEPENDENT: LazyLock<BTreeMap<&str, Vec<&str>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("dependent.json")).unwrap_or_default());

/// The operations, named like their IAM actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the names are the service's")]
pub(super) enum Operation {
    AssociateInstanceStorageConfig,
    AssociateLambdaFunction,
    AssociatePhoneNumberContactFlow,
    CreateContactFlow,
    CreateContactFlowModule,
    CreateView,
    DeleteContactFlow,
    DeleteContactFlowModule,
    DeleteView,
    DescribeContact,
    DescribeContactFlow,
    DescribeContactFlowModule,
    DescribeHoursOfOperation,
    DescribeInstance,
    DescribeInstanceAttribute,
    DescribeInstanceStorageConfig,
    DescribePhoneNumber,
    DescribeQueue,
    DescribeRoutingProfile,
    DescribeUser,
    DescribeView,
    DisassociateInstanceStorageConfig,
    DisassociateLambdaFunction,
    DisassociatePhoneNumberContactFlow,
    GetContactAttributes,
    GetMetricDataV2,
    ListContactFlowModules,
    ListContactFlows,
    ListContactReferences,
    ListFlowAssociations,
    ListHoursOfOperations,
    ListInstanceAttributes,
    ListInstanceStorageConfigs,
    ListInstances,
    ListLambdaFunctions,
    ListPhoneNumbersV2,
    ListQueues,
    ListRoutingProfileQueues,
    ListRoutingProfiles,
    ListTagsForResource,
    ListUsers,
    ListViews,
    SearchContactFlows,
    SearchQueues,
    SearchUsers,
    StartTaskContact,
    StopContact,
    TagResource,
    UntagResource,
    UpdateContactAttributes,
    UpdateContactFlowContent,
    UpdateContactFlowMetadata,
    UpdateContactFlowModuleContent,
    UpdateContactFlowModuleMetadata,
    UpdateContactFlowName,
    UpdateInstanceStorageConfig,
    UpdateViewContent,
    UpdateViewMetadata,
}

/// The resources for IAM, and where the request names the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resource {
    /// No particular resource.
    Everything,
    /// The instance, given by the path's first part.
    Instance,
    /// The instance, given in the body.
    InstanceInBody,
    /// A resource of this kind, given by the path's second part; the instance by the first.
    One(&'static str),
    /// All resources of this kind in the instance, given by the path's first part.
    Any(&'static str),
    /// The claimed number in the path's first part.
    PhoneNumber,
    /// All claimed numbers.
    AnyPhoneNumber,
    /// The ARN in the path.
    Arn,
    /// The resource in the body.
    Body,
}

#[rustfmt::skip] // one line each
const ROUTES: &[(Method, &str, Operation, Resource)] = {
    use Operation::*;
    use Resource::{Any, AnyPhoneNumber, Arn, Body, Everything, Instance, InstanceInBody, One, PhoneNumber};
    &[
        (Method::GET, "instance", ListInstances, Everything),
        (Method::GET, "instance/*", DescribeInstance, Instance),
        (Method::GET, "instance/*/attribute/*", DescribeInstanceAttribute, Instance),
        (Method::GET, "instance/*/attributes", ListInstanceAttributes, Instance),
        (Method::PUT, "instance/*/storage-config", AssociateInstanceStorageConfig, Instance),
        (Method::GET, "instance/*/storage-configs", ListInstanceStorageConfigs, Instance),
        (Method::GET, "instance/*/storage-config/*", DescribeInstanceStorageConfig, Instance),
        (Method::POST, "instance/*/storage-config/*", UpdateInstanceStorageConfig, Instance),
        (Method::DELETE, "instance/*/storage-config/*", DisassociateInstanceStorageConfig, Instance),
        (Method::PUT, "instance/*/lambda-function", AssociateLambdaFunction, Instance),
        (Method::DELETE, "instance/*/lambda-function", DisassociateLambdaFunction, Instance),
        (Method::GET, "instance/*/lambda-functions", ListLambdaFunctions, Instance),
        (Method::PUT, "contact-flows/*", CreateContactFlow, Any("contact-flow")),
        (Method::GET, "contact-flows/*/*", DescribeContactFlow, One("contact-flow")),
        (Method::DELETE, "contact-flows/*/*", DeleteContactFlow, One("contact-flow")),
        (Method::POST, "contact-flows/*/*/content", UpdateContactFlowContent, One("contact-flow")),
        (Method::POST, "contact-flows/*/*/metadata", UpdateContactFlowMetadata, One("contact-flow")),
        (Method::POST, "contact-flows/*/*/name", UpdateContactFlowName, One("contact-flow")),
        (Method::GET, "contact-flows-summary/*", ListContactFlows, Any("contact-flow")),
        (Method::POST, "search-contact-flows", SearchContactFlows, InstanceInBody),
        (Method::GET, "flow-associations-summary/*", ListFlowAssociations, Instance),
        (Method::PUT, "contact-flow-modules/*", CreateContactFlowModule, Any("flow-module")),
        (Method::GET, "contact-flow-modules/*/*", DescribeContactFlowModule, One("flow-module")),
        (Method::DELETE, "contact-flow-modules/*/*", DeleteContactFlowModule, One("flow-module")),
        (Method::POST, "contact-flow-modules/*/*/content", UpdateContactFlowModuleContent, One("flow-module")),
        (Method::POST, "contact-flow-modules/*/*/metadata", UpdateContactFlowModuleMetadata, One("flow-module")),
        (Method::GET, "contact-flow-modules-summary/*", ListContactFlowModules, Instance),
        (Method::PUT, "views/*", CreateView, Any("view")),
        (Method::GET, "views/*", ListViews, Instance),
        (Method::GET, "views/*/*", DescribeView, One("view")),
        (Method::DELETE, "views/*/*", DeleteView, One("view")),
        (Method::POST, "views/*/*", UpdateViewContent, One("view")),
        (Method::POST, "views/*/*/metadata", UpdateViewMetadata, One("view")),
        (Method::GET, "queues-summary/*", ListQueues, Any("queue")),
        (Method::GET, "queues/*/*", DescribeQueue, One("queue")),
        (Method::POST, "search-queues", SearchQueues, InstanceInBody),
        (Method::GET, "users-summary/*", ListUsers, Instance),
        (Method::GET, "users/*/*", DescribeUser, One("agent")),
        (Method::POST, "search-users", SearchUsers, InstanceInBody),
        (Method::GET, "routing-profiles-summary/*", ListRoutingProfiles, Instance),
        (Method::GET, "routing-profiles/*/*", DescribeRoutingProfile, One("routing-profile")),
        (Method::GET, "routing-profiles/*/*/queues", ListRoutingProfileQueues, One("routing-profile")),
        (Method::GET, "hours-of-operations-summary/*", ListHoursOfOperations, Instance),
        (Method::GET, "hours-of-operations/*/*", DescribeHoursOfOperation, One("operating-hours")),
        (Method::POST, "phone-number/list", ListPhoneNumbersV2, AnyPhoneNumber),
        (Method::GET, "phone-number/*", DescribePhoneNumber, PhoneNumber),
        (Method::PUT, "phone-number/*/contact-flow", AssociatePhoneNumberContactFlow, Body),
        (Method::DELETE, "phone-number/*/contact-flow", DisassociatePhoneNumberContactFlow, PhoneNumber),
        (Method::PUT, "contact/task", StartTaskContact, Body),
        (Method::POST, "contact/stop", StopContact, Body),
        (Method::GET, "contacts/*/*", DescribeContact, One("contact")),
        (Method::GET, "contact/attributes/*/*", GetContactAttributes, One("contact")),
        (Method::POST, "contact/attributes", UpdateContactAttributes, Body),
        (Method::GET, "contact/references/*/*", ListContactReferences, One("contact")),
        (Method::POST, "metrics/data", GetMetricDataV2, Body),
        (Method::GET, "tags/*", ListTagsForResource, Arn),
        (Method::POST, "tags/*", TagResource, Arn),
        (Method::DELETE, "tags/*", UntagResource, Arn),
    ]
};

/// A request's operation and the names in its path.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) operation: Operation,
    resource: Resource,
    pub(super) names: Vec<String>,
}

impl Asked {
    pub(super) fn of(request: &AwsRequest) -> Result<Self, AwsError> {
        let segments = request.segments();
        for (method, pattern, operation, resource) in ROUTES {
            if *method == request.method
                && let Some(names) = matches(pattern, &segments)
            {
                return Ok(Self { operation: *operation, resource: *resource, names });
            }
        }
        Err(AwsError::unknown_operation(&format!("{} {}", request.method, request.path)))
    }

    /// A name in the path, by its position among the names.
    pub(super) fn name(&self, position: usize) -> &str {
        self.names.get(position).map_or("", String::as_str)
    }

    /// The instance in the path, if any.
    pub(super) fn instance(&self) -> Option<&str> {
        matches!(self.resource, Resource::Instance | Resource::One(_) | Resource::Any(_))
            .then(|| self.name(0))
    }

    pub(super) fn action(&self, request: &AwsRequest, center: &ContactCenter) -> Result<Action, AwsError> {
        let resources = match self.resource {
            Resource::Everything => vec!["*".to_owned()],
            Resource::Instance => vec![instance_arn(center, self.name(0))],
            Resource::InstanceInBody => vec![instance_in_body(request, center)?],
            Resource::One(kind) => vec![within(center, self.name(0), kind, self.name(1))],
            Resource::Any(kind) => vec![within(center, self.name(0), kind, "*")],
            Resource::PhoneNumber => vec![phone_number(center, self.name(0))],
            Resource::AnyPhoneNumber => vec![center.phone_number_arn("*")],
            Resource::Arn => vec![self.name(0).to_owned()],
            Resource::Body => self.named_in_body(request, center)?,
        };
        let operation = format!("{:?}", self.operation);
        let mut dependent = Vec::new();
        for action in DEPENDENT.get(operation.as_str()).into_iter().flatten() {
            let concerned = Self::concerned(action, request, center)?;
            dependent.extend(concerned.into_iter().map(|resource| (*action, resource)));
        }
        let name = format!("connect:{operation}");
        Ok(Action { name, resources, dependent, context: BTreeMap::new() })
    }

    /// The resources of an action that this one depends on; none if the request has nothing to do with it.
    fn concerned(
        action: &str,
        request: &AwsRequest,
        center: &ContactCenter,
    ) -> Result<Vec<String>, AwsError> {
        let body: Value = request.json()?;
        let named = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        let one = |name: Option<&str>| name.map(str::to_owned).into_iter().collect();
        Ok(match action {
            "connect:DescribeContactFlow" => vec![all_of("contact-flow", request, center)?],
            "connect:DescribeQueue" => vec![all_of("queue", request, center)?],
            "connect:DescribeUser" => vec![all_of("agent", request, center)?],
            "connect:ListUserProficiencies" => {
                vec![instance_in_body(request, center)?, all_of("agent", request, center)?]
            }
            "ds:DescribeDirectories" => vec!["*".to_owned()],
            "firehose:DescribeDeliveryStream" => {
                one(named("/StorageConfig/KinesisFirehoseConfig/FirehoseArn"))
            }
            // The instance has its role.
            "iam:CreateServiceLinkedRole" => Vec::new(),
            "iam:AttachRolePolicy" | "iam:PutRolePolicy" => vec![center.service_role()],
            "kinesis:DescribeStream" => one(named("/StorageConfig/KinesisStreamConfig/StreamArn")),
            "kms:CreateGrant" | "kms:DescribeKey" => {
                let of = |config: &str| named(&format!("/StorageConfig/{config}/EncryptionConfig/KeyId"));
                let key = of("KinesisVideoStreamConfig").or(of("S3Config"));
                // Permissions are for keys, not for their aliases.
                one(key.map(|arn| arn.replace(":alias/aws/", ":key/aws-")).as_deref())
            }
            "lambda:AddPermission" => one(named("/FunctionArn")),
            "lambda:RemovePermission" => one(request.query_value("functionArn")),
            "s3:GetBucketAcl" | "s3:GetBucketLocation" => {
                let bucket = named("/StorageConfig/S3Config/BucketName");
                one(bucket.map(|name| format!("arn:{}:s3:::{name}", center.account.partition)).as_deref())
            }
            other => return Err(AwsError::internal(format!("the resources of {other} are unknown"))),
        })
    }

    fn named_in_body(&self, request: &AwsRequest, center: &ContactCenter) -> Result<Vec<String>, AwsError> {
        Ok(match self.operation {
            Operation::StartTaskContact => {
                let asked: StartTaskContact = request.json()?;
                let contacts = asked.previous_contact_id.iter().chain(&asked.related_contact_id);
                let flow = asked.contact_flow_id.as_deref().unwrap_or("*");
                std::iter::once(within(center, &asked.instance_id, "contact-flow", flow))
                    .chain(contacts.map(|contact| within(center, &asked.instance_id, "contact", contact)))
                    .collect()
            }
            Operation::StopContact => {
                let asked: StopContact = request.json()?;
                vec![within(center, &asked.instance_id, "contact", &asked.contact_id)]
            }
            Operation::UpdateContactAttributes => {
                let asked: UpdateAttributes = request.json()?;
                vec![within(center, &asked.instance_id, "contact", &asked.initial_contact_id)]
            }
            // The filters name what the caller needs permission for.
            Operation::GetMetricDataV2 => {
                let asked: GetMetricData = request.json()?;
                let queues = asked.queues().into_iter();
                queues.map(|queue| within(center, &asked.resource_arn, "queue", queue)).collect()
            }
            Operation::AssociatePhoneNumberContactFlow => {
                let asked: AssociateFlow = request.json()?;
                vec![
                    phone_number(center, self.name(0)),
                    within(center, &asked.instance_id, "contact-flow", &asked.contact_flow_id),
                ]
            }
            operation => {
                return Err(AwsError::internal(format!("{operation:?} names nothing in its body")));
            }
        })
    }
}

/// The values of a pattern's stars, if the path matches.
fn matches(pattern: &str, segments: &[String]) -> Option<Vec<String>> {
    let pattern: Vec<&str> = pattern.split('/').collect();
    if pattern.len() != segments.len() {
        return None;
    }
    let mut names = Vec::new();
    for (part, segment) in pattern.iter().zip(segments) {
        if *part == "*" {
            names.push(segment.clone());
        } else if part != segment {
            return None;
        }
    }
    Some(names)
}

/// The instance that a request names in its body.
fn instance_in_body(request: &AwsRequest, center: &ContactCenter) -> Result<String, AwsError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Body {
        instance_id: String,
    }
    Ok(instance_arn(center, &request.json::<Body>()?.instance_id))
}

/// All resources of a kind in the instance that a request names in its body.
fn all_of(kind: &str, request: &AwsRequest, center: &ContactCenter) -> Result<String, AwsError> {
    Ok(within(center, &instance_in_body(request, center)?, kind, "*"))
}

fn instance_arn(center: &ContactCenter, instance: &str) -> String {
    if instance.starts_with("arn:") {
        instance.to_owned()
    } else {
        center.account.arn("connect", &format!("instance/{instance}"))
    }
}

/// The ARN of a resource in an instance. Its name may already be an ARN, and end in `$SAVED` or `$LATEST`.
fn within(center: &ContactCenter, instance: &str, kind: &str, id: &str) -> String {
    let id = id.strip_suffix(":$SAVED").or_else(|| id.strip_suffix(":$LATEST")).unwrap_or(id);
    if id.starts_with("arn:") {
        return id.to_owned();
    }
    format!("{}/{kind}/{id}", instance_arn(center, instance))
}

fn phone_number(center: &ContactCenter, id: &str) -> String {
    if id.starts_with("arn:") { id.to_owned() } else { center.phone_number_arn(id) }
}
