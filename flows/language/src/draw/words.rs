//! Names of blocks and branches, and a block's details in a few words. The names are the console's.

use serde_json::Value;

use crate::designer::Designer;
use crate::graph::{Branch, BranchKind, Graph, hands_on};
use crate::{Action, Flow};

/// A block's sort, which decides its icon and color.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Speak,
    Ask,
    Decide,
    Wait,
    Set,
    Stream,
    Integrate,
    Route,
    End,
    Unknown,
}

impl Sort {
    pub(super) const ALL: [Self; 10] = [
        Self::Speak,
        Self::Ask,
        Self::Decide,
        Self::Wait,
        Self::Set,
        Self::Stream,
        Self::Integrate,
        Self::Route,
        Self::End,
        Self::Unknown,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Speak => "speak",
            Self::Ask => "ask",
            Self::Decide => "decide",
            Self::Wait => "wait",
            Self::Set => "set",
            Self::Stream => "stream",
            Self::Integrate => "integrate",
            Self::Route => "route",
            Self::End => "end",
            Self::Unknown => "unknown",
        }
    }
}

/// The text for SSML without words.
const PAUSE: &str = "(pause)";

/// A block's sort and the console's name of its type.
pub(super) fn kind(action: &Action) -> (Sort, String) {
    let (sort, name) = match action.kind.as_str() {
        "MessageParticipant" => (Sort::Speak, "Play prompt"),
        "MessageParticipantIteratively" => (Sort::Speak, "Loop prompts"),
        "GetParticipantInput" if text(action, "StoreInput") == Some("True") => {
            (Sort::Ask, "Store customer input")
        }
        "GetParticipantInput" | "ConnectParticipantWithLexBot" => (Sort::Ask, "Get customer input"),
        "Compare" => (Sort::Decide, "Check contact attributes"),
        "Loop" => (Sort::Decide, "Loop"),
        "CheckHoursOfOperation" => (Sort::Decide, "Check hours of operation"),
        "CheckMetricData" => (Sort::Decide, "Check queue status"),
        "CheckOutboundCallStatus" => (Sort::Decide, "Check call progress"),
        "CheckVoiceId" => (Sort::Decide, "Check Voice ID"),
        "DistributeByPercentage" => (Sort::Decide, "Distribute by percentage"),
        "Wait" => (Sort::Wait, "Wait"),
        "UpdateContactAttributes" => (Sort::Set, "Set contact attributes"),
        "UpdateFlowAttributes" => (Sort::Set, "Set flow attributes"),
        "UpdateContactEventHooks" => (Sort::Set, "Set event flow"),
        "UpdateFlowLoggingBehavior" => (Sort::Set, "Set logging behavior"),
        "UpdateContactRoutingCriteria" => (Sort::Set, "Set routing criteria"),
        "UpdateContactTextToSpeechVoice" => (Sort::Set, "Set voice"),
        "UpdateContactCallbackNumber" => (Sort::Set, "Set callback number"),
        "UpdateContactData" => (Sort::Set, "Set contact attributes"),
        "UpdateContactRoutingBehavior" => (Sort::Set, "Change routing priority / age"),
        "StartVoiceIdStream" => (Sort::Set, "Set Voice ID"),
        "TagContact" | "UnTagContact" => (Sort::Set, "Contact tags"),
        "UpdateContactMediaStreamingBehavior" => match text(action, "MediaStreamingState") {
            Some("Disabled") => (Sort::Stream, "Stop media streaming"),
            _ => (Sort::Stream, "Start media streaming"),
        },
        "UpdateContactRecordingBehavior" | "UpdateContactRecordingAndAnalyticsBehavior" => {
            (Sort::Stream, "Set recording behavior")
        }
        "InvokeLambdaFunction" => (Sort::Integrate, "AWS Lambda function"),
        "InvokeFlowModule" => (Sort::Integrate, "Invoke module"),
        "CreateTask" => (Sort::Integrate, "Create task"),
        "CreateCase" | "GetCase" | "UpdateCase" => (Sort::Integrate, "Cases"),
        "CreateWisdomSession" => (Sort::Integrate, "Amazon Q in Connect"),
        "GetMetricData" => (Sort::Integrate, "Get metrics"),
        "AssociateContactToCustomerProfile"
        | "CreateCustomerProfile"
        | "GetCustomerProfile"
        | "GetCustomerProfileObject"
        | "GetCalculatedAttributesForCustomerProfile"
        | "UpdateCustomerProfile" => (Sort::Integrate, "Customer profiles"),
        "StartOutboundChatContact" | "SendSMS" => (Sort::Integrate, "Send message"),
        "ShowView" => (Sort::Integrate, "Show view"),
        "TransferToFlow" => (Sort::Route, "Transfer to flow"),
        "TransferContactToQueue" | "DequeueContactAndTransferToQueue" => (Sort::Route, "Transfer to queue"),
        "TransferContactToAgent" => (Sort::Route, "Transfer to agent"),
        "TransferParticipantToThirdParty" => (Sort::Route, "Transfer to phone number"),
        "CreateCallbackContact" => (Sort::Route, "Create callback"),
        "CompleteOutboundCall" => (Sort::Route, "Call phone number"),
        "UpdatePreviousContactParticipantState" => (Sort::Route, "Hold customer or agent"),
        "UpdateContactTargetQueue" => (Sort::Route, "Set working queue"),
        "DisconnectParticipant" => (Sort::End, "Disconnect"),
        "EndFlowExecution" => (Sort::End, "End flow"),
        "EndFlowModuleExecution" => (Sort::End, "Return from module"),
        other => return (Sort::Unknown, other.to_owned()),
    };
    (sort, name.to_owned())
}

