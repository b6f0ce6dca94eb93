#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use proptest::prelude::*;
use vmx_contract::mode::Mode;
use vmx_contract::objects::ContactId;
use vmx_contract::package::{Playback, Transcript, VERSION};
use vmx_contract::voicemail::Warning;
use vmx_contract::voicemail_id::MessageNumber;

const INSTANCE: &str = "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";

pub(crate) fn package(text: &str, url: &str) -> Package {
    Package {
        version: VERSION,
        contact_id: ContactId::parse("00000000-0000-4000-8000-00000000c0de").unwrap(),
        message: MessageNumber::FIRST,
        instance_arn: INSTANCE.into(),
        from: Some("+15555550100".into()),
        recipient: Recipient::Queue {
            arn: format!("{INSTANCE}/queue/q"),
            id: "q".into(),
            name: "Support".into(),
        },
        received_at: "2026-11-23T10:00:00Z".parse().unwrap(),
        time_zone: "UTC".into(),
        duration_ms: 61_500,
        language: "en-US".into(),
        modes: vec![Mode::Task],
        transcript: Transcript::Completed { text: text.into() },
        summary: None,
        playback: Some(Playback { url: url.into(), expires_at: "2026-11-23T22:00:00Z".parse().unwrap() }),
        attributes: [("vmx3_flag".to_owned(), "1".to_owned())].into(),
        warnings: vec![Warning::AgentReplaced],
    }
}

#[test]
fn a_task_says_who_called_and_what_was_said() {
    let task = Form::of(Words::english(), &package("Seven of clubs.", "https://example.com/r"));
    assert_eq!(task.name, "Voicemail from +15555550100 for Support");
    assert_eq!(
        task.description,
        "Seven of clubs.\n\nReceived 2026-11-23 10:00 UTC (2026-11-23T10:00:00Z) from +15555550100, 1:02 minutes, for Support.\
         \nThe link to the recording works until 2026-11-23 22:00 UTC.\
         \nNote: The agent is unknown, so the voicemail went to the queue."
    );
    let reference =
        |name: &str| (task.references[name].r#type.as_str(), task.references[name].value.as_str());
    assert_eq!(reference("Recording"), ("URL", "https://example.com/r"));
    assert_eq!(reference("Received"), ("DATE", "1795428000"));
    assert_eq!(reference("Callback number"), ("STRING", "+15555550100"));
    assert_eq!(reference("Queue"), ("STRING", "Support"));
}

#[test]
fn a_task_speaks_the_language_of_its_readers() {
    let package = package("Sieben Kreuz.", "https://example.com/r");
    let package = Package {
        time_zone: "Europe/Berlin".into(),
        summary: Some("Eine Karte.".into()),
        warnings: vec![Warning::Silent],
        ..package
    };
    let task = Form::of(Words::of("de-DE"), &package);
    assert_eq!(task.name, "Sprachnachricht von +15555550100 für Support");
    assert_eq!(
        task.description,
        "Zusammenfassung: Eine Karte.\n\nSieben Kreuz.\n\nEingegangen am 23.11.2026, 11:00 Uhr (CET) \
         (2026-11-23T10:00:00Z) von +15555550100, 1:02 Minuten, für Support.\
         \nDer Link zur Aufnahme funktioniert bis 23.11.2026, 23:00 Uhr (CET).\
         \nHinweis: In der Nachricht wurde keine Sprache gefunden."
    );
    let mut names: Vec<&str> = task.references.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["Aufnahme", "Eingegangen", "Rückrufnummer", "Warteschlange", "Zusammenfassung"]);
    // What routes it is no text for people.
    assert_eq!(task.attributes, Form::of(Words::english(), &package).attributes);
}

#[test]
fn a_summary_stands_before_what_it_sums_up() {
    let package = Package { summary: Some("A card.".into()), ..package("Seven of clubs.", "u") };
    let task = Form::of(Words::english(), &package);
    assert!(task.description.starts_with("Summary: A card.\n\nSeven of clubs.\n\nReceived"), "{task:?}");
    assert_eq!(task.references["Summary"].value, "A card.");
    let long = Form::of(
        Words::english(),
        &Package { transcript: Transcript::Completed { text: "x".repeat(5000) }, ..package },
    );
    assert!(long.description.starts_with("Summary: A card.") && long.description.contains("…\n\nReceived"));
    assert_eq!(long.description.encode_utf16().count(), LONGEST_DESCRIPTION);
}

