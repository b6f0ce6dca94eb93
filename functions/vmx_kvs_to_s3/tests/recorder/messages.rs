//! Several messages in one contact, agents who answer, streams in any order.

use serde_json::{Value, json};
use vmx_contract::voicemail::Warning;

use crate::world::{CONTACT, INSTANCE, START_MS, STREAM, Stored, World, fragments, record, speech};
use crate::{done, stored, wav};

const SECOND: usize = 16_384;

/// A contact record with these attributes besides the usual ones, and these streams.
fn contact(attributes: &[(&str, &str)], streams: &[Value]) -> Value {
    let mut contact: Value = serde_json::from_str(&record("1", "1")).unwrap();
    for (name, value) in attributes {
        contact["Attributes"][*name] = json!(value);
    }
    contact["Recordings"] = json!(streams);
    contact
}

/// The entry of a stream, from one second of the call to another.
fn entry(fragments: &[Stored], from: &str, to: &str) -> Value {
    json!({
        "StorageType": "KINESIS_VIDEO_STREAM",
        "Location": STREAM,
        "ParticipantType": "CUSTOMER",
        "FragmentStartNumber": fragments.first().unwrap().number,
        "FragmentStopNumber": fragments.last().unwrap().number,
        "StartTimestamp": format!("2024-01-26T03:{from}Z"),
        "StopTimestamp": format!("2024-01-26T03:{to}Z"),
    })
}

/// An agent who was connected and talked for so many seconds.
fn agent(connected: &str, seconds: u32, until: &str) -> Value {
    json!({
        "ConnectedToAgentTimestamp": format!("2024-01-26T03:{connected}Z"),
        "AgentInteractionDuration": seconds,
        "CustomerHoldDuration": 0,
        "AfterContactWorkStartTimestamp": format!("2024-01-26T03:{until}Z"),
    })
}

/// What is said from the `first` second of the call on: each second of the stream is different.
fn said(first: u64, seconds: usize) -> (Vec<u8>, Vec<Stored>) {
    let pcm = speech((first as usize + seconds) * SECOND)[first as usize * SECOND..].to_vec();
    let stored = fragments(&pcm, CONTACT, first);
    (pcm, stored)
}

fn recorded(world: &World, id: &str) -> Option<Vec<u8>> {
    world.state().bucket("recordings").get(format!("{id}.wav").as_str()).map(|object| object.body.clone())
}

fn id(number: u8) -> String {
    if number == 1 { CONTACT.to_owned() } else { format!("{CONTACT}-{number}") }
}