/// A block's heading: its name, and below it the console's name of its type. If the identifier is only a UUID, as in
/// older exports, the type is the name, followed by enough of the UUID to find the block.
pub(super) fn title(action: &Action) -> (String, String) {
    let (id, kind) = (&action.identifier, kind(action).1);
    let is_uuid = id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    match id.split_once('-') {
        Some((first, _)) if is_uuid => (kind, first.to_owned()),
        _ => (id.clone(), kind),
    }
}

/// A block's details, in a few short lines.
pub(super) fn details(flow: &Flow, action: &Action) -> Vec<String> {
    let designer = Designer::new(&flow.metadata);
    let resource = |parameter: &str| {
        let shown = designer.display_name(&action.identifier, parameter);
        shown.or_else(|| text(action, parameter).map(resource_name)).map(str::to_owned)
    };
    let entries = |parameter: &str, value: fn(&Value) -> Option<&str>| -> Vec<String> {
        let members = action.parameters.get(parameter).and_then(Value::as_object);
        let entry = |(name, member)| format!("{name} = {}", value(member).unwrap_or("…"));
        members.into_iter().flatten().map(entry).collect()
    };
    let mut details: Vec<String> = prompt(action).or_else(|| resource("PromptId")).into_iter().collect();
    match action.kind.as_str() {
        "GetParticipantInput" | "Wait" => {
            let seconds = text(action, "InputTimeLimitSeconds").or_else(|| text(action, "TimeLimitSeconds"));
            details.extend(seconds.map(|seconds| format!("waits up to {seconds} s")));
        }
        "MessageParticipantIteratively" => {
            let messages = action.parameters.get("Messages").and_then(Value::as_array);
            let said = |message: &Value| {
                let part = |name| message.get(name).and_then(Value::as_str);
                let played = |prompt| {
                    designer
                        .prompt_name(&action.identifier, prompt)
                        .unwrap_or_else(|| resource_name(prompt))
                        .to_owned()
                };
                let words = part("Text").map(str::to_owned).or_else(|| part("SSML").map(spoken));
                words.map(quoted).or_else(|| part("PromptId").map(played))
            };
            details.extend(messages.into_iter().flatten().filter_map(said));
        }
        "UpdateContactAttributes" => details.extend(entries("Attributes", Value::as_str)),
        "UpdateFlowAttributes" => {
            details.extend(entries("FlowAttributes", |member| member.get("Value")?.as_str()));
        }
        "TagContact" => details.extend(entries("Tags", Value::as_str)),
        "UpdateContactEventHooks" => {
            let hook = |value: String| match value.split_once(" = ") {
                Some((event, flow)) => {
                    let name = designer.member_name(&action.identifier, "EventHooks", event);
                    format!("{event}: {}", name.unwrap_or_else(|| resource_name(flow)))
                }
                None => value,
            };
            details.extend(entries("EventHooks", Value::as_str).into_iter().map(hook));
        }
        "UpdateContactTextToSpeechVoice" => {
            let spoken = ["TextToSpeechVoice", "TextToSpeechEngine"].map(|part| text(action, part));
            details.push(spoken.into_iter().flatten().collect::<Vec<_>>().join(", "));
        }
        "UpdateContactMediaStreamingBehavior" => {
            let participants = action.parameters.get("Participants").and_then(Value::as_array);
            for participant in participants.into_iter().flatten() {
                let who = participant.get("ParticipantType").and_then(Value::as_str).unwrap_or("…");
                let directions = participant.get("MediaDirections").and_then(Value::as_array);
                let directions: Vec<&str> =
                    directions.into_iter().flatten().filter_map(Value::as_str).collect();
                details.push(format!("{who}: {}", directions.join(", ").to_lowercase()));
            }
        }
        "Compare" => details.extend(text(action, "ComparisonValue").map(str::to_owned)),
        "Loop" => details.extend(text(action, "LoopCount").map(times)),
        "InvokeLambdaFunction" => details.extend(resource("LambdaFunctionARN")),
        "TransferToFlow" => details.extend(resource("ContactFlowId")),
        "InvokeFlowModule" => details.extend(resource("FlowModuleId")),
        "UpdateContactTargetQueue" | "DequeueContactAndTransferToQueue" => {
            details.extend(
                resource("QueueId").or_else(|| resource("AgentId").map(|agent| format!("agent {agent}"))),
            );
        }
        "CreateTask" => details.extend(text(action, "Name").map(str::to_owned)),
        "ShowView" => {
            let view =
                action.parameters.get("ViewResource").and_then(|view| view.get("Id")).and_then(Value::as_str);
            details.extend(view.map(resource_name).map(str::to_owned));
        }
        _ if details.is_empty() => {
            let scalars = action.parameters.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
            details.extend(scalars.map(|(name, value)| format!("{name}: {value}")));
        }
        _ => {}
    }
    details
}

