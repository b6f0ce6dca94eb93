//! Messages in the recording of the automated interaction: which are there, and where each begins and ends.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use vmx_contract::contact_record::{ContactRecord, ContactRecordError, Voice};
use vmx_contract::messages::{Message, Source};
use vmx_contract::objects::ContactId;

const SAMPLE: &str = include_str!("fixtures/contact-record.sample.json");
const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
const LOCATION: &str = "bucket/connect/alias/CallRecordings/ivr/2024/01/26/00000000-0000-4000-8000-00000000c0de_20240126T03:00_UTC.wav";

/// The text of a mark, in ms after 03:00:00.
fn mark(ms: i64) -> String {
    (1_706_238_000_000 + ms).to_string()
}

fn recording(from: &str, to: &str) -> Value {
    json!({
        "ParticipantType": "IVR", "StorageType": "S3", "MediaStreamType": "AUDIO", "Status": "AVAILABLE",
        "Location": LOCATION,
        "StartTimestamp": format!("2024-01-26T03:{from}Z"), "StopTimestamp": format!("2024-01-26T03:{to}Z"),
        "FragmentStartNumber": null, "FragmentStopNumber": null,
    })
}

fn agents_call() -> Value {
    json!({
        "ParticipantType": "CUSTOMER", "StorageType": "S3", "MediaStreamType": "AUDIO", "Status": "AVAILABLE",
        "Location": "bucket/connect/alias/CallRecordings/2024/01/26/agent.wav",
        "StartTimestamp": "2024-01-26T03:01:00Z", "StopTimestamp": "2024-01-26T03:05:00Z",
    })
}

fn record(attributes: &[(&str, String)], recordings: Value, agent: Value) -> ContactRecord {
    let mut record: Value = serde_json::from_str(SAMPLE).unwrap();
    record["ContactId"] = json!(CONTACT);
    record["DisconnectTimestamp"] = json!("2024-01-26T03:10:00Z");
    record["PreviousContactId"] = Value::Null;
    record["InitialContactId"] = Value::Null;
    record["Agent"] = agent;
    record["Attributes"] =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Value>();
    record["Recordings"] = recordings;
    ContactRecord::parse(record.to_string().as_bytes()).unwrap()
}

fn agent(from: &str, until: &str, seconds: u32) -> Value {
    json!({
        "ConnectedToAgentTimestamp": format!("2024-01-26T03:{from}Z"),
        "AgentInteractionDuration": seconds,
        "AfterContactWorkStartTimestamp": format!("2024-01-26T03:{until}Z"),
    })
}

/// The messages in short: `1 saved 7000-20000` in ms after 03:00:00; `start` without a mark, `end` without an end;
/// `after` the time from which on it counts; `?` where it is uncertain.
fn told(record: &ContactRecord) -> Vec<String> {
    let ms = |time: jiff::Timestamp| (time.as_millisecond() - 1_706_238_000_000).to_string();
    let text = |message: &Message| {
        let source = match &message.source {
            Source::Streams(streams) => match streams[0].voice(&record.contact_id).unwrap() {
                Voice::Passage(passage) => {
                    let (mark, until) = (passage.mark.map(ms), passage.until.map(ms));
                    let after = passage.not_before.map(|time| format!(" after {}", ms(time)));
                    format!(
                        "{}-{}{}",
                        mark.unwrap_or_else(|| "start".into()),
                        until.unwrap_or_else(|| "end".into()),
                        after.unwrap_or_default()
                    )
                }
                Voice::Media(_) => "stream".to_owned(),
            },
            Source::Cancelled => "cancelled".to_owned(),
            Source::Missing(_) => "missing".to_owned(),
        };
        let (saved, uncertain) =
            (if message.is_saved { " saved" } else { "" }, if message.is_uncertain { "?" } else { "" });
        format!("{}{saved} {source}{uncertain}", message.id.number())
    };
    Message::all(record).iter().map(text).collect()
}

fn taking(at: i64) -> Vec<(&'static str, String)> {
    vec![("vm_flag", "1".into()), ("vm_taking", "1".into()), ("vm_taking_fragment", mark(at))]
}

