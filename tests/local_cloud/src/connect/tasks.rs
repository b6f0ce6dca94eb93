//! StartTaskContact, and the tasks as an agent sees them.

use std::collections::BTreeMap;

use bytes::Bytes;
use flow_language::FlowType;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::center::{ContactCenter, QueueTarget};
use super::contact::{Attributes, Channel, Contact, Reference, check_size, is_attribute_name};
use super::error::{internal, invalid_parameter, invalid_request, not_found};
use super::service::Connect;
use crate::call::run_task_flow;
use crate::download::download;
use crate::service::{AwsError, AwsRequest};

/// The maximum length of a task's name, in characters. The API reference said 512 for years, the newest model says
/// 1,024. The stricter limit works with both.
const MOST_NAME_CHARACTERS: usize = 512;
/// The maximum length of a task's description, of a reference's name and of its value, in characters.
const MOST_TEXT_CHARACTERS: usize = 4096;
/// The maximum number of a task's attachments.
const MOST_ATTACHMENTS: usize = 5;
/// The maximum size of an attachment, in bytes: the default quota.
const MOST_ATTACHED_BYTES: usize = 20_000_000;
/// The maximum number of tasks that follow one contact.
const MOST_LINKED_TASKS: usize = 12;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartTaskContact {
    pub(super) instance_id: String,
    pub(super) previous_contact_id: Option<String>,
    pub(super) related_contact_id: Option<String>,
    pub(super) contact_flow_id: Option<String>,
    #[serde(default)]
    attributes: Attributes,
    name: String,
    #[serde(default)]
    references: BTreeMap<String, Reference>,
    description: Option<String>,
    client_token: Option<String>,
    scheduled_time: Option<f64>,
    task_template_id: Option<String>,
    quick_connect_id: Option<String>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

/// A file that the service copies from a presigned URL.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attachment {
    file_name: String,
    #[serde(rename = "S3Url")]
    s3_url: String,
}

/// A task as an agent sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The task's contact.
    pub contact_id: String,
    /// The contact that it follows.
    pub previous_contact_id: Option<String>,
    /// The related contact, which is not part of its chain.
    pub related_contact_id: Option<String>,
    /// Its title.
    pub name: String,
    /// Its text.
    pub description: String,
    /// Its links, by name.
    pub references: BTreeMap<String, Reference>,
    /// Its attached files, by name.
    pub attachments: BTreeMap<String, Bytes>,
    /// Its attributes, which it shares with the contact that it follows.
    pub attributes: Attributes,
    /// The name of its shared queue.
    pub queue: Option<String>,
    /// The username of the agent whose own queue it is in.
    pub agent: Option<String>,
    /// The usernames of the agents to whom the routing criteria offer it first.
    pub preferred_agents: Vec<String>,
    /// Whether it is neither done nor ended.
    pub open: bool,
}

impl StartTaskContact {
    /// The service's first checks.
    fn check(&self) -> Result<&str, AwsError> {
        let too_long = |text: &str, most: usize| text.chars().count() > most;
        if self.name.is_empty() || too_long(&self.name, MOST_NAME_CHARACTERS) {
            let message = format!("Name must have between 1 and {MOST_NAME_CHARACTERS} characters");
            return Err(invalid_parameter(message));
        }
        if too_long(self.description.as_deref().unwrap_or_default(), MOST_TEXT_CHARACTERS) {
            let message = format!("Description must have at most {MOST_TEXT_CHARACTERS} characters");
            return Err(invalid_parameter(message));
        }
        if too_long(self.client_token.as_deref().unwrap_or_default(), 500) {
            return Err(invalid_parameter("ClientToken must have at most 500 characters"));
        }
        for (name, reference) in &self.references {
            check_reference(name, reference)?;
        }
        if let Some(name) = self.attributes.keys().find(|name| !is_attribute_name(name)) {
            return Err(invalid_parameter(format!("{name:?} is no name of an attribute")));
        }
        if self.previous_contact_id.is_some() && self.related_contact_id.is_some() {
            return Err(invalid_request("only one of PreviousContactId and RelatedContactId may be given"));
        }
        if self.scheduled_time.is_some() {
            return Err(invalid_request("the local cloud starts tasks at once: leave ScheduledTime out"));
        }
        if self.attachments.len() > MOST_ATTACHMENTS {
            return Err(invalid_request(format!("a task has at most {MOST_ATTACHMENTS} attachments")));
        }
        match (&self.contact_flow_id, &self.task_template_id, &self.quick_connect_id) {
            (Some(flow), None, None) => Ok(flow),
            (None, Some(_), None) => Err(not_found("the task template")),
            (None, None, Some(_)) => Err(not_found("the quick connect")),
            _ => Err(invalid_request(
                "exactly one of ContactFlowId, TaskTemplateId and QuickConnectId must be given",
            )),
        }
    }
}

