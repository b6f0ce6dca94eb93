//! Runs a flow, block by block.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use flow_language::{Action, Flow};
use serde_json::{Value, json};

use super::actions::streaming::{Streamed, Streaming};
use super::conversation::Who;
use super::error::CallError;
use super::line::Line;
use super::reference::resolve;
use crate::connect::{Channel, Connect, QueueTarget};

/// The most actions that one contact runs. A caller would be gone long before.
const MOST_ACTIONS: usize = 10_000;

/// How a contact left its flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disposition {
    /// The caller hung up.
    HungUp,
    /// The flow ended the call.
    Disconnected,
    /// The flow put the contact into a queue.
    Queued {
        /// The queue's name, or the username of the agent whose own queue it is.
        queue: String,
    },
}

/// What came of a block.
pub(super) enum Outcome {
    /// It went well: on to `NextAction`.
    Done,
    /// It has a result that conditions may name.
    Result(String),
    /// It failed: on to the branch of that error.
    Failed(&'static str, String),
    /// It named the branch itself.
    Branch(String),
    /// The contact goes on in another flow.
    Flow(String),
    /// The flow is over.
    Ended(Disposition),
}

/// A block's failure without a name of its own.
pub(super) fn failed(why: impl Into<String>) -> Outcome {
    Outcome::Failed("NoMatchingError", why.into())
}

/// A flow that is being run.
pub(super) struct Running {
    pub(super) id: String,
    pub(super) name: String,
    flow: Flow,
}

pub(super) struct Interpreter<'a> {
    pub(super) connect: &'a Connect,
    pub(super) contact_id: String,
    pub(super) channel: Channel,
    pub(super) line: Line,
    pub(super) flow: Arc<Running>,
    /// What the last function answered.
    pub(super) external: Value,
    /// Attributes that only this flow sees.
    pub(super) flow_attributes: BTreeMap<String, String>,
    /// What the caller entered last.
    pub(super) stored_input: String,
    /// How often each loop has gone round, by flow and action.
    pub(super) loops: HashMap<(String, String), u32>,
    pub(super) target_queue: Option<QueueTarget>,
    /// When the contact was put into the queue.
    pub(super) queued_at: Option<u64>,
    pub(super) streaming: Option<Streaming>,
    pub(super) streamed: Vec<Streamed>,
}

impl<'a> Interpreter<'a> {
    /// Begins a contact's flow.
    pub(super) fn new(
        connect: &'a Connect,
        contact_id: &str,
        channel: Channel,
        line: Line,
        flow: Arc<Running>,
    ) -> Self {
        Self {
            connect,
            contact_id: contact_id.to_owned(),
            channel,
            line,
            flow,
            external: json!({}),
            flow_attributes: BTreeMap::new(),
            stored_input: String::new(),
            loops: HashMap::new(),
            target_queue: None,
            queued_at: None,
            streaming: None,
            streamed: Vec::new(),
        }
    }

    /// Runs until the contact leaves its flow.
    pub(super) async fn run(&mut self) -> Result<Disposition, CallError> {
        let mut at = self.flow.flow.start_action.clone();
        for _ in 0..MOST_ACTIONS {
            let flow = Arc::clone(&self.flow);
            let action =
                flow.flow.action(&at).ok_or_else(|| self.unsupported_in(&at, "an action of that name"))?;
            let outcome = self.perform(action).await?;
            if self.line.has_hung_up() {
                return Ok(Disposition::HungUp);
            }
            at = match outcome {
                Outcome::Ended(disposition) => return Ok(disposition),
                Outcome::Flow(id) => {
                    self.flow = load(self.connect, &id)?;
                    self.flow_attributes.clear();
                    self.note(format!("goes on in the flow {:?}", self.flow.name));
                    self.flow.flow.start_action.clone()
                }
                outcome => match self.next(action, outcome) {
                    Some(next) => next,
                    None => {
                        // A branch that is not there: the service drops the call.
                        self.note(format!("{} has no branch for this: the contact is disconnected", at));
                        return Ok(Disposition::Disconnected);
                    }
                },
            };
        }
        Err(CallError::Endless { flow: self.flow.name.clone(), actions: MOST_ACTIONS })
    }

    fn next(&mut self, action: &Action, outcome: Outcome) -> Option<String> {
        let transitions = &action.transitions;
        match outcome {
            Outcome::Branch(next) => Some(next),
            Outcome::Result(result) => {
                let branch = transitions.conditions.iter().find(|branch| {
                    branch.condition.operator == "Equals" && branch.condition.operands.contains(&result)
                });
                match branch {
                    Some(branch) => Some(branch.next_action.clone()),
                    None => transitions
                        .error("NoMatchingCondition")
                        .map(str::to_owned)
                        .or_else(|| transitions.next_action.clone()),
                }
            }
            Outcome::Failed(error, why) => {
                self.note(format!("{} fails ({error}): {why}", action.kind));
                let branch = transitions.error(error).or_else(|| transitions.error("NoMatchingError"));
                branch.map(str::to_owned)
            }
            Outcome::Done | Outcome::Flow(_) | Outcome::Ended(_) => transitions.next_action.clone(),
        }
    }

