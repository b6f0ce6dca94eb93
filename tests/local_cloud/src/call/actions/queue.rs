//! Queues and routing.

use flow_language::Action;
use serde_json::Value;

use crate::call::error::CallError;
use crate::call::interpreter::{Disposition, Interpreter, Outcome, failed};
use crate::connect::{QueueTarget, Queued};

impl Interpreter<'_> {
    pub(super) fn update_target_queue(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let queue = self.text(action, "QueueId")?;
        let agent = self.text(action, "AgentId")?;
        let target = {
            let centre = self.connect.centre();
            match (&queue, &agent) {
                (Some(queue), _) => centre.queue_target(queue),
                (None, Some(agent)) => centre.agent_target(agent),
                (None, None) => None,
            }
        };
        let Some(target) = target else {
            let named = queue.or(agent).unwrap_or_default();
            return Ok(failed(format!("there is no queue or agent {named:?}")));
        };
        self.note(format!("working queue: {}", name(&target)));
        self.target_queue = Some(target);
        Ok(Outcome::Done)
    }

    pub(super) fn transfer_to_queue(&mut self) -> Outcome {
        let Some(target) = self.target_queue.clone() else {
            return failed("no working queue is set");
        };
        let queue = name(&target).to_owned();
        self.note(format!("waits in the queue {queue}"));
        self.queued_at = Some(self.line.now());
        let since = self.connect.now();
        if let Some(contact) = self.connect.centre().contact_mut(&self.contact_id) {
            contact.queued = Some(Queued { target, since });
        }
        Outcome::Ended(Disposition::Queued { queue })
    }

    pub(super) fn update_routing_criteria(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let Some(criteria) = action.parameters.get("RoutingCriteria") else {
            return Ok(failed("no routing criteria are given"));
        };
        let criteria = self.resolve_all(action, criteria)?;
        if let Some(contact) = self.connect.centre().contact_mut(&self.contact_id) {
            contact.routing_criteria = Some(criteria);
        }
        Ok(Outcome::Done)
    }

    /// A value with the references in all of its texts replaced.
    fn resolve_all(&self, action: &Action, value: &Value) -> Result<Value, CallError> {
        Ok(match value {
            Value::String(text) => Value::String(self.resolve(action, text)?),
            Value::Array(items) => {
                items.iter().map(|item| self.resolve_all(action, item)).collect::<Result<_, _>>()?
            }
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| Ok((name.clone(), self.resolve_all(action, value)?)))
                .collect::<Result<_, CallError>>()?,
            other => other.clone(),
        })
    }
}

fn name(target: &QueueTarget) -> &str {
    match target {
        QueueTarget::Standard { name, .. } => name,
        QueueTarget::Agent { username, .. } => username,
    }
}
