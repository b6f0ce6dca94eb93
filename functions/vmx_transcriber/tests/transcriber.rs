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
use vmx_contract::mode::Mode;
use vmx_contract::voicemail::Voicemail;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::batch::SqsEvent;
use vmx_lambda::testing::{Aws, Buckets, Call, Captured, Object, Reply};
use vmx_transcriber::{Clients, Config, Options, Transcriber};

const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
const CALLER: &str = "+15555550100";
/// The name of its job.
const JOB: &str = "stack.00000000-0000-4000-8000-00000000c0de";

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
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        Self::encrypting(options, None)
    }

    /// A world in which every call takes so long.
    fn taking(latency: Duration) -> Self {
        Self::made(Options::default(), None, latency)
    }

    /// A world whose transcripts are encrypted with a key of its owner.
    fn encrypting(options: Options, transcripts_key_arn: Option<String>) -> Self {
        Self::made(options, transcripts_key_arn, Duration::ZERO)
    }

    fn made(options: Options, transcripts_key_arn: Option<String>, latency: Duration) -> Self {
        let mut state = State::default();
        let recording = Object { body: vec![0; 44], metadata: recording_metadata(), ..Object::default() };
        state.buckets.objects.insert(format!("recordings/{CONTACT}.wav"), recording);
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let aws = Aws::taking(latency, move |call| answering.lock().unwrap().answer(call));
        let config = Config {
            transcripts_key_arn,
            recordings_bucket: "recordings".into(),
            transcripts_bucket: "transcripts".into(),
            state_bucket: "state".into(),
            stack: "stack".into(),
            default_language: "en-US".into(),
            options,
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
        id: VoicemailId::parse(CONTACT).unwrap(),
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
        world.state.lock().unwrap().jobs[JOB],
        json!({
            "TranscriptionJobName": JOB,
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
async fn a_second_message_of_a_contact_has_a_job_of_its_own() {
    let world = World::new();
    let second = format!("{CONTACT}-2");
    {
        let objects = &mut world.state.lock().unwrap().buckets.objects;
        let first = objects[&format!("recordings/{CONTACT}.wav")].clone();
        objects.insert(format!("recordings/{second}.wav"), first);
    }
    assert_eq!(
        world.messages(&[recording(), created("recordings", &format!("{second}.wav"))]).await,
        [""; 0]
    );
    let state = world.state.lock().unwrap();
    assert_eq!(state.jobs.len(), 2);
    let job = &state.jobs[&format!("stack.{second}")];
    assert_eq!(job["OutputKey"], format!("{second}.json"));
    assert_eq!(job["Media"]["MediaFileUri"], format!("s3://recordings/{second}.wav"));
}

/// From the event to the job, with every call taking 30 ms and nothing else any time.
#[tokio::test(start_paused = true)]
async fn a_recording_waits_for_two_calls() {
    let world = World::taking(Duration::from_millis(30));
    let began = Instant::now();
    assert_eq!(world.messages(&[recording()]).await, [""; 0]);
    let steps = world.aws.steps();
    world.aws.show_steps("from the event about a recording");
    let actions: Vec<&[String]> = steps.iter().map(|step| step.actions.as_slice()).collect();
    assert_eq!(actions, [["s3:HeadObject".to_owned()], ["transcribe:StartTranscriptionJob".to_owned()]]);
    assert_eq!(began.elapsed(), Duration::from_millis(60));
}

#[tokio::test(start_paused = true)]
async fn a_transcript_is_encrypted_with_the_key_of_the_installation() {
    let key = "arn:aws:kms:us-east-1:111122223333:key/k";
    let world = World::encrypting(Options::default(), Some(key.to_owned()));
    assert_eq!(world.messages(&[recording()]).await, [""; 0]);
    assert_eq!(world.state.lock().unwrap().jobs[JOB]["OutputEncryptionKMSKeyId"], key);
}

/// What was asked for in the first attempt and in the last one.
async fn asked(options: Options, refused: usize) -> (Value, Value) {
    let world = World::with(options);
    world.fail("transcribe:StartTranscriptionJob", refused, 400, "BadRequestException");
    assert_eq!(world.messages(&[recording()]).await, [""; 0]);
    let calls = world.aws.calls_of("transcribe:StartTranscriptionJob");
    assert_eq!(calls.len(), refused + 1);
    (calls[0].json(), calls[refused].json())
}

fn vocabularies(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_language_is_identified_among_candidates() {
    let identify = vec!["fr-FR".to_owned(), "en-US".to_owned()];
    let options = Options { identify: identify.clone(), ..Options::default() };
    let (first, _) = asked(options, 0).await;
    assert_eq!(
        (&first["IdentifyLanguage"], &first["LanguageOptions"], first.get("LanguageCode")),
        (&json!(true), &json!(["fr-FR", "en-US"]), None)
    );
    assert_eq!(first.get("LanguageIdSettings"), None);

    let options =
        Options { identify, vocabularies: vocabularies(&[("fr-FR", "noms")]), ..Options::default() };
    let (first, last) = asked(options, 2).await;
    assert_eq!(first["LanguageIdSettings"], json!({"fr-FR": {"VocabularyName": "noms"}, "en-US": {}}));
    assert_eq!((&last["LanguageCode"], last.get("IdentifyLanguage")), (&json!("fr-FR"), None));
}

#[tokio::test(start_paused = true)]
async fn a_vocabulary_is_used_and_a_lost_one_costs_nothing_else() {
    let vocabularies = vocabularies(&[("fr-FR", "noms"), ("de-DE", "namen")]);
    let (first, last) = asked(Options { vocabularies, ..Options::default() }, 1).await;
    assert_eq!(first["Settings"], json!({"VocabularyName": "noms"}));
    assert_eq!((&last["LanguageCode"], last.get("Settings")), (&json!("fr-FR"), None));
}

#[tokio::test(start_paused = true)]
async fn personal_data_is_redacted_where_it_can_be() {
    let (first, last) = asked(Options { redact: true, ..Options::default() }, 1).await;
    assert_eq!((&first["LanguageCode"], first.get("ContentRedaction")), (&json!("fr-FR"), None));
    assert_eq!(last["LanguageCode"], "en-US");
    assert_eq!(last["ContentRedaction"], json!({"RedactionType": "PII", "RedactionOutput": "redacted"}));
}

#[tokio::test(start_paused = true)]
async fn a_second_announcement_starts_no_second_job() {
    let world = World::new();
    assert_eq!(world.messages(&[recording(), recording()]).await, [""; 0]);
    assert_eq!(world.state.lock().unwrap().jobs.len(), 1);
}

/// Its job of the same contact writes elsewhere. The version before gave it the contact's ID as its name.
#[tokio::test(start_paused = true)]
async fn another_installation_keeps_no_recording_from_its_transcript() {
    for theirs in [CONTACT.to_owned(), format!("other.{CONTACT}")] {
        let world = World::new();
        world.state.lock().unwrap().jobs.insert(theirs.clone(), json!({"OutputBucketName": "theirs"}));
        assert_eq!(world.messages(&[recording()]).await, [""; 0]);
        assert_eq!(world.state.lock().unwrap().jobs[JOB]["OutputBucketName"], "transcripts", "{theirs}");
    }
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
async fn a_deleted_recording_needs_no_transcript_if_its_voicemail_has_ended() {
    for witness in [format!("state/ended/{CONTACT}"), format!("transcripts/delivered/{CONTACT}")] {
        let world = World::new();
        world.state.lock().unwrap().buckets.objects = [(witness.clone(), Object::default())].into();
        assert_eq!(world.messages(&[recording()]).await, [""; 0], "{witness}");
        assert_eq!(world.aws.actions(), ["s3:HeadObject"; 3]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_is_gone_without_a_witness_is_a_fault() {
    let (captured, _guard) = Captured::start(tracing::Level::ERROR);
    let world = World::new();
    world.state.lock().unwrap().buckets.objects.clear();
    assert_eq!(world.messages(&[recording()]).await, ["0"]);
    assert_eq!(captured.counted("FailedAttempts"), [(1.0, "no_recording".to_owned())]);
    assert!(captured.text().contains("nothing records that it has ended"), "{}", captured.text());
    // Whether there is a witness cannot be seen: that is none either.
    world.fail("s3:HeadObject", 9, 403, "AccessDenied");
    assert_eq!(world.messages(&[recording()]).await, ["0"]);
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
    assert_eq!(world.state.lock().unwrap().jobs[JOB]["LanguageCode"], "en-US");

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
    assert!(
        error(2).contains(&format!("the recording of voicemail {CONTACT} has no metadata `vm-")),
        "{text}"
    );
    assert!(error(3).contains("s3:HeadObject failed"), "{text}");
    assert!(lines[1..].iter().all(|line| line["span"]["contact_id"] == CONTACT), "{text}");
    assert!(!text.contains(&CALLER[1..]), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_finds_no_place_waits_and_is_counted_by_its_cause() {
    let (captured, _guard) = Captured::start(tracing::Level::ERROR);
    let world = World::new();
    world.fail("transcribe:StartTranscriptionJob", 9, 400, "LimitExceededException");
    assert_eq!(world.messages(&[recording(), "not json".to_owned()]).await, ["0", "1"]);
    world.state.lock().unwrap().errors.clear();
    assert_eq!(world.messages(&[recording(), recording()]).await, [""; 0]);
    let mut causes = captured.counted("FailedAttempts");
    causes.sort_by(|one, other| one.1.cmp(&other.1));
    assert_eq!(causes, [(1.0, "message".to_owned()), (1.0, "transcribe_limit".to_owned())]);
    assert_eq!(captured.metrics().len(), 2, "the started job is counted with the delivered voicemail");
    assert!(!format!("{:?}", captured.metrics()).contains(CONTACT));
}

#[tokio::test(start_paused = true)]
async fn jobs_queue_at_transcribe_where_a_role_lets_them() {
    for role in [None, Some("arn:aws:iam::111122223333:role/jobs")] {
        let world = World::with(Options { queueing_role: role.map(str::to_owned), ..Options::default() });
        assert_eq!(world.messages(&[recording()]).await, [""; 0]);
        let settings = world.state.lock().unwrap().jobs[JOB]["JobExecutionSettings"].clone();
        let expected = role.map(|arn| json!({"AllowDeferredExecution": true, "DataAccessRoleArn": arn}));
        assert_eq!(settings, expected.unwrap_or_default(), "{role:?}");
    }
}
