//! A flow in order has no findings; each way of spoiling it has the right one, with the block, its position and the fix.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use flow_language::check::{Code, Finding, Options, Report, Severity, Source, flows, read_files, recognize};
use flow_language::{Flow, FlowType, draw};
use proptest::prelude::*;
use serde_json::{Value, json};

fn block(identifier: &str, kind: &str, parameters: Value, transitions: Value) -> Value {
    json!({"Identifier": identifier, "Type": kind, "Parameters": parameters, "Transitions": transitions})
}

fn errors(branches: &[(&str, &str)]) -> Value {
    branches.iter().map(|(error, next)| json!({"NextAction": next, "ErrorType": error})).collect()
}

fn on(operand: &str, next: &str) -> Value {
    json!({"NextAction": next, "Condition": {"Operator": "Equals", "Operands": [operand]}})
}

fn streaming(state: &str) -> Value {
    json!({"MediaStreamingState": state, "MediaStreamType": "Audio",
           "Participants": [{"ParticipantType": "Customer", "MediaDirections": ["From"]}]})
}

const NAMES: [&str; 9] = ["ask", "note", "start", "record", "again", "stop", "bye", "sorry", "queue"];

/// An export that nobody could say anything against. The tables below name its blocks by number: [`NAMES`].
fn export() -> Value {
    let places: serde_json::Map<String, Value> = NAMES
        .iter()
        .zip(0..)
        .map(|(name, column)| ((*name).to_owned(), json!({"position": {"x": 100 * column, "y": 50}})))
        .collect();
    json!({
        "Version": "2019-10-30",
        "StartAction": "ask",
        "Metadata": {"entryPointPosition": {"x": 0, "y": 0}, "ActionMetadata": places,
                     "name": "leave a message", "description": "", "type": "contactFlow", "status": "PUBLISHED"},
        "Actions": [
            block("ask", "GetParticipantInput",
                  json!({"Text": "press one", "InputTimeLimitSeconds": "5", "StoreInput": "False"}),
                  json!({"NextAction": "note", "Conditions": [on("1", "note"), on("2", "ask")],
                         "Errors": errors(&[("InputTimeLimitExceeded", "ask"), ("NoMatchingCondition", "ask"), ("NoMatchingError", "sorry")])})),
            block("note", "UpdateContactAttributes", json!({"Attributes": {"vm_lang": "en-US"}}),
                  json!({"NextAction": "start", "Errors": errors(&[("NoMatchingError", "sorry")])})),
            block("start", "UpdateContactMediaStreamingBehavior", streaming("Enabled"),
                  json!({"NextAction": "record", "Errors": errors(&[("NoMatchingError", "sorry")])})),
            block("record", "MessageParticipant", json!({"SSML": "<speak>say it in $.Attributes.vm_lang</speak>"}),
                  json!({"NextAction": "again", "Errors": errors(&[("NoMatchingError", "stop")])})),
            block("again", "Loop", json!({"LoopCount": "3"}),
                  json!({"NextAction": "stop", "Conditions": [on("ContinueLooping", "record"), on("DoneLooping", "stop")]})),
            block("stop", "UpdateContactMediaStreamingBehavior", streaming("Disabled"),
                  json!({"NextAction": "bye", "Errors": errors(&[("NoMatchingError", "bye")])})),
            block("bye", "DisconnectParticipant", json!({}), json!({})),
            block("sorry", "MessageParticipant", json!({"Text": "sorry"}),
                  json!({"NextAction": "queue", "Errors": errors(&[("NoMatchingError", "queue")])})),
            block("queue", "TransferContactToQueue", json!({}),
                  json!({"NextAction": "bye", "Errors": errors(&[("QueueAtCapacity", "bye"), ("NoMatchingError", "bye")])})),
        ]
    })
}

/// A place and what it holds instead.
type Change<'a> = (&'a str, Value);

/// The export with one part replaced or added; `null` takes it away.
fn spoil(flow: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match flow.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => drop(members.remove(name).unwrap()),
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        Value::Array(items) if name == "-" => items.push(value),
        Value::Array(items) if value.is_null() => drop(items.remove(name.parse().unwrap())),
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        _ => unreachable!("{parent} is no container"),
    }
}

fn check_flow(name: &str, text: &str, options: &Options) -> Report {
    let source = Source { name: name.to_owned(), text: text.to_owned(), named: true };
    let reports = flows(&[source], options);
    assert_eq!(reports.len(), 1);
    reports.into_iter().next().unwrap()
}

fn check(flow: &Value) -> Report {
    check_flow("flow.json", &flow.to_string(), &Options::default())
}

fn check_spoiled(pointer: &str, value: Value) -> Report {
    let mut flow = export();
    spoil(&mut flow, pointer, value);
    check(&flow)
}

#[test]
fn the_export_has_no_findings() {
    let report = check(&export());
    assert_eq!(report.findings, []);
    assert_eq!((report.flow_type, report.type_is_assumed), (Some(FlowType::ContactFlow), false));
    assert_eq!(report.to_string(), "flow.json: leave a message (CONTACT_FLOW): OK");
}