fn check_reference(name: &str, reference: &Reference) -> Result<(), AwsError> {
    let value = &reference.value;
    let invalid = |what: &str| Err(invalid_request(format!("the reference {name:?} {what}")));
    if name.is_empty() || name.chars().count() > MOST_TEXT_CHARACTERS {
        return Err(invalid_parameter("a reference's name must have between 1 and 4096 characters"));
    }
    if value.chars().count() > MOST_TEXT_CHARACTERS {
        return invalid("has a value of more than 4096 characters");
    }
    match reference.kind.as_str() {
        "URL" if !(value.starts_with("https://") || value.starts_with("http://")) => invalid("is no URL"),
        "NUMBER" if value.parse::<f64>().is_err() => invalid("is no number"),
        "EMAIL" if !value.contains('@') => invalid("is no e-mail address"),
        "DATE" if value.is_empty() => invalid("is no date"),
        "URL" | "NUMBER" | "STRING" | "EMAIL" | "DATE" => Ok(()),
        other => invalid(&format!("has the type {other}, which a new task cannot have")),
    }
}

impl Connect {
    pub(super) async fn start_task_contact(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let contact_id = self.start(&request.json()?).await?;
        Ok(json!({ "ContactId": contact_id }))
    }

    /// Starts a task for a flow: `asked` is the input of StartTaskContact.
    pub(crate) async fn start_task(&self, asked: Value) -> Result<String, AwsError> {
        let asked = serde_json::from_value(asked).map_err(|error| invalid_parameter(error.to_string()))?;
        self.start(&asked).await
    }

    async fn start(&self, asked: &StartTaskContact) -> Result<String, AwsError> {
        let flow = asked.check()?;
        if let Some(known) = self.center().task_of_token(asked)? {
            return Ok(known);
        }
        let attachments = self.copy_attachments(&asked.attachments).await?;
        let contact_id = {
            let mut center = self.center();
            // Another request may have made it meanwhile.
            if let Some(known) = center.task_of_token(asked)? {
                return Ok(known);
            }
            center.check_task_flow(flow)?;
            center.add_task(asked, attachments, self.now())?
        };
        // The service responds before the flow has run. Here, the client is told if the flow cannot run.
        if let Err(error) = run_task_flow(self, &contact_id, flow).await {
            self.center().forget_contact(&contact_id);
            return Err(internal(format!("the task's flow cannot be run: {error}")));
        }
        Ok(contact_id)
    }

    async fn copy_attachments(&self, asked: &[Attachment]) -> Result<BTreeMap<String, Bytes>, AwsError> {
        let mut attachments = BTreeMap::new();
        if !asked.is_empty() && !self.center().keeps_attachments() {
            return Err(invalid_request("the instance keeps no attachments"));
        }
        for Attachment { file_name, s3_url } in asked {
            let file = download(s3_url, s3_url).await.map_err(|error| invalid_request(error.to_string()))?;
            if file.len() > MOST_ATTACHED_BYTES {
                return Err(invalid_request(format!("{file_name} is too large")));
            }
            attachments.insert(file_name.clone(), file);
        }
        Ok(attachments)
    }

    /// All tasks, done or not, in no particular order.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let center = self.center();
        let tasks = center.contacts.values().filter(|contact| contact.channel == Channel::Task);
        tasks.map(|contact| center.task(contact)).collect()
    }
}

