//! A packager among an S3, a Transcribe and a Connect of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;
use vmx_contract::arn::InstanceArn;
use vmx_contract::attributes::Prefix;
use vmx_contract::email::EmailSettings;
use vmx_contract::metadata;
use vmx_contract::mode::Mode;
use vmx_contract::other::OtherSettings;
use vmx_contract::staff::Words;
use vmx_contract::state::Silent;
use vmx_contract::voicemail::Voicemail;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::batch::SqsEvent;
use vmx_lambda::testing::{Aws, Buckets, Call, Clock, Object, Reply};
use vmx_packager::{Clients, Config, Guide, LinkKind, Packager};

pub(crate) const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
pub(crate) const INSTANCE: &str =
    "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
pub(crate) const CALLER: &str = "+15555550100";
pub(crate) const WORDS: &str = "Seven of clubs.";
pub(crate) const TASK_FLOW: &str = "00000000-0000-4000-8000-0000000000f1";
pub(crate) const GUIDED_TASK_FLOW: &str = "00000000-0000-4000-8000-0000000000f2";
pub(crate) const GUIDE_FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:playback";
/// The name of the transcription job of [`CONTACT`].
pub(crate) const JOB: &str = "stack.00000000-0000-4000-8000-00000000c0de";
/// Where it is said how [`CONTACT`] ended.
pub(crate) const ENDED: &str = "state/ended/00000000-0000-4000-8000-00000000c0de";
/// Where it is said that [`CONTACT`] has not ended.
pub(crate) const UNDELIVERED: &str = "state/undelivered/00000000-0000-4000-8000-00000000c0de";
/// Under what the receipts of [`CONTACT`] lie.
pub(crate) const RECEIPTS: &str = "state/delivered/00000000-0000-4000-8000-00000000c0de";
/// The recording of [`CONTACT`].
pub(crate) const RECORDING: &str = "recordings/00000000-0000-4000-8000-00000000c0de.wav";
/// What S3's clock shows when a world begins. Processes have the machine's, unless a test gives them another.
pub(crate) const NOW: &str = "2026-11-23T10:05:00Z";

/// What AWS holds, and how it misbehaves.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) buckets: Buckets,
    /// The requests that made a task, by their token: Connect makes one task of each.
    pub(crate) tasks: BTreeMap<String, Value>,
    /// The attributes of the caller's contact.
    pub(crate) attributes: BTreeMap<String, String>,
    /// Names of the transcription jobs that there are.
    pub(crate) jobs: BTreeSet<String>,
    /// The mails that were sent.
    pub(crate) mails: Vec<Value>,
    /// The events that were put.
    pub(crate) events: Vec<Value>,
    /// The messages that were sent to the operator's queue.
    pub(crate) messages: Vec<Value>,
    /// What was published to the operator's topic, as it stands in the form.
    pub(crate) published: Vec<String>,
    /// What the operator's function was invoked with.
    pub(crate) invoked: Vec<Value>,
    /// An action that gets no answer, and how often.
    pub(crate) silent: Option<(&'static str, usize)>,
    /// What DescribeQueue says of every queue beside its name.
    pub(crate) queue: Value,
    /// Answers in place of the usual ones: for which action, how often, status, code.
    pub(crate) errors: Vec<(&'static str, usize, u16, &'static str)>,
    /// The job's status; there is none if it is empty.
    pub(crate) job_status: &'static str,
    /// What the model answers: the text and why it stopped; nothing, for ever, if there is none.
    pub(crate) summary: Option<(String, &'static str)>,
    /// An action that takes effect, but whose answer is lost.
    pub(crate) answer_lost: Option<&'static str>,
    /// A call to a path with this in it takes effect, but its answer is lost; once.
    pub(crate) lost_once: Option<&'static str>,
    /// What the next call with this in its action and path gets, and after how many seconds; each once.
    pub(crate) slow: Vec<(&'static str, u64, Slow)>,
    /// What the secret of Salesforce holds.
    pub(crate) secret: String,
}

/// What a slow call gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slow {
    /// It takes effect at once, and its answer comes late.
    Answer,
    /// It takes no effect, and an error comes late.
    Error,
}

pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) packager: Packager,
}

