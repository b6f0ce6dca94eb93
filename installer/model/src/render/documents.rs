//! The rendered documents.

use std::collections::BTreeMap;

use flow_language::FlowType;
use serde::{Deserialize, Serialize};

use crate::parts::{FlowKey, Function};

/// Every document of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The template and its settings.
    pub stack: StackDocument,
    /// The flows, in order of creation: a flow comes after those that it refers to.
    pub flows: Vec<FlowDocument>,
}

/// The template and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackDocument {
    /// The stack's name.
    pub name: String,
    /// The template, YAML.
    pub template_body: String,
    /// Every parameter of the template, for values that are only known when the stack is created.
    pub parameters: Vec<StackParameter>,
    /// The capabilities that CloudFormation requires.
    pub capabilities: Vec<String>,
    /// Tags of the stack, which it passes on to its resources.
    pub tags: BTreeMap<String, String>,
}

/// A parameter of the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackParameter {
    /// Its name in the template.
    pub name: String,
    /// The source of its value.
    pub value: ParameterValue,
}

/// The source of a parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParameterValue {
    /// Name of the bucket with the functions' code.
    ArtifactBucket,
    /// Key of a function's code in that bucket.
    ArtifactKey(Function),
    /// ID of a flow, which must exist before the stack.
    FlowId(FlowKey),
}

/// One flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowDocument {
    /// Which flow it is.
    pub key: FlowKey,
    /// Its name in the instance, unique because the stack's is.
    pub name: String,
    /// Its type.
    pub flow_type: FlowType,
    /// What it does, for people.
    pub description: String,
    /// The flow language's JSON, indented, ready to import in the console.
    pub content: String,
    /// SHA-256 of the content, hexadecimal.
    pub hash: String,
}