#[test]
fn the_flow_gets_what_it_routes_by_and_no_flag_is_left() {
    let mut package = package("", "u");
    let queue = format!("{INSTANCE}/queue/q");
    let expected =
        [("vm_task_target", "queue"), ("vm_task_queue_arn", &queue), ("vm_flag", "0"), ("vmx3_flag", "0")];
    let expected: HashMap<String, String> =
        expected.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    assert_eq!(Form::of(Words::english(), &package).attributes, expected);
    for (name, value) in [("vm_saved_1", "saved"), ("vm_saved_1_contact", "c"), ("vm_taking", "1")] {
        package.attributes.insert(name.to_owned(), value.to_owned());
    }
    let attributes = Form::of(Words::english(), &package).attributes;
    assert_eq!((attributes["vm_saved_1"].as_str(), attributes["vm_taking"].as_str()), ("done", "0"));
    assert_eq!(attributes.len(), expected.len() + 2, "{attributes:?}");
    package.recipient = Recipient::Agent {
        id: "u-1".into(),
        username: "zoe".into(),
        name: "Zoë".into(),
        queue_arn: queue.clone(),
    };
    let attributes = Form::of(Words::english(), &package).attributes;
    assert_eq!(
        (
            attributes["vm_task_target"].as_str(),
            attributes["vm_task_agent_id"].as_str(),
            &attributes["vm_task_queue_arn"]
        ),
        ("agent", "u-1", &queue)
    );
}

#[test]
fn a_guided_task_tells_its_guide_whom_to_ask_for_what_and_carries_no_link() {
    let package = package("Seven of clubs.", "https://example.com/r");
    let arn = "arn:aws:lambda:us-east-1:111122223333:function:playback";
    let (task, guided) =
        (Form::of(Words::english(), &package), Form::guided(Words::english(), &package, arn));
    assert_eq!(guided.attributes["vm_task_contact_id"], package.contact_id.as_str());
    assert_eq!(guided.attributes["vm_task_guide_function"], arn);
    assert_eq!(guided.attributes["vm_task_target"], "queue");
    assert!(!guided.references.contains_key("Recording"));
    assert!(guided.references.contains_key("Callback number"));
    assert!(!format!("{guided:?}").contains("example.com"));
    assert!(guided.description.contains("The guide of this task plays the recording."));
    assert!(!guided.description.contains("works until"));
    // Both may be delivered of one voicemail, and one of each message of a contact.
    let second = Package { message: 2.try_into().unwrap(), ..package };
    let (second, second_guided) =
        (Form::of(Words::english(), &second), Form::guided(Words::english(), &second, arn));
    let tokens =
        std::collections::BTreeSet::from([&task, &guided, &second, &second_guided].map(|form| &form.token));
    assert_eq!(tokens.len(), 4);
    assert!(second_guided.attributes["vm_task_contact_id"].ends_with("c0de-2"));
}

#[test]
fn a_link_that_is_too_long_is_left_out_and_said_to_be() {
    let task = Form::of(Words::english(), &package("words", &"x".repeat(ALL_REFERENCES)));
    assert!(!task.references.contains_key("Recording"));
    assert!(task.references.contains_key("Received"));
    assert!(task.description.contains("too long for a task"));
}

#[test]
fn a_task_without_a_link_says_where_to_listen() {
    let task = Form::of(Words::english(), &Package { playback: None, ..package("words", "") });
    assert!(!task.references.contains_key("Recording"));
    assert!(
        task.description.contains("Listen to the recording in the agent workspace"),
        "{}",
        task.description
    );
    let warnings = vec![Warning::LinkMissing];
    let task = Form::of(Words::english(), &Package { playback: None, warnings, ..package("words", "") });
    assert!(!task.description.contains("workspace"), "{}", task.description);
    assert!(
        task.description.contains(Words::english().warning(Warning::LinkMissing)),
        "{}",
        task.description
    );
}

#[test]
fn only_flows_of_the_instance_are_used() {
    let instance = InstanceArn::parse(INSTANCE).unwrap();
    let id = "00000000-0000-4000-8000-0000000000f1";
    let own = format!("{INSTANCE}/contact-flow/{id}");
    let foreign = own.replace("111122223333", "444455556666");
    assert_eq!(flow_id(id, &instance), Some(id));
    assert_eq!(flow_id(&own, &instance), Some(id));
    for bad in
        ["", "main", &foreign, &format!("{INSTANCE}/queue/{id}"), "../../../../../../../../../../../../x"]
    {
        assert_eq!(flow_id(bad, &instance), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn any_transcript_fits_and_keeps_the_facts(text in "\\PC{0,60}", times in 1_usize..200, from in "\\PC{0,700}") {
        let mut package = package(&text.repeat(times), "https://example.com/r");
        package.from = Some(from);
        let task = Form::of(Words::english(), &package);
        prop_assert!(task.description.encode_utf16().count() <= LONGEST_DESCRIPTION);
        prop_assert!(task.description.contains("went to the queue."));
        prop_assert!(task.name.encode_utf16().count() <= LONGEST_NAME);
    }
}
