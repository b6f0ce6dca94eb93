//! Claimed phone numbers and their flows.

use serde::Deserialize;
use serde_json::{Value, json};

use super::center::ContactCenter;
use super::error::{invalid_parameter, not_found};
use super::paging::Page;
use super::seed::PhoneNumber;
use super::tags::shown;
use crate::service::{AwsError, AwsRequest};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListPhoneNumbers {
    target_arn: Option<String>,
    instance_id: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
    phone_number_country_codes: Option<Vec<String>>,
    phone_number_types: Option<Vec<String>>,
    phone_number_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AssociateFlow {
    pub(super) instance_id: String,
    pub(super) contact_flow_id: String,
}

impl ContactCenter {
    pub(super) fn list_phone_numbers(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let asked: ListPhoneNumbers = request.json()?;
        for instance in asked.target_arn.iter().chain(&asked.instance_id) {
            self.check_instance(instance)?;
        }
        let listed = |list: &Option<Vec<String>>, value: &String| {
            list.as_ref().is_none_or(|list| list.is_empty() || list.contains(value))
        };
        let numbers = self
            .phone_numbers
            .iter()
            .filter(|number| {
                listed(&asked.phone_number_country_codes, &number.country_code)
                    && listed(&asked.phone_number_types, &number.kind)
                    && number.number.starts_with(asked.phone_number_prefix.as_deref().unwrap_or_default())
            })
            .map(|number| self.phone_number(number))
            .collect();
        let page = Page::of(numbers, asked.max_results, asked.next_token.as_deref(), 1000)?;
        Ok(page.into_response("ListPhoneNumbersSummaryList"))
    }

    fn phone_number(&self, number: &PhoneNumber) -> Value {
        json!({
            "PhoneNumberId": number.id,
            "PhoneNumberArn": self.phone_number_arn(&number.id),
            "PhoneNumber": number.number,
            "PhoneNumberCountryCode": number.country_code,
            "PhoneNumberType": number.kind,
            "PhoneNumberDescription": number.description,
            "TargetArn": self.instance_arn(),
            "InstanceId": self.id,
        })
    }

    pub(super) fn describe_phone_number(&self, id: &str) -> Result<Value, AwsError> {
        let number = self
            .phone_numbers
            .iter()
            .find(|number| number.id == id || self.phone_number_arn(&number.id) == id)
            .ok_or_else(|| not_found("the phone number"))?;
        let mut summary = self.phone_number(number);
        summary["Tags"] = shown(&number.tags);
        summary["PhoneNumberStatus"] = json!({"Status": "CLAIMED"});
        Ok(json!({ "ClaimedPhoneNumberSummary": summary }))
    }

    /// Lists which flow answers which number.
    pub(super) fn list_flow_associations(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        const VOICE: &str = "VOICE_PHONE_NUMBER";
        const TYPES: [&str; 5] = [
            VOICE,
            "WHATSAPP_MESSAGING_PHONE_NUMBER",
            "INBOUND_EMAIL",
            "OUTBOUND_EMAIL",
            "ANALYTICS_CONNECTOR",
        ];
        let kind = request.query_value("ResourceType").unwrap_or(VOICE);
        if !TYPES.contains(&kind) {
            return Err(invalid_parameter(format!("there is no resource type {kind}")));
        }
        // The other kinds do not exist here.
        let associations = self
            .phone_numbers
            .iter()
            .filter(|_| kind == VOICE)
            .filter_map(|number| {
                let flow = number.flow_id.as_ref()?;
                Some(json!({
                    "ResourceId": self.phone_number_arn(&number.id),
                    "FlowId": self.arn(&format!("contact-flow/{flow}")),
                    "ResourceType": VOICE,
                }))
            })
            .collect();
        Ok(Page::of_query(request, associations, 1000)?.into_response("FlowAssociationSummaryList"))
    }

    fn claimed_number(&mut self, id: &str) -> Result<&mut PhoneNumber, AwsError> {
        let id = id.rsplit('/').next().unwrap_or(id);
        self.phone_numbers
            .iter_mut()
            .find(|number| number.id == id)
            .ok_or_else(|| not_found("the phone number"))
    }

    pub(super) fn associate_phone_number(
        &mut self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let AssociateFlow { instance_id, contact_flow_id } = request.json()?;
        self.check_instance(&instance_id)?;
        let flow_id = self
            .flow(&contact_flow_id)
            .map(|flow| flow.id.clone())
            .ok_or_else(|| not_found("the contact flow"))?;
        self.claimed_number(id)?.flow_id = Some(flow_id);
        Ok(json!({}))
    }

    pub(super) fn disassociate_phone_number(
        &mut self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let instance =
            request.query_value("instanceId").ok_or_else(|| invalid_parameter("instanceId is missing"))?;
        self.check_instance(instance)?;
        self.claimed_number(id)?.flow_id = None;
        Ok(json!({}))
    }
}
