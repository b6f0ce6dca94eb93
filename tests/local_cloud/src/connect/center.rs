//! The state of one instance.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::contact::{Attributes, Contact, Queued};
use super::error::not_found;
use super::flows::Flow;
use super::modules::Module;
use super::seed::{HoursOfOperation, PhoneNumber, Queue, RoutingProfile, Seed, User};
use super::storage::StorageConfig;
use super::views::View;
use crate::service::{Account, AwsError};

/// An instance and everything in it.
pub(crate) struct ContactCenter {
    pub(super) account: Account,
    pub(super) id: String,
    pub(super) alias: String,
    pub(super) created: Timestamp,
    /// The instance's switches, by `AttributeType`.
    pub(super) switches: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    /// The storage configurations, by resource type. There is at most one of each.
    pub(super) storage: BTreeMap<String, StorageConfig>,
    pub(super) functions: Vec<String>,
    pub(super) flows: BTreeMap<String, Flow>,
    pub(super) modules: BTreeMap<String, Module>,
    pub(super) views: BTreeMap<String, View>,
    pub(super) queues: Vec<Queue>,
    pub(super) hours: Vec<HoursOfOperation>,
    pub(super) routing_profiles: Vec<RoutingProfile>,
    pub(super) users: Vec<User>,
    pub(super) phone_numbers: Vec<PhoneNumber>,
    pub(super) contacts: BTreeMap<String, Contact>,
    /// The attributes of contacts, by the contact that owns them; see [`Contact::owner_of_attributes`].
    pub(super) attributes: BTreeMap<String, Attributes>,
    /// The contacts created by StartTaskContact, by client token.
    pub(super) task_tokens: BTreeMap<String, String>,
}

/// A queue for contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum QueueTarget {
    /// A shared queue.
    Standard {
        /// Its ID.
        id: String,
        /// Its name.
        name: String,
    },
    /// An agent's own queue.
    Agent {
        /// The agent's ID, which is also the queue's.
        id: String,
        /// The agent's username.
        username: String,
    },
}

impl QueueTarget {
    /// The queue's name, or the username of its agent.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Standard { name, .. } => name,
            Self::Agent { username, .. } => username,
        }
    }
}

impl ContactCenter {
    pub(super) fn new(account: Account, seed: Seed, now: Timestamp) -> Self {
        Self {
            account,
            id: seed.instance.id,
            alias: seed.instance.alias,
            created: now,
            switches: seed.instance.attributes,
            tags: BTreeMap::new(),
            storage: BTreeMap::new(),
            functions: Vec::new(),
            flows: seed.flows.into_iter().map(|flow| (flow.id.clone(), Flow::published(flow, now))).collect(),
            modules: BTreeMap::new(),
            views: View::of_aws(now),
            queues: seed.queues,
            hours: seed.hours_of_operation,
            routing_profiles: seed.routing_profiles,
            users: seed.users,
            phone_numbers: seed.phone_numbers,
            contacts: BTreeMap::new(),
            attributes: BTreeMap::new(),
            task_tokens: BTreeMap::new(),
        }
    }

    pub(crate) fn instance_arn(&self) -> String {
        self.account.arn("connect", &format!("instance/{}", self.id))
    }

    /// The ARN of a resource in the instance, for example `queue/…`.
    pub(super) fn arn(&self, resource: &str) -> String {
        self.account.arn("connect", &format!("instance/{}/{resource}", self.id))
    }

    pub(super) fn phone_number_arn(&self, id: &str) -> String {
        self.account.arn("connect", &format!("phone-number/{id}"))
    }

    /// Refuses a request for another instance. The instance may be given by ID or ARN.
    pub(super) fn check_instance(&self, instance: &str) -> Result<(), AwsError> {
        if instance == self.id || instance == self.instance_arn() {
            Ok(())
        } else {
            Err(not_found(format!("instance {instance}")))
        }
    }

    pub(crate) fn queue(&self, id_or_arn: &str) -> Option<&Queue> {
        let id = self.local_id("queue", id_or_arn)?;
        self.queues.iter().find(|queue| queue.id == id)
    }

