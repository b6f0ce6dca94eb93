//! Exports of the old designer, a list of `modules`: translated into the flow language as far as drawing them and
//! following their paths requires.

use serde_json::{Map, Value, json};

use crate::{Action, Condition, ConditionBranch, ErrorBranch, Flow, Transitions};

/// Whether an object is such an export.
pub(super) fn is_export(members: &Map<String, Value>) -> bool {
    let modules = members.get("modules").and_then(Value::as_array);
    modules.is_some_and(|modules| {
        !members.contains_key("Actions")
            && (members.contains_key("start")
                || modules.iter().any(|module| module.get("branches").is_some()))
    })
}

/// The flow and its name.
pub(super) fn translate(members: &Map<String, Value>) -> (Flow, Option<String>) {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let modules = members.get("modules").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let described = members.get("metadata").cloned().unwrap_or_default();
    let mut places = Map::new();
    for module in modules {
        let position = module.get("metadata").and_then(|metadata| metadata.get("position"));
        if let (Some(id), Some(position)) = (text(module, "id"), position) {
            places.insert(id, json!({ "position": position }));
        }
    }
    let mut metadata = Map::new();
    metadata.insert("ActionMetadata".to_owned(), Value::Object(places));
    if let Some(entry) = described.get("entryPointPosition") {
        metadata.insert("entryPointPosition".to_owned(), entry.clone());
    }
    let name = text(&described, "name").filter(|name| !name.is_empty());
    if let Some(name) = &name {
        metadata.insert("name".to_owned(), name.as_str().into());
    }
    let start = members.get("start").and_then(Value::as_str).unwrap_or_default().to_owned();
    let actions = modules.iter().map(action).collect();
    let version = "2019-10-30".to_owned();
    (Flow { version, start_action: start, metadata, actions, settings: None }, name)
}

fn action(module: &Value) -> Action {
    let text = |name: &str| module.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = kind(text("type"), text("target"));
    let mut parameters = Map::new();
    let implied = match text("type") {
        "StoreUserInput" => Some(("StoreInput", "True")),
        "StartMediaStreaming" => Some(("MediaStreamingState", "Enabled")),
        "StopMediaStreaming" => Some(("MediaStreamingState", "Disabled")),
        _ => None,
    };
    parameters.extend(implied.map(|(name, value)| (name.to_owned(), value.into())));
    for parameter in module.get("parameters").and_then(Value::as_array).into_iter().flatten() {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
        let value =
            parameter.get("resourceName").or_else(|| parameter.get("value")).cloned().unwrap_or_default();
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match parameter.get("key").and_then(Value::as_str) {
            Some(key) => {
                let map = parameters.entry(renamed(name, kind)).or_insert_with(|| Value::Object(Map::new()));
                if let Some(map) = map.as_object_mut() {
                    map.insert(key.to_owned(), value.into());
                }
            }
            None if name == "Text" && parameter_is(module, "TextToSpeechType", "ssml") => {
                parameters.insert("SSML".to_owned(), value.into());
            }
            None if name != "TextToSpeechType" => {
                parameters.insert(renamed(name, kind).to_owned(), value.into());
            }
            None => {}
        }
    }
    let identifier = text("id").to_owned();
    Action { identifier, kind: kind.to_owned(), parameters, transitions: transitions(module, kind) }
}

/// The name that a parameter has in the flow language, if a drawing or an advice needs it.
fn renamed<'a>(name: &'a str, kind: &str) -> &'a str {
    match (name, kind) {
        ("Attribute", "UpdateContactAttributes") => "Attributes",
        ("Attribute", "Compare") => "ComparisonValue",
        ("AudioPrompt", _) => "PromptId",
        ("FunctionArn", _) => "LambdaFunctionARN",
        ("GlobalVoice", _) => "TextToSpeechVoice",
        ("Queue", _) => "QueueId",
        ("Timeout", "GetParticipantInput") => "InputTimeLimitSeconds",
        ("TimeoutSeconds", "Wait") => "TimeLimitSeconds",
        _ => name,
    }
}

