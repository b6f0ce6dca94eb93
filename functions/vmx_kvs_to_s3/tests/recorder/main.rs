//! Contact records in, recordings out: the handler with the clients that run on Lambda, against an AWS that is a
//! function of requests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod call_recordings;
mod counted;
mod hostile;
mod long_messages;
mod messages;
mod once;
mod silence;
mod speed;
mod states;
mod strict_s3;
mod version_before;
mod whole;
mod world;

use kvs_media::wav_header;
use vmx_contract::attributes::Prefix;
use vmx_contract::metadata;
use vmx_contract::voicemail::Voicemail;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::batch::BatchResponse;
use vmx_lambda::testing::Captured;
use world::{CALLER, CONTACT, INSTANCE, RECORDING, World, fragments, record, speech};

/// Nothing is to be tried again.
fn done() -> BatchResponse {
    BatchResponse::default()
}

/// The recording of what was said.
fn wav(pcm: &[u8]) -> Vec<u8> {
    [&wav_header(u32::try_from(pcm.len()).unwrap())[..], pcm].concat()
}

/// What the stored recording says of its voicemail.
fn stored_voicemail(world: &World) -> Voicemail {
    stored(world, CONTACT)
}

/// What the stored recording of a voicemail says of it.
fn stored(world: &World, id: &str) -> Voicemail {
    let metadata = world.state().buckets.objects[&format!("recordings/{id}.wav")].metadata.clone();
    metadata::decode(&VoicemailId::parse(id).unwrap(), &metadata.into_iter().collect()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_voicemail_becomes_a_recording() {
    let pcm = speech(3 * 16_384 + 200);
    let world = World::with(&pcm);
    assert_eq!(world.stream(&[world.record()]).await, done());
    {
        let state = world.state();
        let object = &state.buckets.objects[RECORDING];
        assert!(object.body == wav(&pcm), "the recording is what the caller said");
        assert_eq!(object.content_type, "audio/wav");
        assert_eq!(object.tags["vm-state"], "open");
        assert_eq!(object.metadata["vm-voiced-ms"], "3084");
    }
    let voicemail = stored_voicemail(&world);
    assert_eq!((voicemail.prefix, voicemail.from.as_deref()), (Prefix::Vm, Some(CALLER)));
    assert_eq!((voicemail.language.as_str(), voicemail.warnings), ("en-GB", vec![]));
    assert_eq!(voicemail.recipient_arn, format!("{INSTANCE}/queue/support"));
    let actions = world.aws.actions();
    assert_eq!(actions.len(), 8, "{actions:?}");
    assert_eq!(actions[6..], ["kinesisvideo:GetMediaForFragmentList", "s3:PutObject"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_voicemail_costs_no_call() {
    let world = World::with(&[]);
    let unflagged = world.record().replace(r#""vm_flag":"1""#, r#""vm_flag":"0""#);
    let foreign = world.record().replace("0000000000aa", "0000000000ab");
    let task = world.record().replace("VOICE", "TASK");
    let records = [unflagged, foreign, task, "{}".to_owned()];
    assert_eq!(world.stream(&records).await, done());
    assert_eq!(world.queue(&records[0]).await, done());
    assert_eq!(world.aws.actions(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn other_contacts_in_the_same_stream_are_left_out() {
    let pcm = speech(40_000);
    let world = World::with(&[]);
    let other = "00000000-0000-4000-8000-00000000beef";
    let own = fragments(&pcm, CONTACT, 10);
    let record = record(&own[0].number, &own[2].number);
    world.state().stream = [fragments(&pcm, other, 0), own, fragments(&pcm, other, 20)].concat();
    assert_eq!(world.stream(&[record]).await, done());
    assert!(world.state().buckets.objects[RECORDING].body == wav(&pcm));
    let asked = world.aws.calls_of("kinesisvideo:GetMediaForFragmentList")[0].json();
    assert_eq!(asked["Fragments"].as_array().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_made_again() {
    let world = World::with(&speech(40_000));
    world.state().errors = vec![
        ("kinesisvideo:GetDataEndpoint", 1, 400, "ClientLimitExceededException"),
        ("kinesisvideo:ListFragments", 2, 400, "ClientLimitExceededException"),
        ("kinesisvideo:GetMediaForFragmentList", 2, 400, "ClientLimitExceededException"),
        ("s3:PutObject", 2, 503, "SlowDown"),
    ];
    assert_eq!(world.stream(&[world.record()]).await, done());
    assert_eq!(world.state().bucket("recordings").len(), 1);
    assert_eq!(world.state().queue, []);
}

#[tokio::test(start_paused = true)]
async fn logs_name_the_contact_and_not_the_caller() {
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let world = World::with(&speech(40_000));
    world.stream(&[world.record()]).await;
    let silent = World::with(&[]);
    silent
        .stream(&[
            silent.record(),
            silent.record().replace(r#""CustomerEndpoint":{"#, r#""CustomerEndpoint":[{"#),
        ])
        .await;
    silent.queue(&silent.record()).await;
    let text = captured.text();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["message"], "recorded");
    assert_eq!((&lines[0]["from"], &lines[0]["duration_ms"]), (&"…0100".into(), &2500.into()));
    let about_contact = lines.iter().filter(|line| line["span"]["contact_id"] == CONTACT).count();
    assert_eq!((lines.len(), about_contact), (4, 3), "{text}");
    assert!(!text.contains(&CALLER[1..]), "{text}");
}