#[test]
fn what_the_service_refuses_is_refused_with_block_position_and_fix() {
    let long = "x".repeat(51);
    let seven: Value =
        (0..7).map(|n| (n.to_string(), Value::from("v"))).collect::<serde_json::Map<_, _>>().into();
    let tag = block(
        "note",
        "TagContact",
        json!({"Tags": seven}),
        json!({"NextAction": "start", "Errors": errors(&[("NoMatchingError", "sorry")])}),
    );
    let wait = json!({"NextAction": "bye", "ErrorType": "QueueAtCapacity"});
    let error = |name: &str| json!({"NextAction": "bye", "ErrorType": name});
    const NAME: &str = "Invalid Action property name. Path: ";
    const VALUE: &str = "Invalid Action property value. Path: ";
    const MISSING: &str = "Action is missing required property. Path: ";
    // Where, what instead, the block by its number, the service's words, the fix.
    #[rustfmt::skip]
    let cases: Vec<(&str, Value, Option<usize>, String, &str)> = vec![
        // The envelope.
        ("/Version", json!("2018-01-01"), None, "Invalid Flow property. Path: Version".into(), "write \"Version\": \"2019-10-30\""),
        ("/StartAction", json!("aks"), None, "Invalid Flow property. Path: StartAction".into(), "connect the branch to a block of this flow"),
        ("/StartAction", Value::Null, None, "Invalid Flow property. Path: StartAction".into(), "write \"StartAction\": and the identifier of the first block"),
        ("/Metadata", json!("m"), None, "Invalid Flow property. Path: Metadata".into(), "write \"Metadata\": {} or omit it"),
        ("/Actions", json!({}), None, "Invalid Flow property. Path: Actions".into(), "write \"Actions\": [ … ], with one object for each block"),
        ("/Actions", json!([]), None, "Invalid Flow property. Path: Actions".into(), "add a block"),
        ("/Settings", json!({}), None, "Invalid Flow property. Path: Settings".into(), "remove Settings, or make the flow a module"),
        ("/Comment", json!("x"), None, "Invalid Flow property. Path: Comment".into(), "remove Comment"),
        // Identifiers and types.
        ("/Actions/8/Identifier", json!(""), None, format!("{VALUE}Actions[8].Identifier"), "rename the block"),
        ("/Actions/8/Identifier", json!("que/ue"), None, format!("{VALUE}Actions[8].Identifier"), "rename the block"),
        ("/Actions/8/Identifier", json!(long), None, format!("{VALUE}Actions[8].Identifier"), "rename the block"),
        ("/Actions/8/Identifier", json!("bye"), None, format!("{VALUE}Actions[8].Identifier"), "rename the block"),
        ("/Actions/8/Identifier", Value::Null, None, format!("{MISSING}Actions[8].Identifier"), "give the block its own name"),
        ("/Actions/7", json!("sorry"), None, format!("{VALUE}Actions[7]"), "write the block as an object"),
        ("/Actions/7/Name", json!("n"), Some(7), format!("{NAME}Actions[7].Name"), "remove Name"),
        ("/Actions/7/Type", Value::Null, Some(7), format!("{MISSING}Actions[7].Type"), "say what the block does"),
        ("/Actions/7/Type", json!("EndFlowModuleExecution"), Some(7), "Invalid Action type. Type: EndFlowModuleExecution".into(), "make the flow one of MODULE"),
        // Parameters.
        ("/Actions/7/Parameters", json!([]), Some(7), format!("{VALUE}Actions[7].Parameters"), "write \"Parameters\": {}"),
        ("/Actions/7/Parameters/Text", Value::Null, Some(7), format!("{MISSING}Actions[7].Parameters.Text"), "add one of Text, SSML, PromptId, Media"),
        ("/Actions/7/Parameters/Text", json!(""), Some(7), format!("{VALUE}Actions[7].Parameters.Text"), "write a value or remove it"),
        ("/Actions/7/Parameters/Text", json!(7), Some(7), format!("{VALUE}Actions[7].Parameters.Text"), "write \"7\""),
        ("/Actions/7/Parameters/PromptId", json!("p"), Some(7), format!("{NAME}Actions[7].Parameters.PromptId"), "keep one of them"),
        ("/Actions/0/Parameters/InputTimeLimitSecond", json!("5"), Some(0), format!("{NAME}Actions[0].Parameters.InputTimeLimitSecond"), "remove InputTimeLimitSecond"),
        ("/Actions/0/Parameters/InputTimeLimitSeconds", Value::Null, Some(0), format!("{MISSING}Actions[0].Parameters.InputTimeLimitSeconds"), "a number of 1 or more as a string"),
        ("/Actions/4/Parameters/LoopCount", json!("600"), Some(4), format!("{VALUE}Actions[4].Parameters.LoopCount"), "write \"100\" or less"),
        ("/Actions/0/Parameters/InputTimeLimitSeconds", json!("0"), Some(0), format!("{VALUE}Actions[0].Parameters.InputTimeLimitSeconds"), "write \"1\" or more"),
        ("/Actions/0/Parameters/InputTimeLimitSeconds", json!("long"), Some(0), format!("{VALUE}Actions[0].Parameters.InputTimeLimitSeconds"), "write a number of 1 or more"),
        ("/Actions/0/Parameters/StoreInput", json!(false), Some(0), format!("{VALUE}Actions[0].Parameters.StoreInput"), "write \"False\""),
        ("/Actions/2/Parameters/MediaStreamingState", json!("Enable"), Some(2), format!("{VALUE}Actions[2].Parameters.MediaStreamingState"), "did you mean Enabled?"),
        ("/Actions/1", tag, Some(1), format!("{VALUE}Actions[1].Parameters.Tags"), "keep 6"),
        // Transitions.
        ("/Actions/7/Transitions", json!("queue"), Some(7), format!("{VALUE}Actions[7].Transitions"), "write \"Transitions\": {}"),
        ("/Actions/6/Transitions", Value::Null, Some(6), format!("{MISSING}Actions[6].Transitions"), "add \"Transitions\": {}"),
        ("/Actions/6/Transitions/NextAction", json!("ask"), Some(6), "Action does not support transitions".into(), "write \"Transitions\": {}"),
        ("/Actions/7/Transitions/NextAction", Value::Null, Some(7), format!("{MISSING}Actions[7].Transitions.NextAction"), "connect the branch to a block"),
        ("/Actions/7/Transitions/NextAction", json!("queues"), Some(7), format!("{VALUE}Actions[7].Transitions.NextAction"), "did you mean \"queue\"?"),
        ("/Actions/7/Transitions/NextAction", json!("elsewhere"), Some(7), format!("{VALUE}Actions[7].Transitions.NextAction"), "connect the branch to a block of this flow"),
        ("/Actions/7/Transitions/Error", json!([]), Some(7), format!("{NAME}Actions[7].Transitions.Error"), "did you mean Errors?"),
        // Errors.
        ("/Actions/0/Transitions/Errors/2", Value::Null, Some(0), "Action is missing required error. Error: NoMatchingError, Path: Actions[0]".into(), "connect the block's NoMatchingError branch"),
        ("/Actions/7/Transitions/Errors/-", wait, Some(7), "Invalid Action error. Error: QueueAtCapacity".into(), "remove the branch; the block has NoMatchingError"),
        ("/Actions/7/Transitions/Errors/-", error("NoMatchingError"), Some(7), "Invalid Action error. Error: NoMatchingError".into(), "remove one of the two"),
        ("/Actions/7/Transitions/Errors/0/ErrorType", Value::Null, Some(7), format!("{MISSING}Actions[7].Transitions.Errors[0].ErrorType"), "add \"ErrorType\""),
        ("/Actions/7/Transitions/Errors/0/NextAction", json!("zzz"), Some(7), format!("{VALUE}Actions[7].Transitions.Errors[0].NextAction"), "connect the branch"),
        ("/Actions/7/Transitions/Errors", json!({}), Some(7), format!("{VALUE}Actions[7].Transitions.Errors"), "write \"Errors\": []"),
        // Conditions.
        ("/Actions/7/Transitions/Conditions", json!([on("1", "queue")]), Some(7), "Invalid Action condition. Path: Actions[7].Transitions.Conditions[0].Condition".into(), "use a Compare block"),
        ("/Actions/4/Transitions/Conditions/1", Value::Null, Some(4), "Action is missing required condition. Condition: DoneLooping, Path: Actions[4]".into(), "connect the block's DoneLooping branch"),
        ("/Actions/0/Transitions/Conditions/0/Condition/Operator", json!("Like"), Some(0), "Invalid Action condition. Path: Actions[0].Transitions.Conditions[0].Condition.Operator".into(), "write Equals"),
        ("/Actions/0/Transitions/Conditions/0/Condition/Operands", json!(["1", "2"]), Some(0), "Invalid Action condition. Path: Actions[0].Transitions.Conditions[0].Condition.Operands".into(), "a branch for each further one"),
        ("/Actions/0/Transitions/Conditions/0/Condition", Value::Null, Some(0), format!("{MISSING}Actions[0].Transitions.Conditions[0].Condition"), "add \"Condition\""),
    ];
    assert!(cases.len() >= 30);
    for (pointer, value, number, service, fix) in cases {
        let report = check_spoiled(pointer, value.clone());
        let found = report.findings.iter().find(|finding| finding.service.as_deref() == Some(&service));
        let finding = found.unwrap_or_else(|| panic!("{pointer} := {value}: {report}"));
        assert!(report.is_refused());
        assert_eq!((finding.severity, finding.code), (Severity::Refused, Code::Rule));
        assert!(finding.fix.contains(fix), "{pointer} := {value}: {finding}");
        if let Some(number) = number {
            let block = finding.block.as_ref().unwrap();
            assert_eq!(block.identifier, NAMES[number], "{pointer} := {value}");
            assert_eq!(block.position.unwrap().to_string(), format!("{},50", 100 * number));
            let place = format!("at {},50: ", 100 * number);
            assert!(finding.to_string().contains(&place), "{finding}");
        }
    }
}

