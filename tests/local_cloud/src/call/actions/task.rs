//! Tasks created by a flow.

use flow_language::Action;
use serde_json::{Value, json};

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};

impl Interpreter<'_> {
    /// Starts a task related to this contact, with the checks of StartTaskContact.
    pub(super) async fn create_task(&mut self, action: &Action) -> Result<Outcome, CallError> {
        for parameter in ["DelaySeconds", "ScheduledTime", "TaskTemplateId"] {
            if action.parameters.contains_key(parameter) {
                return Err(self.unsupported(action, format!("tasks with {parameter}")));
            }
        }
        let mut asked = serde_json::Map::new();
        for name in ["ContactFlowId", "Name", "Description", "Attributes", "References"] {
            if let Some(value) = action.parameters.get(name) {
                asked.insert(name.to_owned(), self.resolve_all(action, value)?);
            }
        }
        asked.insert("InstanceId".to_owned(), json!(self.connect.instance_id()));
        asked.insert("RelatedContactId".to_owned(), json!(self.contact_id));
        Ok(match self.connect.start_task(Value::Object(asked)).await {
            Ok(contact_id) => {
                self.note(format!("makes the task {contact_id}"));
                Outcome::Done
            }
            Err(error) => failed(error.to_string()),
        })
    }
}