    pub(super) fn note(&mut self, what: impl Into<String>) {
        self.line.note(Who::Flow, what);
    }

    /// The error for what the local cloud cannot do, in an action of the flow that is being run.
    pub(super) fn unsupported(&self, action: &Action, what: impl Into<String>) -> CallError {
        self.unsupported_in(&action.identifier, what)
    }

    fn unsupported_in(&self, action: &str, what: impl Into<String>) -> CallError {
        CallError::Unsupported { flow: self.flow.name.clone(), action: action.to_owned(), what: what.into() }
    }

    /// A parameter that is a text, with its references replaced. None if it is not there.
    pub(super) fn text(&self, action: &Action, name: &str) -> Result<Option<String>, CallError> {
        match action.parameters.get(name).and_then(Value::as_str) {
            Some(text) => self.resolve(action, text).map(Some),
            None => Ok(None),
        }
    }

    /// A parameter that is a whole number. One that is none, for example by a reference to nothing, fails the block.
    pub(super) fn number(&self, action: &Action, name: &str) -> Result<Option<u64>, CallError> {
        Ok(self.text(action, name)?.and_then(|text| text.trim().parse().ok()))
    }

    /// A parameter that is a map of texts, with its references replaced.
    pub(super) fn texts(&self, action: &Action, name: &str) -> Result<BTreeMap<String, String>, CallError> {
        let entries = action.parameters.get(name).and_then(Value::as_object);
        let mut texts = BTreeMap::new();
        for (name, value) in entries.into_iter().flatten() {
            if let Some(value) = value.as_str() {
                texts.insert(name.clone(), self.resolve(action, value)?);
            }
        }
        Ok(texts)
    }

    pub(super) fn resolve(&self, action: &Action, text: &str) -> Result<String, CallError> {
        if !text.contains("$.") {
            return Ok(text.to_owned());
        }
        resolve(text, &self.context()).map_err(|unknown| self.unsupported(action, unknown.to_string()))
    }

    /// Everything that references can name.
    fn context(&self) -> Value {
        let centre = self.connect.centre();
        let mut context = json!({
            "ContactId": self.contact_id,
            "InstanceARN": centre.instance_arn(),
            "Channel": self.channel.as_str(),
            "Attributes": centre.attributes_of(&self.contact_id),
            "FlowAttributes": self.flow_attributes,
            "External": self.external,
            "StoredCustomerInput": self.stored_input,
            "Queue": self.queue(&centre),
            "Agent": null,
        });
        if let Some(contact) = centre.contact(&self.contact_id) {
            let address = |endpoint: &crate::connect::Endpoint| json!({"Address": endpoint.address, "Type": "TELEPHONE_NUMBER"});
            context["InitialContactId"] = json!(contact.root());
            context["PreviousContactId"] = json!(contact.previous_id);
            context["RelatedContactId"] = json!(contact.related_id);
            context["InitiationMethod"] = json!(contact.initiation_method);
            context["Name"] = json!(contact.name);
            context["Description"] = json!(contact.description);
            context["References"] = json!(contact.references);
            context["Tags"] = json!(contact.tags);
            context["CustomerEndpoint"] = json!(contact.customer.as_ref().map(address));
            context["SystemEndpoint"] = json!(contact.system.as_ref().map(address));
        }
        context
    }

    /// The queue that the flow has set, as references and functions see it.
    pub(super) fn queue(&self, centre: &crate::connect::ContactCentre) -> Value {
        match &self.target_queue {
            None => Value::Null,
            Some(target @ QueueTarget::Standard { name, .. }) => {
                json!({"ARN": centre.queue_arn(target), "Name": name})
            }
            Some(target @ QueueTarget::Agent { .. }) => {
                json!({"ARN": centre.queue_arn(target), "Name": null})
            }
        }
    }
}

/// A published flow of the contact centre, by its id or ARN, ready to be run.
pub(super) fn load(connect: &Connect, id_or_arn: &str) -> Result<Arc<Running>, CallError> {
    let (id, name, content) = {
        let centre = connect.centre();
        let flow = centre.flow(id_or_arn).ok_or_else(|| CallError::NoFlow(id_or_arn.to_owned()))?;
        (flow.id.clone(), flow.name.clone(), flow.published.clone())
    };
    let Some(content) = content else {
        let reason = "it has not been published".to_owned();
        return Err(CallError::NotCallable { flow: name, reason });
    };
    match Flow::parse(&content) {
        Ok(flow) => Ok(Arc::new(Running { id, name, flow })),
        Err(source) => Err(CallError::Unreadable { flow: name, source }),
    }
}