#[test]
fn advice_is_given_where_callers_would_regret() {
    let wait_for_ever = block(
        "ask",
        "Wait",
        json!({"TimeLimitSeconds": "9"}),
        json!({"NextAction": "ask", "Errors": errors(&[("NoMatchingError", "ask")])}),
    );
    let compare = |next: &str| {
        let transitions = json!({"NextAction": next, "Errors": errors(&[("NoMatchingCondition", next)])});
        block("ask", "Compare", json!({"ComparisonValue": "$.Channel"}), transitions)
    };
    // What is changed, the block by its number, the finding, and what it says.
    #[rustfmt::skip]
    let cases: Vec<(Vec<Change<'_>>, Option<usize>, Code, &str)> = vec![
        (vec![("/StartAction", json!("note"))], Some(0), Code::Unreachable, "the block cannot be reached"),
        // The export's status is PUBLISHED: the service knew it.
        (vec![("/Actions/7/Type", json!("SendFax"))], Some(7), Code::UnknownType, "no documentation lists the action type SendFax"),
        (vec![("/Actions/6/Type", json!("EndFlowExecution"))], Some(6), Code::DoubtfulRule, "by the documentation, EndFlowExecution is not available in flows of type CONTACT_FLOW"),
        (vec![("/Actions/0/Parameters/InputTimeLimitSeconds", json!("300"))], Some(0), Code::DoubtfulRule, "published flows have more"),
        // Loops.
        (vec![("/Actions/0", compare("ask"))], Some(0), Code::LoopWithoutExit, "nothing leaves the loop, and nothing in it waits for the contact: \"ask\""),
        (vec![("/Actions/1/Transitions/NextAction", json!("note"))], Some(1), Code::LoopWithoutExit, "only a failure leaves the loop"),
        (vec![("/Actions/4/Transitions/Conditions/1/NextAction", json!("record"))], Some(3), Code::LoopWithoutExit, "only a failure leaves the loop, and nothing in it waits for the contact: \"record\", \"again\""),
        (vec![("/Actions/8/Transitions", json!({"NextAction": "queue", "Errors": errors(&[("QueueAtCapacity", "sorry"), ("NoMatchingError", "queue")])}))], Some(7), Code::LoopWithoutPause, "it is retried immediately in an endless loop: \"sorry\", \"queue\""),
        (vec![("/Metadata/ActionMetadata", json!({})), ("/Actions", json!([wait_for_ever]))], None, Code::NeverEnds, "it can only hang up"),
        (vec![("/Actions/0/Transitions/Conditions/-", on("1", "ask"))], Some(0), Code::RepeatedCondition, "two branches are for Equals 1"),
        // Streaming.
        (vec![("/Actions/5/Parameters/MediaStreamingState", json!("Enabled"))], Some(6), Code::StreamingLeftOn, "may still be running"),
        (vec![("/Actions/3/Transitions/Errors/0/NextAction", json!("sorry"))], Some(8), Code::StreamingLeftOn, "the contact leaves the flow here"),
        // Attributes.
        (vec![("/Actions/7/Parameters/Text", json!("sorry $.Attributes.nobody"))], Some(7), Code::MissingAttribute, "$.Attributes.nobody is read, but no block sets it"),
        (vec![("/Actions/7/Parameters/Text", json!("sorry $.FlowAttributes.vm_lang"))], Some(7), Code::MissingFlowAttribute, "no block of this flow sets it"),
        // Texts.
        (vec![("/Actions/7/Parameters/Text", json!("sorry, {{ name }}"))], Some(7), Code::Placeholder, "\"{{ name }}\" looks like a placeholder"),
        (vec![("/Actions/3/Parameters/SSML", json!("speak up"))], Some(3), Code::NotSsml, "does not start with <speak>"),
        // The designer.
        (vec![("/Metadata/ActionMetadata/bye/position", Value::Null)], Some(6), Code::NoPosition, "the block has no position"),
        (vec![("/Metadata/ActionMetadata/bye", json!({"Position": {"X": 600, "Y": 50}}))], Some(6), Code::NoPosition, "reads only the lower-case keys"),
        (vec![("/Metadata/ActionMetadata", json!({}))], None, Code::NoPosition, "no block has a position"),
        (vec![("/Metadata/ActionMetadata/bye/position/x", json!(700))], Some(6), Code::SamePosition, "hide each other: \"bye\", \"sorry\""),
        (vec![("/Metadata/ActionMetadata/gone", json!({"position": {"x": 1, "y": 1}}))], None, Code::StaleMetadata, "\"gone\""),
    ];
    for (changes, number, code, what) in cases {
        let mut flow = export();
        changes.iter().for_each(|(pointer, value)| spoil(&mut flow, pointer, value.clone()));
        let report = check(&flow);
        let found = report.findings.iter().find(|finding| {
            let name = finding.block.as_ref().map(|block| block.identifier.as_str());
            finding.code == code && name == number.map(|number| NAMES[number])
        });
        let finding = found.unwrap_or_else(|| panic!("{code:?}: {changes:?}: {report}"));
        assert_eq!(finding.severity, Severity::Advice);
        assert!(finding.what.contains(what), "{finding}");
        assert!(!finding.fix.is_empty() && finding.service.is_none());
        assert!(!report.is_refused(), "{report}");
    }
}