impl World {
    /// A world in which a voicemail was recorded and transcribed; `change` has a say in the voicemail.
    pub(crate) fn with(change: impl FnOnce(&mut Voicemail)) -> Self {
        Self::configured(|_| (), change)
    }

    /// The same with links of a kind.
    pub(crate) fn with_links(links: LinkKind, change: impl FnOnce(&mut Voicemail)) -> Self {
        Self::configured(|config| config.links = links, change)
    }

    /// The same with a say in the settings as well.
    pub(crate) fn configured(set: impl FnOnce(&mut Config), change: impl FnOnce(&mut Voicemail)) -> Self {
        Self::taking(Duration::ZERO, set, change)
    }

    /// The same with every call taking so long.
    pub(crate) fn taking(
        latency: Duration,
        set: impl FnOnce(&mut Config),
        change: impl FnOnce(&mut Voicemail),
    ) -> Self {
        let mut voicemail = voicemail();
        change(&mut voicemail);
        let clock = Clock::at(NOW.parse().unwrap());
        let mut state = State { jobs: [JOB.to_owned()].into(), job_status: "FAILED", ..State::default() };
        state.buckets.clock = Some(clock);
        let metadata = metadata::encode(&voicemail).into_iter().collect();
        let tags = [("vm-state".to_owned(), "open".to_owned())].into();
        let recording = Object { body: vec![0; 44 + 16 * 2500], metadata, tags, ..Object::default() };
        state.buckets.objects.insert(RECORDING.to_owned(), recording);
        let undelivered = json!({"v": 1, "since": "2026-11-23T10:00:00Z", "pushes": 0}).to_string();
        let undelivered = Object { body: undelivered.into_bytes(), ..Object::default() };
        state.buckets.objects.insert(UNDELIVERED.to_owned(), undelivered);
        state.buckets.objects.insert(format!("transcripts/{CONTACT}.json"), transcript(WORDS));
        let attributes = [("vm_flag", "1"), ("vm_taking", "1"), ("vm_from", CALLER), ("customer", "42")];
        state.attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let mut configuration = config(LinkKind::Presigned);
        set(&mut configuration);
        let aws = Aws::telling(Some(clock), latency, move |call| answering.lock().unwrap().answer(call));
        let packager = Packager::new(Clients::new(&aws.config), configuration, SystemTime::now());
        Self { aws, state, packager }
    }

    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Hands one message to the packager and says whether it is done.
    pub(crate) async fn message(&self, body: &Value) -> bool {
        self.message_again(body, 1).await
    }

    /// Hands over a message that was received so often, and says whether it is done.
    pub(crate) async fn message_again(&self, body: &Value, receives: u32) -> bool {
        let attributes = json!({"ApproximateReceiveCount": receives.to_string()});
        let body = body.to_string();
        let event = json!({"Records": [{"messageId": "m", "body": body, "attributes": attributes}]});
        let event: SqsEvent = serde_json::from_value(event).unwrap();
        let response = self.packager.handle(event, Instant::now() + Duration::from_secs(120)).await;
        response.batch_item_failures.is_empty()
    }

    /// The transcript is announced.
    pub(crate) async fn transcribed(&self) -> bool {
        self.message(&created("transcripts", &format!("{CONTACT}.json"))).await
    }

    /// The same, so many times before.
    pub(crate) async fn transcribed_again(&self, receives: u32) -> bool {
        self.message_again(&created("transcripts", &format!("{CONTACT}.json")), receives).await
    }

    /// Puts an object into a bucket, written so long ago by S3's clock.
    pub(crate) fn put(&self, name: &str, body: impl Into<Vec<u8>>, seconds_ago: i64) {
        let object = Object { body: body.into(), last_modified: ago(seconds_ago), ..Object::default() };
        self.state().buckets.objects.insert(name.to_owned(), object);
    }

