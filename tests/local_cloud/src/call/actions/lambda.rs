//! Lambda functions invoked by a flow.

use std::time::Duration;

use flow_language::Action;
use serde_json::{Value, json};

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};

/// The maximum size of a function's response in bytes.
const MOST_BYTES: usize = 32 * 1024;

impl Interpreter<'_> {
    pub(super) async fn invoke_function(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if action.parameters.get("InvocationType").and_then(Value::as_str) == Some("ASYNCHRONOUS") {
            return Err(self.unsupported(action, "functions that are not waited for"));
        }
        let function = self.text(action, "LambdaFunctionARN")?.unwrap_or_default();
        let Some(seconds) = self.number(action, "InvocationTimeLimitSeconds")? else {
            return Ok(failed("the time limit is no number"));
        };
        if !self.connect.center().is_associated(&function) {
            return Ok(failed(format!("{function} is not associated with the instance")));
        }
        let parameters = self.texts(action, "LambdaInvocationAttributes")?;
        let event = self.event(&json!(parameters));
        self.note(format!("calls the function {function}"));
        let call = self.connect.integrations().invoke(&function, event);
        let answer = match tokio::time::timeout(Duration::from_secs(seconds), call).await {
            Err(_) => return Ok(failed(format!("no answer within {seconds} s"))),
            Ok(Err(error)) => return Ok(failed(error.to_string())),
            Ok(Ok(answer)) => answer,
        };
        if let Some(error) = answer.function_error {
            let payload = String::from_utf8_lossy(&answer.payload);
            return Ok(failed(format!("the function failed ({error}): {payload}")));
        }
        if answer.payload.len() > MOST_BYTES {
            return Ok(failed("the answer has more than 32 KiB"));
        }
        let nested = action
            .parameters
            .get("ResponseValidation")
            .and_then(|validation| validation.get("ResponseType"))
            .and_then(Value::as_str)
            == Some("JSON");
        match serde_json::from_slice::<Value>(&answer.payload) {
            Ok(Value::Object(members)) if nested || members.values().all(is_scalar) => {
                self.local.external = Value::Object(members);
                Ok(Outcome::Done)
            }
            Ok(Value::Null) => {
                self.local.external = json!({});
                Ok(Outcome::Done)
            }
            _ => Ok(failed("the answer is no map of texts")),
        }
    }

    /// The event that Amazon Connect sends to functions.
    fn event(&self, parameters: &Value) -> Value {
        let center = self.connect.center();
        let contact = center.contact(&self.contact_id);
        let endpoint = |endpoint: &crate::connect::Endpoint| json!({"Address": endpoint.address, "Type": "TELEPHONE_NUMBER"});
        json!({
            "Name": "ContactFlowEvent",
            "Details": {
                "ContactData": {
                    "Attributes": center.attributes_of(&self.contact_id),
                    "Channel": self.channel.as_str(),
                    "ContactId": self.contact_id,
                    "CustomerEndpoint": contact.and_then(|contact| contact.customer.as_ref()).map(endpoint),
                    "InitialContactId": contact.map(|contact| contact.root()),
                    "InitiationMethod": contact.map(|contact| contact.initiation_method),
                    "InstanceARN": center.instance_arn(),
                    "MediaStreams": {"Customer": {"Audio": self.customer_audio()}},
                    "PreviousContactId": contact.and_then(|contact| contact.previous_id.clone()),
                    "Queue": self.queue(&center),
                    "SystemEndpoint": contact.and_then(|contact| contact.system.as_ref()).map(endpoint),
                },
                "Parameters": parameters,
            },
        })
    }
}

fn is_scalar(value: &Value) -> bool {
    !(value.is_array() || value.is_object())
}
