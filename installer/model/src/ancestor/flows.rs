//! What an earlier system's flows become, and where other flows refer to them.

use flow_language::Flow;
use flow_language::draw::block_title;
use serde_json::Value;

use super::plain;
use crate::parts::FlowKey;

/// How the names of its flows begin, without separators, and the flows here that do the same.
const SUCCESSORS: [(&str, FlowKey); 13] = [
    ("vmx3mainvmmodule", FlowKey::VoicemailModule),
    ("vmx3coreflowmodule", FlowKey::VoicemailModule),
    ("vmx3inqueueoption", FlowKey::InQueueOffer),
    ("vmx3inqueueagentwhisper", FlowKey::AgentWhisper),
    ("vmx3inqueuecustomerwhisper", FlowKey::CustomerWhisper),
    ("vmx3basictaskflow", FlowKey::Task),
    ("vmx3guidedtaskflow", FlowKey::GuidedTask),
    ("vmx3guidedtaskagentflow", FlowKey::AgentGuide),
    ("vmx3awstestflow", FlowKey::TestLine),
    ("vmxcoreflow", FlowKey::Voicemail),
    ("vmxbasictaskflow", FlowKey::Task),
    ("vmxawstestflow", FlowKey::TestLine),
    ("vmxsfdctestflow", FlowKey::TestLine),
];

/// The flow here that does what an earlier system's flow of this name does.
#[must_use]
pub fn successor(name: &str) -> Option<FlowKey> {
    let name = plain(name);
    SUCCESSORS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, key)| *key)
}

/// What to set for a flow that the parameters do not ask for.
#[must_use]
pub fn setting(key: FlowKey) -> Option<&'static str> {
    match key {
        FlowKey::VoicemailModule => Some("flows.voicemail_module=true"),
        FlowKey::InQueueOffer | FlowKey::AgentWhisper | FlowKey::CustomerWhisper => {
            Some("flows.in_queue_offer=true")
        }
        FlowKey::TestLine => Some("flows.test_line=true"),
        FlowKey::GuidedTask | FlowKey::AgentGuide => Some("guided_task in `modes`"),
        FlowKey::Task | FlowKey::Voicemail => None,
    }
}

/// A block that refers to a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockUse {
    /// The block, as the console and the drawing name it.
    pub block: String,
    /// The ID of the flow.
    pub flow: String,
}

/// The blocks of a flow that refer to one of these flows, by ID. Empty for what is no flow.
#[must_use]
pub fn uses(content: &str, flows: &[&str]) -> Vec<BlockUse> {
    let Ok(flow) = Flow::parse(content) else { return Vec::new() };
    let mut found = Vec::new();
    for action in &flow.actions {
        for id in flows.iter().filter(|id| action.parameters.values().any(|value| names(value, id))) {
            let (title, more) = block_title(action);
            found.push(BlockUse { block: format!("{title} ({more})"), flow: (*id).to_owned() });
        }
    }
    found
}

/// Whether a value has a text with this ID in it.
fn names(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text.contains(id),
        Value::Array(values) => values.iter().any(|value| names(value, id)),
        Value::Object(values) => values.values().any(|value| names(value, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_generations_flows_have_a_successor() {
        for (name, key) in [
            ("VMX3_Main_VM_Module_shop", FlowKey::VoicemailModule),
            ("VMX3-CoreFlowModule-shop", FlowKey::VoicemailModule),
            ("VMX3_Guided_Task_Flow_shop", FlowKey::GuidedTask),
            ("VMX3_Guided_Task_Agent_Flow_shop", FlowKey::AgentGuide),
            ("VMXCoreFlow-shop", FlowKey::Voicemail),
            ("VMXBasicTaskFlow-shop", FlowKey::Task),
        ] {
            assert_eq!(successor(name), Some(key), "{name}");
        }
        assert_eq!(successor("Main line"), None);
    }

    #[test]
    fn blocks_that_refer_to_a_flow_are_named() {
        let flow = json!({
            "Version": "2019-10-30", "StartAction": "a",
            "Metadata": {"ActionMetadata": {"a": {"parameters": {"FlowModuleId": {"displayName": "old-module"}}}}},
            "Actions": [
                {"Identifier": "Take a message", "Type": "InvokeFlowModule",
                 "Parameters": {"FlowModuleId": "arn:of/flow-module/old-module"}, "Transitions": {}},
                {"Identifier": "00000000-0000-4000-8000-000000000001", "Type": "UpdateContactEventHooks",
                 "Parameters": {"EventHooks": {"CustomerQueue": "old-offer"}}, "Transitions": {}},
                {"Identifier": "Bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
            ]
        });
        let found = uses(&flow.to_string(), &["old-module", "old-offer", "old-test"]);
        let told: Vec<_> = found.iter().map(|one| (one.block.as_str(), one.flow.as_str())).collect();
        assert_eq!(
            told,
            [("Take a message (Invoke module)", "old-module"), ("Set event flow (00000000)", "old-offer")]
        );
        assert!(uses("no flow with old-module", &["old-module"]).is_empty());
    }

    proptest! {
        #[test]
        fn any_content_is_read(content in "\\PC{0,200}") {
            prop_assert!(uses(&content, &["id"]).is_empty());
        }
    }
}
