//! The designer's `Metadata`: positions of blocks and names of resources.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::FlowType;

/// A position on the designer's canvas, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Position {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.0},{:.0}", self.x, self.y)
    }
}

/// A flow's `Metadata`, as the designer reads it.
#[derive(Debug, Clone, Copy)]
pub struct Designer<'a>(&'a Map<String, Value>);

impl<'a> Designer<'a> {
    /// Reads a flow's `Metadata`.
    #[must_use]
    pub fn new(metadata: &'a Map<String, Value>) -> Self {
        Self(metadata)
    }

    /// The flow's name. Only an export has it.
    #[must_use]
    pub fn name(self) -> Option<&'a str> {
        self.0.get("name")?.as_str().filter(|name| !name.is_empty())
    }

    /// The flow's type in the console's word, for example `contactFlow`. Only an export has it.
    #[must_use]
    pub fn flow_type_word(self) -> Option<&'a str> {
        self.0.get("type")?.as_str()
    }

    /// `saved` or `published`, in either case. Only an export has it.
    #[must_use]
    pub fn status(self) -> Option<&'a str> {
        self.0.get("status")?.as_str()
    }

    /// The flow's type, if there is such a type.
    #[must_use]
    pub fn flow_type(self) -> Option<FlowType> {
        FlowType::from_console(self.flow_type_word()?)
    }

    /// The position of the flow's entry.
    #[must_use]
    pub fn entry(self) -> Option<Position> {
        let place = self.0.get("entryPointPosition").or_else(|| self.0.get("EntryPointPosition"))?;
        position(place, "x", "y").or_else(|| position(place, "X", "Y"))
    }

    /// A block's position. Both spellings are read; the designer itself reads only the lowercase one, see
    /// [`is_placed`](Self::is_placed).
    #[must_use]
    pub fn position(self, identifier: &str) -> Option<Position> {
        let block = self.block(identifier)?;
        lower_case(block).or_else(|| {
            let place = block.get("Position")?;
            position(place, "X", "Y").or_else(|| position(place, "x", "y"))
        })
    }

    /// Whether the designer finds a block's position.
    #[must_use]
    pub fn is_placed(self, identifier: &str) -> bool {
        self.block(identifier).and_then(lower_case).is_some()
    }

    /// The name that the designer shows for the resource (queue, flow, …) of a parameter. Older exports store it
    /// elsewhere for queues and flows.
    #[must_use]
    pub fn display_name(self, identifier: &str, parameter: &str) -> Option<&'a str> {
        let block = self.block(identifier)?;
        let older = || {
            let members: &[&str] = match parameter {
                "QueueId" => &["queue"],
                "ContactFlowId" => &["ContactFlow", "contactFlow"],
                _ => &[],
            };
            members.iter().find_map(|member| block.get(member)?.get("text")?.as_str())
        };
        let newer = || block.get("parameters")?.get(parameter)?.get("displayName")?.as_str();
        newer().or_else(older).filter(|name| !name.is_empty())
    }

    /// The same for a member of an object parameter, such as the flow that runs at an event.
    #[must_use]
    pub fn member_name(self, identifier: &str, parameter: &str, member: &str) -> Option<&'a str> {
        let described = self.block(identifier)?.get("parameters")?.get(parameter)?.get(member)?;
        described.get("displayName")?.as_str().filter(|name| !name.is_empty())
    }

    /// The name that the designer shows for one of the prompts that a block plays in turn.
    #[must_use]
    pub fn prompt_name(self, identifier: &str, prompt: &str) -> Option<&'a str> {
        let prompts =
            self.block(identifier)?.get("audio")?.as_array()?.iter().filter_map(|audio| audio.get("prompt"));
        let mut named = prompts.filter(|audio| audio.get("id").and_then(Value::as_str) == Some(prompt));
        named.find_map(|audio| audio.get("text")?.as_str())
    }

    /// The identifiers with metadata.
    pub fn identifiers(self) -> impl Iterator<Item = &'a str> {
        self.0
            .get("ActionMetadata")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
    }

    fn block(self, identifier: &str) -> Option<&'a Value> {
        self.0.get("ActionMetadata")?.get(identifier)
    }
}

fn lower_case(block: &Value) -> Option<Position> {
    position(block.get("position")?, "x", "y")
}

/// Coordinates are finite: JSON has no others.
fn position(place: &Value, x: &str, y: &str) -> Option<Position> {
    Some(Position { x: place.get(x)?.as_f64()?, y: place.get(y)?.as_f64()? })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    #[test]
    fn an_export_and_the_apis_spelling_are_read() {
        let metadata = json!({
            "name": "voicemail",
            "type": "customerQueue",
            "EntryPointPosition": {"X": 1, "Y": 2},
            "ActionMetadata": {
                "a": {"position": {"x": 3, "y": 4.5}, "parameters": {"QueueId": {"displayName": "Sales"}}},
                "b": {"Position": {"X": 5, "Y": 6}},
                "c": {"position": {"x": "7"}},
                "d": null,
                "e": {"queue": {"text": "Service"}, "ContactFlow": {"text": "Night"},
                      "parameters": {"EventHooks": {"CustomerQueue": {"displayName": "Music"}}},
                      "audio": [{"type": "Text"}, {"prompt": {"id": "arn:p", "text": "Music.wav"}}]},
            },
        });
        let designer = Designer::new(metadata.as_object().unwrap());
        assert_eq!(designer.name(), Some("voicemail"));
        assert_eq!(designer.flow_type(), Some(FlowType::CustomerQueue));
        assert_eq!(designer.entry(), Some(Position { x: 1.0, y: 2.0 }));
        assert_eq!(designer.position("a"), Some(Position { x: 3.0, y: 4.5 }));
        assert_eq!(designer.position("b"), Some(Position { x: 5.0, y: 6.0 }));
        assert!(designer.is_placed("a") && !designer.is_placed("b"));
        assert_eq!(designer.display_name("a", "QueueId"), Some("Sales"));
        assert_eq!(designer.display_name("e", "QueueId"), Some("Service"));
        assert_eq!(designer.display_name("e", "ContactFlowId"), Some("Night"));
        assert_eq!(designer.prompt_name("e", "arn:p"), Some("Music.wav"));
        assert_eq!(designer.prompt_name("e", "arn:q"), None);
        assert_eq!(designer.member_name("e", "EventHooks", "CustomerQueue"), Some("Music"));
        assert_eq!(designer.member_name("e", "EventHooks", "AgentWhisper"), None);
        for nowhere in ["c", "d", "e", "f"] {
            assert_eq!(designer.position(nowhere), None);
        }
        assert_eq!(designer.identifiers().collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
    }
}