/// The words that a block speaks.
fn prompt(action: &Action) -> Option<String> {
    let words = text(action, "Text").map(str::to_owned).or_else(|| text(action, "SSML").map(spoken));
    words.map(quoted)
}

fn times(count: &str) -> String {
    if count == "1" { "once".to_owned() } else { format!("{count} times") }
}

fn quoted(words: String) -> String {
    if words == PAUSE { words } else { format!("“{words}”") }
}

fn text<'a>(action: &'a Action, parameter: &str) -> Option<&'a str> {
    action.parameters.get(parameter)?.as_str()
}

/// The last part of an ARN or path: the name or ID of a function, queue or flow.
fn resource_name(arn: &str) -> &str {
    if !arn.starts_with("arn:") {
        return arn;
    }
    arn.rsplit([':', '/']).next().filter(|name| !name.is_empty()).unwrap_or(arn)
}

/// An SSML text without its markup. Without words it is a pause.
fn spoken(ssml: &str) -> String {
    let mut words = String::new();
    let mut in_tag = false;
    for character in ssml.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                words.push(' ');
            }
            _ if in_tag => {}
            _ => words.push(character),
        }
    }
    let words =
        words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    let words = words.replace("&amp;", "&").split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() { PAUSE.to_owned() } else { words }
}

