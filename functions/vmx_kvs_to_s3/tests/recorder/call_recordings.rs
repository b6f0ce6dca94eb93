//! Messages in the recording of the automated interaction, in S3: the same contract as for streams.

use std::f64::consts::TAU;

use serde_json::{Value, json};
use vmx_contract::voicemail::Warning;

use crate::world::{CONTACT, World, record, speech};
use crate::{done, stored, wav};

/// In the bucket, with the colon that Amazon Connect writes; in a URL, it is encoded.
const KEY: &str = "connect/alias/CallRecordings/ivr/2024/01/26/c0de_20240126T03:07_UTC.wav";
const OBJECT: &str = "calls/connect/alias/CallRecordings/ivr/2024/01/26/c0de_20240126T03%3A07_UTC.wav";
/// 03:07:41, when the recording starts.
const START_MS: i64 = 1_706_238_461_000;
/// Samples in a second.
const SECOND: usize = 8000;

/// A recording of so many seconds: a prompt whose pitch moves, a beep of half a second at each of these, and from there
/// to the end that is said what the caller says.
fn interaction(seconds: usize, messages: &[(usize, &[u8])]) -> Vec<u8> {
    let mut samples: Vec<i16> = (0..seconds * SECOND)
        .map(|n| {
            let t = n as f64 / 8000.0;
            (4000.0 * (TAU * (180.0 * t + 9.0 * (TAU * 3.0 * t).sin())).sin()) as i16
        })
        .collect();
    for (at, said) in messages {
        let beep = at * SECOND;
        for n in 0..SECOND / 2 {
            samples[beep + n] = (9000.0 * (TAU * n as f64 / 8.0).sin()) as i16;
        }
        for (n, sample) in said.as_chunks::<2>().0.iter().enumerate() {
            samples[beep + SECOND / 2 + n] = i16::from_le_bytes(*sample);
        }
    }
    wav(&samples.into_iter().flat_map(i16::to_le_bytes).collect::<Vec<_>>())
}

/// What a caller says, for so many seconds.
fn said(seconds: usize) -> Vec<u8> {
    speech(seconds * 2 * SECOND)
}

/// A world with that recording, and no stream.
fn world(file: &[u8]) -> World {
    let world = World::with(&[]);
    put(&world, file);
    world
}

fn put(world: &World, file: &[u8]) {
    let object = vmx_lambda::testing::Object { body: file.to_vec(), ..Default::default() };
    world.state().buckets.objects.insert(OBJECT.to_owned(), object);
}

/// The text of a mark, in ms from the start of the recording.
fn mark(ms: i64) -> String {
    (START_MS + ms).to_string()
}

fn contact(attributes: &[(&str, String)]) -> Value {
    let mut contact: Value = serde_json::from_str(&record("1", "1")).unwrap();
    for (name, value) in attributes {
        contact["Attributes"][*name] = json!(value);
    }
    contact["Recordings"] = json!([
        {
            "ParticipantType": "IVR", "StorageType": "S3", "MediaStreamType": "AUDIO", "Status": "AVAILABLE",
            "Location": format!("calls/{KEY}"), "FragmentStartNumber": null, "FragmentStopNumber": null,
            "StartTimestamp": "2024-01-26T03:07:41Z", "StopTimestamp": "2024-01-26T03:08:12Z",
        },
        {
            "ParticipantType": "CUSTOMER", "StorageType": "S3", "Status": "AVAILABLE",
            "Location": "calls/connect/alias/CallRecordings/2024/01/26/agent.wav",
            "StartTimestamp": "2024-01-26T03:07:41Z", "StopTimestamp": "2024-01-26T03:08:12Z",
        },
    ]);
    contact
}

fn taking(at: i64) -> Vec<(&'static str, String)> {
    vec![("vm_taking", "1".into()), ("vm_taking_fragment", mark(at))]
}

fn saved(at: i64, until: i64) -> Vec<(&'static str, String)> {
    vec![
        ("vm_taking", "0".into()),
        ("vm_saved_1", "saved".into()),
        ("vm_saved_1_fragment", mark(at)),
        ("vm_saved_1_until", mark(until)),
    ]
}

fn recorded(world: &World, id: &str) -> Option<Vec<u8>> {
    world.state().bucket("recordings").get(format!("{id}.wav").as_str()).map(|object| object.body.clone())
}

