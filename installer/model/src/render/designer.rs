//! What the console's designer needs in addition to a flow's logic: positions of blocks, and names of queues and flows.

use std::collections::BTreeMap;

use flow_language::{Action, Flow, FlowType, draw};
use serde_json::{Map, Value, json};

/// The position of the entry, and its distance to the first block.
const ENTRY: (f64, f64) = (40.0, 40.0);
const FIRST_BLOCK: f64 = 160.0;

/// The flow with its `Metadata`, as in an export. `names` has the names of its queues and flows, by ARN.
pub(super) fn finished(
    mut flow: Flow,
    name: &str,
    description: &str,
    flow_type: FlowType,
    names: &BTreeMap<String, String>,
) -> Flow {
    let blocks = flow.actions.iter().zip(draw::places(&flow)).map(|(action, place)| {
        let mut kept = of_block(action, names);
        // Whole pixels, because nobody drags a block to a fraction of one.
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

/// A block's metadata: the names of its resources, by which an import finds them if the ARNs are foreign, and the
/// attributes that it reads from the contact.
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

/// A type's name in an export.
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
