//! Finds the flows in a file, whatever form people keep them in.
//!
//! A flow is an object, or a text that holds one, anywhere in JSON, YAML or Terraform's language. So one walk finds the
//! API's content, a console export, the input of `CreateContactFlow`, the output of `DescribeContactFlow` with and
//! without `--query`, and the resources of a CloudFormation template or a Terraform module.

use serde_json::{Map, Value};

use super::{Source, legacy, terraform};
use crate::FlowType;
use crate::designer::Designer;

/// A flow in a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The flow itself, in the flow language.
    pub content: String,
    /// Where it is in the file, for example `Resources.MainFlow.Properties.Content`. Empty if it is the whole file.
    pub place: String,
    /// Its name, if stated.
    pub name: Option<String>,
    /// Its type, if stated.
    pub flow_type: Option<FlowType>,
    /// A stated type that does not exist.
    pub unknown_type: Option<String>,
    /// Whether the service published it: an export or a response says so.
    pub is_published: bool,
    /// Whether a tool fills in placeholders such as `${QueueArn}` before the service reads it.
    pub is_template: bool,
    /// If it was translated from the export of the old designer: the number of its modules.
    pub modules: Option<usize>,
}

/// What a file's name ends with if a tool fills in its placeholders.
const TEMPLATES: [&str; 7] = [".tftpl", ".tmpl", ".tpl", ".j2", ".jinja", ".hbs", ".mustache"];

/// Finds the flows of a file, in the order of its text.
///
/// # Errors
/// If it has none: why.
pub fn recognize(source: &Source) -> Result<Vec<Document>, String> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let name = source.name.to_ascii_lowercase();
    let outside =
        Outside { is_template: TEMPLATES.iter().any(|suffix| name.ends_with(suffix)), ..Outside::default() };
    let invalid = match serde_json::from_str(text) {
        Ok(value) => {
            let mut found = Vec::new();
            walk(&value, &outside, &mut found);
            // As it was written: its size counts, and people search for what they see.
            if let [only] = &mut found[..]
                && only.place.is_empty()
                && only.modules.is_none()
                && value.is_object()
            {
                text.clone_into(&mut only.content);
            }
            return if found.is_empty() { Err(NONE.to_owned()) } else { Ok(found) };
        }
        Err(error) => format!("invalid JSON: {error}"),
    };
    if !mentions_a_flow(text) {
        return Err(invalid);
    }
    let outside = Outside { is_template: true, ..outside };
    let mut found = Vec::new();
    for value in yaml(text).into_iter().chain(terraform::read(text)) {
        walk(&value, &outside, &mut found);
    }
    if found.is_empty() {
        Err(format!("{invalid}; no YAML or Terraform with a flow either"))
    } else {
        Ok(found)
    }
}

const NONE: &str = "not a flow: no part of it has Version, StartAction and Actions";

/// Whether a text may hold a flow.
pub(super) fn mentions_a_flow(text: &str) -> bool {
    text.contains("StartAction") || (text.contains("modules") && text.contains("branches"))
}

/// What is known from around a value.
#[derive(Debug, Clone, Default)]
struct Outside {
    place: String,
    name: Option<String>,
    flow_type: Option<FlowType>,
    unknown_type: Option<String>,
    is_published: bool,
    is_template: bool,
}

impl Outside {
    fn within(&self, place: String) -> Self {
        Self { place, ..self.clone() }
    }

    /// Reads what an object says about a flow in it.
    fn learn(&mut self, members: &Map<String, Value>) {
        let text = |names: [&str; 2]| names.iter().find_map(|name| members.get(*name)?.as_str());
        if let Some(name) = text(["Name", "name"]).filter(|name| !name.contains("${")) {
            self.name = Some(name.to_owned());
        }
        if let Some(word) = text(["Type", "type"]) {
            // A resource's type says only whether it is a module.
            let resource = word.strip_prefix("AWS::Connect::").or_else(|| word.strip_prefix("aws_connect_"));
            match FlowType::from_console(resource.unwrap_or(word)) {
                Some(flow_type) if resource.is_none() || flow_type == FlowType::Module => {
                    self.flow_type = Some(flow_type);
                }
                None if members.contains_key("Content") => self.unknown_type = Some(word.to_owned()),
                _ => {}
            }
        }
        let arn = text(["Arn", "arn"]).unwrap_or_default();
        if members.contains_key("ContactFlowModule") || arn.contains("/flow-module/") {
            self.flow_type = Some(FlowType::Module);
        }
        let status = text(["Status", "status"]).unwrap_or_default();
        self.is_published |= status.eq_ignore_ascii_case("published");
    }
}

