//! Recognizes a file's kind.

use serde_json::Value;

use crate::FlowType;
use crate::designer::Designer;

/// The kind of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// A flow: the API's content, a console export, or a response of `DescribeContactFlow` or
    /// `DescribeContactFlowModule`.
    Flow {
        /// The flow itself.
        content: String,
        /// Its name, if stated.
        name: Option<String>,
        /// Its type, if stated.
        flow_type: Option<FlowType>,
    },
    /// The export of the old designer, a list of `modules`.
    Legacy {
        /// How many blocks it has.
        blocks: usize,
        /// Its name, if stated.
        name: Option<String>,
    },
    /// Anything else.
    Other {
        /// Why it is not a flow.
        why: String,
    },
}

/// Recognizes a text. JSON with any part of a flow counts as a flow, so that its errors are reported as a flow's.
#[must_use]
pub fn recognise(text: &str) -> Document {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return Document::Other { why: format!("invalid JSON: {error}") },
    };
    let Value::Object(members) = &value else {
        return Document::Other { why: "not a flow: a flow is a JSON object".to_owned() };
    };
    for (wrapper, module) in [("ContactFlow", false), ("ContactFlowModule", true)] {
        let Some(answer) = members.get(wrapper) else { continue };
        let member = |name| answer.get(name).and_then(Value::as_str);
        let Some(content) = member("Content") else {
            return Document::Other {
                why: format!("this is a response about a flow without {wrapper}.Content"),
            };
        };
        let stated = member("Type").and_then(FlowType::from_console);
        let flow_type = if module { Some(FlowType::Module) } else { stated };
        return Document::Flow {
            content: content.to_owned(),
            name: member("Name").map(str::to_owned),
            flow_type,
        };
    }
    if let Some(modules) = members.get("modules").and_then(Value::as_array)
        && !members.contains_key("Actions")
    {
        let metadata = members.get("metadata").and_then(Value::as_object);
        let name = metadata.and_then(|metadata| Designer::new(metadata).name());
        return Document::Legacy { blocks: modules.len(), name: name.map(str::to_owned) };
    }
    if !["Actions", "StartAction", "Version"].iter().any(|name| members.contains_key(*name)) {
        return Document::Other { why: "not a flow: it has no Version, StartAction or Actions".to_owned() };
    }
    let designer = members.get("Metadata").and_then(Value::as_object).map(Designer::new);
    let module = members.contains_key("Settings").then_some(FlowType::Module);
    Document::Flow {
        content: text.to_owned(),
        name: designer.and_then(Designer::name).map(str::to_owned),
        flow_type: designer.and_then(Designer::flow_type).or(module),
    }
}
