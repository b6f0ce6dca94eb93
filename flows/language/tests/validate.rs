//! A flow that uses every part of the language is accepted; each way of spoiling it is refused in the service's words.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use flow_language::{Flow, FlowType, Problem, rules, validate};
use serde_json::{Value, json};

fn end() -> Value {
    json!({"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}})
}

fn errors(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"NextAction": "end", "ErrorType": name})).collect()
}

fn condition(operator: &str, operand: &str) -> Value {
    json!({"NextAction": "end", "Condition": {"Operator": operator, "Operands": [operand]}})
}

/// Every kind of rule is used by one of these actions. The tests below name them by number.
fn flow() -> Value {
    json!({
        "Version": "2019-10-30",
        "StartAction": "greet",
        "Metadata": {"entryPointPosition": {"x": 1, "y": 2}},
        "Actions": [
            {"Identifier": "greet", "Type": "MessageParticipant", "Parameters": {"Text": "hello"},
             "Transitions": {"NextAction": "ask", "Errors": errors(&["NoMatchingError"])}},
            {"Identifier": "ask", "Type": "GetParticipantInput",
             "Parameters": {"Text": "press one", "InputTimeLimitSeconds": "5", "StoreInput": "False",
                            "DTMFConfiguration": {"DisableCancelKey": "False"}},
             "Transitions": {"NextAction": "store", "Conditions": [condition("Equals", "1")],
                             "Errors": errors(&["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"])}},
            {"Identifier": "store", "Type": "GetParticipantInput",
             "Parameters": {"SSML": "<speak>number</speak>", "InputTimeLimitSeconds": "180", "StoreInput": "True",
                            "InputValidation": {"CustomValidation": {"MaximumLength": "20"}}},
             "Transitions": {"NextAction": "loop", "Errors": errors(&["NoMatchingError"])}},
            {"Identifier": "loop", "Type": "Loop", "Parameters": {"LoopCount": "$.Attributes.times"},
             "Transitions": {"NextAction": "stream",
                             "Conditions": [condition("Equals", "ContinueLooping"), condition("Equals", "DoneLooping")]}},
            {"Identifier": "stream", "Type": "UpdateContactMediaStreamingBehavior",
             "Parameters": {"MediaStreamingState": "Enabled", "MediaStreamType": "Audio",
                            "Participants": [{"ParticipantType": "Customer", "MediaDirections": ["From"]}]},
             "Transitions": {"NextAction": "record", "Errors": errors(&["NoMatchingError"])}},
            {"Identifier": "record", "Type": "UpdateContactRecordingBehavior",
             "Parameters": {"RecordingBehavior": {"RecordedParticipants": ["Agent"]}},
             "Transitions": {"NextAction": "compare"}},
            {"Identifier": "compare", "Type": "Compare", "Parameters": {"ComparisonValue": "$.Attributes.a"},
             "Transitions": {"NextAction": "tag", "Conditions": [condition("TextContains", "x")],
                             "Errors": errors(&["NoMatchingCondition"])}},
            {"Identifier": "tag", "Type": "TagContact", "Parameters": {"Tags": {"a": "b"}},
             "Transitions": {"NextAction": "end", "Errors": errors(&["NoMatchingError"])}},
            end(),
        ]
    })
}

fn problems_of(flow: &Value, flow_type: FlowType) -> Vec<Problem> {
    validate(&flow.to_string(), flow_type)
}

/// The flow with one part replaced; `null` takes the part away.
fn spoilt(pointer: &str, value: Value) -> Value {
    let mut flow = flow();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match flow.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => {
            members.remove(name).unwrap();
        }
        Value::Object(members) => {
            members.insert(name.to_owned(), value);
        }
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        _ => unreachable!("{parent} is no container"),
    }
    flow
}

#[test]
fn the_flow_is_valid() {
    assert_eq!(problems_of(&flow(), FlowType::ContactFlow), []);
    assert_eq!(problems_of(&flow(), FlowType::QueueTransfer), []);
}

