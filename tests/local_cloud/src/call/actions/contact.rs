//! What a flow writes down about its contact.

use flow_language::Action;
use serde_json::Value;

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};
use crate::connect::Channel;

impl Interpreter<'_> {
    pub(super) fn update_attributes(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if action.parameters.get("TargetContact").and_then(Value::as_str) == Some("Related") {
            return Err(self.unsupported(action, "attributes of the related contact"));
        }
        let attributes = self.texts(action, "Attributes")?;
        let stored = self.connect.centre().set_attributes(&self.contact_id, &attributes);
        if let Err(too_large) = stored {
            return Ok(failed(too_large.to_string()));
        }
        for (name, value) in attributes {
            self.note(format!("sets {name} = {value}"));
        }
        Ok(Outcome::Done)
    }

    pub(super) fn update_flow_attributes(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let attributes = action.parameters.get("FlowAttributes").and_then(Value::as_object);
        for (name, value) in attributes.into_iter().flatten() {
            if let Some(value) = value.get("Value").and_then(Value::as_str) {
                let value = self.resolve(action, value)?;
                self.flow_attributes.insert(name.clone(), value);
            }
        }
        Ok(Outcome::Done)
    }

    pub(super) fn tag_contact(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let tags = self.texts(action, "Tags")?;
        if let Some(contact) = self.connect.centre().contact_mut(&self.contact_id) {
            contact.tags.extend(tags);
        }
        Ok(Outcome::Done)
    }

    /// Sets the flows that run at certain moments. They are kept; no moment comes at which they would run.
    pub(super) fn update_event_hooks(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let hooks = self.texts(action, "EventHooks")?;
        let mut centre = self.connect.centre();
        if let Some(missing) = hooks.values().find(|flow| centre.flow(flow).is_none()) {
            return Ok(failed(format!("there is no flow {missing}")));
        }
        if let Some(contact) = centre.contact_mut(&self.contact_id) {
            contact.event_hooks.extend(hooks);
        }
        Ok(Outcome::Done)
    }

    /// Says whom to record once an agent is there. There never is one.
    pub(super) fn update_recording(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let recorded = action
            .parameters
            .get("RecordingBehavior")
            .and_then(|behavior| behavior.get("RecordedParticipants"))
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        if self.channel == Channel::Voice {
            self.note(format!("call recording for {recorded} participants"));
        }
        Ok(Outcome::Done)
    }
}
