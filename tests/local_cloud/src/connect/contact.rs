//! Contacts: calls and tasks.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::center::{ContactCenter, QueueTarget};

/// The attributes of a contact.
pub type Attributes = BTreeMap<String, String>;

/// The maximum total size of a contact's attribute names and values, in bytes.
pub(crate) const MOST_ATTRIBUTE_BYTES: usize = 32_768;

/// How a contact reaches the contact center.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A telephone call.
    Voice,
    /// A task for an agent.
    Task,
    /// A chat; here, an agent's guide.
    Chat,
}

impl Channel {
    /// The name in the API and in contact records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "VOICE",
            Self::Task => "TASK",
            Self::Chat => "CHAT",
        }
    }
}

/// A link or value that a task shows in addition to its description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Reference {
    /// `URL`, `NUMBER`, `STRING`, `DATE` or `EMAIL`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The link, number, text, date or address.
    #[serde(default)]
    pub value: String,
}

/// One end of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The telephone number.
    pub(crate) address: String,
}

/// A contact's stay in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queued {
    pub(crate) target: QueueTarget,
    pub(crate) since: Timestamp,
}

/// The agent who took a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnsweringAgent {
    pub(crate) id: String,
    pub(crate) since: Timestamp,
    /// What the agent did, once they have left.
    pub(crate) served: Option<Served>,
}

/// How a contact is transferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    /// An agent transfers it to a flow.
    ByAgent,
    /// The flow of its queue transfers it to another queue.
    BetweenQueues,
}

/// An agent's work for a contact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Served {
    /// How long agent and customer could talk, excluding whispers and holds. Whole seconds.
    pub(crate) interaction: i64,
    /// The lengths of the holds. Whole seconds.
    pub(crate) holds: Vec<i64>,
    /// The start and end of the agent's work on the contact after that.
    pub(crate) after_work: Option<(Timestamp, Timestamp)>,
}

/// The streamed media of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamedMedia {
    pub(crate) stream_arn: String,
    /// The numbers of the first and last fragment; `None` if no time passed.
    pub(crate) fragments: Option<(String, String)>,
    pub(crate) start: Timestamp,
    pub(crate) stop: Timestamp,
}

/// A call, a task or a guide.
#[derive(Debug, Clone)]
pub(crate) struct Contact {
    pub(crate) id: String,
    /// The first contact of the chain, if it is a different one.
    pub(crate) initial_id: Option<String>,
    pub(crate) previous_id: Option<String>,
    /// The contact to which this one was transferred.
    pub(crate) next_id: Option<String>,
    pub(crate) related_id: Option<String>,
    /// The contact with which this one shares attributes. A task shares those of the contact that it follows; a
    /// transferred call has its own copy.
    pub(crate) shares_attributes_of: Option<String>,
    pub(crate) channel: Channel,
    /// `INBOUND`, `TRANSFER`, `QUEUE_TRANSFER` or `API`.
    pub(crate) initiation_method: &'static str,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) references: BTreeMap<String, Reference>,
    /// Attached files, by name.
    pub(crate) attachments: BTreeMap<String, Bytes>,
    pub(crate) customer: Option<Endpoint>,
    pub(crate) system: Option<Endpoint>,
    pub(crate) initiated: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) disconnected: Option<(Timestamp, &'static str)>,
    pub(crate) queued: Option<Queued>,
    pub(crate) agent: Option<AnsweringAgent>,
    pub(crate) recordings: Vec<StreamedMedia>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) routing_criteria: Option<Value>,
    pub(crate) event_hooks: BTreeMap<String, String>,
}

impl Contact {
    /// A new contact.
    pub(crate) fn new(id: String, channel: Channel, initiation_method: &'static str, now: Timestamp) -> Self {
        Self {
            id,
            initial_id: None,
            previous_id: None,
            next_id: None,
            related_id: None,
            shares_attributes_of: None,
            channel,
            initiation_method,
            name: None,
            description: None,
            references: BTreeMap::new(),
            attachments: BTreeMap::new(),
            customer: None,
            system: None,
            initiated: now,
            updated: now,
            disconnected: None,
            queued: None,
            agent: None,
            recordings: Vec::new(),
            tags: BTreeMap::new(),
            routing_criteria: None,
            event_hooks: BTreeMap::new(),
        }
    }