impl ContactCenter {
    /// The task that an earlier request with the same token has made.
    fn task_of_token(&self, asked: &StartTaskContact) -> Result<Option<String>, AwsError> {
        self.check_instance(&asked.instance_id)?;
        Ok(asked.client_token.as_ref().and_then(|token| self.task_tokens.get(token)).cloned())
    }

    fn check_task_flow(&self, id: &str) -> Result<(), AwsError> {
        let flow = self.flow(id).ok_or_else(|| not_found("the contact flow"))?;
        if flow.flow_type != FlowType::ContactFlow {
            return Err(invalid_request(format!("a task cannot run a flow of type {}", flow.flow_type)));
        }
        if flow.document.published.is_none() {
            return Err(invalid_request("the contact flow has not been published"));
        }
        Ok(())
    }

    fn add_task(
        &mut self,
        asked: &StartTaskContact,
        attachments: BTreeMap<String, Bytes>,
        now: jiff::Timestamp,
    ) -> Result<String, AwsError> {
        let mut contact = Contact::new(Uuid::new_v4().to_string(), Channel::Task, "API", now);
        contact.name = Some(asked.name.clone());
        contact.description = asked.description.clone();
        contact.references = asked.references.clone();
        contact.attachments = attachments;
        let mut attributes = Attributes::new();
        if let Some(previous) = &asked.previous_contact_id {
            let followed = self.existing_contact(previous)?;
            contact.initial_id = Some(followed.root().to_owned());
            contact.shares_attributes_of = Some(followed.owner_of_attributes().to_owned());
            contact.previous_id = Some(previous.clone());
            attributes = self.attributes_of(previous);
            let linked = self
                .contacts
                .values()
                .filter(|other| {
                    other.channel == Channel::Task && other.previous_id.as_ref() == Some(previous)
                })
                .count();
            if linked >= MOST_LINKED_TASKS {
                return Err(AwsError::new(
                    StatusCode::PAYMENT_REQUIRED,
                    "ServiceQuotaExceededException",
                    format!("{MOST_LINKED_TASKS} tasks follow the contact {previous} already"),
                ));
            }
        }
        if let Some(related) = &asked.related_contact_id {
            self.existing_contact(related)?;
            contact.related_id = Some(related.clone());
            attributes = self.attributes_of(related);
        }
        attributes.extend(asked.attributes.clone());
        check_size(&attributes).map_err(|error| invalid_request(error.to_string()))?;
        let id = contact.id.clone();
        self.attributes.insert(contact.owner_of_attributes().to_owned(), attributes);
        self.add_contact(contact);
        if let Some(token) = &asked.client_token {
            self.task_tokens.insert(token.clone(), id.clone());
        }
        Ok(id)
    }

    fn task(&self, contact: &Contact) -> Task {
        let (queue, agent) = match contact.queued.as_ref().map(|queued| &queued.target) {
            None => (None, None),
            Some(QueueTarget::Standard { name, .. }) => (Some(name.clone()), None),
            Some(QueueTarget::Agent { username, .. }) => (None, Some(username.clone())),
        };
        Task {
            contact_id: contact.id.clone(),
            previous_contact_id: contact.previous_id.clone(),
            related_contact_id: contact.related_id.clone(),
            name: contact.name.clone().unwrap_or_default(),
            description: contact.description.clone().unwrap_or_default(),
            references: contact.references.clone(),
            attachments: contact.attachments.clone(),
            attributes: self.attributes_of(&contact.id),
            queue,
            agent,
            preferred_agents: self.preferred_agents(contact),
            open: contact.disconnected.is_none(),
        }
    }

    /// The agents in the first step of a contact's routing criteria.
    fn preferred_agents(&self, contact: &Contact) -> Vec<String> {
        let path = "/Steps/0/Expression/AttributeCondition/MatchCriteria/AgentsCriteria/AgentIds";
        let agents = contact.routing_criteria.as_ref().and_then(|criteria| criteria.pointer(path));
        agents
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| self.user(id.as_str()?))
            .map(|user| user.username.clone())
            .collect()
    }
}
