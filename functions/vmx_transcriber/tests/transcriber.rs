//! Events about recordings in, transcription jobs out: the handler with the clients that run on Lambda, against an
//! AWS that is a function of requests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use vmx_contract::attributes::Prefix;
use vmx_contract::metadata;
use vmx_contract::objects::ContactId;
use vmx_contract::voicemail::{Mode, Voicemail};
use vmx_lambda::batch::SqsEvent;
use vmx_lambda::testing::{Aws, Buckets, Call, Captured, Object, Reply};
use vmx_transcriber::{Clients, Config, Transcriber};

const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
const CALLER: &str = "+15555550100";

/// What AWS holds, and how it misbehaves.
#[derive(Default)]
struct State {
    buckets: Buckets,
    /// The jobs by name.
    jobs: BTreeMap<String, Value>,
    /// Answers in place of the usual ones: for which action, how often, status, code.
    errors: Vec<(&'static str, usize, u16, &'static str)>,
}

struct World {
    aws: Aws,
    state: Arc<Mutex<State>>,
    transcriber: Transcriber,
}

impl World {
    /// A world with one recording, in French.
    fn new() -> Self {
        let mut state = State::default();
        let recording = Object { body: vec![0; 44], metadata: recording_metadata(), ..Object::default() };
        state.buckets.objects.insert(format!("recordings/{CONTACT}.wav"), recording);
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let aws = Aws::new(move |call| answering.lock().unwrap().answer(call));
        let config = Config {
            recordings_bucket: "recordings".into(),
            transcripts_bucket: "transcripts".into(),
            default_language: "en-US".into(),
        };
        let transcriber = Transcriber::new(Clients::new(&aws.config), config);
        Self { aws, state, transcriber }
    }

    /// Hands messages to the transcriber and returns the ids of those that are to be tried again: `0`, `1`, …
    async fn messages(&self, bodies: &[String]) -> Vec<String> {
        let messages = bodies.iter().enumerate().map(
            |(number, body)| json!({"messageId": number.to_string(), "body": body, "eventSource": "aws:sqs"}),
        );
        let event: SqsEvent =
            serde_json::from_value(json!({"Records": messages.collect::<Vec<_>>()})).unwrap();
        let response = self.transcriber.handle(event, Instant::now() + Duration::from_secs(60)).await;
        response.batch_item_failures.into_iter().map(|item| item.item_identifier).collect()
    }

    fn fail(&self, action: &'static str, times: usize, status: u16, code: &'static str) {
        self.state.lock().unwrap().errors.push((action, times, status, code));
    }
}

impl State {
    fn answer(&mut self, call: &Call) -> Reply {
        if let Some((_, times, status, code)) =
            self.errors.iter_mut().find(|(action, times, ..)| *action == call.action && *times > 0)
        {
            *times -= 1;
            return Reply::error(call, *status, code);
        }
        if call.action != "transcribe:StartTranscriptionJob" {
            return self.buckets.answer(call);
        }
        let job = call.json();
        let name = job["TranscriptionJobName"].as_str().unwrap().to_owned();
        if self.jobs.contains_key(&name) {
            return Reply::error(call, 400, "ConflictException");
        }
        self.jobs.insert(name.clone(), job);
        Reply::json(
            &json!({"TranscriptionJob": {"TranscriptionJobName": name, "TranscriptionJobStatus": "IN_PROGRESS"}}),
        )
    }
}

fn recording_metadata() -> BTreeMap<String, String> {
    let voicemail = Voicemail {
        contact_id: ContactId::parse(CONTACT).unwrap(),
        prefix: Prefix::Vm,
        from: Some(CALLER.into()),
        recipient_arn: "arn:aws:connect:us-east-1:111122223333:instance/i/queue/q".into(),
        preferred_agent: None,
        language: "fr-FR".into(),
        modes: vec![Mode::Task],
        priority: None,
        task_flow: None,
        email_from: None,
        email_to: None,
        email_template: None,
        summary: None,
        received_at: "2026-11-23T10:00:00Z".parse().unwrap(),
        warnings: vec![],
    };
    metadata::encode(&voicemail).into_iter().collect()
}

fn created(bucket: &str, key: &str) -> String {
    json!({
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}},
    })
    .to_string()
}