    /// The first contact of the chain.
    pub(crate) fn root(&self) -> &str {
        self.initial_id.as_deref().unwrap_or(&self.id)
    }

    /// The contact that owns this one's attributes.
    pub(crate) fn owner_of_attributes(&self) -> &str {
        self.shares_attributes_of.as_deref().unwrap_or(&self.id)
    }
}

impl ContactCenter {
    pub(crate) fn contact(&self, id: &str) -> Option<&Contact> {
        self.contacts.get(id)
    }

    pub(crate) fn contact_mut(&mut self, id: &str) -> Option<&mut Contact> {
        self.contacts.get_mut(id)
    }

    pub(crate) fn add_contact(&mut self, contact: Contact) {
        self.contacts.insert(contact.id.clone(), contact);
    }

    /// Discards a contact that failed.
    pub(crate) fn forget_contact(&mut self, id: &str) {
        self.task_tokens.retain(|_, contact| contact != id);
        self.contacts.remove(id);
        self.attributes.remove(id);
    }

    /// A contact's attributes, which a task may share with others.
    pub(crate) fn attributes_of(&self, contact_id: &str) -> Attributes {
        self.contacts
            .get(contact_id)
            .and_then(|contact| self.attributes.get(contact.owner_of_attributes()))
            .cloned()
            .unwrap_or_default()
    }

    /// Transfers a call: creates the contact that follows it, with a copy of its attributes.
    pub(crate) fn transfer_contact(&mut self, id: &str, new: String, transfer: Transfer, now: Timestamp) {
        let Some(before) = self.contacts.get_mut(id) else {
            return;
        };
        before.next_id = Some(new.clone());
        let mut contact = match transfer {
            Transfer::ByAgent => Contact::new(new, before.channel, "TRANSFER", now),
            // Settings for the rest of the call remain.
            Transfer::BetweenQueues => Contact {
                event_hooks: before.event_hooks.clone(),
                routing_criteria: before.routing_criteria.clone(),
                ..Contact::new(new, before.channel, "QUEUE_TRANSFER", now)
            },
        };
        contact.initial_id = Some(before.root().to_owned());
        contact.previous_id = Some(id.to_owned());
        contact.customer = before.customer.clone();
        contact.system = before.system.clone();
        contact.tags = before.tags.clone();
        let attributes = self.attributes_of(id);
        self.attributes.insert(contact.id.clone(), attributes);
        self.add_contact(contact);
    }

    /// Sets attributes of a contact and of those that share them, or none if the total would be too large.
    pub(crate) fn set_attributes(&mut self, contact_id: &str, new: &Attributes) -> Result<(), TooLarge> {
        let Some(contact) = self.contacts.get(contact_id) else {
            return Ok(());
        };
        let attributes = self.attributes.entry(contact.owner_of_attributes().to_owned()).or_default();
        let mut merged = attributes.clone();
        merged.extend(new.clone());
        check_size(&merged)?;
        *attributes = merged;
        Ok(())
    }
}

/// Attributes larger than 32,768 bytes in total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the contact's attributes would have {0} bytes; at most {MOST_ATTRIBUTE_BYTES} are allowed")]
pub(crate) struct TooLarge(usize);

/// Refuses attributes that are too large in total.
pub(crate) fn check_size(attributes: &Attributes) -> Result<(), TooLarge> {
    let bytes = attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MOST_ATTRIBUTE_BYTES { Err(TooLarge(bytes)) } else { Ok(()) }
}

/// Whether a name is valid for an attribute: letters, digits, dash and underscore.
pub(crate) fn is_attribute_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || "-_".contains(character))
}