#[test]
fn every_spoilt_flow_is_refused_with_one_problem_in_the_services_words() {
    const NAME: &str = "Invalid Action property name. Path: ";
    const VALUE: &str = "Invalid Action property value. Path: ";
    const MISSING: &str = "Action is missing required property. Path: ";
    let long = "x".repeat(51);
    let seven: Value =
        (0..7).map(|n| (n.to_string(), Value::from("v"))).collect::<serde_json::Map<_, _>>().into();
    #[rustfmt::skip]
    let cases: Vec<(&str, Value, String, Option<&str>)> = vec![
        // Envelope.
        ("/Version", json!("2020-01-01"), "Invalid Flow property. Path: Version".into(), None),
        ("/Version", Value::Null, "Invalid Flow property. Path: Version".into(), None),
        ("/StartAction", json!("nowhere"), "Invalid Flow property. Path: StartAction".into(), None),
        ("/StartAction", Value::Null, "Invalid Flow property. Path: StartAction".into(), None),
        ("/Metadata", json!([]), "Invalid Flow property. Path: Metadata".into(), None),
        ("/Settings", json!({}), "Invalid Flow property. Path: Settings".into(), None),
        ("/modules", json!([]), "Invalid Flow property. Path: modules".into(), None),
        ("/Actions", json!({}), "Invalid Flow property. Path: Actions".into(), None),
        // Identifiers and types.
        ("/Actions/7/Name", json!("x"), format!("{NAME}Actions[7].Name"), Some("tag")),
        ("/Actions/7/Type", json!("SendFax"), "Invalid Action type. Type: SendFax".into(), Some("tag")),
        ("/Actions/7/Type", Value::Null, format!("{MISSING}Actions[7].Type"), Some("tag")),
        // Parameters.
        ("/Actions/0/Parameters/Text", Value::Null, format!("{MISSING}Actions[0].Parameters.Text"), Some("greet")),
        ("/Actions/0/Parameters/Text", json!(""), format!("{VALUE}Actions[0].Parameters.Text"), Some("greet")),
        ("/Actions/0/Parameters/Text", json!(7), format!("{VALUE}Actions[0].Parameters.Text"), Some("greet")),
        ("/Actions/0/Parameters/SSML", json!("x"), format!("{NAME}Actions[0].Parameters.SSML"), Some("greet")),
        ("/Actions/0/Parameters/Volume", json!("9"), format!("{NAME}Actions[0].Parameters.Volume"), Some("greet")),
        ("/Actions/0/Parameters", json!([]), format!("{VALUE}Actions[0].Parameters"), Some("greet")),
        ("/Actions/1/Parameters/SSML", json!("x"), format!("{NAME}Actions[1].Parameters.SSML"), Some("ask")),
        ("/Actions/1/Parameters/InputTimeLimitSeconds", json!("181"), format!("{VALUE}Actions[1].Parameters.InputTimeLimitSeconds"), Some("ask")),
        ("/Actions/1/Parameters/InputTimeLimitSeconds", json!("five"), format!("{VALUE}Actions[1].Parameters.InputTimeLimitSeconds"), Some("ask")),
        ("/Actions/1/Parameters/InputValidation", json!({"a": "b"}), format!("{NAME}Actions[1].Parameters.InputValidation"), Some("ask")),
        ("/Actions/1/Parameters/DTMFConfiguration/DisableCancelKey", json!(false), format!("{VALUE}Actions[1].Parameters.DTMFConfiguration.DisableCancelKey"), Some("ask")),
        ("/Actions/2/Parameters/InputValidation", Value::Null, format!("{MISSING}Actions[2].Parameters.InputValidation"), Some("store")),
        ("/Actions/3/Parameters/LoopCount", json!("101"), format!("{VALUE}Actions[3].Parameters.LoopCount"), Some("loop")),
        ("/Actions/4/Parameters/MediaStreamingState", json!("On"), format!("{VALUE}Actions[4].Parameters.MediaStreamingState"), Some("stream")),
        ("/Actions/4/Parameters/Participants/0/MediaDirections/0", json!(""), format!("{VALUE}Actions[4].Parameters.Participants[0].MediaDirections[0]"), Some("stream")),
        ("/Actions/4/Parameters/Participants", Value::Null, format!("{MISSING}Actions[4].Parameters.Participants"), Some("stream")),
        ("/Actions/7/Parameters/Tags", seven, format!("{VALUE}Actions[7].Parameters.Tags"), Some("tag")),
        // Transitions.
        ("/Actions/0/Transitions/NextAction", Value::Null, format!("{MISSING}Actions[0].Transitions.NextAction"), Some("greet")),
        ("/Actions/0/Transitions/NextAction", json!("nowhere"), format!("{VALUE}Actions[0].Transitions.NextAction"), Some("greet")),
        ("/Actions/0/Transitions/NextAction", json!(1), format!("{VALUE}Actions[0].Transitions.NextAction"), Some("greet")),
        ("/Actions/5/Transitions", Value::Null, format!("{MISSING}Actions[5].Transitions.NextAction"), Some("record")),
        ("/Actions/0/Transitions/Then", json!("end"), format!("{NAME}Actions[0].Transitions.Then"), Some("greet")),
        ("/Actions/8/Transitions", Value::Null, format!("{MISSING}Actions[8].Transitions"), Some("end")),
        ("/Actions/8/Transitions/NextAction", json!("greet"), "Action does not support transitions".into(), Some("end")),
        ("/Actions/8/Transitions/Errors", errors(&["NoMatchingError"]), "Action does not support transitions".into(), Some("end")),
        // Errors.
        ("/Actions/4/Transitions/Errors", json!([]), "Action is missing required error. Error: NoMatchingError, Path: Actions[4]".into(), Some("stream")),
        ("/Actions/2/Transitions/Errors", Value::Null, "Action is missing required error. Error: NoMatchingError, Path: Actions[2]".into(), Some("store")),
        ("/Actions/5/Transitions/Errors", errors(&["NoMatchingError"]), "Invalid Action error. Error: NoMatchingError".into(), Some("record")),
        ("/Actions/6/Transitions/Errors", errors(&["NoMatchingCondition", "NoMatchingError"]), "Invalid Action error. Error: NoMatchingError".into(), Some("compare")),
        ("/Actions/2/Transitions/Errors", errors(&["NoMatchingError", "InputTimeLimitExceeded"]), "Invalid Action error. Error: InputTimeLimitExceeded".into(), Some("store")),
        ("/Actions/4/Transitions/Errors", errors(&["NoMatchingError", "NoMatchingError"]), "Invalid Action error. Error: NoMatchingError".into(), Some("stream")),
        ("/Actions/4/Transitions/Errors/0/NextAction", json!("nowhere"), format!("{VALUE}Actions[4].Transitions.Errors[0].NextAction"), Some("stream")),
        ("/Actions/0/Transitions/Errors", json!({}), format!("{VALUE}Actions[0].Transitions.Errors"), Some("greet")),
        // Conditions.
        ("/Actions/0/Transitions/Conditions", json!([condition("Equals", "1")]), "Invalid Action condition. Path: Actions[0].Transitions.Conditions[0].Condition".into(), Some("greet")),
        ("/Actions/2/Transitions/Conditions", json!([condition("Equals", "1")]), "Invalid Action condition. Path: Actions[2].Transitions.Conditions[0].Condition".into(), Some("store")),
        ("/Actions/1/Transitions/Conditions/0", condition("NumberLessThan", "1"), "Invalid Action condition. Path: Actions[1].Transitions.Conditions[0].Condition.Operator".into(), Some("ask")),
        ("/Actions/1/Transitions/Conditions/0/Condition/Operands", json!(["1", "2"]), "Invalid Action condition. Path: Actions[1].Transitions.Conditions[0].Condition.Operands".into(), Some("ask")),
        ("/Actions/1/Transitions/Conditions/0/NextAction", json!("nowhere"), format!("{VALUE}Actions[1].Transitions.Conditions[0].NextAction"), Some("ask")),
        ("/Actions/1/Transitions/Conditions/0/Condition", Value::Null, format!("{MISSING}Actions[1].Transitions.Conditions[0].Condition"), Some("ask")),
        ("/Actions/3/Transitions/Conditions", json!([condition("Equals", "ContinueLooping")]), "Action is missing required condition. Condition: DoneLooping, Path: Actions[3]".into(), Some("loop")),
        ("/Actions/6/Transitions/Conditions/0", condition("Like", "1"), "Invalid Action condition. Path: Actions[6].Transitions.Conditions[0].Condition.Operator".into(), Some("compare")),
        // Identifiers that nothing refers to, so that nothing dangles.
        ("/Actions/8", json!({"Identifier": "a:b", "Type": "DisconnectParticipant", "Transitions": {}}), String::new(), None),
        ("/Actions/8", json!({"Identifier": long, "Type": "DisconnectParticipant", "Transitions": {}}), String::new(), None),
    ];
    for (pointer, value, message, action) in cases {
        let problems = problems_of(&spoilt(pointer, value.clone()), FlowType::ContactFlow);
        if message.is_empty() {
            // The action is renamed: what referred to it dangles as well.
            assert!(
                problems.iter().any(|problem| problem.path == "Actions[8].Identifier"),
                "{pointer} := {value} gives {problems:?}"
            );
            continue;
        }
        let [problem] = &problems[..] else { panic!("{pointer} := {value} gives {problems:#?}") };
        assert_eq!(problem.message(), message, "{pointer} := {value}");
        assert_eq!(problem.action.as_deref(), action, "{pointer} := {value}");
        assert!(!problem.detail.is_empty());
    }
}

