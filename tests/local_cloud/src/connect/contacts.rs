//! Contacts and their attributes.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::center::{ContactCenter, QueueTarget};
use super::contact::{Attributes, Channel, Contact, is_attribute_name};
use super::contact_record::PublishError;
use super::error::{invalid_parameter, invalid_request, not_found};
use super::service::{Connect, seconds};
use crate::service::{AwsError, AwsRequest};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateAttributes {
    pub(super) initial_contact_id: String,
    pub(super) instance_id: String,
    attributes: Attributes,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StopContact {
    pub(super) contact_id: String,
    pub(super) instance_id: String,
}

impl Connect {
    pub(super) async fn update_contact_attributes(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let asked: UpdateAttributes = request.json()?;
        if let Some(name) = asked.attributes.keys().find(|name| !is_attribute_name(name)) {
            return Err(invalid_parameter(format!("{name:?} is no name of an attribute")));
        }
        let ended = {
            let mut center = self.center();
            center.check_instance(&asked.instance_id)?;
            let owner = center.existing_contact(&asked.initial_contact_id)?.owner_of_attributes().to_owned();
            center
                .set_attributes(&asked.initial_contact_id, &asked.attributes)
                .map_err(|error| invalid_request(error.to_string()))?;
            let now = self.now();
            let mut ended = Vec::new();
            for contact in
                center.contacts.values_mut().filter(|contact| contact.owner_of_attributes() == owner)
            {
                contact.updated = now;
                if contact.disconnected.is_some() {
                    ended.push(contact.id.clone());
                }
            }
            ended
        };
        // Contacts that have ended are reported again. The client does not see the result.
        for contact in ended {
            if let Err(error) = self.publish_contact_record(&contact).await {
                tracing::warn!(contact_id = contact, %error, "the updated contact record was not sent");
            }
        }
        Ok(json!({}))
    }

    /// Ends a contact now and sends its record.
    pub(crate) async fn end_contact(&self, id: &str, reason: &'static str) -> Result<(), PublishError> {
        if let Some(contact) = self.center().contact_mut(id) {
            let now = self.now();
            contact.disconnected = Some((now, reason));
            contact.updated = now;
        }
        self.publish_contact_record(id).await.map(drop)
    }

    /// Ends a task like an agent who has completed it.
    pub(super) async fn stop_contact(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let asked: StopContact = request.json()?;
        {
            let mut center = self.center();
            center.check_instance(&asked.instance_id)?;
            let now = self.now();
            let contact = center.contact_mut(&asked.contact_id).ok_or_else(|| {
                AwsError::new(http::StatusCode::GONE, "ContactNotFoundException", "the contact is not found")
            })?;
            if contact.channel != Channel::Task {
                return Err(invalid_request("a call cannot be stopped"));
            }
            if contact.disconnected.is_none() {
                contact.disconnected = Some((now, "API"));
                contact.updated = now;
            }
        }
        if let Err(error) = self.publish_contact_record(&asked.contact_id).await {
            tracing::warn!(contact_id = asked.contact_id, %error, "the contact record was not sent");
        }
        Ok(json!({}))
    }
}

impl ContactCenter {
    pub(super) fn existing_contact(&self, id: &str) -> Result<&Contact, AwsError> {
        self.contact(id).ok_or_else(|| not_found(format!("contact {id}")))
    }

    pub(super) fn get_contact_attributes(&self, id: &str) -> Result<Value, AwsError> {
        self.existing_contact(id)?;
        Ok(json!({ "Attributes": self.attributes_of(id) }))
    }

    pub(super) fn describe_contact(&self, id: &str) -> Result<Value, AwsError> {
        let contact = self.existing_contact(id)?;
        let mut described = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                described.insert(name.to_owned(), value);
            }
        };
        let endpoint = |endpoint: &super::contact::Endpoint| json!({"Type": "TELEPHONE_NUMBER", "Address": endpoint.address});
        set("Arn", Some(json!(self.arn(&format!("contact/{}", contact.id)))));
        set("Id", Some(json!(contact.id)));
        set("InitialContactId", contact.initial_id.as_ref().map(|id| json!(id)));
        set("PreviousContactId", contact.previous_id.as_ref().map(|id| json!(id)));
        set("RelatedContactId", contact.related_id.as_ref().map(|id| json!(id)));
        set("InitiationMethod", Some(json!(contact.initiation_method)));
        set("Name", contact.name.as_ref().map(|name| json!(name)));
        set("Description", contact.description.as_ref().map(|text| json!(text)));
        set("Channel", Some(json!(contact.channel.as_str())));
        set(
            "QueueInfo",
            contact.queued.as_ref().map(|queued| {
                let (QueueTarget::Standard { id, .. } | QueueTarget::Agent { id, .. }) = &queued.target;
                json!({"Id": id, "EnqueueTimestamp": seconds(queued.since)})
            }),
        );
        set(
            "AgentInfo",
            contact
                .agent
                .as_ref()
                .map(|agent| json!({"Id": agent.id, "ConnectedToAgentTimestamp": seconds(agent.since)})),
        );
        set("InitiationTimestamp", Some(seconds(contact.initiated)));
        set("ConnectedToSystemTimestamp", Some(seconds(contact.initiated)));
        set("LastUpdateTimestamp", Some(seconds(contact.updated)));
        if let Some((at, reason)) = contact.disconnected {
            set("DisconnectTimestamp", Some(seconds(at)));
            set("DisconnectReason", Some(json!(reason)));
        }
        set("CustomerEndpoint", contact.customer.as_ref().map(endpoint));
        set("SystemEndpoint", contact.system.as_ref().map(endpoint));
        set("Tags", (!contact.tags.is_empty()).then(|| json!(contact.tags)));
        set("Attributes", Some(json!(self.attributes_of(id))));
        if !contact.recordings.is_empty() {
            let recordings = contact.recordings.iter().map(|media| {
                let (first, last) = media.fragments.clone().unzip();
                json!({
                    "StorageType": "KINESIS_VIDEO_STREAM",
                    "Location": media.stream_arn,
                    "MediaStreamType": "VIDEO",
                    "ParticipantType": "CUSTOMER",
                    "FragmentStartNumber": first,
                    "FragmentStopNumber": last,
                    "StartTimestamp": seconds(media.start),
                    "StopTimestamp": seconds(media.stop),
                })
            });
            set("Recordings", Some(recordings.collect()));
        }
        Ok(json!({ "Contact": described }))
    }

    pub(super) fn list_contact_references(&self, request: &AwsRequest, id: &str) -> Result<Value, AwsError> {
        let contact = self.existing_contact(id)?;
        let types: Vec<&str> = request.query_values("referenceTypes").collect();
        if types.is_empty() {
            return Err(invalid_parameter("referenceTypes is missing"));
        }
        let references: Vec<Value> = contact
            .references
            .iter()
            .filter(|(_, reference)| types.contains(&reference.kind.as_str()))
            .filter_map(|(name, reference)| {
                let member = match reference.kind.as_str() {
                    "URL" => "Url",
                    "NUMBER" => "Number",
                    "STRING" => "String",
                    "DATE" => "Date",
                    "EMAIL" => "Email",
                    _ => return None,
                };
                Some(json!({ member: {"Name": name, "Value": reference.value} }))
            })
            .collect();
        Ok(json!({ "ReferenceSummaryList": references }))
    }
}