fn recording() -> String {
    created("recordings", &format!("{CONTACT}.wav"))
}

#[tokio::test(start_paused = true)]
async fn a_recording_is_transcribed_in_its_language() {
    let world = World::new();
    assert_eq!(world.messages(&[recording()]).await, [""; 0]);
    assert_eq!(
        world.state.lock().unwrap().jobs[CONTACT],
        json!({
            "TranscriptionJobName": CONTACT,
            "LanguageCode": "fr-FR",
            "MediaFormat": "wav",
            "Media": {"MediaFileUri": format!("s3://recordings/{CONTACT}.wav")},
            "OutputBucketName": "transcripts",
            "OutputKey": format!("{CONTACT}.json"),
        })
    );
    assert_eq!(world.aws.actions(), ["s3:HeadObject", "transcribe:StartTranscriptionJob"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_announcement_starts_no_second_job() {
    let world = World::new();
    assert_eq!(world.messages(&[recording(), recording()]).await, [""; 0]);
    assert_eq!(world.state.lock().unwrap().jobs.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_recording_of_ours_is_ignored_without_a_call() {
    let world = World::new();
    let others = [
        created("recordings", "holiday.wav"),
        created("recordings", &format!("{CONTACT}.json")),
        created("elsewhere", &format!("{CONTACT}.wav")),
        r#"{"detail-type":"Object Deleted","source":"aws.s3","detail":{}}"#.to_owned(),
    ];
    assert_eq!(world.messages(&others).await, [""; 0]);
    assert_eq!(world.aws.actions(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_recording_needs_no_transcript() {
    let world = World::new();
    world.state.lock().unwrap().buckets.objects.clear();
    assert_eq!(world.messages(&[recording()]).await, [""; 0]);
    assert_eq!(world.aws.actions(), ["s3:HeadObject"]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_made_again_and_a_lasting_limit_leaves_the_recording_in_its_queue() {
    let world = World::new();
    world.fail("transcribe:StartTranscriptionJob", 2, 400, "LimitExceededException");
    assert_eq!(world.messages(&[recording()]).await, [""; 0]);
    assert_eq!(world.aws.calls_of("transcribe:StartTranscriptionJob").len(), 3);

    let world = World::new();
    world.fail("transcribe:StartTranscriptionJob", 9, 400, "LimitExceededException");
    assert_eq!(world.messages(&[created("recordings", "x.wav"), recording()]).await, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn a_language_that_is_refused_is_replaced_by_the_default() {
    let world = World::new();
    world.fail("transcribe:StartTranscriptionJob", 1, 400, "BadRequestException");
    assert_eq!(world.messages(&[recording()]).await, [""; 0]);
    assert_eq!(world.state.lock().unwrap().jobs[CONTACT]["LanguageCode"], "en-US");

    let world = World::new();
    world.fail("transcribe:StartTranscriptionJob", 9, 400, "BadRequestException");
    assert_eq!(world.messages(&[recording()]).await, ["0"]);
    assert_eq!(world.aws.calls_of("transcribe:StartTranscriptionJob").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_is_tried_again_and_logged_with_the_contact_but_not_the_caller() {
    let (captured, _guard) = Captured::start(tracing::Level::INFO);
    let world = World::new();
    assert_eq!(world.messages(&["not json".to_owned(), recording()]).await, ["0"]);
    world.state.lock().unwrap().buckets.objects.values_mut().for_each(|object| object.metadata.clear());
    assert_eq!(world.messages(&[recording()]).await, ["0"]);
    world.fail("s3:HeadObject", 9, 403, "AccessDenied");
    assert_eq!(world.messages(&[recording()]).await, ["0"]);
    let text = captured.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let error = |line: usize| lines[line]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error(0).contains("not an EventBridge event"), "{text}");
    assert_eq!(lines[1]["message"], "transcription started");
    assert!(error(2).contains(&format!("the recording of contact {CONTACT} has no metadata `vm-")), "{text}");
    assert!(error(3).contains("s3:HeadObject failed"), "{text}");
    assert!(lines[1..].iter().all(|line| line["span"]["contact_id"] == CONTACT), "{text}");
    assert!(!text.contains(&CALLER[1..]), "{text}");
}