fn saved(slots: &[(&'static str, &'static str, &'static str, i64, i64)]) -> Vec<(&'static str, String)> {
    let mut all = vec![("vm_flag", "1".to_owned()), ("vm_taking", "0".to_owned())];
    for (state, fragment, until, from, to) in slots {
        all.extend([(*state, "saved".to_owned()), (*fragment, mark(*from)), (*until, mark(*to))]);
    }
    all
}

const ONE: (&str, &str, &str, i64, i64) =
    ("vm_saved_1", "vm_saved_1_fragment", "vm_saved_1_until", 7250, 20_300);
const TWO: (&str, &str, &str, i64, i64) =
    ("vm_saved_2", "vm_saved_2_fragment", "vm_saved_2_until", 40_000, 55_125);

#[test]
fn a_message_lies_between_its_marks_and_one_that_is_being_taken_reaches_to_the_end() {
    let recordings = json!([recording("00:05", "01:10"), agents_call()]);
    assert_eq!(told(&record(&saved(&[ONE]), recordings.clone(), Value::Null)), ["1 saved 7250-20300"]);
    assert_eq!(told(&record(&taking(7250), recordings.clone(), Value::Null)), ["1 7250-end"]);
    let both = record(&saved(&[ONE, TWO]), recordings.clone(), Value::Null);
    assert_eq!(told(&both), ["1 saved 7250-20300", "2 saved 40000-55125"]);
    // One saved, and another being taken when the caller hung up.
    let mut third = saved(&[ONE]);
    third.extend(taking(40_000));
    third.retain(|(name, value)| *name != "vm_taking" || value == "1");
    assert_eq!(told(&record(&third, recordings, Value::Null)), ["1 saved 7250-20300", "2 40000-end"]);
}

#[test]
fn a_function_that_failed_at_the_end_leaves_the_next_mark_or_none() {
    let recordings = json!([recording("00:05", "01:10")]);
    let stale = ("vm_saved_1", "vm_saved_1_fragment", "vm_saved_1_until", 7250, 7250);
    assert_eq!(told(&record(&saved(&[stale]), recordings.clone(), Value::Null)), ["1 saved 7250-end"]);
    let both = record(&saved(&[stale, TWO]), recordings.clone(), Value::Null);
    assert_eq!(told(&both), ["1 saved 7250-40000", "2 saved 40000-55125"]);
    // It failed at the beginning: nobody knows where the message is.
    let mut unmarked = saved(&[ONE]);
    unmarked[3].1 = "none".into();
    assert_eq!(told(&record(&unmarked, recordings, Value::Null)), ["1 saved start-end"]);
}

#[test]
fn an_agent_cancels_the_message_that_was_being_taken_and_no_other() {
    let recordings = json!([recording("00:05", "05:00"), agents_call()]);
    let answered = agent("01:00", "04:00", 180);
    assert_eq!(told(&record(&saved(&[ONE]), recordings.clone(), answered.clone())), ["1 saved 7250-20300"]);
    assert_eq!(
        told(&record(&taking(50_000), recordings.clone(), answered.clone())),
        ["1 50000-end after 240000"],
        "the recorder sees that it begins too early"
    );
    // Taken after the agent left.
    assert_eq!(told(&record(&taking(250_000), recordings, answered)), ["1 250000-end after 240000"]);
}

#[test]
fn both_kinds_of_flows_can_be_in_use_at_once() {
    let stream = record(&[], Value::Null, Value::Null);
    assert!(Message::all(&stream).is_empty());
    let media: Value = serde_json::from_str::<Value>(SAMPLE).unwrap()["Recordings"][1].clone();
    let both = json!([recording("00:05", "01:10"), media.clone()]);
    // A flow that streams, in an instance that records interactions as well.
    let first = media["FragmentStartNumber"].as_str().unwrap().to_owned();
    let mut streams = taking(0);
    streams[2].1 = first;
    assert_eq!(told(&record(&streams, both.clone(), Value::Null)), ["1 stream"]);
    assert_eq!(told(&record(&[("vmx_flag", "1".into())], both.clone(), Value::Null)), ["1 stream"]);
    // A flow that marks, in an instance that streams for another purpose.
    assert_eq!(told(&record(&taking(7250), both, Value::Null)), ["1 7250-end"]);
}

#[test]
fn flows_of_earlier_systems_note_the_time_or_nothing() {
    let recordings = json!([recording("00:05", "01:10"), agents_call()]);
    let flag = ("vmx3_flag", "1".to_owned());
    let timestamp = |text: &str| {
        record(&[flag.clone(), ("vmx3_timestamp", text.into())], recordings.clone(), Value::Null)
    };
    assert_eq!(told(&timestamp("2024-01-26T03:00:07Z")), ["1 7000-end"]);
    assert_eq!(told(&timestamp("2024-01-26T03:00:05Z")), ["1 5000-end"], "it was switched on in that second");
    for unknown in ["", "soon", "2024-01-26T02:59:59Z", "2024-01-26T03:09:00Z"] {
        assert_eq!(told(&timestamp(unknown)), ["1 start-end"], "{unknown}");
    }
    // Of another flow's prefix.
    let other = [flag.clone(), ("vmx_timestamp", "2024-01-26T03:00:07Z".into())];
    assert_eq!(told(&record(&other, recordings.clone(), Value::Null)), ["1 start-end"]);
    // An agent answered while it was taken: with these flows there is no voicemail.
    let answered = record(
        std::slice::from_ref(&flag),
        json!([recording("00:05", "05:00")]),
        agent("01:00", "04:00", 180),
    );
    assert_eq!(told(&answered), ["1 cancelled"]);
}

/// A transferred contact has the flag and the time of the one before it. Its interaction is no message.
#[test]
fn a_flag_of_another_contact_makes_no_message_of_an_interaction() {
    let attributes = [("vmx3_flag", "1".to_owned()), ("vmx3_timestamp", "2024-01-26T02:50:00Z".to_owned())];
    let mut transferred = record(&attributes, json!([recording("00:05", "01:10")]), Value::Null);
    transferred.earlier = vec![ContactId::parse("00000000-0000-4000-8000-00000000beef").unwrap()];
    assert_eq!(told(&transferred), ["1 missing"]);
}

#[test]
fn the_agents_recording_is_never_taken_and_an_entry_without_its_place_is_named() {
    let flagged = [("vm_flag", "1".to_owned())];
    let (streams, error) = record(&flagged, json!([agents_call()]), Value::Null).streams();
    assert!(streams.is_empty() && error.is_none());
    for field in ["Location", "StartTimestamp"] {
        let mut entry = recording("00:05", "01:10");
        entry[field] = Value::Null;
        let (streams, error) = record(&flagged, json!([entry]), Value::Null).streams();
        assert!(streams.is_empty());
        let is_named =
            matches!(error, Some(ContactRecordError::IncompleteMedia { field: named, .. }) if named == field);
        assert!(is_named, "{field}");
    }
    // Without the time of its end, it ends with the contact.
    let mut entry = recording("00:05", "01:10");
    entry["StopTimestamp"] = Value::Null;
    entry["ParticipantType"] = json!("ivr");
    let (streams, _) = record(&flagged, json!([entry]), Value::Null).streams();
    assert_eq!(streams[0].stopped_at.to_string(), "2024-01-26T03:10:00Z");
    for (location, is_sound) in
        [(LOCATION, true), ("s3://b/k", true), ("b", false), ("/k", false), ("b/", false)]
    {
        let mut entry = recording("00:05", "01:10");
        entry["Location"] = json!(location);
        assert_eq!(
            record(&flagged, json!([entry]), Value::Null).streams().0.len(),
            usize::from(is_sound),
            "{location}"
        );
    }
}

#[test]
fn the_place_of_all_recordings_can_be_seen_in_one() {
    let prefix = |key: &str| {
        let object = vmx_contract::call_recording::Object { bucket: "b".into(), key: key.into() };
        object.prefix().to_owned()
    };
    assert_eq!(
        prefix("connect/alias/CallRecordings/ivr/2024/01/26/x.wav"),
        "connect/alias/CallRecordings/ivr/"
    );
    assert_eq!(prefix("a/b/x.wav"), "a/b/");
    assert_eq!(prefix("x.wav"), "");
}
