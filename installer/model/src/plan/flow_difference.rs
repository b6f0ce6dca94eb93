//! What differs between two versions of a flow, block by block.

use std::collections::BTreeSet;

use flow_language::{Action, Flow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::template::differences;

/// How an installed flow differs from another version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowDifference {
    /// The flow's name.
    pub flow: String,
    /// What will happen to it.
    pub fate: FlowFate,
    /// The differences, by block. Empty if a version cannot be read.
    pub blocks: Vec<BlockDifference>,
}

/// What will happen to a flow that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowFate {
    /// It was not edited and is updated. The difference is what changes.
    Updated,
    /// It was edited and is overwritten. The difference is what changes.
    Overwritten,
    /// It was edited and is kept. The difference is the edits.
    Kept,
}

/// How a block differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDifference {
    /// The block's identifier, which is its name in our flows.
    pub block: String,
    /// What it does, for example `MessageParticipant`.
    pub kind: String,
    /// Whether only one version has it.
    pub presence: Presence,
    /// Parameters and branches that differ.
    pub members: Vec<MemberDifference>,
}

/// Which of two versions has a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Only the new one.
    Added,
    /// Only the old one.
    Removed,
    /// Both.
    Both,
}

/// A parameter or a branch of a block that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberDifference {
    /// For example `Text`, or `→ on NoMatchingError`.
    pub name: String,
    /// The old value; `None` if it is new.
    pub from: Option<String>,
    /// The new value; `None` if it is removed.
    pub to: Option<String>,
}

/// The changes from the first version to the second, without positions. `None` if one of them is not a flow.
#[must_use]
pub fn block_differences(old: &str, new: &str) -> Option<Vec<BlockDifference>> {
    let (old, new) = (Flow::parse(old).ok()?, Flow::parse(new).ok()?);
    let mut found = Vec::new();
    if old.start_action != new.start_action {
        found.push(BlockDifference {
            block: "the flow itself".to_owned(),
            kind: "StartAction".to_owned(),
            presence: Presence::Both,
            members: vec![MemberDifference {
                name: "→ at the start".to_owned(),
                from: Some(old.start_action.clone()),
                to: Some(new.start_action.clone()),
            }],
        });
    }
    let new_ones = new.actions.iter().map(|action| action.identifier.as_str());
    let gone = old.actions.iter().map(|action| action.identifier.as_str());
    let mut seen = BTreeSet::new();
    // In the new version's order, in which callers meet the blocks. Removed blocks come last.
    for name in new_ones.chain(gone).filter(|name| seen.insert(*name)) {
        found.extend(match (old.action(name), new.action(name)) {
            (Some(old), Some(new)) => changed(old, new),
            (None, Some(action)) => Some(whole(action, Presence::Added)),
            (Some(action), None) => Some(whole(action, Presence::Removed)),
            (None, None) => None,
        });
    }
    Some(found)
}

fn whole(action: &Action, presence: Presence) -> BlockDifference {
    BlockDifference {
        block: action.identifier.clone(),
        kind: action.kind.clone(),
        presence,
        members: Vec::new(),
    }
}

fn changed(old: &Action, new: &Action) -> Option<BlockDifference> {
    let found = differences(&members(old), &members(new));
    let members: Vec<_> = found
        .into_iter()
        .map(|change| MemberDifference { name: change.path, from: change.from, to: change.to })
        .collect();
    (!members.is_empty()).then(|| BlockDifference { members, ..whole(new, Presence::Both) })
}

/// A block's parameters and branches by readable names, regardless of order.
fn members(action: &Action) -> Value {
    let mut members: Map<String, Value> = action.parameters.clone();
    members.insert("Type".to_owned(), action.kind.clone().into());
    let transitions = &action.transitions;
    let mut branch = |name: String, to: &str| members.insert(format!("→ {name}"), to.into());
    if let Some(next) = &transitions.next_action {
        branch("next".to_owned(), next);
    }
    for error in &transitions.errors {
        branch(format!("on {}", error.error_type), &error.next_action);
    }
    for condition in &transitions.conditions {
        let test = &condition.condition;
        branch(format!("if {} {}", test.operator, test.operands.join(", ")), &condition.next_action);
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::testing::first_plan;

    fn voicemail() -> String {
        first_plan().flows[1].content.clone()
    }

    #[test]
    fn a_flow_does_not_differ_from_itself() {
        assert_eq!(block_differences(&voicemail(), &voicemail()).unwrap(), []);
    }

    #[test]
    fn a_changed_text_a_rewired_branch_and_a_new_block_are_told() {
        let old = voicemail();
        let mut flow = Flow::parse(&old).unwrap();
        let goodbye = flow.actions.iter_mut().find(|action| action.identifier == "Goodbye").unwrap();
        goodbye.parameters.insert("Text".to_owned(), "Bye!".into());
        goodbye.transitions.next_action = Some("Thanks".to_owned());
        let mut thanks = goodbye.clone();
        thanks.identifier = "Thanks".to_owned();
        flow.actions.push(thanks);
        flow.actions.retain(|action| action.identifier != "Beep");
        let new = serde_json::to_string(&flow).unwrap();
        let found = block_differences(&old, &new).unwrap();
        let told: Vec<_> = found.iter().map(|block| (block.block.as_str(), block.presence)).collect();
        assert_eq!(
            told,
            [("Goodbye", Presence::Both), ("Thanks", Presence::Added), ("Beep", Presence::Removed)]
        );
        let members: Vec<_> = found[0]
            .members
            .iter()
            .map(|member| (member.name.as_str(), member.to.as_deref().unwrap()))
            .collect();
        assert_eq!(members, [("Text", "Bye!"), ("→ next", "Thanks")]);
        assert!(found[0].members[0].from.as_ref().unwrap().contains("saved"));
    }

    #[test]
    fn what_is_no_flow_has_no_blocks() {
        assert_eq!(block_differences("{}", &voicemail()), None);
    }
}