#[test]
fn an_identifier_is_used_once() {
    let mut flow = flow();
    flow["Actions"].as_array_mut().unwrap().push(end());
    let problems = problems_of(&flow, FlowType::ContactFlow);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].path, "Actions[9].Identifier");
    assert_eq!(problems[0].detail, "another action has the same identifier");
}

#[test]
fn a_loop_takes_no_third_condition() {
    let mut flow = flow();
    let conditions = flow.pointer_mut("/Actions/3/Transitions/Conditions").unwrap();
    conditions.as_array_mut().unwrap().push(condition("Equals", "Pause"));
    let problems = problems_of(&flow, FlowType::ContactFlow);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].path, "Actions[3].Transitions.Conditions[2].Condition.Operands");
}

#[test]
fn actions_belong_to_flow_types() {
    // A whisper may neither ask for keys, nor change the recording, nor hang up.
    let problems = problems_of(&flow(), FlowType::CustomerWhisper);
    let refused: Vec<String> = problems.iter().map(Problem::message).collect();
    assert_eq!(
        refused,
        [
            "Invalid Action type. Type: GetParticipantInput",
            "Invalid Action type. Type: GetParticipantInput",
            "Invalid Action type. Type: UpdateContactRecordingBehavior",
            "Invalid Action type. Type: DisconnectParticipant",
        ]
    );
}

