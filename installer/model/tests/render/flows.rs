use std::collections::BTreeSet;

use flow_language::{Flow, check, validate};
use proptest::prelude::*;
use serde_json::{Value, json};
use vmx_contract::attributes::task;
use vmx_contract::staff::Words;
use vmx_model::facts::Facts;
use vmx_model::params::{Params, Prompt, Wording};
use vmx_model::parts::FlowKey;
use vmx_model::render::{FlowDocument, Rendered, contact_attributes, render};

fn flow(rendered: &Rendered, key: FlowKey) -> &FlowDocument {
    rendered.flows.iter().find(|flow| flow.key == key).unwrap()
}

#[test]
fn flows_are_as_they_were() {
    for (name, rendered) in [
        ("least", super::new_instance()),
        ("everything", super::other_parameters()),
        ("guided", super::guided_tasks()),
    ] {
        for flow in &rendered.flows {
            insta::assert_snapshot!(format!("{name}_{}", flow.key), flow.content);
        }
    }
}

#[test]
fn the_service_would_publish_every_flow() {
    for (name, rendered) in super::all() {
        for flow in &rendered.flows {
            let problems = validate(&flow.content, flow.flow_type);
            assert_eq!(problems, [], "{name}, {}", flow.key);
        }
    }
}

/// The agent's workspace draws HTML where a view has a template. What callers say must not get there.
#[test]
fn nothing_that_a_caller_said_is_shown_as_html() {
    let rendered = super::guided_tasks();
    let guide = Flow::parse(&flow(&rendered, FlowKey::AgentGuide).content).unwrap();
    let shown = guide.action("Show the voicemail").unwrap().parameters["ViewData"].clone();
    let sections = shown["Sections"].as_array().unwrap();
    let html: Vec<&str> = sections.iter().filter_map(|section| section["TemplateString"].as_str()).collect();
    assert_eq!(html, ["$.FlowAttributes.player"]);
    let built = &guide.action("Build the player").unwrap().parameters["FlowAttributes"];
    let player = json!({"Value": "<audio controls preload='metadata' src='$.External.audio_url'></audio>"});
    assert_eq!(*built, json!({"player": player}));
    for said in ["transcript", "summary", "caller", "notes"] {
        assert!(shown.to_string().contains(&format!("\"$.External.{said}\"")), "{said}");
    }
}

/// In every language, with the values of the function in the places of its lines.
#[test]
fn the_guide_speaks_the_language_of_staff() {
    for words in Words::all() {
        let lines =
            format!("modes: [guided_task]\ndefault_mode: guided_task\nlanguage_of_staff: {}\n", words.tag);
        let params = super::params(&format!("{}{lines}", super::SHORTEST));
        let rendered = render(&params, &Facts::example(&params)).unwrap();
        let guide = flow(&rendered, FlowKey::AgentGuide);
        assert_eq!(validate(&guide.content, guide.flow_type), [], "{}", words.tag);
        let guide = Flow::parse(&guide.content).unwrap();
        let shown = &guide.action("Show the voicemail").unwrap().parameters["ViewData"];
        assert_eq!(shown["Actions"], json!([words.new_link]));
        for value in ["caller", "recipient", "received_at"] {
            let lines = format!("{}{}", shown["Heading"], shown["Description"]);
            assert!(lines.contains(&format!("$.External.{value}")), "{}: {lines}", words.tag);
        }
        let setting = format!("VMX_LANGUAGE_OF_STAFF: \"{}\"", words.tag);
        assert_eq!(rendered.stack.template_body.matches(&setting).count(), 2, "packager and playback");
    }
}