    /// An object as JSON.
    pub(crate) fn object(&self, name: &str) -> Option<Value> {
        self.state().buckets.objects.get(name).map(|object| serde_json::from_slice(&object.body).unwrap())
    }

    /// The recording's tag.
    pub(crate) fn tag(&self) -> String {
        self.state().buckets.objects[RECORDING].tags["vm-state"].clone()
    }

    /// The request that made the task.
    pub(crate) fn task(&self) -> Value {
        self.state().tasks[CONTACT].clone()
    }
}

fn config(links: LinkKind) -> Config {
    Config {
        recordings_bucket: "recordings".into(),
        transcripts_bucket: "transcripts".into(),
        state_bucket: "state".into(),
        stack: "stack".into(),
        silent: Silent::Mark,
        redact: false,
        summaries: None,
        instance: InstanceArn::parse(INSTANCE).unwrap(),
        modes: vec![Mode::Task, Mode::GuidedTask],
        default_mode: Mode::Task,
        email: Some(EmailSettings {
            from: "voicemail@example.com".into(),
            to: "desk@example.com".into(),
            allowed_domains: vec!["example.org".into()],
            attach_at_most_kb: 0,
            configuration_set: Some("bounces".into()),
        }),
        other: Some(OtherSettings { event_bus: "bus".into(), target: None, secret: None }),
        templates_bucket: Some("artifacts".into()),
        loopback: false,
        default_queue_arn: format!("{INSTANCE}/queue/default"),
        task_flow_id: TASK_FLOW.into(),
        time_zone: "Europe/Berlin".into(),
        words: Words::english(),
        guide: Some(Guide { task_flow_id: GUIDED_TASK_FLOW.into(), function_arn: GUIDE_FUNCTION.into() }),
        link_lifetime: Duration::from_hours(1),
        links,
        attach_to_task: false,
        salesforce: None,
    }
}

fn voicemail() -> Voicemail {
    Voicemail {
        id: VoicemailId::parse(CONTACT).unwrap(),
        prefix: Prefix::Vm,
        from: Some(CALLER.into()),
        recipient_arn: format!("{INSTANCE}/queue/support"),
        preferred_agent: None,
        language: "en-US".into(),
        modes: vec![Mode::Task],
        priority: None,
        task_flow: None,
        email_from: None,
        email_to: None,
        email_template: None,
        summary: None,
        received_at: "2026-11-23T10:00:00Z".parse().unwrap(),
        warnings: vec![],
    }
}

/// A time so long before [`NOW`], as a header says it.
pub(crate) fn ago(seconds: i64) -> String {
    let now: Timestamp = NOW.parse().unwrap();
    let at = now - SignedDuration::from_secs(seconds);
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// What Amazon Transcribe writes of a recording in which this is said.
pub(crate) fn transcript(words: &str) -> Object {
    let json = json!({"jobName": JOB, "results": {"transcripts": [{"transcript": words}], "items": []}});
    Object { body: json.to_string().into_bytes(), ..Object::default() }
}

pub(crate) fn created(bucket: &str, key: &str) -> Value {
    json!({
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}},
    })
}

/// Word of the transcript, due at a time in RFC 3339.
pub(crate) fn due(due_at: &str) -> Value {
    json!({
        "source": "vmx.transcriber",
        "detail-type": "Transcript Due",
        "detail": {"contactId": CONTACT, "dueAt": due_at},
    })
}

pub(crate) fn job_failed(job: &str) -> Value {
    json!({
        "detail-type": "Transcribe Job State Change",
        "source": "aws.transcribe",
        "detail": {"TranscriptionJobName": job, "TranscriptionJobStatus": "FAILED"},
    })
}

