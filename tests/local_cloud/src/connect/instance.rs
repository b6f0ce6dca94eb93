//! ListInstances, DescribeInstance and the instance's attributes.

use serde_json::{Value, json};

use super::center::ContactCenter;
use super::error::invalid_parameter;
use super::paging::Page;
use super::service::seconds;
use super::tags::shown;
use crate::backend::CONNECT_ROLE;
use crate::service::{AwsError, AwsRequest};

impl ContactCenter {
    pub(super) fn list_instances(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let page = Page::of_query(request, vec![self.instance()], 10)?;
        Ok(page.into_response("InstanceSummaryList"))
    }

    pub(super) fn describe_instance(&self) -> Value {
        let mut instance = self.instance();
        instance["Tags"] = shown(&self.tags);
        json!({ "Instance": instance })
    }

    /// The ARN of the instance's service-linked role.
    pub(super) fn service_role(&self) -> String {
        format!(
            "arn:{}:iam::{}:role/aws-service-role/connect.amazonaws.com/{CONNECT_ROLE}",
            self.account.partition, self.account.id
        )
    }

    fn instance(&self) -> Value {
        let is_on = |switch: &str| self.switches.get(switch).is_some_and(|value| value == "true");
        json!({
            "Id": self.id,
            "Arn": self.instance_arn(),
            "IdentityManagementType": "CONNECT_MANAGED",
            "InstanceAlias": self.alias,
            "CreatedTime": seconds(self.created),
            "ServiceRole": self.service_role(),
            "InstanceStatus": "ACTIVE",
            "InboundCallsEnabled": is_on("INBOUND_CALLS"),
            "OutboundCallsEnabled": is_on("OUTBOUND_CALLS"),
            "InstanceAccessUrl": format!("https://{}.my.connect.aws", self.alias),
        })
    }

    pub(super) fn describe_instance_attribute(&self, attribute: &str) -> Result<Value, AwsError> {
        let value = self
            .switches
            .get(attribute)
            .ok_or_else(|| invalid_parameter(format!("the instance has no attribute {attribute}")))?;
        Ok(json!({"Attribute": {"AttributeType": attribute, "Value": value}}))
    }

    pub(super) fn list_instance_attributes(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let attributes = self
            .switches
            .iter()
            .map(|(name, value)| json!({"AttributeType": name, "Value": value}))
            .collect();
        Ok(Page::of_query(request, attributes, 7)?.into_response("Attributes"))
    }
}
