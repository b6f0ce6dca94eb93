//! A flow that uses every part of the language is accepted; each way of spoiling it is refused in the service's words.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use flow_language::{Flow, FlowType, Problem, examine, rules, validate};
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
fn spoiled(pointer: &str, value: Value) -> Value {
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
fn every_spoiled_flow_is_refused_with_one_problem_in_the_services_words() {
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
        ("/Actions/1/Parameters/InputTimeLimitSeconds", json!("0"), format!("{VALUE}Actions[1].Parameters.InputTimeLimitSeconds"), Some("ask")),
        ("/Actions/1/Parameters/InputTimeLimitSeconds", json!("$.Attributes.seconds"), format!("{VALUE}Actions[1].Parameters.InputTimeLimitSeconds"), Some("ask")),
        ("/Actions/1/Parameters/InputTimeLimitSeconds", json!("five"), format!("{VALUE}Actions[1].Parameters.InputTimeLimitSeconds"), Some("ask")),
        ("/Actions/1/Parameters/InputValidation", json!({"a": "b"}), format!("{NAME}Actions[1].Parameters.InputValidation"), Some("ask")),
        ("/Actions/1/Parameters/DTMFConfiguration/DisableCancelKey", json!(false), format!("{VALUE}Actions[1].Parameters.DTMFConfiguration.DisableCancelKey"), Some("ask")),
        ("/Actions/2/Parameters/InputValidation", Value::Null, format!("{MISSING}Actions[2].Parameters.InputValidation"), Some("store")),
        ("/Actions/3/Parameters/LoopCount", json!("101"), format!("{VALUE}Actions[3].Parameters.LoopCount"), Some("loop")),
        ("/Actions/4/Parameters/MediaStreamingState", json!("On"), format!("{VALUE}Actions[4].Parameters.MediaStreamingState"), Some("stream")),
        ("/Actions/4/Parameters/Participants/0/MediaDirections/0", json!(""), format!("{VALUE}Actions[4].Parameters.Participants[0].MediaDirections[0]"), Some("stream")),
        ("/Actions/4/Parameters/Participants", Value::Null, format!("{MISSING}Actions[4].Parameters.Participants"), Some("stream")),
        ("/Actions/4/Parameters/Participants", json!("Customer"), format!("{VALUE}Actions[4].Parameters.Participants"), Some("stream")),
        ("/Actions/4/Parameters/Participants/0/ParticipantType", json!("Caller"), format!("{VALUE}Actions[4].Parameters.Participants[0].ParticipantType"), Some("stream")),
        ("/Actions/5/Parameters/RecordingBehavior/RecordedParticipants", json!(["Agent", "Supervisor"]), format!("{VALUE}Actions[5].Parameters.RecordingBehavior.RecordedParticipants[1]"), Some("record")),
        ("/Actions/6/Parameters/ComparisonValue", json!({"a": "b"}), format!("{VALUE}Actions[6].Parameters.ComparisonValue"), Some("compare")),
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
        ("/Actions/1/Transitions/Conditions/0", condition("Equals", "11"), "Invalid Action condition. Path: Actions[1].Transitions.Conditions[0].Condition.Operands".into(), Some("ask")),
        ("/Actions/1/Transitions/Conditions/0/NextAction", json!("nowhere"), format!("{VALUE}Actions[1].Transitions.Conditions[0].NextAction"), Some("ask")),
        ("/Actions/1/Transitions/Conditions/0/Condition", Value::Null, format!("{MISSING}Actions[1].Transitions.Conditions[0].Condition"), Some("ask")),
        ("/Actions/3/Transitions/Conditions", json!([condition("Equals", "ContinueLooping")]), "Action is missing required condition. Condition: DoneLooping, Path: Actions[3]".into(), Some("loop")),
        ("/Actions/6/Transitions/Conditions/0", condition("Like", "1"), "Invalid Action condition. Path: Actions[6].Transitions.Conditions[0].Condition.Operator".into(), Some("compare")),
        // Identifiers that nothing refers to, so that nothing dangles.
        ("/Actions/8", json!({"Identifier": "a:b", "Type": "DisconnectParticipant", "Transitions": {}}), String::new(), None),
        ("/Actions/8", json!({"Identifier": long, "Type": "DisconnectParticipant", "Transitions": {}}), String::new(), None),
    ];
    for (pointer, value, message, action) in cases {
        let problems = problems_of(&spoiled(pointer, value.clone()), FlowType::ContactFlow);
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

/// A block that leads to `end`, alone in a flow of its own.
fn one(kind: &str, parameters: Value, errors_of: &[&str]) -> Value {
    json!({"Version": "2019-10-30", "StartAction": "one", "Actions": [
        {"Identifier": "one", "Type": kind, "Parameters": parameters,
         "Transitions": {"NextAction": "end", "Errors": errors(errors_of)}},
        end(),
    ]})
}

#[test]
fn closed_lists_are_closed_and_static_values_static() {
    let lambda = |seconds: &str| {
        let parameters =
            json!({"LambdaFunctionARN": "$.Attributes.f", "InvocationTimeLimitSeconds": seconds});
        one("InvokeLambdaFunction", parameters, &["NoMatchingError"])
    };
    let metric = |metric: &str| {
        one("CheckMetricData", json!({"MetricType": metric}), &["NoMatchingError", "NoMatchingCondition"])
    };
    let hook = |hook: &str| {
        one("UpdateContactEventHooks", json!({"EventHooks": {hook: "arn:f"}}), &["NoMatchingError"])
    };
    let queue =
        |queue: Value| one("UpdateContactTargetQueue", json!({"QueueId": queue}), &["NoMatchingError"]);
    for accepted in
        [lambda("8"), metric("NumberOfAgentsStaffed"), hook("CustomerRemaining"), queue(json!("$.Queue.ARN"))]
    {
        assert_eq!(examine(&accepted.to_string(), FlowType::ContactFlow), [], "{accepted}");
    }
    let refused = [
        (lambda("$.Attributes.seconds"), "InvocationTimeLimitSeconds", "a reference is refused"),
        (metric("NumberOfAgents"), "MetricType", "write NumberOfAgentsAvailable or"),
        (metric("$.Attributes.metric"), "MetricType", "must be one of"),
        (hook("CustomerQueues"), "EventHooks.CustomerQueues", "did you mean CustomerQueue?"),
        (hook("Nonsense"), "EventHooks.Nonsense", "write one of AgentHold, "),
        (queue(json!({"Id": "q"})), "QueueId", "must be a string"),
        (queue(json!(["q"])), "QueueId", "must be a string"),
    ];
    for (flow, parameter, says) in refused {
        let problems = problems_of(&flow, FlowType::ContactFlow);
        let [problem] = &problems[..] else { panic!("{flow}: {problems:#?}") };
        assert_eq!(problem.path, format!("Actions[0].Parameters.{parameter}"));
        assert!(format!("{}; {}", problem.detail, problem.fix).contains(says), "{problem:?}");
    }
}

#[test]
fn names_of_objects_are_no_identifiers() {
    for name in ["constructor", "toString", "valueOf", "__proto__", "hasOwnProperty"] {
        let text = flow().to_string().replace("\"greet\"", &format!("{name:?}"));
        let problems = validate(&text, FlowType::ContactFlow);
        assert_eq!(problems.len(), 1, "{name}");
        assert_eq!(problems[0].path, "Actions[0].Identifier");
    }
}

/// Views and routing criteria hold JSON of their own, and nobody knows what is in a type of action without rules.
#[test]
fn structured_parameters_hold_any_json() {
    let any = json!({"a": true, "b": 1.5, "c": "", "d": null, "e": [{"f": false}]});
    let steps = json!([{"Expression": {"AttributeCondition": {"ProficiencyLevel": 1}}}]);
    let view = json!({"ViewResource": {"Id": "v"}, "InvocationTimeLimitSeconds": 400, "ViewData": any});
    for flow in [
        one("ShowView", view, &["NoMatchingError", "NoMatchingCondition", "TimeLimitExceeded"]),
        one(
            "UpdateContactRoutingCriteria",
            json!({"RoutingCriteria": {"Steps": steps}}),
            &["NoMatchingError"],
        ),
        one("TransferParticipantToThirdParty", any.clone(), &["CallFailed"]),
        one("GetCustomerProfile", json!({"ProfileRequestData": any}), &["NoMatchingError", "NoneFoundError"]),
    ] {
        assert_eq!(examine(&flow.to_string(), FlowType::ContactFlow), [], "{flow}");
    }
    let module = json!({"Version": "2019-10-30", "StartAction": "end", "Settings": {}, "Actions": [
        {"Identifier": "end", "Type": "EndFlowModuleExecution", "Parameters": {"ResultData": any}, "Transitions": {}},
    ]});
    assert_eq!(examine(&module.to_string(), FlowType::Module), []);
    // Plain parameters are texts.
    let plain = one("CreateTask", json!({"Name": true}), &["NoMatchingError"]);
    assert_eq!(problems_of(&plain, FlowType::ContactFlow).len(), 1);
}

/// What only the documentation says, or one of two sources, is doubtful and no refusal.
#[test]
fn a_doubtful_rule_refuses_nothing() {
    let mut long = flow();
    long["Actions"][1]["Parameters"]["InputTimeLimitSeconds"] = "300".into();
    let mut ends = flow();
    ends["Actions"][8]["Type"] = "EndFlowExecution".into();
    let doubtful = [
        (long, "Actions[1].Parameters.InputTimeLimitSeconds"),
        (ends, "Actions[8].Type"),
        (
            one("CreateWisdomSession", json!({"WisdomAssistantArn": ""}), &["NoMatchingError"]),
            "Actions[0].Parameters.WisdomAssistantArn",
        ),
        (
            one("CreateCase", json!({"CaseTemplateId": "t", "Fields": {"a": "b"}}), &["NoMatchingError"]),
            "Actions[0].Parameters.Fields",
        ),
        (one("TransferContactToAgent", json!({}), &[]), "Actions[0].Type"),
    ];
    for (flow, path) in doubtful {
        assert_eq!(validate(&flow.to_string(), FlowType::ContactFlow), [], "{flow}");
        let problems = examine(&flow.to_string(), FlowType::ContactFlow);
        let problem = problems.iter().find(|problem| problem.path == path);
        assert!(problem.is_some_and(|problem| !problem.is_certain), "{path}: {problems:?}");
    }
    // But a branch that leads nowhere is certain, whatever the action is.
    for kind in ["CreateWisdomSession", "TransferParticipantToThirdParty"] {
        let mut flow = one(kind, json!({"WisdomAssistantArn": "a"}), &["NoMatchingError"]);
        flow["Actions"][0]["Transitions"]["NextAction"] = "nowhere".into();
        let paths: Vec<String> =
            problems_of(&flow, FlowType::ContactFlow).into_iter().map(|problem| problem.path).collect();
        assert_eq!(paths, ["Actions[0].Transitions.NextAction"], "{kind}");
    }
}

/// The documentation treats an omitted StoreInput as False.
#[test]
fn what_is_omitted_has_its_default() {
    assert_eq!(
        problems_of(&spoiled("/Actions/1/Parameters/StoreInput", Value::Null), FlowType::ContactFlow),
        []
    );
    // A number is stored only if that is asked for.
    let stored =
        problems_of(&spoiled("/Actions/2/Parameters/StoreInput", Value::Null), FlowType::ContactFlow);
    let paths: Vec<&str> = stored.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["Actions[2].Parameters.InputValidation", "Actions[2]", "Actions[2]"]);
}

#[test]
fn invented_types_are_refused_and_documented_ones_are_not() {
    let refused = |kind: &str| problems_of(&one(kind, json!({}), &[]), FlowType::ContactFlow);
    for (kind, fix) in [("Trigger", "list of flow actions"), ("CreateTsk", "did you mean CreateTask?")] {
        let problems = refused(kind);
        assert_eq!(problems.len(), 1, "{kind}");
        assert_eq!(problems[0].message(), format!("Invalid Action type. Type: {kind}"));
        assert!(problems[0].fix.contains(fix), "{:?}", problems[0]);
    }
    for kind in rules().types() {
        let problems = refused(kind);
        assert!(
            problems.iter().all(|problem| !problem.detail.contains("no documentation")),
            "{kind}: {problems:?}"
        );
    }
}

/// The shape of the administrator guide's page on campaigns.
#[test]
fn campaigns_are_checked_for_structure_alone() {
    let mut flow = json!({"Version": "2019-10-30", "StartAction": "SendSMS", "Actions": [
        {"Identifier": "SendSMS", "Type": "SendSMS", "Parameters": {"SourceEndpoint": {"Type": "CONNECT_PHONENUMBER_ARN"}},
         "Transitions": {"NextAction": "Receipt", "Errors": [{"NextAction": "End", "ErrorType": "NoMatchingError"}]}},
        {"Identifier": "Receipt", "Type": "Compare", "Parameters": {"ComparisonValue": "$.DeliveryReceipts['x'].Bounce"},
         "Transitions": {"NextAction": "End",
                         "Conditions": [{"NextAction": "End", "Condition": {"Operator": "Exists", "Operands": []}}],
                         "Errors": [{"NextAction": "End", "ErrorType": "NoMatchingCondition"}]}},
        {"Identifier": "End", "Type": "EndFlowExecution", "Parameters": {}},
    ]});
    assert_eq!(examine(&flow.to_string(), FlowType::Campaign), []);
    flow["Actions"][1]["Transitions"]["Conditions"][0]["NextAction"] = "Nowhere".into();
    assert_eq!(problems_of(&flow, FlowType::Campaign).len(), 1);
}

#[test]
fn hours_are_not_checked_in_whispers_and_on_hold() {
    let mut flow = one("CheckHoursOfOperation", json!({}), &["NoMatchingError"]);
    flow["Actions"][0]["Transitions"]["Conditions"] =
        json!([condition("Equals", "True"), condition("Equals", "False")]);
    assert_eq!(problems_of(&flow, FlowType::CustomerQueue), []);
    for flow_type in [FlowType::AgentWhisper, FlowType::CustomerHold] {
        let problems = problems_of(&flow, flow_type);
        assert!(
            problems.iter().any(|problem| problem.path == "Actions[0].Type"),
            "{flow_type}: {problems:?}"
        );
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