/// What stands for the MAC of AWS KMS: the first bytes of what it is over, and the key's name.
pub(crate) fn mac(call: &Call) -> [u8; 32] {
    let asked = call.json();
    assert_eq!(asked["MacAlgorithm"], "HMAC_SHA_256");
    let message = BASE64_STANDARD.decode(asked["Message"].as_str().unwrap()).unwrap();
    let mut mac = [asked["KeyId"].as_str().unwrap().len() as u8; 32];
    mac[..17].copy_from_slice(&message[..17]);
    mac
}

/// Whether a receiver takes a text. Source: the Amazon SQS API reference, SendMessage, which names the characters of XML
/// 1.0; of what JSON escapes, databases and other systems refuse as much.
fn is_taken(text: &str) -> bool {
    text.chars().all(|c| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
    })
}

/// What a delivering call delivers, name by name and text by text.
fn texts_of(call: &Call) -> Vec<String> {
    match call.action.as_str() {
        "connect:StartTaskContact"
        | "ses:SendEmail"
        | "events:PutEvents"
        | "sqs:SendMessage"
        | "lambda:InvokeFunction" => texts(&call.json()),
        "sns:Publish" => {
            let message = call.form("Message").unwrap();
            texts(&Value::String(decoded(&message)))
        }
        _ => Vec::new(),
    }
}

/// Every name and every text in JSON; a text that is JSON itself is looked into, and counts as it is written as well.
pub(crate) fn texts(json: &Value) -> Vec<String> {
    match json {
        Value::String(text) => {
            let within = serde_json::from_str::<Value>(text).map(|inner| texts(&inner)).unwrap_or_default();
            [vec![text.clone()], within].concat()
        }
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => {
            all.iter().flat_map(|(name, value)| [vec![name.clone()], texts(value)].concat()).collect()
        }
        _ => Vec::new(),
    }
}

/// A value of a form, decoded.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}

impl State {
    fn answer(&mut self, call: &Call) -> Reply {
        if !texts_of(call).iter().all(|text| is_taken(text)) {
            return Reply::error(call, 400, "InvalidMessageContents");
        }
        if let Some((_, times, status, code)) =
            self.errors.iter_mut().find(|(action, times, ..)| *action == call.action && *times > 0)
        {
            *times -= 1;
            return Reply::error(call, *status, code);
        }
        if let Some((action, times)) = &mut self.silent
            && *action == call.action
            && *times > 0
        {
            *times -= 1;
            return Reply::stalled();
        }
        let name = format!("{} {}", call.action, call.path);
        if let Some(at) = self.slow.iter().position(|(part, ..)| name.contains(part)) {
            let (_, seconds, gets) = self.slow.remove(at);
            let reply = match gets {
                Slow::Answer => self.act(call),
                Slow::Error => Reply::error(call, 500, "InternalServiceException"),
            };
            return reply.after(Duration::from_secs(seconds));
        }
        let reply = self.act(call);
        if self.lost_once.is_some_and(|part| call.path.contains(part)) {
            self.lost_once = None;
            return Reply::error(call, 500, "InternalServiceException");
        }
        if self.answer_lost == Some(call.action.as_str()) {
            return Reply::error(call, 500, "InternalServiceException");
        }
        reply
    }