#[test]
fn queue_flows_may_go_round_until_somebody_answers() {
    let transitions = json!({"NextAction": "music", "Errors": errors(&[("NoMatchingError", "music")])});
    let flow = json!({
        "Version": "2019-10-30", "StartAction": "music",
        "Metadata": {"type": "customerQueue", "ActionMetadata": {"music": {"position": {"x": 1, "y": 1}}}},
        "Actions": [block("music", "MessageParticipant", json!({"Text": "please wait"}), transitions)],
    });
    assert_eq!(check(&flow).findings, []);
    let mut inbound = flow;
    spoil(&mut inbound, "/Metadata/type", json!("contactFlow"));
    assert_eq!(check(&inbound).findings[0].code, Code::LoopWithoutExit);
}

#[test]
fn attributes_are_given_by_the_other_flows_or_from_outside() {
    let mut reading = export();
    spoil(
        &mut reading,
        "/Actions/7/Parameters/Text",
        json!("$.Attributes.vm_mode and $.Attributes['vm_mods']"),
    );
    let mut setting = export();
    spoil(&mut setting, "/Actions/1/Parameters/Attributes/vm_mode", json!("task"));
    let source = |flow: &Value| Source { name: "f".to_owned(), text: flow.to_string(), named: true };
    let missing = |sources: &[Source], given: &[&str]| -> Vec<(String, String)> {
        let given_attributes: BTreeSet<String> = given.iter().map(|name| (*name).to_owned()).collect();
        let reports = flows(sources, &Options { given_attributes, ..Options::default() });
        let what = |finding: &Finding| (finding.what.clone(), finding.fix.clone());
        reports.iter().flat_map(|report| &report.findings).map(what).collect()
    };
    let alone = missing(&[source(&reading)], &[]);
    assert_eq!(alone.len(), 2);
    let together = missing(&[source(&reading), source(&setting)], &[]);
    assert_eq!(
        together,
        [(
            "$.Attributes.vm_mods is read, but no block sets it".to_owned(),
            "did you mean vm_mode?".to_owned()
        )]
    );
    assert_eq!(missing(&[source(&reading)], &["vm_mode", "vm_mods"]), []);
}

#[test]
fn an_attribute_that_is_nearly_one_that_is_read_is_pointed_out() {
    let read = |name: &str, values: &[&str]| {
        (name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect::<BTreeSet<_>>())
    };
    let read_attributes: BTreeMap<_, _> =
        [read("vm_flag", &["0", "1"]), read("vm_saved_1", &["saved", "done"]), read("vm_mode", &[])].into();
    let options = Options { read_attributes, ..Options::default() };
    let advice = |name: &str, value: &str| -> Option<(Code, String)> {
        let mut flow = export();
        spoil(&mut flow, &format!("/Actions/1/Parameters/Attributes/{name}"), value.into());
        let report = check_flow("flow.json", &flow.to_string(), &options);
        assert!(!report.is_refused(), "{report}");
        assert!(report.findings.len() <= 1, "{report}");
        let finding = report.findings.first()?;
        assert_eq!(finding.severity, Severity::Advice);
        assert_eq!(finding.block.as_ref().map(|block| block.identifier.as_str()), Some("note"));
        assert_eq!(finding.path, format!("Actions[1].Parameters.Attributes.{name}"));
        Some((finding.code, finding.fix.clone()))
    };
    let fixes = |code, fix: &str| Some((code, fix.to_owned()));
    for right in ["1", "0", "$.Attributes.vm_lang", "$.External['state']"] {
        assert_eq!(advice("vm_flag", right), None, "{right}");
    }
    assert_eq!(advice("vm_mode", " anything "), None);
    assert_eq!(advice("flag", "true"), None, "an attribute of somebody else");
    for value in ["1 ", " 1", "1\n"] {
        assert_eq!(advice("vm_flag", value), fixes(Code::MeaninglessValue, "set it to 1"), "{value:?}");
    }
    for value in ["true", "yes", "2", "11", " "] {
        assert_eq!(advice("vm_flag", value), fixes(Code::MeaninglessValue, "set it to 0 or 1"), "{value:?}");
    }
    assert_eq!(advice("vm_saved_1", "Saved"), fixes(Code::MeaninglessValue, "set it to saved"));
    for name in ["VM_FLAG", "Vm_Flag", "vm_flag ", "vm-flag", "vm flag"] {
        assert_eq!(advice(name, "1"), fixes(Code::MisspelledAttribute, "rename it to vm_flag"), "{name:?}");
    }
    // Nobody reads anything: there is nothing to be near to.
    let mut flow = export();
    spoil(&mut flow, "/Actions/1/Parameters/Attributes/VM_FLAG", "1 ".into());
    assert_eq!(check(&flow).findings, []);
}

