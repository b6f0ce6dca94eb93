//! What the console's designer wants to know of a flow, beside what the flow does: where blocks stand, and what queues
//! and flows are called.

use std::collections::BTreeMap;

use flow_language::{Action, Flow, FlowType, draw};
use serde_json::{Map, Value, json};

/// Where the entry stands, and how far right of it the first block.
const ENTRY: (f64, f64) = (40.0, 40.0);
const FIRST_BLOCK: f64 = 160.0;

/// The flow with its `Metadata`, as an export has it. `names` are those of the queues and flows that it names, by ARN.
pub(super) fn finished(
    mut flow: Flow,
    name: &str,
    description: &str,
    flow_type: FlowType,
    names: &BTreeMap<String, String>,
) -> Flow {
    let blocks = flow.actions.iter().zip(draw::places(&flow)).map(|(action, place)| {
        let mut kept = of_block(action, names);
        // Whole pixels, since nobody drags a block to a fraction of one.
        let (x, y) = ((ENTRY.0 + FIRST_BLOCK + place.x).round(), (ENTRY.1 + place.y).round());
        kept.insert("position".to_owned(), json!({"x": x as i64, "y": y as i64}));
        kept.insert("isFriendlyName".to_owned(), json!(true));
        (action.identifier.clone(), Value::Object(kept))
    });
    let blocks: Map<String, Value> = blocks.collect();
    let metadata = json!({
        "entryPointPosition": {"x": ENTRY.0 as i64, "y": ENTRY.1 as i64},
        "ActionMetadata": blocks,
        "Annotations": [],
        "name": name,
        "description": description,
        "type": console_word(flow_type),
        "status": "PUBLISHED",
        "hash": {},
    });
    if let Value::Object(metadata) = metadata {
        flow.metadata = metadata;
    }
    flow
}

/// What is kept about a block: the names of what it refers to, by which an import finds them where the ARNs are foreign,
/// and which attributes it takes from the contact.
fn of_block(action: &Action, names: &BTreeMap<String, String>) -> Map<String, Value> {
    let mut kept = Map::new();
    let mut parameters = Map::new();
    for (parameter, value) in &action.parameters {
        if let Some(name) = value.as_str().and_then(|arn| names.get(arn)) {
            parameters.insert(parameter.clone(), json!({ "displayName": name }));
            let older = match parameter.as_str() {
                "QueueId" => "queue",
                "ContactFlowId" => "ContactFlow",
                _ => continue,
            };
            kept.insert(older.to_owned(), json!({ "text": name }));
        }
        let Value::Object(members) = value else { continue };
        let mut described = Map::new();
        for (member, text) in members.iter().filter_map(|(member, value)| Some((member, value.as_str()?))) {
            if let Some(name) = names.get(text) {
                described.insert(member.clone(), json!({ "displayName": name }));
            } else if parameter == "Attributes" && text.starts_with("$.") {
                described.insert(member.clone(), json!({"useDynamic": true}));
            }
        }
        if parameter == "Attributes" && !described.is_empty() {
            kept.insert("dynamicParams".to_owned(), described.keys().cloned().collect());
        }
        if !described.is_empty() {
            parameters.insert(parameter.clone(), Value::Object(described));
        }
    }
    if !parameters.is_empty() {
        kept.insert("parameters".to_owned(), Value::Object(parameters));
    }
    kept
}

/// The word for a type in an export.
fn console_word(flow_type: FlowType) -> &'static str {
    match flow_type {
        FlowType::ContactFlow => "contactFlow",
        FlowType::CustomerQueue => "customerQueue",
        FlowType::CustomerHold => "customerHold",
        FlowType::CustomerWhisper => "customerWhisper",
        FlowType::AgentHold => "agentHold",
        FlowType::AgentWhisper => "agentWhisper",
        FlowType::OutboundWhisper => "outboundWhisper",
        FlowType::AgentTransfer => "agentTransfer",
        FlowType::QueueTransfer => "queueTransfer",
        FlowType::Campaign => "campaign",
        FlowType::Module => "contactFlowModule",
    }
}
