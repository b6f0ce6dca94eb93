//! Contact flows.

use std::collections::BTreeMap;

use flow_language::{FlowType, validate};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::center::ContactCenter;
use super::document::{Document, Metadata, parse_id, sha256};
use super::error::{duplicate, invalid_parameter, invalid_request, not_found};
use super::paging::Page;
use super::search::{Search, Subject};
use super::seed::FlowSeed;
use super::service::seconds;
use super::tags::check_tags;
use crate::service::{AwsError, AwsRequest};

/// The maximum number of problems in an InvalidContactFlowException.
const MOST_PROBLEMS: usize = 50;
/// The maximum length of one of them, in characters.
const MOST_PROBLEM_CHARACTERS: usize = 256;

#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub(crate) id: String,
    pub(crate) flow_type: FlowType,
    pub(crate) document: Document,
    modified: Timestamp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateContactFlow {
    name: String,
    #[serde(rename = "Type")]
    flow_type: String,
    description: Option<String>,
    content: String,
    status: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateMetadata {
    name: Option<String>,
    description: Option<String>,
    contact_flow_state: Option<String>,
}

impl Flow {
    pub(super) fn published(seed: FlowSeed, now: Timestamp) -> Self {
        let document = Document::new(seed.name, None, &seed.content.to_string(), true, BTreeMap::new());
        Self { id: seed.id, flow_type: seed.flow_type, document, modified: now }
    }
}

/// All problems of the content, in the service's form.
pub(super) fn problems(content: &str, flow_type: FlowType) -> Vec<Value> {
    validate(content, flow_type)
        .iter()
        .take(MOST_PROBLEMS)
        .map(|problem| {
            let message: String = problem.message().chars().take(MOST_PROBLEM_CHARACTERS).collect();
            json!({ "message": message })
        })
        .collect()
}

/// Refuses content with a list of all its problems.
fn check_content(content: &str, flow_type: FlowType) -> Result<(), AwsError> {
    let problems = problems(content, flow_type);
    if problems.is_empty() {
        return Ok(());
    }
    // The message is empty in the real service, too: only the list has the reasons.
    Err(AwsError::bad_request("InvalidContactFlowException", "").with("problems", problems.into()))
}

impl ContactCenter {
    pub(super) fn create_flow(&mut self, request: &AwsRequest, now: Timestamp) -> Result<Value, AwsError> {
        let asked: CreateContactFlow = request.json()?;
        let flow_type = asked
            .flow_type
            .parse()
            .ok()
            .filter(|flow_type| *flow_type != FlowType::Module)
            .ok_or_else(|| invalid_parameter(format!("there is no flow type {}", asked.flow_type)))?;
        let publish = match asked.status.as_deref() {
            None | Some("PUBLISHED") => true,
            Some("SAVED") => false,
            Some(other) => return Err(invalid_parameter(format!("there is no status {other}"))),
        };
        check_tags(&asked.tags)?;
        if asked.name.is_empty() {
            return Err(invalid_parameter("a flow needs a name"));
        }
        self.check_name(&asked.name, None)?;
        if publish {
            check_content(&asked.content, flow_type)?;
        }
        let document = Document::new(asked.name, asked.description, &asked.content, publish, asked.tags);
        let id = Uuid::new_v4().to_string();
        let answer = json!({
            "ContactFlowId": id,
            "ContactFlowArn": self.arn(&format!("contact-flow/{id}")),
            "FlowContentSha256": document.content(true).map(sha256),
        });
        let flow = Flow { id: id.clone(), flow_type, document, modified: now };
        self.flows.insert(id, flow);
        Ok(answer)
    }

    fn check_name(&self, name: &str, own_id: Option<&str>) -> Result<(), AwsError> {
        match self.flow_named(name) {
            Some(flow) if Some(flow.id.as_str()) != own_id => {
                Err(duplicate(format!("there is a flow named {name:?} already")))
            }
            _ => Ok(()),
        }
    }

    fn existing_flow_mut(&mut self, id: &str) -> Result<&mut Flow, AwsError> {
        let id = self.flow(id).map(|flow| flow.id.clone());
        id.and_then(|id| self.flows.get_mut(&id)).ok_or_else(|| not_found("the contact flow"))
    }

    pub(super) fn describe_flow(&self, id: &str) -> Result<Value, AwsError> {
        let (id, saved) = parse_id(id);
        let flow = self.flow(id).ok_or_else(|| not_found("the contact flow"))?;
        let content = flow.document.content(saved).ok_or_else(|| {
            AwsError::new(
                StatusCode::NOT_FOUND,
                "ContactFlowNotPublishedException",
                "the flow has not been published",
            )
        })?;
        let mut detail = self.flow_detail(flow, saved);
        detail["Content"] = json!(content);
        detail["FlowContentSha256"] = json!(sha256(content));
        Ok(json!({ "ContactFlow": detail }))
    }

    /// A flow without its content, as in a search.
    fn flow_detail(&self, flow: &Flow, saved: bool) -> Value {
        let mut detail =
            flow.document.summary(&flow.id, self.arn(&format!("contact-flow/{}", flow.id)), saved);
        detail["Type"] = json!(flow.flow_type);
        detail["LastModifiedTime"] = seconds(flow.modified);
        detail["LastModifiedRegion"] = json!(self.account.region);
        detail
    }

    pub(super) fn update_flow_content(
        &mut self,
        request: &AwsRequest,
        id: &str,
        now: Timestamp,
    ) -> Result<Value, AwsError> {
        let (id, save_only) = parse_id(id);
        let flow = self.existing_flow_mut(id)?;
        let flow_type = flow.flow_type;
        flow.document
            .update_content(&request.json()?, save_only, |content| check_content(content, flow_type))?;
        flow.modified = now;
        Ok(json!({}))
    }

    /// UpdateContactFlowMetadata and UpdateContactFlowName, which accepts less.
    pub(super) fn update_flow_metadata(
        &mut self,
        request: &AwsRequest,
        id: &str,
        now: Timestamp,
    ) -> Result<Value, AwsError> {
        let asked: UpdateMetadata = request.json()?;
        let asked =
            Metadata { name: asked.name, description: asked.description, state: asked.contact_flow_state };
        let own_id = self.existing_flow_mut(id)?.id.clone();
        asked.check()?;
        if let Some(name) = &asked.name {
            if name.is_empty() {
                return Err(invalid_parameter("a flow needs a name"));
            }
            self.check_name(name, Some(&own_id))?;
        }
        let flow = self.existing_flow_mut(id)?;
        flow.document.update_metadata(asked);
        flow.modified = now;
        Ok(json!({}))
    }

    pub(super) fn delete_flow(&mut self, id: &str) -> Result<Value, AwsError> {
        let id = self.existing_flow_mut(id)?.id.clone();
        if let Some(number) = self.phone_numbers.iter().find(|number| number.flow_id.as_deref() == Some(&id))
        {
            // The operation has no ResourceInUseException, unlike those of other resources.
            return Err(invalid_request(format!("the flow answers the phone number {}", number.number)));
        }
        self.flows.remove(&id);
        Ok(json!({}))
    }

    pub(super) fn search_flows(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let search: Search = request.json()?;
        self.check_instance(&search.instance_id)?;
        let mut found = Vec::new();
        for flow in self.flows.values() {
            let subject = Subject {
                tags: &flow.document.tags,
                fields: &[
                    ("name", &flow.document.name),
                    ("description", flow.document.description.as_deref().unwrap_or_default()),
                    ("resourceID", &flow.id),
                ],
                traits: &[
                    ("TypeCondition", flow.flow_type.as_str()),
                    ("StateCondition", &flow.document.state),
                    ("StatusCondition", flow.document.status()),
                ],
            };
            if search.matches(&subject)? {
                found.push(self.flow_detail(flow, false));
            }
        }
        search.page(found, 100, "ContactFlows")
    }

    pub(super) fn list_flows(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let types: Vec<&str> = request.query_values("contactFlowTypes").collect();
        if let Some(unknown) = types.iter().find(|name| name.parse::<FlowType>().is_err()) {
            return Err(invalid_request(format!("there is no flow type {unknown}")));
        }
        let flows = self
            .flows
            .values()
            .filter(|flow| types.is_empty() || types.contains(&flow.flow_type.as_str()))
            .map(|flow| {
                json!({
                    "Id": flow.id,
                    "Arn": self.arn(&format!("contact-flow/{}", flow.id)),
                    "Name": flow.document.name,
                    "ContactFlowType": flow.flow_type,
                    "ContactFlowState": flow.document.state,
                    "ContactFlowStatus": flow.document.status(),
                })
            })
            .collect();
        Ok(Page::of_query(request, flows, 1000)?.into_response("ContactFlowSummaryList"))
    }
}