#[tokio::test(start_paused = true)]
async fn each_saved_message_is_a_voicemail_of_its_own() {
    let ((one, first), (two, second)) = (said(0, 3), said(10, 4));
    let queue = format!("{INSTANCE}/queue/billing");
    let attributes = [
        ("vm_taking", "0"),
        ("vm_saved_1", "saved"),
        ("vm_saved_1_fragment", &first[0].number),
        ("vm_saved_1_lang", "fr-FR"),
        ("vm_saved_1_queue_arn", &queue),
        ("vm_saved_2", "saved"),
        ("vm_saved_2_fragment", &second[0].number),
    ];
    let entries = [entry(&second, "07:51", "07:56"), entry(&first, "07:41", "07:45")];
    // Two entries in any order, or one that holds both streams.
    let joined = [first.clone(), second.clone()].concat();
    for streams in [entries.to_vec(), vec![entry(&joined, "07:41", "07:56")]] {
        let world = World::with(&[]);
        world.state().stream = joined.clone();
        assert_eq!(world.stream(&[contact(&attributes, &streams).to_string()]).await, done());
        assert!(recorded(&world, &id(1)) == Some(wav(&one)) && recorded(&world, &id(2)) == Some(wav(&two)));
        assert_eq!(world.state().queue, []);
        let (one, two) = (stored(&world, &id(1)), stored(&world, &id(2)));
        assert_eq!((one.language.as_str(), two.language.as_str()), ("fr-FR", "en-GB"));
        assert_eq!(one.recipient_arn, queue);
        assert_eq!((one.warnings, two.warnings), (vec![], vec![]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_fails_does_not_stop_the_others() {
    let parts: Vec<(Vec<u8>, Vec<Stored>)> = vec![said(0, 2), said(10, 2), said(20, 2)];
    let attributes: Vec<(String, String)> = (1..=3)
        .zip(&parts)
        .flat_map(|(n, (_, stored))| {
            [
                (format!("vm_saved_{n}"), "saved".to_owned()),
                (format!("vm_saved_{n}_fragment"), stored[0].number.clone()),
            ]
        })
        .collect();
    let attributes: Vec<(&str, &str)> = attributes.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let streams = [
        entry(&parts[0].1, "07:41", "07:43"),
        entry(&parts[1].1, "07:51", "07:53"),
        entry(&parts[2].1, "08:01", "08:03"),
    ];
    let record = contact(&attributes, &streams).to_string();
    let world = World::with(&[]);
    let mut broken: Vec<Stored> = parts.iter().flat_map(|(_, stored)| stored.clone()).collect();
    let whole = broken.clone();
    for n in [2, 4] {
        broken[n].document.clear();
        let denied = kvs_writer::ServiceError::Error { code: "KMS_KEY_ACCESS_DENIED", id: 4001 };
        kvs_writer::write_error(&denied, &mut broken[n].document);
    }
    world.state().stream = broken;
    assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
    assert!(recorded(&world, &id(1)) == Some(wav(&parts[0].0)));
    {
        let state = world.state();
        assert_eq!((state.bucket("recordings").len(), state.queue.len()), (1, 1));
        let reason = &state.queue[0].1;
        assert!(reason.contains(&id(2)) && reason.contains(&id(3)) && reason.contains("KMS_KEY"), "{reason}");
    }
    world.state().stream = whole;
    let before = world.aws.calls_of("kinesisvideo:GetMediaForFragmentList").len();
    assert_eq!(world.queue(&record).await, done());
    for (n, (pcm, _)) in (1..).zip(&parts) {
        assert!(recorded(&world, &id(n)) == Some(wav(pcm)), "{n}");
    }
    let media = world.aws.calls_of("kinesisvideo:GetMediaForFragmentList").len();
    assert_eq!(media - before, 2, "what is done is passed over");
}

#[tokio::test(start_paused = true)]
async fn one_message_may_be_cancelled_and_another_saved() {
    let ((one, first), (_, second)) = (said(0, 3), said(20, 6));
    let attributes = [("vm_saved_1", "saved"), ("vm_taking", "1"), ("vm_answered", "1")];
    let mut record =
        contact(&attributes, &[entry(&first, "07:41", "07:45"), entry(&second, "08:01", "08:08")]);
    record["Agent"] = agent("08:04", 20, "08:24");
    let world = World::with(&[]);
    world.state().stream = [first, second].concat();
    assert_eq!(world.stream(&[record.to_string()]).await, done());
    assert!(recorded(&world, &id(1)) == Some(wav(&one)), "what was saved is saved");
    assert_eq!(world.state().outcome(&id(2)).as_deref(), Some("cancelled"));
    assert_eq!(world.state().queue, []);
}

/// A queue flow sets the flag and streams on while an agent answers.
#[tokio::test(start_paused = true)]
async fn a_conversation_with_an_agent_is_no_voicemail() {
    let (_, stream) = said(0, 30);
    let plain = contact(&[], &[entry(&stream, "07:41", "08:12")]);
    let answered = |change: &dyn Fn(&mut Value)| {
        let mut record = plain.clone();
        record["Agent"] = agent("07:50", 14, "08:13");
        change(&mut record);
        record.to_string()
    };
    for record in [
        answered(&|_| ()),
        answered(&|record| record["Recordings"][0]["ParticipantType"] = json!("Customer")),
        answered(&|record| record["Agent"]["AfterContactWorkStartTimestamp"] = json!(null)),
        answered(&|record| record["Attributes"] = json!({"vmx3_flag": "1"})),
        answered(&|record| record["Attributes"]["vm_taking"] = json!("1")),
    ] {
        let world = World::with(&[]);
        world.state().stream = stream.clone();
        assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
        assert_eq!(world.state().outcome(CONTACT).as_deref(), Some("cancelled"), "{record}");
        assert_eq!(world.state().queue, []);
        assert_eq!(world.aws.calls_of("kinesisvideo:GetMediaForFragmentList").len(), 0, "nobody listens in");
    }
    let world = World::with(&[]);
    world.state().stream = stream.clone();
    let rang = answered(&|record| record["Agent"]["AgentInteractionDuration"] = json!(0));
    assert_eq!(world.stream(&[rang]).await, done());
    assert!(recorded(&world, CONTACT).is_some(), "nobody talked: it is a voicemail");
}

/// Connect may write one entry for a stream that the whisper stopped and a later flow started again.
#[tokio::test(start_paused = true)]
async fn in_one_entry_a_message_after_the_agent_is_one_and_one_before_is_none() {
    let ((_, before), (pcm, after)) = (said(0, 5), said(30, 4));
    let stream = [before.clone(), after.clone()].concat();
    for (fragment, is_message) in [(&after[0].number, true), (&before[1].number, false)] {
        let attributes =
            [("vm_taking", "1"), ("vm_taking_fragment", fragment.as_str()), ("vm_answered", "1")];
        let mut record = contact(&attributes, &[entry(&stream, "07:41", "08:16")]);
        record["Agent"] = agent("07:48", 20, "08:08");
        let world = World::with(&[]);
        world.state().stream = stream.clone();
        assert_eq!(world.stream(&[record.to_string()]).await, done());
        if is_message {
            assert!(recorded(&world, CONTACT) == Some(wav(&pcm)));
            assert_eq!(stored(&world, CONTACT).warnings, []);
        } else {
            assert_eq!(world.state().outcome(CONTACT).as_deref(), Some("cancelled"));
        }
        assert_eq!(world.state().queue, []);
    }
}

/// The caller presses the key, and an agent answers in the next second.
#[tokio::test(start_paused = true)]
async fn a_stream_that_stopped_before_the_agent_is_whole() {
    for (seconds, from, to) in [(8, "07:41", "07:49"), (1, "07:48", "07:49")] {
        let (pcm, stream) = said(if seconds == 1 { 7 } else { 0 }, seconds);
        let mut record = contact(&[("vm_saved_1", "saved")], &[entry(&stream, from, to)]);
        record["Agent"] = agent("07:50", 11, "08:01");
        let world = World::with(&[]);
        world.state().stream = stream;
        assert_eq!(world.stream(&[record.to_string()]).await, done());
        assert_eq!(recorded(&world, &id(1)), Some(wav(&pcm)), "{seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_saved_message_ends_before_the_agent_and_goes_on_after() {
    let (pcm, stream) = said(0, 30);
    let mut record = contact(&[("vm_saved_1", "saved")], &[entry(&stream, "07:41", "08:12")]);
    // Connected 9 s into the stream, less one second; gone 20 s into it, or up to a second later.
    record["Agent"] = agent("07:50", 11, "08:01");
    let world = World::with(&[]);
    world.state().stream = stream.clone();
    assert_eq!(world.stream(&[record.to_string()]).await, done());
    let asked: Vec<String> = world
        .aws
        .calls_of("kinesisvideo:GetMediaForFragmentList")
        .iter()
        .flat_map(|call| call.json()["Fragments"].as_array().unwrap().clone())
        .map(|number| number.as_str().unwrap().to_owned())
        .collect();
    let (from, until) = (START_MS + 8000, START_MS + 21_000);
    let free = |stored: &&Stored| stored.start_ms + 1024 < from || stored.start_ms >= until;
    let numbers: Vec<String> = stream.iter().filter(free).map(|stored| stored.number.clone()).collect();
    assert_eq!(asked, numbers, "the agent's time is never asked for");
    assert!(numbers.len() < stream.len());
    let kept: Vec<u8> = stream
        .iter()
        .zip(pcm.chunks(SECOND))
        .filter(|(stored, _)| free(stored))
        .flat_map(|(_, pcm)| pcm)
        .copied()
        .collect();
    assert!(recorded(&world, CONTACT) == Some(wav(&kept)), "and no silence stands in its place");
    assert_eq!(stored(&world, CONTACT).warnings, [Warning::AgentOmitted], "nothing was lost");

    record["Agent"] = agent("07:41", 40, "08:21");
    let world = World::with(&[]);
    world.state().stream = stream;
    assert_eq!(world.stream(&[record.to_string()]).await, done());
    let reason = world.state().queue[0].1.clone();
    assert!(reason.contains("nothing remains") && reason.contains(CONTACT), "{reason}");
    assert_eq!(world.aws.calls_of("kinesisvideo:GetMediaForFragmentList").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_two_streams_time_decides_and_not_their_order() {
    let ((early, first), (late, second)) = (said(0, 9), said(19, 12));
    let entries = [entry(&second, "08:00", "08:12"), entry(&first, "07:41", "07:50")];
    let play = async |record: Value| {
        let world = World::with(&[]);
        world.state().stream = [first.clone(), second.clone()].concat();
        assert_eq!(world.stream(&[record.to_string()]).await, done());
        assert_eq!(world.state().queue, []);
        world
    };
    let plain = contact(&[], &entries);
    let world = play(plain.clone()).await;
    assert!(recorded(&world, CONTACT) == Some(wav(&late)));
    assert_eq!(stored(&world, CONTACT).warnings, [Warning::StreamUncertain]);

    let mut answered_late = plain.clone();
    answered_late["Agent"] = agent("08:05", 7, "08:12");
    let world = play(answered_late).await;
    assert!(recorded(&world, CONTACT) == Some(wav(&early)), "the later one holds a conversation");

    let mut answered_early = plain.clone();
    answered_early["Agent"] = agent("07:45", 3, "07:48");
    let world = play(answered_early).await;
    assert!(recorded(&world, CONTACT) == Some(wav(&late)));
    assert_eq!(stored(&world, CONTACT).warnings, []);

    // The first one was saved; while the second was being taken the caller hung up.
    let saved = contact(&[("vm_saved_1", "saved"), ("vm_taking", "1")], &entries);
    let world = play(saved).await;
    assert!(recorded(&world, &id(1)) == Some(wav(&early)) && recorded(&world, &id(2)) == Some(wav(&late)));
}

#[tokio::test(start_paused = true)]
async fn a_saved_message_without_a_stream_is_an_error_and_the_others_are_recorded() {
    let ((one, first), (two, second)) = (said(0, 3), said(10, 3));
    let attributes = [
        ("vm_saved_1", "saved"),
        ("vm_saved_1_fragment", first[0].number.as_str()),
        ("vm_saved_2", "saved"),
        ("vm_saved_2_fragment", second[0].number.as_str()),
        ("vm_saved_3", "saved"),
    ];
    let streams = [entry(&first, "07:41", "07:45"), entry(&second, "07:51", "07:55")];
    let world = World::with(&[]);
    world.state().stream = [first.clone(), second.clone()].concat();
    assert_eq!(world.stream(&[contact(&attributes, &streams).to_string()]).await, done());
    assert!(recorded(&world, &id(1)) == Some(wav(&one)) && recorded(&world, &id(2)) == Some(wav(&two)));
    let state = world.state();
    assert_eq!(state.queue.len(), 1);
    assert!(state.queue[0].1.contains("no customer audio"), "{}", state.queue[0].1);
}

#[tokio::test(start_paused = true)]
async fn notes_of_another_contact_are_not_of_this_one() {
    let (pcm, stream) = said(0, 3);
    let other = "00000000-0000-4000-8000-00000000beef";
    let attributes = [
        ("vm_saved_1", "saved"),
        ("vm_saved_1_contact", other),
        ("vm_saved_2", "saved"),
        ("vm_saved_2_contact", CONTACT),
    ];
    let world = World::with(&[]);
    world.state().stream = stream.clone();
    let record = contact(&attributes, &[entry(&stream, "07:41", "07:45")]);
    assert_eq!(world.stream(&[record.to_string()]).await, done());
    assert!(recorded(&world, &id(2)) == Some(wav(&pcm)));
    let state = world.state();
    assert_eq!((state.bucket("recordings").len(), state.queue.len()), (1, 0));
}
