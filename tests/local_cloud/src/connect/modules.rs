//! Flow modules.

use std::collections::BTreeMap;

use flow_language::FlowType;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::center::ContactCenter;
use super::document::{Document, Metadata, parse_id, sha256};
use super::error::{duplicate, invalid_parameter, not_found};
use super::flows::problems;
use super::paging::Page;
use super::tags::check_tags;
use crate::service::{AwsError, AwsRequest};

/// The maximum length of a module's name, in characters.
const MOST_NAME_CHARACTERS: usize = 127;

/// A flow module. Creating it publishes it; versions and aliases are not supported.
#[derive(Debug, Clone)]
pub(crate) struct Module {
    pub(crate) id: String,
    pub(crate) document: Document,
}

impl Module {
    /// Whether flows may run it.
    pub(crate) fn is_active(&self) -> bool {
        self.document.state == "ACTIVE"
    }

    /// The published content.
    pub(crate) fn content(&self) -> &str {
        self.document.content(false).unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateModule {
    name: String,
    description: Option<String>,
    content: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateMetadata {
    name: Option<String>,
    description: Option<String>,
    state: Option<String>,
}

/// Refuses content with a list of all its problems. Unlike a flow's, the list's name is capitalized.
fn check_content(content: &str) -> Result<(), AwsError> {
    let problems = problems(content, FlowType::Module);
    if problems.is_empty() {
        return Ok(());
    }
    Err(AwsError::bad_request("InvalidContactFlowModuleException", "").with("Problems", problems.into()))
}

fn no_module() -> AwsError {
    not_found("the contact flow module")
}

impl ContactCenter {
    pub(super) fn create_module(&mut self, request: &AwsRequest) -> Result<Value, AwsError> {
        let asked: CreateModule = request.json()?;
        check_tags(&asked.tags)?;
        self.check_module_name(&asked.name, None)?;
        check_content(&asked.content)?;
        let document = Document::new(asked.name, asked.description, &asked.content, true, asked.tags);
        let id = Uuid::new_v4().to_string();
        let answer = json!({"Id": id, "Arn": self.module_arn(&id)});
        let module = Module { id: id.clone(), document };
        self.modules.insert(id, module);
        Ok(answer)
    }

    fn check_module_name(&self, name: &str, own_id: Option<&str>) -> Result<(), AwsError> {
        if name.trim().is_empty() || name.chars().count() > MOST_NAME_CHARACTERS {
            let message = format!("a module's name has between 1 and {MOST_NAME_CHARACTERS} characters");
            return Err(invalid_parameter(message));
        }
        match self.modules.values().find(|module| module.document.name == name) {
            Some(module) if Some(module.id.as_str()) != own_id => {
                Err(duplicate(format!("there is a module named {name:?} already")))
            }
            _ => Ok(()),
        }
    }

    fn module_arn(&self, id: &str) -> String {
        self.arn(&format!("flow-module/{id}"))
    }

    fn existing_module_mut(&mut self, id: &str) -> Result<&mut Module, AwsError> {
        let id = self.module(id).map(|module| module.id.clone());
        id.and_then(|id| self.modules.get_mut(&id)).ok_or_else(no_module)
    }

    pub(super) fn describe_module(&self, id: &str) -> Result<Value, AwsError> {
        let (id, saved) = parse_id(id);
        let module = self.module(id).ok_or_else(no_module)?;
        let content = module.document.content(saved).unwrap_or_default();
        let mut detail = module.document.summary(&module.id, self.module_arn(&module.id), saved);
        detail["Content"] = json!(content);
        detail["FlowModuleContentSha256"] = json!(sha256(content));
        Ok(json!({ "ContactFlowModule": detail }))
    }

    pub(super) fn update_module_content(
        &mut self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let (id, save_only) = parse_id(id);
        let module = self.existing_module_mut(id)?;
        module.document.update_content(&request.json()?, save_only, check_content)?;
        Ok(json!({}))
    }

    pub(super) fn update_module_metadata(
        &mut self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let asked: UpdateMetadata = request.json()?;
        let asked = Metadata { name: asked.name, description: asked.description, state: asked.state };
        let own_id = self.existing_module_mut(id)?.id.clone();
        asked.check()?;
        if let Some(name) = &asked.name {
            self.check_module_name(name, Some(&own_id))?;
        }
        self.existing_module_mut(id)?.document.update_metadata(asked);
        Ok(json!({}))
    }

    pub(super) fn delete_module(&mut self, id: &str) -> Result<Value, AwsError> {
        let id = self.existing_module_mut(id)?.id.clone();
        self.modules.remove(&id);
        Ok(json!({}))
    }

    pub(super) fn list_modules(&self, request: &AwsRequest) -> Result<Value, AwsError> {
        let state = request.query_value("state");
        let modules = self
            .modules
            .values()
            .filter(|module| state.is_none_or(|state| module.document.state == state))
            .map(|module| {
                json!({
                    "Id": module.id,
                    "Arn": self.module_arn(&module.id),
                    "Name": module.document.name,
                    "State": module.document.state,
                })
            })
            .collect();
        Ok(Page::of_query(request, modules, 1000)?.into_response("ContactFlowModulesSummaryList"))
    }
}