/// A branch's name.
pub(super) fn branch(kind: BranchKind<'_>) -> String {
    match kind {
        BranchKind::Next => "Next".to_owned(),
        BranchKind::Error(error) => match error {
            "NoMatchingError" => "Error",
            "NoMatchingCondition" => "No match",
            "InputTimeLimitExceeded" | "TimeLimitExceeded" => "Timeout",
            "QueueAtCapacity" => "At capacity",
            "InvalidPhoneNumber" => "Invalid number",
            other => other,
        }
        .to_owned(),
        BranchKind::Condition(operator, operands) => {
            let operands = operands.join(", ");
            match (operator, operands.as_str()) {
                ("Equals", "ContinueLooping") => "Looping".to_owned(),
                ("Equals", "DoneLooping") => "Complete".to_owned(),
                ("Equals", "WaitCompleted") => "Timeout".to_owned(),
                ("Equals", "MessagesInterrupted") => "Interrupted".to_owned(),
                ("Equals", _) => format!("= {operands}"),
                ("TextStartsWith", _) => format!("starts with {operands}"),
                ("TextEndsWith", _) => format!("ends with {operands}"),
                ("TextContains", _) => format!("contains {operands}"),
                ("NumberGreaterThan", _) => format!("> {operands}"),
                ("NumberGreaterOrEqualTo", _) => format!("≥ {operands}"),
                ("NumberLessThan", _) => format!("< {operands}"),
                ("NumberLessOrEqualTo", _) => format!("≤ {operands}"),
                _ => format!("{operator} {operands}"),
            }
        }
    }
}

/// The branches that the designer shows. If results decide, or success passes the contact on, `NextAction` only repeats
/// another branch.
pub(super) fn shown<'a>(graph: &Graph<'a>, block: usize) -> Vec<Branch<'a>> {
    let action = &graph.blocks[block];
    let decides = match action.kind.as_str() {
        "GetParticipantInput" => text(action, "StoreInput") != Some("True"),
        kind => {
            matches!(
                kind,
                "Compare" | "Loop" | "CheckHoursOfOperation" | "CheckMetricData" | "Wait" | "ShowView"
            ) || hands_on(kind)
        }
    };
    let branches = &graph.branches[block];
    let repeated =
        |to| branches.iter().any(|other| !matches!(other.kind, BranchKind::Next) && other.to == to);
    branches
        .iter()
        .copied()
        .filter(|branch| !(decides && matches!(branch.kind, BranchKind::Next) && repeated(branch.to)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_uuid_is_no_name() {
        let titled = |identifier: &str| {
            let flow = format!(
                "{{\"Version\": \"\", \"StartAction\": \"\", \"Actions\": [{{\"Identifier\": {identifier:?}, \"Type\": \"Loop\"}}]}}"
            );
            title(&Flow::parse(&flow).unwrap().actions[0])
        };
        assert_eq!(titled("Try again"), ("Try again".to_owned(), "Loop".to_owned()));
        let uuid = "43d8d328-864f-4a36-9337-70c443b8d950";
        assert_eq!(titled(uuid), ("Loop".to_owned(), "43d8d328".to_owned()));
    }

    #[test]
    fn markup_is_not_spoken() {
        assert_eq!(spoken("<speak>one <break time=\"1s\"/> &lt;two&gt; &amp;lt;</speak>"), "one <two> &lt;");
        assert_eq!(spoken("<speak><break time=\"100ms\"/></speak>"), "(pause)");
        assert_eq!(spoken("a > b < c"), "a > b");
    }

    #[test]
    fn resources_are_called_by_their_own_names() {
        assert_eq!(resource_name("arn:aws:lambda:us-east-1:1:function:save"), "save");
        assert_eq!(resource_name("arn:aws:connect:us-east-1:1:instance/i/queue/q"), "q");
        assert_eq!(resource_name("$.Attributes.a:b"), "$.Attributes.a:b");
        assert_eq!(resource_name("arn:"), "arn:");
    }
}