#[test]
fn the_apis_content_its_answers_and_exports_are_read() {
    let options = |flow_type| Options { flow_type, ..Options::default() };
    // The API's content states no type: it is told, or taken for what fits.
    let mut content = export();
    spoil(&mut content, "/Metadata/type", Value::Null);
    spoil(&mut content, "/Metadata/name", Value::Null);
    let report = check_flow("f", &content.to_string(), &options(None));
    assert_eq!((report.flow_type, report.type_is_assumed), (Some(FlowType::ContactFlow), true));
    let report = check_flow("f", &content.to_string(), &options(Some(FlowType::CustomerWhisper)));
    assert_eq!((report.flow_type, report.type_is_assumed), (Some(FlowType::CustomerWhisper), false));
    assert!(report.is_refused());
    let mut queue = content.clone();
    spoil(&mut queue, "/Actions/6/Type", json!("EndFlowExecution"));
    spoil(&mut queue, "/Actions/8/Type", json!("DequeueContactAndTransferToQueue"));
    let report = check_flow("f", &queue.to_string(), &options(None));
    assert_eq!((report.flow_type, report.type_is_assumed), (Some(FlowType::CustomerQueue), true));
    assert_eq!(report.findings, []);
    // What DescribeContactFlow and DescribeContactFlowModule answer.
    let answer = json!({"ContactFlow": {"Id": "1", "Name": "n", "Type": "AGENT_TRANSFER", "Content": content.to_string()}});
    let report = check_flow("f", &answer.to_string(), &options(Some(FlowType::ContactFlow)));
    assert_eq!((report.flow_type, report.name.as_deref()), (Some(FlowType::AgentTransfer), Some("n")));
    assert_eq!(report.findings, []);
    spoil(&mut content, "/Settings", json!({}));
    let answer = json!({"ContactFlowModule": {"Name": "m", "Content": content.to_string()}});
    let report = check_flow("f", &answer.to_string(), &options(None));
    assert_eq!((report.flow_type, report.findings), (Some(FlowType::Module), vec![]));
    // A mark that editors put before a text.
    assert_eq!(check_flow("f", &format!("\u{feff}{}", export()), &options(None)).findings, []);
}

fn unchecked(flow: &Value, options: &Options) -> Vec<(Severity, Code)> {
    let report = check_flow("f", &flow.to_string(), options);
    report.findings.iter().map(|finding| (finding.severity, finding.code)).collect()
}

#[test]
fn what_is_not_known_is_said_and_not_judged() {
    let options = |flow_type| Options { flow_type, ..Options::default() };
    let mut third_party = export();
    for number in [7, 1] {
        spoil(&mut third_party, &format!("/Actions/{number}/Type"), json!("TransferParticipantToThirdParty"));
        spoil(
            &mut third_party,
            &format!("/Actions/{number}/Parameters"),
            json!({"ThirdPartyPhoneNumber": "+1", "x": true}),
        );
    }
    // Nothing sets the attribute any more. Both blocks are named once.
    let found = unchecked(&third_party, &options(None));
    assert_eq!(found, [(Severity::Advice, Code::MissingAttribute), (Severity::Note, Code::UncheckedType)]);
    let report = check(&third_party);
    assert!(report.to_string().contains("not in this and 1 more blocks"), "{report}");
    assert!(
        report.to_string().starts_with("flow.json: leave a message (CONTACT_FLOW): 0 refused, 1 warning"),
        "{report}"
    );

    // A new flow with a type that nobody documents is refused, a published one is not.
    let mut invented = export();
    for kind in ["Trigger", "MessageParticpant"] {
        spoil(&mut invented, "/Actions/7/Type", json!(kind));
        spoil(&mut invented, "/Metadata/status", json!("PUBLISHED"));
        assert_eq!(unchecked(&invented, &options(None)), [(Severity::Advice, Code::UnknownType)]);
        spoil(&mut invented, "/Metadata/status", json!("saved"));
        assert_eq!(unchecked(&invented, &options(None)), [(Severity::Refused, Code::Rule)]);
    }
    assert_eq!(check(&invented).findings[0].fix, "did you mean MessageParticipant?");

    let campaign = json!({
        "Version": "2019-10-30", "StartAction": "send",
        "Metadata": {"ActionMetadata": {"send": {"position": {"x": 1, "y": 1}}, "end": {"position": {"x": 9, "y": 1}}}},
        "Actions": [
            block("send", "SendSMS", json!({"Message": {"a": false}}),
                  json!({"NextAction": "end", "Errors": errors(&[("NoMatchingError", "end")])})),
            {"Identifier": "end", "Type": "EndFlowExecution"},
        ],
    });
    let note = [(Severity::Note, Code::UncheckedFlowType)];
    assert_eq!(unchecked(&campaign, &options(Some(FlowType::Campaign))), note);
    assert_eq!(unchecked(&campaign, &options(None)), note);
    let report = check(&campaign);
    assert_eq!((report.flow_type, report.type_is_assumed), (Some(FlowType::Campaign), true));
    assert!(
        report.to_string().contains(": OK\nnote     the rules of campaigns are not known here"),
        "{report}"
    );

    let mut fax = export();
    spoil(&mut fax, "/Metadata/type", json!("fax"));
    assert_eq!(unchecked(&fax, &options(None)), note);
}