fn parameter_is(module: &Value, name: &str, value: &str) -> bool {
    let parameters = module.get("parameters").and_then(Value::as_array);
    parameters.into_iter().flatten().any(|parameter| {
        parameter.get("name").and_then(Value::as_str) == Some(name)
            && parameter.get("value").and_then(Value::as_str) == Some(value)
    })
}

/// The type of action that a module became.
fn kind<'a>(module: &'a str, target: &str) -> &'a str {
    match (module, target) {
        ("PlayPrompt", _) => "MessageParticipant",
        ("LoopPrompts", _) => "MessageParticipantIteratively",
        ("GetUserInput", "Lex") => "ConnectParticipantWithLexBot",
        ("GetUserInput" | "StoreUserInput", _) => "GetParticipantInput",
        ("SetAttributes", _) => "UpdateContactAttributes",
        ("CheckAttribute", _) => "Compare",
        ("InvokeExternalResource", _) => "InvokeLambdaFunction",
        ("SetQueue", _) => "UpdateContactTargetQueue",
        ("SetLoggingBehavior", _) => "UpdateFlowLoggingBehavior",
        ("SetRecordingBehavior", _) => "UpdateContactRecordingBehavior",
        ("SetVoice", _) => "UpdateContactTextToSpeechVoice",
        ("SetEventHook" | "SetContactFlow", _) => "UpdateContactEventHooks",
        ("StartMediaStreaming" | "StopMediaStreaming", _) => "UpdateContactMediaStreamingBehavior",
        ("CheckStaffing" | "CheckQueueStatus", _) => "CheckMetricData",
        ("UpdateRoutingPriority", _) => "UpdateContactRoutingBehavior",
        ("Transfer", "Flow") => "TransferToFlow",
        ("Transfer", "Agent") => "TransferContactToAgent",
        ("Transfer", "PhoneNumber") => "TransferParticipantToThirdParty",
        ("Transfer", _) => "TransferContactToQueue",
        ("Disconnect", _) => "DisconnectParticipant",
        ("Resume", _) => "EndFlowExecution",
        (other, _) => other,
    }
}

fn transitions(module: &Value, kind: &str) -> Transitions {
    let mut transitions = Transitions::default();
    for branch in module.get("branches").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| branch.get(name).and_then(Value::as_str);
        let (Some(to), Some(condition)) = (text("transition"), text("condition")) else { continue };
        let next_action = to.to_owned();
        let error = match condition {
            "Error" => Some("NoMatchingError"),
            "NoMatch" => Some("NoMatchingCondition"),
            "Timeout" if kind == "GetParticipantInput" => Some("InputTimeLimitExceeded"),
            "AtCapacity" => Some("QueueAtCapacity"),
            "InvalidNumber" => Some("InvalidPhoneNumber"),
            "CallFailure" => Some("CallFailed"),
            _ => None,
        };
        let operand = match condition {
            "Looping" => "ContinueLooping",
            "Complete" => "DoneLooping",
            "Timeout" if kind == "Wait" => "WaitCompleted",
            "Timeout" if kind == "MessageParticipantIteratively" => "MessagesInterrupted",
            "Evaluate" => text("conditionValue").unwrap_or_default(),
            other => other,
        };
        if condition == "Success" {
            transitions.next_action = Some(next_action);
        } else if let Some(error) = error {
            transitions.errors.push(ErrorBranch { next_action, error_type: error.to_owned() });
        } else {
            let operator = match text("conditionType") {
                Some("GreaterThan") => "NumberGreaterThan",
                Some("GreaterOrEqualTo" | "GreaterThanOrEqualTo") => "NumberGreaterOrEqualTo",
                Some("LessThan") => "NumberLessThan",
                Some("LessOrEqualTo" | "LessThanOrEqualTo") => "NumberLessOrEqualTo",
                Some("StartsWith") => "TextStartsWith",
                Some("Contains") => "TextContains",
                _ => "Equals",
            };
            let condition = Condition { operator: operator.to_owned(), operands: vec![operand.to_owned()] };
            transitions.conditions.push(ConditionBranch { next_action, condition });
        }
    }
    transitions
}
