//! Actions that set properties of the contact.

use flow_language::{Action, FlowType};
use serde_json::Value;

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};
use crate::connect::Channel;

/// The events that can run a flow, with the required type of the flow.
const HOOKS: &[(&str, FlowType)] = &[
    ("AgentHold", FlowType::AgentHold),
    ("AgentWhisper", FlowType::AgentWhisper),
    ("CustomerHold", FlowType::CustomerHold),
    ("CustomerQueue", FlowType::CustomerQueue),
    ("CustomerRemaining", FlowType::ContactFlow),
    ("CustomerWhisper", FlowType::CustomerWhisper),
    ("DefaultAgentUI", FlowType::ContactFlow),
    ("DisconnectAgentUI", FlowType::ContactFlow),
    ("PauseContact", FlowType::ContactFlow),
    ("ResumeContact", FlowType::ContactFlow),
];

impl Interpreter<'_> {
    pub(super) fn update_attributes(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let mut target = self.contact_id.clone();
        if action.parameters.get("TargetContact").and_then(Value::as_str) == Some("Related") {
            let related =
                self.connect.center().contact(&target).and_then(|contact| contact.related_id.clone());
            match related {
                Some(related) => target = related,
                None => return Ok(failed("no contact is related to this one")),
            }
        }
        let attributes = self.texts(action, "Attributes")?;
        let stored = self.connect.center().set_attributes(&target, &attributes);
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
                self.local.flow_attributes.insert(name.clone(), value);
            }
        }
        Ok(Outcome::Done)
    }

    pub(super) fn tag_contact(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let tags = self.texts(action, "Tags")?;
        if let Some(contact) = self.connect.center().contact_mut(&self.contact_id) {
            contact.tags.extend(tags);
        }
        Ok(Outcome::Done)
    }

    /// Sets the contact's flows for certain events instead of the instance's defaults.
    pub(super) fn update_event_hooks(&mut self, action: &Action) -> Result<Outcome, CallError> {
        let hooks = self.texts(action, "EventHooks")?;
        let mut center = self.connect.center();
        for (hook, flow) in &hooks {
            let Some((_, flow_type)) = HOOKS.iter().find(|(name, _)| name == hook) else {
                return Ok(failed(format!("there is no event {hook}")));
            };
            match center.flow(flow) {
                None => return Ok(failed(format!("there is no flow {flow}"))),
                Some(found) if found.flow_type != *flow_type => {
                    return Ok(failed(format!("{:?} is no flow of type {flow_type}", found.document.name)));
                }
                Some(_) => {}
            }
        }
        if let Some(contact) = center.contact_mut(&self.contact_id) {
            contact.event_hooks.extend(hooks);
        }
        Ok(Outcome::Done)
    }

    /// Sets whom to record once an agent answers. Conversations are not recorded here.
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