/// Every form in which people keep flows: the same flow, found in each.
#[test]
fn flows_are_found_in_every_form() {
    let mut flow = export();
    spoil(&mut flow, "/Metadata/name", Value::Null);
    spoil(&mut flow, "/Metadata/type", Value::Null);
    let text = flow.to_string();
    let pretty = serde_json::to_string_pretty(&flow).unwrap();
    let properties = |content: Value| json!({"InstanceArn": {"Ref": "I"}, "Name": "n", "Type": "CUSTOMER_QUEUE", "Content": content});
    let template = |content: Value| {
        json!({"Resources": {"Main": {"Type": "AWS::Connect::ContactFlow", "Properties": properties(content)}}}).to_string()
    };
    let (before, after) = text.split_once("press one").unwrap();
    let indented =
        |depth: usize| pretty.lines().map(|line| format!("{:depth$}{line}\n", "")).collect::<String>();
    // As Terraform writes an object: bare keys, and an expression.
    let object = pretty.replace("\": ", "\" = ").replace("\"press one\"", "var.prompt");
    let module = json!({"ContactFlowModule": {"Name": "n", "Content": text}});
    #[rustfmt::skip]
    let forms: Vec<(&str, String, &str, Option<FlowType>)> = vec![
        ("flow.json", text.clone(), "", None),
        ("describe, text output", format!("{text}\n"), "", None),
        ("--query ContactFlow.Content", json!(text).to_string(), "", None),
        ("--query ContactFlow", json!({"Arn": "arn:f", "Name": "n", "Type": "CUSTOMER_QUEUE", "Content": text}).to_string(), "Content", Some(FlowType::CustomerQueue)),
        ("describe", json!({"ContactFlow": {"Name": "n", "Type": "CUSTOMER_QUEUE", "Content": text}}).to_string(), "ContactFlow.Content", Some(FlowType::CustomerQueue)),
        ("describe a module", module.to_string(), "ContactFlowModule.Content", Some(FlowType::Module)),
        ("a module, --query", json!({"Arn": "arn:aws:connect:r:1:instance/i/flow-module/m", "Name": "n", "Content": text}).to_string(), "Content", Some(FlowType::Module)),
        ("input, content as text", json!({"Name": "n", "Type": "CUSTOMER_QUEUE", "Content": text, "Tags": {"k": "v"}}).to_string(), "Content", Some(FlowType::CustomerQueue)),
        ("input, content as object", json!({"Name": "n", "Type": "CUSTOMER_QUEUE", "Content": flow}).to_string(), "Content", Some(FlowType::CustomerQueue)),
        ("a list", json!([{"Name": "n", "Type": "CUSTOMER_QUEUE", "Content": text}]).to_string(), "[0].Content", Some(FlowType::CustomerQueue)),
        ("CloudFormation", template(json!(text)), "Resources.Main.Properties.Content", Some(FlowType::CustomerQueue)),
        ("Fn::Sub", template(json!({"Fn::Sub": text.replace("press one", "press ${Key}")})), "Resources.Main.Properties.Content", Some(FlowType::CustomerQueue)),
        ("Fn::Sub with a map", template(json!({"Fn::Sub": [text.replace("press one", "press ${Key}"), {"Key": "1"}]})), "Resources.Main.Properties.Content", Some(FlowType::CustomerQueue)),
        ("Fn::Join", template(json!({"Fn::Join": ["", [before, {"Ref": "Prompt"}, after]]})), "Resources.Main.Properties.Content", Some(FlowType::CustomerQueue)),
        ("a module's resource", json!({"Resources": {"M": {"Type": "AWS::Connect::ContactFlowModule", "Properties": {"Content": text}}}}).to_string(), "Resources.M.Properties.Content", Some(FlowType::Module)),
        ("template.yaml", format!("Resources:\n  Main:\n    Type: AWS::Connect::ContactFlow\n    Properties:\n      InstanceArn: !Ref I\n      Name: n\n      Type: CUSTOMER_QUEUE\n      Content: !Sub |\n{}", indented(8)), "Resources.Main.Properties.Content", Some(FlowType::CustomerQueue)),
        ("main.tf", format!("resource \"aws_connect_contact_flow\" \"main\" {{\n  name = \"n\"\n  type = \"CUSTOMER_QUEUE\"\n  content = <<-EOT\n{}  EOT\n}}\n", indented(4)), "resource.aws_connect_contact_flow.main.content", Some(FlowType::CustomerQueue)),
        ("main.tf, jsonencode", format!("resource \"aws_connect_contact_flow\" \"main\" {{\n  type = \"CUSTOMER_QUEUE\"\n  content = jsonencode({object})\n}}\n"), "resource.aws_connect_contact_flow.main.content", Some(FlowType::CustomerQueue)),
        ("module.tf", format!("resource \"aws_connect_contact_flow_module\" \"m\" {{\n  content = <<EOT\n{pretty}\nEOT\n}}\n"), "resource.aws_connect_contact_flow_module.m.content", Some(FlowType::Module)),
        ("terraform.tfstate", json!({"resources": [{"type": "aws_connect_contact_flow_module", "instances": [{"attributes": {"name": "n", "content": text}}]}]}).to_string(), "resources[0].instances[0].attributes.content", Some(FlowType::Module)),
        ("flow.json.tftpl", text.replace("\"3\"", "\"${loops}\"").replace("\"Text\":\"sorry\"", "\"Text\":\"${apology}\""), "", None),
    ];
    for (form, text, place, flow_type) in forms {
        let source = Source { name: form.to_owned(), text, named: true };
        let reports = flows(&[source], &Options::default());
        let [report] = &reports[..] else { panic!("{form}: {reports:#?}") };
        assert_eq!(report.place, place, "{form}");
        assert_eq!(report.type_is_assumed, flow_type.is_none(), "{form}");
        assert_eq!(report.flow_type, flow_type.or(Some(FlowType::ContactFlow)), "{form}");
        assert!(report.name.as_deref().is_none_or(|name| name == "n"), "{form}: {report}");
        let unexpected: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.path != "Settings" && !finding.path.ends_with(".Type"))
            .collect();
        assert!(unexpected.is_empty(), "{form}: {report}");
    }
}

