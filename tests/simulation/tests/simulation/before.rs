//! Upgrades with the previous version's work in progress at every step: its objects, names and messages are
//! understood, and each voicemail is delivered once.

use serde_json::json;
use vmx_contract::mode::Mode;
use vmx_lambda::testing::Object;

use crate::call::Call;
use crate::call::draw::{Deal, Story};
use crate::outcome::Place;
use crate::run::{Options, run, stream_of};
use crate::world::{QueueName, RECORDINGS, TRANSCRIPTS, Way, World, stream};

/// How far the previous version got with a voicemail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Its contact record was read and waits in the retry queue.
    Retrying,
    /// It failed: its contact record is a dead letter.
    GivenUp,
    /// Lambda gave it up: a dead letter holds its record's position in the stream.
    Unread,
    /// It is recorded and announced.
    Recorded,
    /// Its job runs under the contact's ID.
    Transcribing,
    /// Its job never ends; a reminder of the transcript is queued.
    Reminded,
    /// Its transcript exists and is announced.
    Transcribed,
    /// One of two modes has delivered it.
    HalfDelivered,
    /// It is delivered, and its contact record is read again.
    Delivered,
}

const STEPS: [Step; 9] = [
    Step::Retrying,
    Step::GivenUp,
    Step::Unread,
    Step::Recorded,
    Step::Transcribing,
    Step::Reminded,
    Step::Transcribed,
    Step::HalfDelivered,
    Step::Delivered,
];

/// Both modes of a voicemail that only one of them has delivered.
const MODES: [Mode; 2] = [Mode::Task, Mode::Email];

/// One call for each step.
fn calls() -> Vec<Call> {
    let modes = [MODES.to_vec()];
    let mut draws = fastrand::Rng::with_seed(9);
    let mut deal = Deal { draws: &mut draws, modes: &modes, is_plain: true };
    (0..STEPS.len()).flat_map(|number| Story::FlagOnly.play(number, &mut deal)).collect()
}

fn lay(world: &World, calls: &[Call]) {
    for (call, step) in calls.iter().zip(STEPS) {
        stream_of(world, call, false);
        lay_one(world, call, step);
    }
}

fn lay_one(world: &World, call: &Call, step: Step) {
    let id = call.contact.to_string();
    let (recording, transcript) = (format!("{id}.wav"), format!("{id}.json"));
    let record = {
        let state = world.state();
        let (call, began) = &state.center.calls[&id];
        call.record(*began, true, &call.attributes)
    };
    let is_recorded = !matches!(step, Step::Retrying | Step::GivenUp | Step::Unread);
    if is_recorded {
        put(world, RECORDINGS, &recording, recording_of(call));
    }
    if matches!(step, Step::Transcribed | Step::HalfDelivered | Step::Delivered) {
        let text = json!({"jobName": id, "results": {"transcripts": [{"transcript": "Seven of clubs."}]}});
        put(world, TRANSCRIPTS, &transcript, object(text.to_string()));
    }
    match step {
        Step::Retrying => send(world, QueueName::Retry, record.to_string()),
        Step::GivenUp => send(world, QueueName::RetryDead, record.to_string()),
        Step::Unread => {
            let mut state = world.state();
            let place = state.stream.records.len();
            state.stream.put(&record);
            state.stream.read = place + 1;
            drop(state);
            send(world, QueueName::RetryDead, stream::given_up(place, place, None).to_string());
        }
        Step::Recorded => world.object_created(RECORDINGS, &recording),
        Step::Transcribing => world.run_job(&id, &transcript, &format!("{RECORDINGS}/{recording}"), false),
        Step::Reminded => {
            let due_at = world.state().clock.now();
            let body = json!({
                "source": "vmx.transcriber", "detail-type": "Transcript Due",
                "detail": {"contactId": id, "dueAt": due_at.to_string()},
            });
            send(world, QueueName::Transcripts, body.to_string());
        }
        Step::Transcribed => world.object_created(TRANSCRIPTS, &transcript),
        Step::HalfDelivered => {
            put(world, TRANSCRIPTS, &format!("delivered/{id}/task"), object(r#"{"mode":"task"}"#.to_owned()));
            delivered(world, &id, Mode::Task);
            world.object_created(TRANSCRIPTS, &transcript);
        }
        Step::Delivered => {
            let marker = r#"{"deliveries":[{"mode":"task"},{"mode":"email"}]}"#;
            put(world, TRANSCRIPTS, &format!("delivered/{id}"), object(marker.to_owned()));
            MODES.iter().for_each(|mode| delivered(world, &id, *mode));
            let mut state = world.state();
            state.center.attributes.entry(id).or_default().insert("vm_flag".to_owned(), "0".to_owned());
            // Written before the flag was reset, and late.
            state.stream.put(&record);
        }
    }
}

/// A recording by the previous version: untagged, with this metadata.
fn recording_of(call: &Call) -> Object {
    let said = &call.messages[0].said;
    let header = kvs_media::wav_header(u32::try_from(said.len()).unwrap());
    let metadata = [
        ("vm-prefix", "vm_"),
        ("vm-from", "+15555550100"),
        ("vm-queue-arn", &call.attributes["vm_queue_arn"]),
        ("vm-lang", "en-US"),
        ("vm-mode", "task,email"),
        ("vm-received-at", "2026-11-28T09:59:00Z"),
    ];
    let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    Object {
        body: [header.as_slice(), said].concat(),
        content_type: "audio/wav".to_owned(),
        metadata,
        ..Object::default()
    }
}

fn object(text: String) -> Object {
    Object { body: text.into_bytes(), content_type: "application/json".to_owned(), ..Object::default() }
}

fn put(world: &World, bucket: &str, key: &str, object: Object) {
    let last_modified = "Sat, 28 Nov 2026 09:59:30 GMT".to_owned();
    let object = Object { last_modified, ..object };
    world.state().buckets.objects.insert(format!("{bucket}/{key}"), object);
}

fn send(world: &World, queue: QueueName, body: String) {
    world.state().send(queue, body, json!({}), std::time::Duration::ZERO);
}

fn delivered(world: &World, id: &str, mode: Mode) {
    world.state().center.deliveries.entry((id.to_owned(), Way::By(mode))).or_default().count = 1;
}

#[test]
fn what_the_version_before_left_at_any_step_is_delivered_once() {
    let account = run(Options { before: Some(lay), ..Options::calls(calls()) });
    assert_eq!(account.wrong(), [""; 0], "{account}");
    // Two were dead letters.
    assert_eq!(account.before.count(Place::Delivered), STEPS.len() - 2, "{account}");
    assert_eq!(account.after.count(Place::Delivered), STEPS.len(), "{account}");
}
