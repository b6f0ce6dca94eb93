//! The contract between flows and the recorder, row by row: what a call leaves in its record, and what that means.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use vmx_contract::attributes::Name;
use vmx_contract::contact_record::{ContactRecord, ContactRecordError, Stream};
use vmx_contract::messages::{Message, Source};

const SAMPLE: &str = include_str!("fixtures/contact-record.sample.json");
const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
const OTHER: &str = "00000000-0000-4000-8000-00000000beef";

/// A contact with these attributes and streams of the caller, `(first fragment, last fragment, from, to)` in seconds
/// after 03:00:00, in the order of the list.
fn record(attributes: &[(&str, &str)], streams: &[(u64, u64, u32, u32)], agent: Value) -> ContactRecord {
    let mut record: Value = serde_json::from_str(SAMPLE).unwrap();
    record["ContactId"] = json!(CONTACT);
    record["DisconnectTimestamp"] = json!("2024-01-26T03:10:00Z");
    record["Agent"] = agent;
    record["Attributes"] =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Value>();
    let entry = record["Recordings"][1].clone();
    let stream = |(first, last, from, to): &(u64, u64, u32, u32)| {
        let mut entry = entry.clone();
        entry["FragmentStartNumber"] = json!(first.to_string());
        entry["FragmentStopNumber"] = json!(last.to_string());
        entry["StartTimestamp"] = json!(at(*from));
        entry["StopTimestamp"] = json!(at(*to));
        entry
    };
    record["Recordings"] = streams.iter().map(stream).collect();
    ContactRecord::parse(record.to_string().as_bytes()).unwrap()
}

fn at(seconds: u32) -> String {
    format!("2024-01-26T03:{:02}:{:02}Z", seconds / 60, seconds % 60)
}

/// An agent who talked from one second after 03:00:00 to another.
fn agent(from: u32, until: u32) -> Value {
    json!({
        "ConnectedToAgentTimestamp": at(from),
        "AgentInteractionDuration": until - from,
        "CustomerHoldDuration": 0,
        "AfterContactWorkStartTimestamp": at(until),
    })
}

/// The messages in short: `1 saved 5-9`, `2 cancelled`, `3 missing`; `<7` where the next message begins; `+` between
/// streams; `?` where it is uncertain.
fn told(record: &ContactRecord) -> Vec<String> {
    let fragments = |stream: &Stream| {
        let number = |number: &Option<String>| number.clone().unwrap_or_default();
        let before = stream.before_fragment.as_ref().map_or(String::new(), |before| format!("<{before}"));
        format!("{}-{}{before}", number(&stream.first_fragment), number(&stream.last_fragment))
    };
    let text = |message: &Message| {
        let source = match &message.source {
            Source::Streams(streams) => streams.iter().map(fragments).collect::<Vec<_>>().join("+"),
            Source::Cancelled => "cancelled".to_owned(),
            Source::Missing(_) => "missing".to_owned(),
        };
        let saved = if message.is_saved { " saved" } else { "" };
        let uncertain = if message.is_uncertain { "?" } else { "" };
        format!("{}{saved} {source}{uncertain}", message.id.number())
    };
    Message::all(record).iter().map(text).collect()
}

fn is_pending(record: &ContactRecord) -> bool {
    let messages = Message::all(record);
    let is_early =
        |source: &Source| matches!(source, Source::Missing(ContactRecordError::RecordingsPending(_)));
    !messages.is_empty() && messages.iter().all(|message| is_early(&message.source))
}

fn taking(fragment: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        ("vm_flag", "1"),
        ("vm_taking", "1"),
        ("vm_taking_contact", CONTACT),
        ("vm_taking_fragment", fragment),
    ]
}

