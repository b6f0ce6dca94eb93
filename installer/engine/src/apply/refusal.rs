//! Why Amazon Connect refused a flow, with the block: the service only gives its index.

use flow_language::{Designer, Flow, FlowType, examine};

/// A problem in the service's words, after its block and before the fix, if these are known.
pub(super) fn explain(message: &str, content: &str, flow_type: FlowType) -> String {
    let Ok(flow) = Flow::parse(content) else { return message.to_owned() };
    let known = examine(content, flow_type).into_iter().find(|problem| problem.message() == message);
    let named = known.as_ref().and_then(|problem| problem.action.clone());
    let identifier = counted(message)
        .and_then(|n| flow.actions.get(n).map(|action| action.identifier.clone()))
        .or(named)
        .or_else(|| of_its_type(message, &flow));
    let mut text = message.trim_end_matches('.').to_owned();
    if let Some(identifier) = identifier {
        let place = Designer::new(&flow.metadata).position(&identifier);
        let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
        text = format!("block “{identifier}”{place}: {text}");
    }
    match known {
        Some(problem) => format!("{text} ({})", problem.fix),
        None => text,
    }
}

/// The index in `Actions[3]`.
fn counted(message: &str) -> Option<usize> {
    message.split_once("Actions[")?.1.split_once(']')?.0.parse().ok()
}

/// The only block of the refused type.
fn of_its_type(message: &str, flow: &Flow) -> Option<String> {
    let kind = message.split_once("Type: ")?.1.trim_end_matches('.');
    let mut blocks = flow.actions.iter().filter(|action| action.kind == kind);
    let first = blocks.next()?;
    blocks.next().is_none().then(|| first.identifier.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: &str = r#"{"Version": "2019-10-30", "StartAction": "Greet",
        "Metadata": {"ActionMetadata": {"Hang up": {"position": {"x": 300, "y": 40}}}},
        "Actions": [
            {"Identifier": "Greet", "Type": "MessageParticipant", "Parameters": {"Text": "Hello"}, "Transitions": {}},
            {"Identifier": "Hang up", "Type": "HangUpNow", "Parameters": {}, "Transitions": {}}]}"#;

    fn explained(message: &str) -> String {
        explain(message, FLOW, FlowType::ContactFlow)
    }

    #[test]
    fn a_block_that_is_counted_is_named() {
        let text = explained("Invalid Action property value. Path: Actions[1].Parameters.X");
        assert_eq!(
            text,
            "block “Hang up” at 300,40: Invalid Action property value. Path: Actions[1].Parameters.X"
        );
        assert!(explained("Invalid Action property value. Path: Actions[7].X").starts_with("Invalid"));
    }

    #[test]
    fn what_is_known_of_a_problem_is_told_with_it() {
        let message = "Action is missing required property. Path: Actions[0].Transitions.NextAction";
        let text = explained(message);
        assert!(text.starts_with(&format!("block “Greet”: {message} (")), "{text}");
    }

    #[test]
    fn a_type_names_its_only_block() {
        assert!(
            explained("Invalid Action type. Type: HangUpNow.").starts_with("block “Hang up” at 300,40: ")
        );
    }

    #[test]
    fn what_cannot_be_placed_stays_as_it_is() {
        assert_eq!(explain("Something else.", "no flow", FlowType::ContactFlow), "Something else.");
        assert_eq!(explained("Something else."), "Something else");
    }
}
