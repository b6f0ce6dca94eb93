//! Comparing the contents of flows, regardless of order.

use std::collections::BTreeSet;

use flow_language::Flow;
use serde_json::{Map, Value};

use crate::digest::sha256_hex;

/// A hash of what a flow does: SHA-256, 64 hexadecimal digits. The order of blocks and members and all of
/// `Metadata` (positions in the designer) are ignored, because the service may rearrange them.
///
/// A text that is not a flow has its bytes' hash.
#[must_use]
pub fn fingerprint(content: &str) -> String {
    let Ok(mut flow) = Flow::parse(content) else {
        return sha256_hex(content.as_bytes());
    };
    flow.metadata.clear();
    flow.actions.sort_by(|one, other| one.identifier.cmp(&other.identifier));
    let value = serde_json::to_value(&flow).unwrap_or_default();
    sha256_hex(sorted(value).to_string().as_bytes())
}

/// The same value with the members of every object in alphabetical order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The same content with ARNs of flows in place of their placeholders.
#[must_use]
pub fn linked<'a>(content: &str, arns: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    arns.into_iter().fold(content.to_owned(), |content, (stand_in, arn)| content.replace(stand_in, arn))
}

/// ARNs of the functions that a flow invokes, which the instance must allow.
#[must_use]
pub fn invoked_functions(content: &str) -> BTreeSet<String> {
    let actions = Flow::parse(content).map(|flow| flow.actions).unwrap_or_default();
    actions
        .iter()
        .filter(|action| action.kind == "InvokeLambdaFunction")
        .filter_map(|action| action.parameters.get("LambdaFunctionARN")?.as_str())
        .filter(|arn| arn.starts_with("arn:"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = r#"{"Version": "2019-10-30", "StartAction": "a",
        "Metadata": {"ActionMetadata": {"a": {"position": {"x": 1, "y": 2}}}},
        "Actions": [
            {"Identifier": "a", "Type": "MessageParticipant", "Parameters": {"Text": "Hello", "X": "1"}, "Transitions": {"NextAction": "b"}},
            {"Identifier": "b", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}"#;

    #[test]
    fn order_and_positions_do_not_count() {
        let moved = r#"{"Metadata": {}, "StartAction": "a", "Version": "2019-10-30",
            "Actions": [
                {"Type": "DisconnectParticipant", "Identifier": "b", "Transitions": {}, "Parameters": {}},
                {"Identifier": "a", "Parameters": {"X": "1", "Text": "Hello"}, "Type": "MessageParticipant", "Transitions": {"NextAction": "b"}}]}"#;
        assert_eq!(fingerprint(FLOW), fingerprint(moved));
    }

    #[test]
    fn what_a_caller_would_notice_counts() {
        assert_ne!(fingerprint(FLOW), fingerprint(&FLOW.replace("Hello", "Good day")));
        assert_ne!(
            fingerprint(FLOW),
            fingerprint(&FLOW.replace("\"NextAction\": \"b\"", "\"NextAction\": \"a\""))
        );
        assert_ne!(fingerprint("{}"), fingerprint("[]"));
    }

    #[test]
    fn invoked_functions_are_found() {
        let arn = "arn:aws:lambda:eu-west-2:111122223333:function:f";
        let flow = FLOW
            .replace("MessageParticipant", "InvokeLambdaFunction")
            .replace("\"Text\": \"Hello\"", &format!("\"LambdaFunctionARN\": \"{arn}\""));
        assert_eq!(invoked_functions(&flow), BTreeSet::from([arn.to_owned()]));
        assert_eq!(invoked_functions(FLOW), BTreeSet::new());
        // A function that is only known while the flow runs.
        assert_eq!(invoked_functions(&flow.replace(arn, "$.Attributes.f")), BTreeSet::new());
    }
}