    fn act(&mut self, call: &Call) -> Reply {
        let last = call.path.rsplit('/').next().unwrap_or_default();
        match call.action.as_str() {
            "connect:GetContactAttributes" => Reply::json(&json!({"Attributes": self.attributes})),
            "connect:UpdateContactAttributes" => {
                let attributes = call.json()["Attributes"].clone();
                self.attributes
                    .extend(serde_json::from_value::<BTreeMap<String, String>>(attributes).unwrap());
                Reply::json(&json!({}))
            }
            "connect:DescribeQueue" => match last {
                "support" | "default" => {
                    let mut queue = json!({"QueueId": last, "Name": format!("The {last} team")});
                    let more = self.queue.as_object().cloned().unwrap_or_default();
                    queue.as_object_mut().unwrap().extend(more);
                    Reply::json(&json!({"Queue": queue}))
                }
                _ => Reply::error(call, 404, "ResourceNotFoundException"),
            },
            "connect:DescribeUser" => match last {
                "user-1" => Reply::json(&json!({"User": {
                    "Id": "user-1", "Username": "zoe", "IdentityInfo": {
                        "FirstName": "Zoë", "LastName": "Doe", "Email": "zoe@example.com",
                    },
                }})),
                _ => Reply::error(call, 404, "ResourceNotFoundException"),
            },
            "connect:SearchUsers" => {
                let asked = call.json()["SearchCriteria"]["StringCondition"].clone();
                assert_eq!(
                    (&asked["FieldName"], &asked["ComparisonType"]),
                    (&json!("Username"), &json!("EXACT"))
                );
                let zoe = json!({"Id": "user-1", "Username": "zoe", "IdentityInfo": {}});
                Reply::json(&json!({"Users": if asked["Value"] == "zoe" { vec![zoe] } else { vec![] }}))
            }
            "secretsmanager:GetSecretValue" => {
                let arn = call.json()["SecretId"].clone();
                Reply::json(&json!({"ARN": arn, "Name": "salesforce", "SecretString": self.secret}))
            }
            "connect:StartTaskContact" => {
                let task = call.json();
                let token = task["ClientToken"].as_str().unwrap().to_owned();
                self.tasks.entry(token).or_insert(task);
                Reply::json(&json!({"ContactId": "task-1"}))
            }
            "transcribe:GetTranscriptionJob"
                if self.job_status.is_empty()
                    || !self.jobs.contains(call.json()["TranscriptionJobName"].as_str().unwrap()) =>
            {
                Reply::error(call, 400, "BadRequestException")
            }
            "ses:SendEmail" => {
                self.mails.push(call.json());
                Reply::json(&json!({"MessageId": format!("mail-{}", self.mails.len())}))
            }
            "events:PutEvents" => {
                self.events.push(call.json()["Entries"][0].clone());
                Reply::json(&json!({"FailedEntryCount": 0, "Entries": [{"EventId": "event-1"}]}))
            }
            "sqs:GetQueueUrl" => {
                let name = call.json()["QueueName"].as_str().unwrap().to_owned();
                Reply::json(
                    &json!({"QueueUrl": format!("https://sqs.us-east-1.amazonaws.com/111122223333/{name}")}),
                )
            }
            "sqs:SendMessage" => {
                self.messages.push(call.json());
                Reply::json(&json!({"MessageId": "message-1"}))
            }
            "sns:Publish" => {
                self.published.push(call.form("Message").unwrap());
                Reply::bytes(
                    "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
                )
            }
            "lambda:InvokeFunction" => {
                assert_eq!(call.headers["x-amz-invocation-type"], "Event");
                self.invoked.push(call.json());
                Reply::bytes("")
            }
            "transcribe:GetTranscriptionJob" => Reply::json(&json!({"TranscriptionJob": {
                "TranscriptionJobName": JOB, "TranscriptionJobStatus": self.job_status,
                "FailureReason": "No speech at all.",
            }})),
            "bedrock:InvokeModel" => match &self.summary {
                Some((text, stop)) => Reply::json(&json!({
                    "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
                    "stopReason": stop,
                    "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
                    "metrics": {"latencyMs": 1},
                })),
                None => Reply::stalled(),
            },
            "transcribe:DeleteTranscriptionJob" => {
                // The service keeps a job that is not done yet.
                if self.job_status == "IN_PROGRESS" {
                    return Reply::error(call, 400, "BadRequestException");
                }
                if self.jobs.remove(call.json()["TranscriptionJobName"].as_str().unwrap()) {
                    Reply::json(&json!({}))
                } else {
                    Reply::error(call, 400, "BadRequestException")
                }
            }
            "kms:GenerateMac" => Reply::json(&json!({"Mac": BASE64_STANDARD.encode(mac(call))})),
            _ => self.buckets.answer(call),
        }
    }
}
