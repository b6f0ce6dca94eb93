//! An action's parameters with resolved references.

use std::collections::BTreeMap;

use flow_language::Action;
use serde_json::{Value, json};

use super::error::CallError;
use super::interpreter::Interpreter;
use super::reference::resolve;
use crate::connect::{ContactCenter, Endpoint, QueueTarget};

impl Interpreter<'_> {
    /// A text parameter with its references resolved; `None` if missing.
    pub(super) fn text(&self, action: &Action, name: &str) -> Result<Option<String>, CallError> {
        match action.parameters.get(name).and_then(Value::as_str) {
            Some(text) => self.resolve(action, text).map(Some),
            None => Ok(None),
        }
    }

    /// A whole-number parameter. Anything else, for example a reference to nothing, fails the block.
    pub(super) fn number(&self, action: &Action, name: &str) -> Result<Option<u64>, CallError> {
        Ok(self.text(action, name)?.and_then(|text| text.trim().parse().ok()))
    }

    /// A parameter that is a map of texts, with its references resolved.
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

    /// A value with the references in all of its texts resolved.
    pub(super) fn resolve_all(&self, action: &Action, value: &Value) -> Result<Value, CallError> {
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

    /// A JSON parameter: written as JSON, as text, or as a reference. Null if missing.
    pub(super) fn document(&self, action: &Action, name: &str) -> Result<Value, CallError> {
        let Some(value) = action.parameters.get(name) else {
            return Ok(Value::Null);
        };
        let resolved = self.resolve_all(action, value)?;
        let written = resolved.as_str().and_then(|text| serde_json::from_str(text).ok());
        Ok(match written {
            Some(document @ (Value::Object(_) | Value::Array(_))) => document,
            _ => resolved,
        })
    }

    pub(super) fn resolve(&self, action: &Action, text: &str) -> Result<String, CallError> {
        if !text.contains('$') {
            return Ok(text.to_owned());
        }
        resolve(text, &self.context()).map_err(|unknown| self.unsupported(action, unknown.to_string()))
    }

    /// Everything that references can name.
    fn context(&self) -> Value {
        let center = self.connect.center();
        let local = &self.local;
        let mut context = json!({
            "ContactId": self.contact_id,
            "InstanceARN": center.instance_arn(),
            "AwsRegion": center.region(),
            "Channel": self.channel.as_str(),
            "Attributes": center.attributes_of(&self.contact_id),
            "FlowAttributes": local.flow_attributes,
            "External": local.external,
            "StoredCustomerInput": local.stored_input,
            "Modules": {"Input": local.input, "Result": local.result, "ResultData": local.result_data},
            "Views": self.guide.result,
            "Queue": self.queue(&center),
            "Agent": null,
            "MediaStreams": {"Customer": {"Audio": self.customer_audio()}},
        });
        if let Some(contact) = center.contact(&self.contact_id) {
            let address =
                |endpoint: &Endpoint| json!({"Address": endpoint.address, "Type": "TELEPHONE_NUMBER"});
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
            if let Some(agent) = contact.agent.as_ref().and_then(|agent| center.user(&agent.id)) {
                context["Agent"] = json!({
                    "ARN": center.user_arn(&agent.id),
                    "UserName": agent.username,
                    "FirstName": agent.first_name,
                    "LastName": agent.last_name,
                });
            }
        }
        context
    }

    /// The queue that the flow has set, as references and functions see it.
    pub(super) fn queue(&self, center: &ContactCenter) -> Value {
        match &self.target_queue {
            None => Value::Null,
            Some(target @ QueueTarget::Standard { name, .. }) => {
                json!({"ARN": center.queue_arn(target), "Name": name})
            }
            Some(target @ QueueTarget::Agent { .. }) => {
                json!({"ARN": center.queue_arn(target), "Name": null})
            }
        }
    }
}