#[test]
fn a_file_with_several_flows_has_a_report_for_each() {
    let mut broken = export();
    spoil(&mut broken, "/StartAction", json!("nowhere"));
    let resource = |flow: &Value| json!({"Type": "AWS::Connect::ContactFlow", "Properties": {"Type": "CONTACT_FLOW", "Content": flow.to_string()}});
    let template = json!({"Resources": {"A": resource(&export()), "Topic": {"Type": "AWS::SNS::Topic"}, "B": resource(&broken)}});
    let source = Source { name: "t.json".to_owned(), text: template.to_string(), named: true };
    let reports = flows(&[source], &Options::default());
    let found: Vec<(&str, bool)> =
        reports.iter().map(|report| (report.place.as_str(), report.is_refused())).collect();
    assert_eq!(found, [("Resources.A.Properties.Content", false), ("Resources.B.Properties.Content", true)]);
    assert!(
        reports[1]
            .to_string()
            .starts_with("t.json, Resources.B.Properties.Content: leave a message (CONTACT_FLOW): ")
    );
}

/// A tool fills in the placeholders of a template; what stands around them is checked.
#[test]
fn placeholders_are_left_to_their_tools() {
    let mut flow = export();
    spoil(&mut flow, "/Actions/4/Parameters/LoopCount", json!("${Count}"));
    spoil(&mut flow, "/Actions/7/Parameters/Text", json!("${Text}"));
    assert!(check(&flow).is_refused());
    let report = |text: String| {
        let source = Source { name: "f.json".to_owned(), text, named: true };
        flows(&[source], &Options::default()).remove(0)
    };
    assert_eq!(report(json!({"Content": {"Fn::Sub": flow.to_string()}}).to_string()).findings, []);
    spoil(&mut flow, "/Actions/7/Parameters/Text", json!(""));
    let report = report(json!({"Content": {"Fn::Sub": flow.to_string()}}).to_string());
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].path, "Actions[7].Parameters.Text");
}

/// An export of the designer before the flow language.
fn legacy() -> Value {
    let module = |id: &str, kind: &str, branches: Value, parameters: Value, x: u32| json!({"id": id, "type": kind, "branches": branches, "parameters": parameters, "metadata": {"position": {"x": x, "y": 0}}});
    let to = |condition: &str, next: &str| json!({"condition": condition, "transition": next});
    json!({
        "modules": [
            module("greet", "PlayPrompt", json!([to("Success", "ask")]),
                   json!([{"name": "Text", "value": "<speak>hello</speak>"}, {"name": "TextToSpeechType", "value": "ssml"}]), 1),
            module("ask", "GetUserInput",
                   json!([{"condition": "Evaluate", "conditionType": "Equals", "conditionValue": "1", "transition": "save"},
                          to("Timeout", "bye"), to("NoMatch", "bye"), to("Error", "bye")]),
                   json!([{"name": "Text", "value": "press one"}, {"name": "TextToSpeechType", "value": "text"}, {"name": "Timeout", "value": "5"}]), 300),
            module("save", "SetAttributes", json!([to("Success", "stream"), to("Error", "bye")]),
                   json!([{"name": "Attribute", "value": "1", "key": "vm_flag", "namespace": null}]), 600),
            module("stream", "StartMediaStreaming", json!([to("Success", "bye"), to("Error", "bye")]), json!([]), 900),
            module("lost", "Transfer", json!([to("AtCapacity", "bye"), to("Error", "nowhere")]),
                   json!([{"name": "Queue", "value": "arn:q", "resourceName": "Sales"}]), 1200),
            module("bye", "Disconnect", json!([]), json!([]), 1500),
        ],
        "version": "1", "type": "contactFlow", "start": "greet",
        "metadata": {"entryPointPosition": {"x": 0, "y": 0}, "name": "old one", "status": "published"},
    })
}

#[test]
fn the_old_designers_export_is_named_and_its_paths_are_followed() {
    let report = check(&legacy());
    assert!(!report.is_refused(), "{report}");
    assert_eq!((report.name.as_deref(), report.flow_type), (Some("old one"), Some(FlowType::ContactFlow)));
    let found: Vec<(Code, Option<&str>)> = report
        .findings
        .iter()
        .map(|finding| (finding.code, finding.block.as_ref().map(|block| block.identifier.as_str())))
        .collect();
    assert_eq!(
        found,
        [(Code::LegacyExport, None), (Code::Unreachable, Some("lost")), (Code::StreamingLeftOn, Some("bye")),]
    );
    let text = report.to_string();
    assert!(text.contains("export of the old flow designer (6 modules)"), "{text}");
    assert!(text.contains("at 1200,0"), "{text}");

    let source = Source { name: "old".to_owned(), text: legacy().to_string(), named: true };
    let documents = recognize(&source).unwrap();
    assert_eq!(documents.len(), 1);
    let flow = Flow::parse(&documents[0].content).unwrap();
    let drawing = draw::mermaid(&flow);
    for part in [
        "“hello”",
        "Play prompt",
        "Get customer input",
        "waits up to 5 s",
        "= 1",
        "Timeout",
        "flag = 1",
        "Sales",
        "Disconnect",
    ] {
        assert!(drawing.contains(part), "{part}: {drawing}");
    }
}