#[test]
fn a_module_needs_settings() {
    let mut flow = flow();
    flow["Actions"][8]["Type"] = "EndFlowModuleExecution".into();
    let problems = problems_of(&flow, FlowType::Module);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].path, "Settings");
    flow["Settings"] = json!({"InputParameters": [], "OutputParameters": []});
    assert_eq!(problems_of(&flow, FlowType::Module), []);
}

#[test]
fn sizes_are_limited() {
    let limits = &rules().limits;
    let mut flow = flow();
    flow["Actions"] = (0..=limits.actions)
        .map(|n| json!({"Identifier": format!("a{n}"), "Type": "DisconnectParticipant", "Transitions": {}}))
        .collect();
    flow["StartAction"] = "a0".into();
    let problems = problems_of(&flow, FlowType::ContactFlow);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].detail, "a flow has between 1 and 250 actions, but this one has 251");

    let text = format!("{}{}", self::flow(), " ".repeat(limits.content_characters));
    let problems = validate(&text, FlowType::ContactFlow);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message().starts_with("Invalid Flow. the flow has"));
}

#[test]
fn what_is_no_flow_at_all_is_told_not_thrown() {
    for content in [
        "",
        "{",
        "[]",
        "null",
        "\u{0}",
        "{\"Actions\": [null, 1, [], {}]}",
        "{\"Actions\":[{\"Transitions\":1}]}",
    ] {
        assert!(!validate(content, FlowType::ContactFlow).is_empty(), "{content:?}");
    }
}

#[test]
fn a_valid_flow_can_be_read() {
    let flow = flow();
    let read = Flow::parse(&flow.to_string()).unwrap();
    assert_eq!(read.actions.len(), 9);
    assert_eq!(problems_of(&serde_json::to_value(&read).unwrap(), FlowType::ContactFlow), []);
}

/// Every place in a document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{name}"), found))
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| pointers(value, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

proptest::proptest! {
    /// Whatever is put in whatever place: it is told, or the flow can still be read.
    #[test]
    fn what_is_accepted_can_be_read(place in 0_usize..1000, which in 0_usize..9) {
        let values = [
            Value::Null, json!(true), json!(1), json!(""), json!("end"), json!([]), json!({}), json!([null]), json!({"end": {}}),
        ];
        let mut flow = flow();
        let mut places = Vec::new();
        pointers(&flow, "", &mut places);
        let pointer = &places[place % places.len()];
        *flow.pointer_mut(pointer).unwrap() = values[which].clone();
        let content = flow.to_string();
        if validate(&content, FlowType::ContactFlow).is_empty() {
            proptest::prop_assert!(Flow::parse(&content).is_ok(), "{pointer} := {}", values[which]);
        }
    }
}