fn walk(value: &Value, outside: &Outside, found: &mut Vec<Document>) {
    match value {
        Value::Object(members) if is_flow(members) => found.push(flow(value.to_string(), members, outside)),
        Value::Object(members) if legacy::is_export(members) => {
            let (flow, name) = legacy::translate(members);
            let modules = members.get("modules").and_then(Value::as_array).map(Vec::len);
            let content = serde_json::to_string(&flow).unwrap_or_default();
            let stated = members.get("type").and_then(Value::as_str).and_then(FlowType::from_console);
            found.push(Document {
                name: name.or_else(|| outside.name.clone()),
                flow_type: stated.or(outside.flow_type),
                modules,
                ..flow_in(content, outside)
            });
        }
        Value::Object(members) => {
            if let Some(text) = filled_in(members) {
                let outside = Outside { is_template: true, ..outside.clone() };
                return walk(&Value::String(text), &outside, found);
            }
            let mut inside = outside.clone();
            inside.learn(members);
            for (name, member) in members {
                let place =
                    if inside.place.is_empty() { name.clone() } else { format!("{}.{name}", inside.place) };
                let mut within = inside.within(place);
                // Terraform's resources.
                if name == "aws_connect_contact_flow_module" {
                    within.flow_type = Some(FlowType::Module);
                }
                walk(member, &within, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &outside.within(format!("{}[{index}]", outside.place)), found);
            }
        }
        Value::String(text) if text.trim_start().starts_with('{') && mentions_a_flow(text) => {
            match serde_json::from_str::<Value>(text) {
                Ok(Value::Object(members)) if is_flow(&members) => {
                    found.push(flow(text.clone(), &members, outside));
                }
                Ok(value) => walk(&value, outside, found),
                // The error is reported with the flow.
                Err(_) => found.push(flow_in(text.clone(), outside)),
            }
        }
        _ => {}
    }
}

/// Whether an object is meant to be a flow. A part may be missing or wrong: that is reported as the flow's error.
fn is_flow(members: &Map<String, Value>) -> bool {
    let version = members.get("Version").and_then(Value::as_str) == Some("2019-10-30");
    let parts = [version, members.contains_key("StartAction"), members.contains_key("Actions")];
    parts.into_iter().filter(|part| *part).count() >= 2
}

fn flow_in(content: String, outside: &Outside) -> Document {
    let Outside { place, name, flow_type, unknown_type, is_published, is_template } = outside.clone();
    Document { content, place, name, flow_type, unknown_type, is_published, is_template, modules: None }
}

/// A flow with what it says about itself.
fn flow(content: String, members: &Map<String, Value>, outside: &Outside) -> Document {
    let mut document = flow_in(content, outside);
    if let Some(designer) = members.get("Metadata").and_then(Value::as_object).map(Designer::new) {
        document.name = document.name.or_else(|| designer.name().map(str::to_owned));
        document.is_published |=
            designer.status().is_some_and(|status| status.eq_ignore_ascii_case("published"));
        if document.flow_type.is_none() {
            document.flow_type = designer.flow_type();
            let word =
                designer.flow_type_word().filter(|word| !word.is_empty() && document.flow_type.is_none());
            document.unknown_type = document.unknown_type.or(word.map(str::to_owned));
        }
    }
    if document.flow_type.is_none() && members.contains_key("Settings") {
        document.flow_type = Some(FlowType::Module);
    }
    document
}

/// The text that CloudFormation makes of `Fn::Sub` or `Fn::Join`. What is not known here becomes a placeholder.
fn filled_in(members: &Map<String, Value>) -> Option<String> {
    if members.len() != 1 {
        return None;
    }
    if let Some(sub) = members.get("Fn::Sub") {
        let text = sub.as_str().or_else(|| sub.get(0)?.as_str())?;
        return Some(text.replace("${!", "${"));
    }
    let join = members.get("Fn::Join")?;
    let (between, parts) = (join.get(0)?.as_str()?, join.get(1)?.as_array()?);
    let parts: Vec<&str> = parts.iter().map(|part| part.as_str().unwrap_or("${…}")).collect();
    Some(parts.join(between))
}

/// YAML as JSON, with CloudFormation's short tags as the functions that they stand for.
fn yaml(text: &str) -> Option<Value> {
    fn json(value: serde_yaml::Value) -> Value {
        match value {
            serde_yaml::Value::Sequence(items) => items.into_iter().map(json).collect(),
            serde_yaml::Value::Mapping(members) => {
                let name = |key: serde_yaml::Value| match key {
                    serde_yaml::Value::String(name) => name,
                    other => json(other).to_string(),
                };
                Value::Object(members.into_iter().map(|(key, value)| (name(key), json(value))).collect())
            }
            serde_yaml::Value::Tagged(tagged) => {
                let tag = tagged.tag.to_string();
                let name = format!("Fn::{}", tag.trim_start_matches('!'));
                Value::Object([(name, json(tagged.value))].into_iter().collect())
            }
            scalar => serde_json::to_value(scalar).unwrap_or_default(),
        }
    }
    serde_yaml::from_str(text).ok().map(json)
}