/// The test line asks for a mode where there are several, and offers those that are installed.
#[test]
fn the_test_line_offers_every_mode_that_is_installed_and_no_other() {
    let modes = |lines: &str| -> Vec<String> {
        let params = super::params(&format!("{}flows: {{test_line: true}}\n{lines}", super::SHORTEST));
        let rendered = render(&params, &Facts::example(&params)).unwrap();
        let line = Flow::parse(&flow(&rendered, FlowKey::TestLine).content).unwrap();
        let sets =
            line.actions.iter().filter_map(|action| action.parameters.get("Attributes")?.get("vm_mode"));
        sets.map(|mode| mode.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(modes(""), [""; 0]);
    assert_eq!(modes("modes: [guided_task]\ndefault_mode: guided_task\n"), [""; 0]);
    assert_eq!(modes("modes: [guided_task, task]\n"), ["task", "guided_task"]);
    assert_eq!(modes("modes: [task, guided_task]\ndefault_mode: guided_task\n"), ["task", "guided_task"]);
}

/// What the rules do not ask for, but people do.
#[test]
fn every_block_can_be_reached_and_has_a_place_of_its_own() {
    for (_, rendered) in super::all() {
        for document in &rendered.flows {
            let flow = Flow::parse(&document.content).unwrap();
            let mut reached = BTreeSet::new();
            let mut next = vec![flow.start_action.as_str()];
            while let Some(identifier) = next.pop() {
                if !reached.insert(identifier) {
                    continue;
                }
                let transitions = &flow.action(identifier).unwrap().transitions;
                next.extend(transitions.next_action.as_deref());
                next.extend(transitions.errors.iter().map(|error| error.next_action.as_str()));
                next.extend(transitions.conditions.iter().map(|condition| condition.next_action.as_str()));
            }
            let blocks: BTreeSet<&str> =
                flow.actions.iter().map(|action| action.identifier.as_str()).collect();
            assert_eq!(reached, blocks, "{}", document.name);

            let places = flow.metadata["ActionMetadata"].as_object().unwrap();
            assert_eq!(places.keys().map(String::as_str).collect::<BTreeSet<_>>(), blocks);
            let positions: BTreeSet<String> =
                places.values().map(|place| place["position"].to_string()).collect();
            assert_eq!(positions.len(), blocks.len(), "two blocks of {} lie on each other", document.name);
        }
    }
}

/// How long the flow waits for a caller who never presses a key, in seconds.
fn longest(content: &str) -> u64 {
    let flow = Flow::parse(content).unwrap();
    let waits = flow.actions.iter().filter(|action| action.identifier.starts_with("Record"));
    waits
        .map(|action| action.parameters["InputTimeLimitSeconds"].as_str().unwrap().parse::<u64>().unwrap())
        .sum()
}

#[test]
fn the_longest_message_is_as_long_as_was_asked_for() {
    for seconds in [5, 60, 179, 180, 181, 360, 361, 1199, 1200] {
        let params = super::params(&format!("{}longest_message_seconds: {seconds}\n", super::SHORTEST));
        let rendered = render(&params, &Facts::example(&params)).unwrap();
        let voicemail = flow(&rendered, FlowKey::Voicemail);
        assert_eq!(longest(&voicemail.content), seconds);
        assert_eq!(validate(&voicemail.content, voicemail.flow_type), []);
    }
}

#[test]
fn names_are_unique_by_stack_and_the_hash_is_that_of_the_content() {
    let (one, other) = (super::new_instance(), super::other_parameters());
    let names: BTreeSet<&str> = one.flows.iter().chain(&other.flows).map(|flow| flow.name.as_str()).collect();
    assert_eq!(names.len(), one.flows.len() + other.flows.len());
    assert_eq!(one, super::new_instance(), "the same input gives the same documents");
    assert_ne!(flow(&one, FlowKey::Voicemail).hash, flow(&other, FlowKey::Voicemail).hash);
    assert_eq!(flow(&one, FlowKey::Task).hash.len(), 64);
}

/// Texts that a careless template would let out of their quotes.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\",\"SSML\":\"".to_owned()),
        Just("{{ flag }}".to_owned()),
        Just("{% raw %}".to_owned()),
        Just("{#".to_owned()),
        Just("\n".to_owned()),
        Just("</speak>".to_owned()),
        Just("$.Attributes.x".to_owned()),
        "\\PC{0,12}",
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_prompt_reaches_the_caller_as_it_was_written(words in hostile()) {
        prop_assume!(!words.trim().is_empty());
        let mut params: Params = super::params(super::SHORTEST);
        params.prompts.greeting = Wording::Given(Prompt::parse(&words).unwrap());
        params.prompts.apology = Wording::Given(Prompt::parse(&words).unwrap());
        let rendered = render(&params, &Facts::example(&params)).unwrap();
        let voicemail = flow(&rendered, FlowKey::Voicemail);
        let read = Flow::parse(&voicemail.content).unwrap();
        for block in ["Greeting", "Apology"] {
            let said = &read.action(block).unwrap().parameters;
            prop_assert_eq!(said.len(), 1);
            prop_assert_eq!(said.values().next().and_then(Value::as_str), Some(words.as_str()));
        }
    }
}

/// Everything that makes the flows different.
#[test]
fn over_a_grid_of_parameters_every_flow_is_in_order() {
    let languages = [
        "",
        "default_language: ja-JP\n",
        "default_language: en-AU\nlanguages: {es-MX: {}, fr-FR: {voice: Celine}}\n",
        "languages: {de-DE: {}, en-GB: {}, es-ES: {}, es-US: {}, fr-CA: {}, fr-FR: {}, it-IT: {}, ja-JP: {}, pt-BR: {}}\n",
    ];
    let prompts = [
        "",
        "prompts: {greeting: '<speak>Hello.</speak>', waiting: 'arn:aws:connect:eu-west-2:111122223333:instance/i/prompt/p'}\n",
    ];
    let lengths = [5, 180, 181, 1200];
    let others = [
        "",
        "flow_logging: true\nattribute_prefix: vmx\n",
        "modes: [task, guided_task]\n",
        "modes: [guided_task]\ndefault_mode: guided_task\nflow_logging: true\n",
    ];
    let flows = [
        "{}",
        "{voicemail_module: true}",
        "{in_queue_offer: true, offer_every_seconds: 900}",
        "{agent_first_seconds: 86400, test_line: true}",
        "{test_line: true, test_agent: 00000000-0000-4000-8000-0000000000ff}",
        "{voicemail_module: true, in_queue_offer: true, test_line: true, test_agent: 00000000-0000-4000-8000-0000000000ff}",
    ];
    let packagers = task::ALL.map(str::to_owned);
    let options = check::Options {
        given_attributes: packagers.into(),
        read_attributes: contact_attributes(),
        ..check::Options::default()
    };
    let mut seen = 0;
    // Languages with flows in every combination, and the rest in turn: all of them together would take minutes.
    let grid = languages.iter().flat_map(|language| flows.iter().map(move |wanted| (language, wanted)));
    for (number, (language, wanted)) in grid.enumerate() {
        let (prompt, length) = (prompts[number % prompts.len()], lengths[number % lengths.len()]);
        let other = others[number % others.len()];
        let lines = format!("{language}{prompt}longest_message_seconds: {length}\n{other}flows: {wanted}\n");
        let params = super::params(&format!("{}{lines}", super::SHORTEST));
        let rendered = render(&params, &Facts::example(&params)).unwrap();
        let sources: Vec<check::Source> = rendered
            .flows
            .iter()
            .map(|flow| check::Source { name: flow.name.clone(), text: flow.content.clone(), named: true })
            .collect();
        for (report, flow) in check::flows(&sources, &options).into_iter().zip(&rendered.flows) {
            // Neither refused nor advised: what the file states is what it was made as.
            assert_eq!(report.findings, [], "{lines}{report}");
            assert_eq!((report.flow_type, report.type_is_assumed), (Some(flow.flow_type), false), "{lines}");
            // What was written is read again as the same flow.
            let read = Flow::parse(&flow.content).unwrap();
            assert_eq!(Flow::parse(&serde_json::to_string(&read).unwrap()).unwrap(), read);
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen}");
}
