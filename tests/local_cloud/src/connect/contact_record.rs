//! Contact records, which an instance sends when a contact has ended and again after each update.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::center::{ContactCenter, QueueTarget};
use super::contact::{Channel, Contact, Endpoint, StreamedMedia};
use super::service::Connect;
use crate::backend::BackendError;

/// The resource type of the storage configuration for contact records.
pub(super) const CONTACT_TRACE_RECORDS: &str = "CONTACT_TRACE_RECORDS";

/// A contact record that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRecord {
    /// ARN of the stream on which it was put.
    pub stream: String,
    /// The record.
    pub json: String,
}

/// Why a contact record could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The destination is a Firehose, which the local cloud does not have.
    #[error(
        "contact records are associated with a Firehose, which the local cloud does not have; associate a Kinesis stream"
    )]
    Firehose,
    /// The stream refused it.
    #[error("the contact record could not be put on {stream}: {source}")]
    Stream {
        /// The stream's ARN.
        stream: String,
        /// What happened.
        source: BackendError,
    },
}

impl Connect {
    /// Sends a contact's record to the stream in the instance's storage configuration. Without one, it sends nothing.
    pub(crate) async fn publish_contact_record(
        &self,
        contact_id: &str,
    ) -> Result<Option<SentRecord>, PublishError> {
        let (stream, record) = {
            let center = self.center();
            let Some(config) = center.storage.get(CONTACT_TRACE_RECORDS) else {
                return Ok(None);
            };
            let Some(stream) = &config.kinesis_stream_config else {
                return Err(PublishError::Firehose);
            };
            let Some(contact) = center.contact(contact_id) else {
                return Ok(None);
            };
            (stream.stream_arn.clone(), center.contact_record(contact))
        };
        let json = record.to_string();
        match self.integrations().put_record(&stream, contact_id, json.clone().into_bytes()).await {
            Ok(()) => Ok(Some(SentRecord { stream, json })),
            Err(source) => Err(PublishError::Stream { stream, source }),
        }
    }
}

impl ContactCenter {
    /// The record of a contact, with the members of real ones in the same order.
    fn contact_record(&self, contact: &Contact) -> Value {
        let attributes: Map<String, Value> = self
            .attributes_of(&contact.id)
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect();
        let recordings = if contact.recordings.is_empty() {
            Value::Null
        } else {
            contact.recordings.iter().map(recording).collect()
        };
        let voice = contact.channel == Channel::Voice;
        let details =
            if voice { json!({}) } else { json!({"Name": contact.name, "Description": contact.description}) };
        let references: Vec<Value> = contact
            .references
            .iter()
            .map(|(name, reference)| {
                json!({"Name": name, "Type": reference.kind, "Value": reference.value, "Status": null})
            })
            .collect();
        json!({
            "AWSAccountId": self.account.id,
            "AWSContactTraceRecordFormatVersion": "2017-03-10",
            "Agent": self.agent_of(contact),
            "AgentConnectionAttempts": u8::from(contact.agent.is_some()),
            "AnsweringMachineDetectionStatus": null,
            "Attributes": attributes,
            "Campaign": {"CampaignId": null},
            "Channel": contact.channel.as_str(),
            "ConnectedToSystemTimestamp": time(contact.initiated),
            "ContactDetails": details,
            "ContactId": contact.id,
            "CustomerEndpoint": contact.customer.as_ref().map(endpoint),
            "DisconnectReason": contact.disconnected.map(|(_, reason)| reason),
            "DisconnectTimestamp": contact.disconnected.map(|(at, _)| time(at)),
            "InitialContactId": contact.initial_id,
            "InitiationMethod": contact.initiation_method,
            "InitiationTimestamp": time(contact.initiated),
            "InstanceARN": self.instance_arn(),
            "LastUpdateTimestamp": time(contact.updated),
            "MediaStreams": match contact.channel {
                Channel::Voice => json!([{"Type": "AUDIO"}]),
                Channel::Chat => json!([{"Type": "CHAT"}]),
                Channel::Task => json!([]),
            },
            "NextContactId": contact.next_id,
            "PreviousContactId": contact.previous_id,
            "Queue": self.queue_of(contact),
            "Recording": null,
            "Recordings": recordings,
            "References": references,
            "ScheduledTimestamp": null,
            "SystemEndpoint": contact.system.as_ref().map(endpoint),
            "Tags": contact.tags,
            "TransferCompletedTimestamp": null,
            "TransferredToEndpoint": null,
            "VoiceIdResult": null,
        })
    }

    /// The agent who took a contact, with those members of real records that are relevant here.
    fn agent_of(&self, contact: &Contact) -> Value {
        let Some(agent) = &contact.agent else {
            return Value::Null;
        };
        let user = self.user(&agent.id);
        let profile = user.and_then(|user| self.profile_of(user));
        let served = agent.served.as_ref();
        let after_work = served.and_then(|served| served.after_work);
        let holds = served.map(|served| &served.holds[..]).unwrap_or_default();
        json!({
            "ARN": self.user_arn(&agent.id),
            "AfterContactWorkDuration": after_work.map(|(start, end)| end.as_second() - start.as_second()),
            "AfterContactWorkEndTimestamp": after_work.map(|(_, end)| time(end)),
            "AfterContactWorkStartTimestamp": after_work.map(|(start, _)| time(start)),
            "AgentInteractionDuration": served.map(|served| served.interaction),
            "ConnectedToAgentTimestamp": time(agent.since),
            "CustomerHoldDuration": holds.iter().sum::<i64>(),
            "HierarchyGroups": null,
            "LongestHoldDuration": holds.iter().max().unwrap_or(&0),
            "NumberOfHolds": holds.len(),
            "RoutingProfile": profile.map(|profile| {
                json!({"ARN": self.arn(&format!("routing-profile/{}", profile.id)), "Name": profile.name})
            }),
            "Username": user.map(|user| &user.username),
        })
    }

    fn queue_of(&self, contact: &Contact) -> Value {
        let Some(queued) = &contact.queued else {
            return Value::Null;
        };
        let name = match &queued.target {
            QueueTarget::Standard { name, .. } => Some(name),
            QueueTarget::Agent { .. } => None,
        };
        let answered = contact.agent.as_ref().map(|agent| agent.since);
        let left = answered.or(contact.disconnected.map(|(at, _)| at));
        json!({
            "ARN": self.queue_arn(&queued.target),
            "Name": name,
            "EnqueueTimestamp": time(queued.since),
            "DequeueTimestamp": left.map(time),
            "Duration": left.map(|left| left.as_second() - queued.since.as_second()),
        })
    }
}

fn endpoint(endpoint: &Endpoint) -> Value {
    json!({"Address": endpoint.address, "Type": "TELEPHONE_NUMBER"})
}

fn recording(media: &StreamedMedia) -> Value {
    let (first, last) = media.fragments.clone().unzip();
    json!({
        "DeletionReason": null,
        "FragmentStartNumber": first,
        "FragmentStopNumber": last,
        "Location": media.stream_arn,
        // Kinesis Video Streams calls all media video; only the tags in the fragments show that it is audio.
        "MediaStreamType": "VIDEO",
        "ParticipantType": "CUSTOMER",
        "StartTimestamp": time(media.start),
        "Status": null,
        "StopTimestamp": time(media.stop),
        "StorageType": "KINESIS_VIDEO_STREAM",
    })
}

/// A time in a contact record: whole seconds, rounded down.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
