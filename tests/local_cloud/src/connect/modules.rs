//! Flow modules.

use std::collections::BTreeMap;

use flow_language::FlowType;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::centre::ContactCentre;
use super::error::{duplicate, invalid_parameter, not_found};
use super::flows::{parse_id, problems, rewritten, sha256};
use super::paging::Page;
use super::tags::check_tags;
use crate::service::{AwsError, AwsRequest};

/// The most characters of a module's name.
const MOST_NAME_CHARACTERS: usize = 127;

/// A flow module. It is published when it is made; there are no versions and aliases of it.
#[derive(Debug, Clone)]
pub(crate) struct Module {
    pub(crate) id: String,
    pub(crate) name: String,
    description: Option<String>,
    /// `ACTIVE` or `ARCHIVED`.
    state: String,
    /// What runs.
    pub(crate) content: String,
    /// What was saved last, published or not.
    saved: String,
    pub(super) tags: BTreeMap<String, String>,
}

impl Module {
    /// Whether flows may run it.
    pub(crate) fn is_active(&self) -> bool {
        self.state == "ACTIVE"
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
struct UpdateContent {
    content: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateMetadata {
    name: Option<String>,
    description: Option<String>,
    state: Option<String>,
}

/// Refuses content with the list of everything that is wrong with it. Unlike a flow's, the list's name is written large.
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

impl ContactCentre {
    pub(super) fn create_module(&mut self, request: &AwsRequest) -> Result<Value, AwsError> {
        let asked: CreateModule = request.json()?;
        check_tags(&asked.tags)?;
        self.check_module_name(&asked.name, None)?;
        check_content(&asked.content)?;
        let content = rewritten(&asked.content);
        let id = Uuid::new_v4().to_string();
        let answer = json!({"Id": id, "Arn": self.module_arn(&id)});
        let module = Module {
            id: id.clone(),
            name: asked.name,
            description: asked.description,
            state: "ACTIVE".to_owned(),
            content: content.clone(),
            saved: content,
            tags: asked.tags,
        };
        self.modules.insert(id, module);
        Ok(answer)
    }

    fn check_module_name(&self, name: &str, own_id: Option<&str>) -> Result<(), AwsError> {
        if name.trim().is_empty() || name.chars().count() > MOST_NAME_CHARACTERS {
            let message = format!("a module's name has between 1 and {MOST_NAME_CHARACTERS} characters");
            return Err(invalid_parameter(message));
        }
        match self.modules.values().find(|module| module.name == name) {
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
        let content = if saved { &module.saved } else { &module.content };
        Ok(json!({"ContactFlowModule": {
            "Arn": self.module_arn(&module.id),
            "Id": module.id,
            "Name": module.name,
            "Content": content,
            "Description": module.description,
            "State": module.state,
            "Status": if saved { "SAVED" } else { "PUBLISHED" },
            "Tags": module.tags,
            "FlowModuleContentSha256": sha256(content),
        }}))
    }

    pub(super) fn update_module_content(
        &mut self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let UpdateContent { content } = request.json()?;
        let (id, save_only) = parse_id(id);
        let module = self.existing_module_mut(id)?;
        if !save_only {
            check_content(&content)?;
        }
        module.saved = rewritten(&content);
        if !save_only {
            module.content = module.saved.clone();
        }
        Ok(json!({}))
    }

    pub(super) fn update_module_metadata(
        &mut self,
        request: &AwsRequest,
        id: &str,
    ) -> Result<Value, AwsError> {
        let asked: UpdateMetadata = request.json()?;
        let own_id = self.existing_module_mut(id)?.id.clone();
        if let Some(state) = &asked.state
            && !["ACTIVE", "ARCHIVED"].contains(&state.as_str())
        {
            return Err(invalid_parameter(format!("there is no module state {state}")));
        }
        if let Some(name) = &asked.name {
            self.check_module_name(name, Some(&own_id))?;
        }
        let module = self.existing_module_mut(id)?;
        if let Some(name) = asked.name {
            module.name = name;
        }
        if asked.description.is_some() {
            module.description = asked.description;
        }
        if let Some(state) = asked.state {
            module.state = state;
        }
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
            .filter(|module| state.is_none_or(|state| module.state == state))
            .map(|module| {
                json!({
                    "Id": module.id,
                    "Arn": self.module_arn(&module.id),
                    "Name": module.name,
                    "State": module.state,
                })
            })
            .collect();
        Ok(Page::of_query(request, modules, 1000)?.into_response("ContactFlowModulesSummaryList"))
    }
}