fn saved(slots: &[(u8, &'static str)]) -> Vec<(String, String)> {
    let mut all = vec![("vm_flag".to_owned(), "1".to_owned()), ("vm_taking".to_owned(), "0".to_owned())];
    all.push(("vm_taking_contact".to_owned(), CONTACT.to_owned()));
    for (slot, fragment) in slots {
        all.push((format!("vm_saved_{slot}"), "saved".to_owned()));
        all.push((format!("vm_saved_{slot}_contact"), CONTACT.to_owned()));
        all.push((format!("vm_saved_{slot}_fragment"), (*fragment).to_owned()));
    }
    all
}

fn pairs(owned: &[(String, String)]) -> Vec<(&str, &str)> {
    owned.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn a_caller_who_hangs_up_while_leaving_a_message_left_one() {
    assert_eq!(told(&record(&taking("5"), &[(5, 9, 60, 70)], Value::Null)), ["1 5-9"]);
    // Also where the flow did not know the fragment.
    assert_eq!(told(&record(&taking(""), &[(5, 9, 60, 70)], Value::Null)), ["1 5-9"]);
}

#[test]
fn a_saved_message_is_one_whatever_comes_later() {
    let attributes = saved(&[(1, "5")]);
    assert_eq!(told(&record(&pairs(&attributes), &[(5, 9, 60, 70)], Value::Null)), ["1 saved 5-9"]);
    // An agent answers later in the call.
    let mut answered = attributes.clone();
    answered.push(("vm_answered".into(), "1".into()));
    assert_eq!(told(&record(&pairs(&answered), &[(5, 9, 60, 70)], agent(100, 200))), ["1 saved 5-9"]);
    // The flag was taken back by a flow of the version before.
    let without_flag: Vec<(&str, &str)> = pairs(&attributes)
        .into_iter()
        .map(|(name, value)| (name, if name == "vm_flag" { "0" } else { value }))
        .collect();
    assert_eq!(told(&record(&without_flag, &[(5, 9, 60, 70)], Value::Null)), ["1 saved 5-9"]);
}

#[test]
fn several_messages_of_a_contact_are_told_apart_by_their_fragments() {
    let attributes = saved(&[(1, "5"), (2, "20")]);
    let streams = [(20, 29, 120, 130), (5, 9, 60, 70)];
    assert_eq!(told(&record(&pairs(&attributes), &streams, Value::Null)), ["1 saved 5-9", "2 saved 20-29"]);
    let mut third = attributes;
    third.retain(|(name, _)| name != "vm_taking" && name != "vm_taking_contact");
    let third: Vec<(&str, &str)> = pairs(&third).into_iter().chain(taking("40")).collect();
    let streams = [(40, 49, 180, 190), (20, 29, 120, 130), (5, 9, 60, 70)];
    assert_eq!(told(&record(&third, &streams, Value::Null)), ["1 saved 5-9", "2 saved 20-29", "3 40-49"]);
}

#[test]
fn without_fragments_time_tells_messages_apart() {
    for fragment in ["", "$.MediaStreams.Customer.Audio.StartFragmentNumber", "5"] {
        let attributes = saved(&[(1, fragment), (2, fragment)]);
        let streams = [(20, 29, 120, 130), (5, 9, 60, 70)];
        let told = told(&record(&pairs(&attributes), &streams, Value::Null));
        assert_eq!(told, ["1 saved 5-9", "2 saved 20-29"], "{fragment}");
    }
}

/// A flow that starts streaming and then fails leaves a stream too, before a saved message or after it.
#[test]
fn without_fragments_a_saved_message_keeps_every_stream_that_it_can_be() {
    let of = |slots: &[(u8, &'static str)], streams: &[(u64, u64, u32, u32)]| {
        told(&record(&pairs(&saved(slots)), streams, Value::Null))
    };
    let [a, b, c] = [(5, 9, 60, 70), (20, 29, 120, 130), (40, 49, 180, 190)];
    assert_eq!(of(&[(1, "")], &[a, b]), ["1 saved 5-9+20-29?"]);
    assert_eq!(of(&[(1, ""), (2, "")], &[a, b, c]), ["1 saved 5-9+20-29?", "2 saved 20-29+40-49?"]);
    // Where fragments are known they tell.
    assert_eq!(of(&[(1, "5"), (2, "")], &[a, b, c]), ["1 saved 5-9", "2 saved 20-29+40-49?"]);
    assert_eq!(of(&[(1, ""), (2, "40")], &[a, b, c]), ["1 saved 5-9+20-29?", "2 saved 40-49"]);
    assert_eq!(
        of(&[(1, ""), (2, "20"), (3, "")], &[a, b, c]),
        ["1 saved 5-9", "2 saved 20-29", "3 saved 40-49"]
    );
    // Connect wrote one entry for two of three.
    let three = [(1, ""), (2, ""), (3, "")];
    assert_eq!(of(&three, &[a, b]), ["1 saved 5-9?", "2 saved 5-9+20-29?", "3 saved 20-29?"]);
    // What was being taken when the call ended came last.
    let own = saved(&[(1, "")]);
    let own: Vec<(&str, &str)> = pairs(&own)
        .into_iter()
        .filter(|(name, _)| !name.starts_with("vm_taking"))
        .chain(taking(""))
        .collect();
    assert_eq!(told(&record(&own, &[a, b], Value::Null)), ["1 saved 5-9", "2 20-29"]);
    assert_eq!(told(&record(&own, &[a, b, c], Value::Null)), ["1 saved 5-9+20-29?", "2 40-49?"]);
}

#[test]
fn one_entry_for_several_messages_is_cut_where_the_next_one_begins() {
    let attributes = saved(&[(1, "5"), (2, "20"), (3, "30")]);
    let told_of =
        |attributes: &[(String, String)]| told(&record(&pairs(attributes), &[(5, 39, 60, 190)], Value::Null));
    assert_eq!(told_of(&attributes), ["1 saved 5-39<20", "2 saved 20-39<30", "3 saved 30-39"]);
    assert_eq!(told_of(&saved(&[(1, ""), (2, "20")])), ["1 saved 5-39?", "2 saved 20-39"]);
    // Where it cannot be cut, each gets all of it: nothing is lost.
    assert_eq!(told_of(&saved(&[(1, ""), (2, "")])), ["1 saved 5-39?", "2 saved 5-39?"]);
}

/// Connect writes a record again when a slot is done, and another message of the contact may still have to be recorded.
#[test]
fn what_has_ended_or_was_taken_in_vain_is_no_part_of_another_message() {
    let streams = [(1, 9, 0, 90)];
    let mut both = saved(&[(1, "1"), (2, "5")]);
    let all = told(&record(&pairs(&both), &streams, Value::Null));
    both.iter_mut().filter(|(name, _)| name == "vm_saved_2").for_each(|(_, value)| *value = "done".into());
    let first = told(&record(&pairs(&both), &streams, Value::Null));
    assert_eq!((all.len(), first.as_slice()), (2, &all[..1]));
    // The second was being taken, and its end is noted; or the flow apologized for it.
    let mut vain = saved(&[(1, "1")]);
    vain.extend([("vm_taking".into(), "0".into()), ("vm_taking_fragment".into(), "5".into())]);
    assert_eq!(told(&record(&pairs(&vain), &streams, Value::Null)), first);
    // One that is in no stream takes none away.
    vain.last_mut().unwrap().1 = "77".into();
    let whole = told(&record(&pairs(&saved(&[(1, "1")])), &streams, Value::Null));
    assert_eq!(told(&record(&pairs(&vain), &streams, Value::Null)), whole);
}

#[test]
fn the_message_that_an_agent_interrupts_is_none() {
    let mut attributes = taking("5");
    attributes.push(("vm_answered", "1"));
    // The whisper stopped streaming before the agent was connected.
    assert_eq!(told(&record(&attributes, &[(5, 9, 60, 70)], agent(75, 200))), ["1 cancelled"]);
    // The whisper is missing or failed: the stream goes on while the agent talks.
    assert_eq!(told(&record(&taking("5"), &[(5, 99, 60, 200)], agent(75, 200))), ["1 cancelled"]);
    // Streaming had not really begun.
    assert_eq!(told(&record(&attributes, &[], agent(75, 200))), ["1 cancelled"]);
}

#[test]
fn an_agent_who_did_not_talk_interrupts_nothing() {
    let mut attributes = taking("5");
    attributes.push(("vm_answered", "1"));
    let missed = json!({"ConnectedToAgentTimestamp": at(75), "AgentInteractionDuration": 0});
    for agent in [Value::Null, json!({}), missed] {
        assert_eq!(told(&record(&attributes, &[(5, 9, 60, 70)], agent)), ["1 5-9"]);
    }
}

/// Streaming was not started anew for the second message, so its flow noted the first one's fragment.
#[test]
fn a_fragment_of_two_messages_tells_nothing_of_either() {
    let both: Vec<(String, String)> =
        saved(&[(1, "5")]).into_iter().filter(|(name, _)| !name.starts_with("vm_taking")).collect();
    let both: Vec<_> = pairs(&both).into_iter().chain(taking("5")).chain([("vm_answered", "0")]).collect();
    let told = told(&record(&both, &[(5, 49, 60, 220)], agent(75, 200)));
    assert_eq!(told, ["1 saved 5-49?", "2 5-49?"]);
}

#[test]
fn a_message_that_begins_after_the_agent_has_left_is_one() {
    let mut attributes = taking("40");
    attributes.push(("vm_answered", "1"));
    assert_eq!(told(&record(&attributes, &[(40, 49, 210, 220)], agent(75, 200))), ["1 40-49"]);
    // The one that was interrupted before it stays none.
    let streams = [(40, 49, 210, 220), (5, 9, 60, 70)];
    assert_eq!(told(&record(&attributes, &streams, agent(75, 200))), ["1 40-49"]);
}

/// The flow of the second message puts the first one into a slot, since `vm_taking` can name only one.
#[test]
fn a_message_that_was_not_finished_before_the_next_one_is_one_too() {
    let kept = |first: &'static str, second: &'static str| {
        let slot =
            [("vm_saved_1", "unsaved"), ("vm_saved_1_contact", CONTACT), ("vm_saved_1_fragment", first)];
        let mut attributes = taking(second);
        attributes.extend(slot);
        attributes.push(("vm_answered", "0"));
        attributes
    };
    // It began after an agent had left, in the stream's only entry, and a transfer interrupted it.
    let after = [("vm_saved_1_answered", "0"), ("vm_taking_contact", OTHER)];
    let after: Vec<_> = kept("none", "none")
        .into_iter()
        .filter(|(name, _)| *name != "vm_taking_contact")
        .chain(after)
        .collect();
    assert_eq!(told(&record(&after, &[(5, 49, 60, 220)], agent(80, 150))), ["1 5-49?"]);
    let streams = [(40, 49, 210, 220), (5, 9, 60, 70)];
    let missed = json!({"ConnectedToAgentTimestamp": at(70), "AgentInteractionDuration": 0});
    for (first, second) in [("5", "40"), ("", "")] {
        let attributes = kept(first, second);
        // The agent was connected and left at once, or never came.
        for agent in [missed.clone(), Value::Null] {
            assert_eq!(told(&record(&attributes, &streams, agent)), ["1 5-9", "2 40-49"]);
        }
        // The agent talked: each of the two is judged by its own stream, and each has an end of its own.
        assert_eq!(told(&record(&attributes, &streams, agent(75, 200))), ["1 cancelled", "2 40-49"]);
        let streams = [(40, 99, 80, 220), (5, 9, 60, 70)];
        let both = told(&record(&attributes, &streams, agent(150, 200)));
        assert_eq!(both[0], "1 cancelled", "{first}");
    }
    // One entry for both of them.
    let one = [(5, 49, 60, 220)];
    assert_eq!(told(&record(&kept("5", "40"), &one, Value::Null)), ["1 5-49<40", "2 40-49"]);
    // The second one is saved, and the first one has ended since.
    let mut saved = kept("5", "40");
    saved.retain(|(name, _)| *name != "vm_taking");
    let slot = [("vm_saved_2", "saved"), ("vm_saved_2_contact", CONTACT), ("vm_saved_2_fragment", "40")];
    saved.extend(slot.into_iter().chain([("vm_taking", "0")]));
    assert_eq!(told(&record(&saved, &streams, missed)), ["1 5-9", "2 saved 40-49"]);
    saved.iter_mut().filter(|(name, _)| *name == "vm_saved_1").for_each(|(_, value)| *value = "done");
    assert_eq!(told(&record(&saved, &streams, Value::Null)), ["2 saved 40-49"]);
    // Another contact's message is its own record's business.
    let mut other = kept("5", "40");
    other.iter_mut().filter(|(name, _)| *name == "vm_saved_1_contact").for_each(|(_, value)| *value = OTHER);
    assert_eq!(told(&record(&other, &streams[..1], Value::Null)), ["2 40-49"]);
}

/// An agent answered before streaming had really begun.
#[test]
fn without_a_stream_each_unfinished_message_is_judged_by_its_own_answer() {
    let kept = |first: &'static str, second: &'static str| {
        let slot = [("vm_saved_1", "unsaved"), ("vm_saved_1_fragment", "5"), ("vm_saved_1_answered", first)];
        let attributes: Vec<_> =
            taking("40").into_iter().chain(slot).chain([("vm_answered", second)]).collect();
        told(&record(&attributes, &[], agent(75, 200)))
    };
    assert_eq!(kept("1", "0"), ["1 cancelled", "2 missing"]);
    assert_eq!(kept("0", "1"), ["1 missing", "2 cancelled"]);
}

#[test]
fn in_one_entry_the_fragments_tell_whether_a_message_comes_after_the_agent() {
    // Stopped for the agent at 70 s, started again at 210 s, and one entry for both.
    let mut attributes = taking("40");
    attributes.push(("vm_answered", "1"));
    let one = record(&attributes, &[(5, 49, 60, 220)], agent(75, 200));
    assert_eq!(told(&one), ["1 40-49"]);
    let not_before = |record: &ContactRecord, n: usize| match &Message::all(record)[n].source {
        Source::Streams(streams) => streams[0].not_before.map(|time| time.to_string()),
        _ => None,
    };
    assert_eq!(not_before(&one, 0), Some(at(200)));
    // One was saved before the agent answered.
    let own: Vec<(String, String)> =
        saved(&[(1, "5")]).into_iter().filter(|(name, _)| !name.starts_with("vm_taking")).collect();
    let own: Vec<(&str, &str)> = pairs(&own).into_iter().chain(taking("40")).collect();
    let both = record(&own, &[(5, 49, 60, 220)], agent(75, 200));
    assert_eq!(told(&both), ["1 saved 5-49<40", "2 40-49"]);
    assert_eq!((not_before(&both, 0), not_before(&both, 1)), (None, Some(at(200))));
    // An entry that begins with the message tells when it began.
    assert_eq!(told(&record(&taking("5"), &[(5, 49, 60, 220)], agent(75, 200))), ["1 cancelled"]);
}

#[test]
fn an_entry_that_cannot_be_read_may_be_the_missing_stream() {
    let attributes = saved(&[(1, "5"), (2, "20")]);
    let mut both = record(&pairs(&attributes), &[(5, 9, 60, 70)], Value::Null);
    let mut broken = record(&pairs(&attributes), &[(20, 29, 120, 130)], Value::Null);
    let mut entry: Value = serde_json::from_str(SAMPLE).unwrap();
    entry["Recordings"][1]["StopTimestamp"] = Value::Null;
    broken.recordings = ContactRecord::parse(entry.to_string().as_bytes()).unwrap().recordings;
    both.recordings.as_mut().unwrap().extend(broken.recordings.unwrap());
    assert_eq!(told(&both), ["1 saved 5-9", "2 saved missing"]);
}

#[test]
fn a_saved_message_and_one_that_is_interrupted_are_two_things() {
    let attributes = saved(&[(1, "5")]);
    let own: Vec<(&str, &str)> = pairs(&attributes)
        .into_iter()
        .filter(|(name, _)| !name.starts_with("vm_taking"))
        .chain(taking("20"))
        .collect();
    let streams = [(5, 9, 60, 70), (20, 29, 120, 130)];
    assert_eq!(told(&record(&own, &streams, agent(131, 200))), ["1 saved 5-9", "2 cancelled"]);
}

#[test]
fn a_message_that_could_not_be_taken_is_none() {
    let attributes = [("vm_flag", "1"), ("vm_taking", "0"), ("vm_taking_contact", CONTACT)];
    assert_eq!(told(&record(&attributes, &[(5, 9, 60, 70)], Value::Null)), [""; 0]);
}

#[test]
fn what_came_along_with_a_transfer_is_another_contacts() {
    let mut inherited = saved(&[(1, "5")]);
    for (name, value) in &mut inherited {
        if name.ends_with("_contact") {
            OTHER.clone_into(value);
        }
    }
    assert_eq!(told(&record(&pairs(&inherited), &[], Value::Null)), [""; 0]);
    // Slots that are filled count towards three.
    let own: Vec<(&str, &str)> = pairs(&inherited)
        .into_iter()
        .filter(|(name, _)| !name.starts_with("vm_taking"))
        .chain(taking("20"))
        .collect();
    assert_eq!(told(&record(&own, &[(20, 29, 120, 130)], Value::Null)), ["2 20-29"]);
    // A flow that knows no slots took a message in the new contact, or the other one's notes took the place of its own.
    assert_eq!(told(&record(&pairs(&inherited), &[(20, 29, 120, 130)], Value::Null)), ["1 20-29?"]);
    // Then a stream before an agent is a message that the agent ended.
    let streams = [(5, 9, 60, 70), (20, 29, 220, 230)];
    assert_eq!(told(&record(&pairs(&inherited), &streams[..1], agent(75, 200))), ["1 cancelled"]);
    assert_eq!(told(&record(&pairs(&inherited), &streams, agent(75, 200))), ["1 20-29?"]);
}

#[test]
fn a_contact_holds_its_own_messages_whatever_the_flag_of_the_call_says() {
    let saved = saved(&[(2, "5")]);
    let mut second = pairs(&saved);
    second.extend([("vm_saved_1", "done"), ("vm_saved_1_contact", OTHER)]);
    second.retain(|(name, _)| *name != "vm_flag");
    second.push(("vm_flag", "0"));
    assert_eq!(told(&record(&second, &[(5, 9, 60, 70)], Value::Null)), ["2 saved 5-9"]);
}

#[test]
fn a_message_after_the_agent_is_recorded_where_nobody_knows_its_first_fragment() {
    let mut hung_up = taking("none");
    hung_up.retain(|(name, _)| *name != "vm_answered");
    hung_up.push(("vm_answered", "0"));
    assert_eq!(told(&record(&hung_up, &[(5, 49, 60, 220)], agent(75, 200))), ["1 5-49?"]);
    // Nothing was streamed after the agent had left.
    assert_eq!(told(&record(&hung_up, &[(5, 49, 60, 150)], agent(75, 200))), ["1 cancelled"]);
}

/// A flow apologized before the agent answered, and another one after the message.
#[test]
fn of_the_streams_that_an_unfinished_message_may_be_in_those_after_the_agent_count() {
    let kept = |answered: &'static str| {
        let slot = [("vm_saved_1", "unsaved"), ("vm_saved_1_answered", answered), ("vm_taking", "0")];
        let attributes: Vec<_> = [("vm_flag", "1")].into_iter().chain(slot).collect();
        told(&record(&attributes, &[(1, 9, 1, 12), (10, 19, 36, 43), (20, 29, 43, 52)], agent(18, 24)))
    };
    assert_eq!(kept("0"), ["1 10-19+20-29?"]);
    assert_eq!(kept("1"), ["1 cancelled?"]);
}

#[test]
fn an_agent_who_talked_is_noticed_whatever_the_record_lacks() {
    let time = |agent: Value| record(&taking("5"), &[(5, 99, 60, 200)], agent).agent_time();
    let odd = json!({"ConnectedToAgentTimestamp": null, "AgentInteractionDuration": 125,
        "AfterContactWorkStartTimestamp": at(200)});
    let until = time(odd.clone()).map(|time| time.until);
    assert_eq!(until, Some(at(200).parse().unwrap()));
    assert_eq!(told(&record(&taking("5"), &[(5, 99, 60, 199)], odd)), ["1 cancelled"]);
    assert_eq!(time(json!({"ConnectedToAgentTimestamp": null, "AgentInteractionDuration": 0})), None);
    assert_eq!(time(json!({"ConnectedToAgentTimestamp": null})), None);
    // Both times may be cut to the second.
    let cut = json!({"ConnectedToAgentTimestamp": at(75), "AgentInteractionDuration": 125});
    assert_eq!(time(cut).map(|time| time.until), Some(at(201).parse().unwrap()));
}

#[test]
fn a_record_that_comes_again_after_all_has_ended_means_nothing() {
    let attributes: Vec<(String, String)> = saved(&[(1, "5"), (2, "20")])
        .into_iter()
        .map(|(name, value)| if value == "saved" { (name, "done".into()) } else { (name, value) })
        .map(|(name, value)| if name == "vm_flag" { (name, "0".into()) } else { (name, value) })
        .collect();
    assert_eq!(told(&record(&pairs(&attributes), &[(5, 9, 60, 70)], Value::Null)), [""; 0]);
}

#[test]
fn a_saved_message_without_a_stream_is_missing_and_not_gone() {
    assert_eq!(told(&record(&pairs(&saved(&[(1, "5")])), &[], Value::Null)), ["1 saved missing"]);
    let attributes = saved(&[(1, "5"), (2, "20"), (3, "30")]);
    let streams = [(5, 9, 60, 70), (20, 29, 120, 130)];
    let told = told(&record(&pairs(&attributes), &streams, Value::Null));
    assert_eq!(told, ["1 saved 5-9", "2 saved 20-29", "3 saved missing"]);
}

/// The entry of another message's stream is not its own: it would hide that the message is missing.
#[test]
fn a_message_that_began_after_the_only_stream_is_not_in_it() {
    let told_of =
        |slots: &[(u8, &'static str)]| told(&record(&pairs(&saved(slots)), &[(5, 9, 60, 70)], Value::Null));
    assert_eq!(told_of(&[(1, "5"), (2, "20")]), ["1 saved 5-9", "2 saved missing"]);
    // The flow's number is not exactly that of the record.
    assert_eq!(told_of(&[(1, "4"), (2, "7")]), ["1 saved 5-9<7?", "2 saved 7-9"]);
}

#[test]
fn a_flow_without_slots_left_the_latest_stream_that_no_agent_touched() {
    let flag = [("vmx3_flag", "1")];
    assert_eq!(told(&record(&flag, &[(5, 9, 60, 70)], Value::Null)), ["1 5-9"]);
    // Not in the order of time.
    assert_eq!(told(&record(&flag, &[(20, 29, 120, 130), (5, 9, 60, 70)], Value::Null)), ["1 20-29?"]);
    // An agent answered while it was recording.
    assert_eq!(told(&record(&flag, &[(5, 99, 60, 200)], agent(75, 200))), ["1 cancelled"]);
    // One stream of the agent's time, and one after it.
    let streams = [(5, 99, 60, 200), (100, 110, 210, 220)];
    assert_eq!(told(&record(&flag, &streams, agent(75, 200))), ["1 100-110"]);
    assert_eq!(told(&record(&flag, &[], Value::Null)), ["1 missing"]);
    // An entry that cannot be read may be the message.
    let unusable = |streams: &[(u64, u64, u32, u32)]| {
        let mut record = record(&flag, streams, agent(75, 200));
        let mut sample: Value = serde_json::from_str(SAMPLE).unwrap();
        sample["Recordings"][1]["StopTimestamp"] = Value::Null;
        let broken = ContactRecord::parse(sample.to_string().as_bytes()).unwrap();
        record.recordings.as_mut().unwrap().extend(broken.recordings.unwrap());
        told(&record)
    };
    assert_eq!(unusable(&[(5, 99, 60, 200)]), ["1 missing"]);
    assert_eq!(unusable(&[(5, 99, 60, 200), (100, 110, 210, 220)]), ["1 100-110?"]);
    assert_eq!(told(&record(&[("vmx3_flag", "0")], &[(5, 9, 60, 70)], Value::Null)), [""; 0]);
}

/// The end of an earlier contact's messages may have reset the flag that both share.
#[test]
fn the_prefix_is_known_without_the_flag() {
    let mut attributes = taking("5");
    attributes.retain(|(name, _)| *name != "vm_flag");
    for flag in ["vmx3_flag", "vmx_flag", "vm_flag"] {
        let own: Vec<_> = attributes.iter().copied().chain([(flag, "0")]).collect();
        let messages = Message::all(&record(&own, &[(5, 9, 60, 70)], Value::Null));
        assert_eq!(messages[0].prefix.attribute(Name::Flag), flag);
    }
}

#[test]
fn null_recordings_are_waited_for_where_there_are_messages() {
    let mut pending = record(&taking("5"), &[], Value::Null);
    pending.recordings = None;
    assert!(is_pending(&pending));
    let mut none = record(&[("vm_flag", "0")], &[], Value::Null);
    none.recordings = None;
    assert!(Message::all(&none).is_empty());
}

#[test]
fn null_recordings_of_a_contact_with_inherited_notes_only_are_left_to_the_updated_record() {
    let inherited: Vec<(String, String)> = saved(&[(1, "5")])
        .into_iter()
        .map(
            |(name, value)| if name.ends_with("_contact") { (name, OTHER.to_owned()) } else { (name, value) },
        )
        .collect();
    let mut pending = record(&pairs(&inherited), &[], Value::Null);
    pending.recordings = None;
    assert_eq!(told(&pending), [""; 0]);
    // It says that a flow without slots took a message, or that there is none.
    assert_eq!(told(&record(&pairs(&inherited), &[(20, 29, 120, 130)], Value::Null)), ["1 20-29?"]);
    assert_eq!(told(&record(&pairs(&inherited), &[], Value::Null)), [""; 0]);
    // A note of its own is waited for beside them.
    let own: Vec<(&str, &str)> = pairs(&inherited)
        .into_iter()
        .filter(|(name, _)| !name.starts_with("vm_taking"))
        .chain(taking("20"))
        .collect();
    let mut pending = record(&own, &[], Value::Null);
    pending.recordings = None;
    assert!(is_pending(&pending));
}

#[test]
fn a_task_about_a_call_inherits_its_notes_and_holds_no_message() {
    let mut task = record(&pairs(&saved(&[(1, "5")])), &[(5, 9, 60, 70)], Value::Null);
    task.channel = Some("TASK".into());
    assert!(Message::all(&task).is_empty());
}

proptest::proptest! {
    #[test]
    fn any_notes_and_streams_are_answered_and_no_message_is_named_twice(
        notes in proptest::collection::vec(("vm_(flag|taking|answered|saved_[1-3])(_contact|_fragment)?", "(1|0|saved|done|5|20|00000000-0000-4000-8000-00000000(c0de|beef)|)"), 0..14),
        streams in proptest::collection::vec((0_u64..50, 0_u64..50, 0_u32..500, 0_u32..500), 0..5),
        talk in proptest::option::of((0_u32..500, 0_u32..90)),
    ) {
        let attributes: Vec<(&str, &str)> = notes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let talk = talk.map_or(Value::Null, |(from, long)| agent(from, from + long));
        let record = record(&attributes, &streams, talk);
        let messages = Message::all(&record);
        let mut ids: Vec<_> = messages.iter().map(|message| message.id.clone()).collect();
        ids.dedup();
        proptest::prop_assert_eq!(ids.len(), messages.len());
        for message in messages.iter().filter(|message| message.is_saved) {
            proptest::prop_assert!(!matches!(message.source, Source::Cancelled), "an agent cancels nothing that is saved");
        }
    }
}