    pub(crate) fn user(&self, id_or_arn: &str) -> Option<&User> {
        let id = self.local_id("agent", id_or_arn)?;
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn user_named(&self, username: &str) -> Option<&User> {
        self.users.iter().find(|user| user.username == username)
    }

    pub(crate) fn user_arn(&self, id: &str) -> String {
        self.arn(&format!("agent/{id}"))
    }

    pub(super) fn profile_of(&self, agent: &User) -> Option<&RoutingProfile> {
        self.routing_profiles.iter().find(|profile| profile.id == agent.routing_profile_id)
    }

    /// The agents to whom contacts in a queue are offered.
    pub(crate) fn agents_of<'a>(&'a self, target: &'a QueueTarget) -> impl Iterator<Item = &'a User> {
        self.users.iter().filter(move |user| match target {
            QueueTarget::Standard { id, .. } => {
                self.profile_of(user).is_some_and(|profile| profile.queue_ids.contains(id))
            }
            QueueTarget::Agent { id, .. } => &user.id == id,
        })
    }

    /// The contacts that wait in a queue.
    pub(crate) fn waiting_in<'a>(&'a self, target: &'a QueueTarget) -> impl Iterator<Item = &'a Queued> {
        self.contacts
            .values()
            .filter(|contact| contact.disconnected.is_none() && contact.agent.is_none())
            .filter_map(|contact| contact.queued.as_ref())
            .filter(move |queued| &queued.target == target)
    }

    pub(crate) fn hours_of_operation(&self, id_or_arn: &str) -> Option<&HoursOfOperation> {
        let id = self.local_id("operating-hours", id_or_arn)?;
        self.hours.iter().find(|hours| hours.id == id)
    }

    /// The module with an ID or ARN, optionally followed by the alias `$LATEST`, which is the only one.
    pub(crate) fn module(&self, id_or_arn: &str) -> Option<&Module> {
        let id_or_arn = id_or_arn.strip_suffix(":$LATEST").unwrap_or(id_or_arn);
        self.modules.get(self.local_id("flow-module", id_or_arn)?)
    }

    /// The flow that a contact's flow has set for an event.
    pub(crate) fn hook(&self, contact_id: &str, event: &str) -> Option<&str> {
        self.contact(contact_id)?.event_hooks.get(event).map(String::as_str)
    }

    /// The instance's default flow for an event. Every instance has these flows, with these names.
    pub(crate) fn default_flow(&self, event: &str) -> Option<&Flow> {
        self.flow_named(match event {
            "CustomerQueue" => "Default customer queue",
            "AgentWhisper" => "Default agent whisper",
            "CustomerWhisper" => "Default customer whisper",
            _ => return None,
        })
    }

    pub(crate) fn region(&self) -> &str {
        &self.account.region
    }

    /// The flow with an ID or ARN.
    pub(crate) fn flow(&self, id_or_arn: &str) -> Option<&Flow> {
        self.flows.get(self.local_id("contact-flow", id_or_arn)?)
    }

    /// The flow with a name, which is unique.
    pub(crate) fn flow_named(&self, name: &str) -> Option<&Flow> {
        self.flows.values().find(|flow| flow.document.name == name)
    }

    /// The flow assigned to a number.
    pub(crate) fn flow_of_number(&self, number: &str) -> Option<&Flow> {
        let number = self.phone_numbers.iter().find(|claimed| claimed.number == number)?;
        self.flow(number.flow_id.as_deref()?)
    }

    /// The queue, shared or an agent's, with an ID or ARN.
    pub(crate) fn queue_target(&self, id_or_arn: &str) -> Option<QueueTarget> {
        if let Some(queue) = self.queue(id_or_arn) {
            return Some(QueueTarget::Standard { id: queue.id.clone(), name: queue.name.clone() });
        }
        self.agent_target(self.local_id("queue/agent", id_or_arn)?)
    }

    /// The queue of an agent, by the agent's ID or ARN.
    pub(crate) fn agent_target(&self, agent: &str) -> Option<QueueTarget> {
        self.user(agent)
            .map(|user| QueueTarget::Agent { id: user.id.clone(), username: user.username.clone() })
    }

    pub(crate) fn queue_arn(&self, target: &QueueTarget) -> String {
        match target {
            QueueTarget::Standard { id, .. } => self.arn(&format!("queue/{id}")),
            QueueTarget::Agent { id, .. } => self.arn(&format!("queue/agent/{id}")),
        }
    }

    pub(crate) fn is_associated(&self, function_arn: &str) -> bool {
        self.functions.iter().any(|associated| associated == function_arn)
    }

    /// The ID in an ARN of this instance, or an unchanged ID. `None` for any other ARN.
    fn local_id<'a>(&self, kind: &str, id_or_arn: &'a str) -> Option<&'a str> {
        if !id_or_arn.starts_with("arn:") {
            return Some(id_or_arn);
        }
        let id = id_or_arn.strip_prefix(&self.arn(&format!("{kind}/")))?;
        (!id.contains('/')).then_some(id)
    }
}