/// The prompts before and after it are cut off to the sample. The recording started within the second that the record
/// says, so its marks are late by up to a second.
#[tokio::test(start_paused = true)]
async fn a_message_begins_at_the_end_of_its_beep_and_ends_at_its_mark() {
    let said = said(6);
    for late in [0, 400, 950] {
        let world = world(&interaction(20, &[(4, &said)]));
        let record = contact(&saved(4000 + late, 10_500 + late));
        assert_eq!(world.stream(&[record.to_string()]).await, done());
        assert!(recorded(&world, CONTACT) == Some(wav(&said)), "{late}");
        let voicemail = stored(&world, CONTACT);
        assert_eq!((voicemail.language.as_str(), voicemail.warnings), ("en-GB", vec![]));
    }
}

#[tokio::test(start_paused = true)]
async fn little_more_than_the_message_is_read_and_never_the_agents_call() {
    let said = said(20);
    let world = world(&interaction(600, &[(500, &said)]));
    let record = contact(&saved(500_000, 520_500));
    let record = record.to_string().replace("03:08:12", "03:20:12");
    assert_eq!(world.stream(&[record]).await, done());
    assert!(recorded(&world, CONTACT) == Some(wav(&said)));
    let mut read = 0;
    for call in world.aws.calls_of("s3:GetObject") {
        assert_eq!(call.path, format!("/{}", OBJECT.strip_prefix("calls/").unwrap()));
        let (from, to) = call.headers["range"].strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        read += to.parse::<usize>().unwrap() + 1 - from.parse::<usize>().unwrap();
    }
    assert!(read < said.len() + 40_000, "{read}");
    let actions = world.aws.actions();
    assert_eq!(
        actions,
        ["s3:HeadObject", "s3:HeadObject", "s3:PutObject", "s3:GetObject", "s3:GetObject", "s3:PutObject"],
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_left_a_message_to_the_end_of_the_recording() {
    let said = said(6);
    let world = world(&interaction(12, &[(4, &said)])[..44 + 2 * (10 * SECOND + SECOND / 2)]);
    assert_eq!(world.stream(&[contact(&taking(4000)).to_string()]).await, done());
    assert!(recorded(&world, CONTACT) == Some(wav(&said)));
}

#[tokio::test(start_paused = true)]
async fn each_message_of_a_contact_is_a_voicemail_of_its_own() {
    let (one, two) = (said(3), speech(2 * 2 * SECOND + 7777 * 2)[7777 * 2..].to_vec());
    let world = world(&interaction(30, &[(4, &one), (20, &two)]));
    let mut attributes = saved(4000, 7500);
    attributes.extend([
        ("vm_saved_2", "saved".into()),
        ("vm_saved_2_fragment", mark(20_000)),
        ("vm_saved_2_until", mark(22_500)),
    ]);
    assert_eq!(world.stream(&[contact(&attributes).to_string()]).await, done());
    assert!(recorded(&world, CONTACT) == Some(wav(&one)));
    assert!(recorded(&world, &format!("{CONTACT}-2")) == Some(wav(&two)));
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_comes_late_is_waited_for_in_the_retry_queue() {
    let said = said(6);
    let world = World::with(&[]);
    let record = contact(&saved(4000, 10_500)).to_string();
    assert_eq!(world.stream(std::slice::from_ref(&record)).await, done());
    let reason = world.state().queue[0].1.clone();
    assert!(reason.contains(KEY) && reason.contains("it is not there yet"), "{reason}");
    assert_eq!(world.queue(&record).await.batch_item_failures.len(), 1);
    put(&world, &interaction(20, &[(4, &said)]));
    assert_eq!(world.queue(&record).await, done());
    assert!(recorded(&world, CONTACT) == Some(wav(&said)));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_bucket_prefix_and_key() {
    let world = world(&interaction(20, &[(4, &said(6))]));
    world.state().errors = vec![("s3:GetObject", 9, 403, "AccessDenied")];
    assert_eq!(world.stream(&[contact(&saved(4000, 10_500)).to_string()]).await, done());
    let reason = world.state().queue[0].1.clone();
    for part in [
        "in the bucket calls",
        KEY,
        "AccessDenied",
        "s3:GetObject on arn:aws:s3:::calls/connect/alias/CallRecordings/ivr/*",
        "kms:Decrypt",
    ] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_who_answers_ends_the_message_that_is_being_taken() {
    let file = interaction(30, &[(4, &said(6))]);
    let agent = json!({
        "ConnectedToAgentTimestamp": "2024-01-26T03:07:50Z", "AgentInteractionDuration": 5,
        "AfterContactWorkStartTimestamp": "2024-01-26T03:07:55Z",
    });
    let with_agent = |attributes: &[(&'static str, String)]| {
        let mut record = contact(attributes);
        record["Agent"] = agent.clone();
        record.to_string()
    };
    let unsaved = world(&file);
    assert_eq!(unsaved.stream(&[with_agent(&taking(4000))]).await, done());
    assert_eq!(unsaved.state().outcome(CONTACT).as_deref(), Some("cancelled"));
    assert_eq!(recorded(&unsaved, CONTACT), None);
    // A saved one keeps what was said before, with a note; one from after the agent is a message again.
    let saved_one = world(&file);
    assert_eq!(saved_one.stream(&[with_agent(&saved(4000, 10_500))]).await, done());
    assert!(recorded(&saved_one, CONTACT).unwrap() == wav(&said(6)[..(8000 - 4500) * 16]));
    assert_eq!(stored(&saved_one, CONTACT).warnings, [Warning::AgentOmitted]);
    let later = world(&interaction(30, &[(20, &said(6))]));
    assert_eq!(later.stream(&[with_agent(&taking(20_000))]).await, done());
    assert!(recorded(&later, CONTACT).unwrap()[44..].starts_with(&said(6)));
}

/// Flows of an earlier system note the second, or nothing.
#[tokio::test(start_paused = true)]
async fn without_a_mark_the_message_begins_with_the_recording_and_has_a_note() {
    let said = said(6);
    let file = interaction(12, &[(4, &said)]);
    let flagged = |timestamp: &str| {
        let mut record = contact(&[("vmx3_flag", "1".into()), ("vmx3_timestamp", timestamp.into())]);
        record["Attributes"].as_object_mut().unwrap().remove("vm_flag");
        record.to_string()
    };
    let noted = world(&file);
    assert_eq!(noted.stream(&[flagged("2024-01-26T03:07:45Z")]).await, done());
    assert!(recorded(&noted, CONTACT).unwrap()[44..].starts_with(&said));
    assert_eq!(stored(&noted, CONTACT).warnings, [Warning::QueueReplaced]);
    let unknown = world(&file);
    assert_eq!(unknown.stream(&[flagged("")]).await, done());
    assert!(recorded(&unknown, CONTACT) == Some(file));
    assert!(stored(&unknown, CONTACT).warnings.contains(&Warning::BeginUnknown));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_message_is_told_from_what_cannot_be_read() {
    // Hung up at the beep, within a second of it.
    let short = interaction(6, &[(4, &[])])[..44 + 2 * 4 * SECOND + SECOND].to_vec();
    let hung_up = world(&short);
    let record = contact(&taking(4000)).to_string().replace("03:08:12", "03:07:46");
    assert_eq!(hung_up.stream(&[record]).await, done());
    assert_eq!(hung_up.state().outcome(CONTACT).as_deref(), Some("nothing_said"));
    // The recording ends before a message that the caller saved.
    let ends = world(&interaction(3, &[]));
    assert_eq!(ends.stream(&[contact(&saved(4000, 10_500)).to_string()]).await, done());
    assert!(ends.state().queue[0].1.contains("ends before the message begins"));
    // Another format, a torn header, something else.
    for (change, reason) in [
        (&(|file: &mut Vec<u8>| file[20] = 85) as &dyn Fn(&mut Vec<u8>), "the WAV file's audio is MP3"),
        (&|file| file.truncate(40), "the WAV file ends at byte 40"),
        (&|file| file.splice(..4, *b"OggS").for_each(drop), "not a WAV file"),
    ] {
        let mut file = interaction(12, &[(4, &said(1))]);
        change(&mut file);
        let broken = world(&file);
        assert_eq!(broken.stream(&[contact(&saved(4000, 10_500)).to_string()]).await, done());
        let told = broken.state().queue[0].1.clone();
        assert!(told.contains(reason) && told.contains(KEY), "{reason} in {told}");
        assert_eq!(recorded(&broken, CONTACT), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_of_twenty_minutes_is_uploaded_in_parts() {
    let said = said(1200);
    let world = world(&interaction(1300, &[(60, &said)]));
    let record = contact(&saved(60_000, 1_260_500)).to_string().replace("03:08:12", "03:30:12");
    assert_eq!(world.stream(&[record]).await, done());
    assert!(recorded(&world, CONTACT) == Some(wav(&said)));
    assert_eq!(world.aws.calls_of("s3:UploadPart").len(), 4);
}
