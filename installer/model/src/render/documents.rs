//! What rendering gives.

use std::collections::BTreeMap;

use flow_language::FlowType;
use serde::{Deserialize, Serialize};

use crate::parts::{FlowKey, Function};

/// Every document of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// What CloudFormation makes.
    pub stack: StackDocument,
    /// The flows, in the order in which they are made: a flow comes after those that it, or the stack, refers to.
    pub flows: Vec<FlowDocument>,
}

/// What CloudFormation makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackDocument {
    /// The stack's name.
    pub name: String,
    /// The template, YAML.
    pub template_body: String,
    /// Every parameter of the template: those whose values are only known when the stack is made.
    pub parameters: Vec<StackParameter>,
    /// What CloudFormation wants to be told that it may do.
    pub capabilities: Vec<String>,
    /// Tags of the stack and, through it, of everything in it.
    pub tags: BTreeMap<String, String>,
}

/// A parameter of the template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackParameter {
    /// Its name in the template.
    pub name: String,
    /// Where its value comes from.
    pub value: ParameterValue,
}

/// Where a parameter's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParameterValue {
    /// Name of the bucket in which the functions' code lies.
    ArtifactBucket,
    /// Key of a function's code in that bucket.
    ArtifactKey(Function),
    /// Id of a flow, which must exist before the stack.
    FlowId(FlowKey),
}

/// One flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowDocument {
    /// Which flow it is.
    pub key: FlowKey,
    /// Its name in the instance, unique there as long as the stack's name is.
    pub name: String,
    /// Its type.
    pub flow_type: FlowType,
    /// What it does, for people.
    pub description: String,
    /// The flow language's JSON, indented; the console imports it as it is.
    pub content: String,
    /// SHA-256 of the content, hexadecimal.
    pub hash: String,
}