#[test]
fn what_is_no_flow_is_refused_when_named_and_mentioned_when_found() {
    let policy = "{\"Version\": \"2012-10-17\", \"Statement\": []}";
    let code = "const flow = { StartAction: first(), Actions: blocks.map(action) };";
    for text in
        ["", "{", "[]", "null", "\u{0}", "{\"name\": \"package\"}", "{\"ContactFlow\": {}}", policy, code]
    {
        for (named, severity) in [(true, Severity::Refused), (false, Severity::Advice)] {
            let source = Source { name: "f".to_owned(), text: text.to_owned(), named };
            let reports = flows(&[source], &Options::default());
            assert_eq!(reports[0].findings.len(), 1, "{text:?}");
            assert_eq!(
                (reports[0].findings[0].code, reports[0].findings[0].severity),
                (Code::NoFlow, severity)
            );
        }
    }
}

#[test]
fn a_flow_cannot_write_to_the_terminal() {
    let mut flow = export();
    spoil(&mut flow, "/Metadata/name", json!("\u{1b}[31mred\u{202e}"));
    spoil(&mut flow, "/Actions/8/Identifier", json!("\u{1b}]0;title\u{7}\nok"));
    spoil(&mut flow, "/Actions/7/Type", json!("\u{9b}2J"));
    let text = check(&flow).to_string();
    assert!(!text.chars().any(|character| character != '\n' && character.is_control()), "{text:?}");
    assert!(text.contains("\\u{1b}[31mred\\u{202e}"), "{text}");
    assert!(text.lines().all(|line| line != "ok"));
}

#[test]
fn files_are_found_in_directories_and_nothing_is_left_out_without_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    for folder in ["b/deep", "empty", ".git"] {
        fs::create_dir_all(path(folder)).unwrap();
    }
    let flow = export().to_string();
    for (name, text) in [
        ("b/deep/2.JSON", "{}"),
        ("a.json", "[]"),
        (".hidden.json", "x"),
        (".git/config", "x"),
        ("notes.txt", "x"),
        // The console's exports had no suffix for long.
        ("Main", &flow),
        ("b/old export", &legacy().to_string()),
        ("main.tf", "StartAction"),
    ] {
        fs::write(path(name), text).unwrap();
    }
    fs::File::create(path("large.json")).unwrap().set_len(flow_language::check::LARGEST_FILE + 1).unwrap();
    std::os::unix::fs::symlink(path("Main"), path("link.json")).unwrap();
    let shown =
        |names: &[&str]| names.iter().map(|name| path(name).display().to_string()).collect::<Vec<_>>();
    let files = read_files(&[directory.path().to_owned()]).unwrap();
    let names: Vec<String> = files.sources.iter().map(|source| source.name.clone()).collect();
    assert_eq!(names, shown(&["Main", "a.json", "b/deep/2.JSON", "b/old export", "main.tf"]));
    assert!(files.sources.iter().all(|source| !source.named));
    let skipped: Vec<String> = files.skipped.iter().map(|path| path.display().to_string()).collect();
    assert_eq!(skipped, shown(&[".git", ".hidden.json", "large.json", "link.json", "notes.txt"]));
    // As PowerShell writes the output of a program.
    for (name, bytes) in [
        ("le", flow.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        ("be", flow.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ] {
        let mark = if name == "le" { [0xff, 0xfe] } else { [0xfe, 0xff] };
        fs::write(path(name), [&mark[..], &bytes].concat()).unwrap();
        assert_eq!(read_files(&[path(name)]).unwrap().sources[0].text, flow);
    }
    // A file that is named is read, whatever it is.
    let named = read_files(&[path("notes.txt")]).unwrap();
    assert!(named.sources[0].named && named.skipped.is_empty());
    let refused = |name: &str| read_files(&[path(name)]).unwrap_err().to_string();
    assert!(refused("none.json").starts_with(&format!("could not read {}: ", path("none.json").display())));
    assert!(refused("empty").contains("holds a flow; specify"));
    assert!(refused("large.json").contains("too large for a flow"));
}

/// Any JSON, with the words of the language in it more often than not.
fn any_json() -> impl Strategy<Value = Value> {
    const WORDS: [&str; 20] = [
        "Version",
        "2019-10-30",
        "StartAction",
        "Actions",
        "Metadata",
        "ActionMetadata",
        "position",
        "x",
        "Identifier",
        "Type",
        "Parameters",
        "Transitions",
        "NextAction",
        "Errors",
        "Conditions",
        "Loop",
        "modules",
        "ContactFlow",
        "Content",
        "$.Attributes.['",
    ];
    let word = prop_oneof![proptest::sample::select(&WORDS[..]).prop_map(str::to_owned), any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::vec((word.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Every place in a document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            pointers(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found)
        }),
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| pointers(value, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

proptest! {
    /// Whatever a file holds, it is told; and the words about it are for people.
    #[test]
    fn any_json_is_told_not_thrown(value in any_json()) {
        let report = check(&value);
        let has_control = report.to_string().chars().any(|character| character != '\n' && character.is_control());
        prop_assert!(!has_control);
        prop_assert!(report.findings.iter().all(|finding| !finding.what.is_empty() && !finding.fix.is_empty()));
    }

    /// So is any text.
    #[test]
    fn any_text_is_told_not_thrown(text in any::<String>()) {
        prop_assert!(check_flow("f", &text, &Options::default()).is_refused());
    }

    /// So is a flow of which several places hold something else.
    #[test]
    fn mutated_flows_are_told_not_thrown(mutations in proptest::collection::vec((any::<proptest::sample::Index>(), any_json()), 1..6)) {
        let mut flow = export();
        for (place, value) in mutations {
            let mut places = Vec::new();
            pointers(&flow, "", &mut places);
            *flow.pointer_mut(&places[place.index(places.len())]).unwrap() = value;
        }
        let report = check(&flow);
        // Of what is accepted the same can be said as of what is drawn: it can be read.
        if report.flow_type.is_some() && !report.is_refused() {
            prop_assert!(Flow::parse(&flow.to_string()).is_ok());
        }
    }
}
