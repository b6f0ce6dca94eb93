//! A working installation for tests to break.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::Level;
use vmx_contract::state::{Ended, Outcome, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_contract::watchdog::Last;
use vmx_lambda::settings::Settings;
use vmx_lambda::testing::{Aws, Buckets, Call, Captured, Clock, Object, Reply};
use vmx_watchdog::{Clients, Config, Watchdog};

pub(crate) const START: &str = "2026-11-23T10:00:00Z";
const STREAM: &str = "arn:aws:kinesis:us-east-1:111122223333:stream/records";
/// The IDs of the triggers in [`WATCHED`].
pub(crate) const TRIGGERS: [&str; 2] =
    ["00000000-0000-4000-8000-000000000701", "00000000-0000-4000-8000-000000000702"];
const WATCHED: &str = r#"{"triggers":{"ContactRecordTrigger":"00000000-0000-4000-8000-000000000701","RetryQueueTrigger":"00000000-0000-4000-8000-000000000702"},
    "functions":{"PackagerFunction":"packager"},"rules":{
    "RecordingCreatedRule":"arn:aws:events:us-east-1:111122223333:rule/orders/rule-1"},
    "deadLetters":{"RetryQueueDeadLetters":"https://sqs.us-east-1.amazonaws.com/111122223333/dead"},
    "streamArn":"arn:aws:kinesis:us-east-1:111122223333:stream/records","mediaPrefix":"vmx"}"#;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) buckets: Buckets,
    /// Sent messages, each with its queue's name.
    pub(crate) sent: Vec<(String, Value)>,
    /// The letters of the dead-letter queue.
    pub(crate) letters: Vec<Letter>,
    /// How many letters there were so far.
    sent_letters: usize,
    /// State and last result of each trigger.
    pub(crate) triggers: BTreeMap<String, (&'static str, &'static str)>,
    pub(crate) reserved: Option<u32>,
    pub(crate) rule: &'static str,
    pub(crate) records_go_to: &'static str,
    pub(crate) media: (&'static str, u32),
    pub(crate) came_in: f64,
    pub(crate) read: f64,
    /// Actions that are denied.
    pub(crate) refused: BTreeSet<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) id: usize,
    /// When it was first sent, to whichever queue.
    pub(crate) sent_at: Timestamp,
    /// Whether a consumer has received it and not released it.
    pub(crate) is_held: bool,
}

pub(crate) struct World {
    pub(crate) aws: Aws,
    pub(crate) watchdog: Watchdog,
    state: Arc<Mutex<State>>,
    pub(crate) clock: Clock,
}

/// The counts of a round.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Counted {
    pub(crate) undelivered: f64,
    pub(crate) oldest: f64,
    pub(crate) stuck: f64,
    pub(crate) new_stuck: f64,
    pub(crate) broken: f64,
    pub(crate) new_letters: f64,
    pub(crate) expiring: f64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// The same with these settings added.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let clock = Clock::at(START.parse().unwrap());
        let trigger = |id: &str| (id.to_owned(), ("Enabled", "OK"));
        let mut buckets = Buckets::default();
        buckets.clock = Some(clock);
        let state = Arc::new(Mutex::new(State {
            buckets,
            sent: Vec::new(),
            letters: Vec::new(),
            sent_letters: 0,
            triggers: TRIGGERS.map(trigger).into(),
            reserved: None,
            rule: "ENABLED",
            records_go_to: STREAM,
            media: ("vmx-connect-shop-contact-", 168),
            came_in: 5.0,
            read: 5.0,
            refused: BTreeSet::new(),
        }));
        let answers = Arc::clone(&state);
        let aws = Aws::telling(Some(clock), Duration::from_millis(30), move |call| {
            answers.lock().unwrap().answer(call)
        });
        let watchdog = Watchdog::new(Clients::new(&aws.config), config(settings));
        Self { aws, watchdog, state, clock }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Starts a new process.
    pub(crate) fn restart(&mut self) {
        self.watchdog = Watchdog::new(Clients::new(&self.aws.config), config(&[]));
    }

    pub(crate) async fn pass(&self, minutes: u64) {
        tokio::time::advance(Duration::from_secs(60 * minutes)).await;
    }

    /// Runs one round and returns its counts.
    pub(crate) async fn round(&self) -> Counted {
        let (captured, _guard) = Captured::start(Level::INFO);
        let deadline = Instant::now() + Duration::from_secs(118);
        self.clock.within(self.watchdog.round(deadline)).await;
        let lines = captured.metrics();
        let value = |name: &str| lines.iter().filter_map(|line| line[name].as_f64()).sum();
        assert_eq!(value("Rounds"), 1.0, "the metrics are written whatever fails");
        Counted {
            undelivered: value("Undelivered"),
            oldest: value("OldestUndelivered"),
            stuck: value("Stuck"),
            new_stuck: value("NewStuck"),
            broken: value("Broken"),
            new_letters: value("NewLetters"),
            expiring: value("LettersExpiring"),
        }
    }

    /// Runs a round every five minutes for this long; returns the sent messages, each with its minute.
    pub(crate) async fn rounds(&self, minutes: u64) -> Vec<(u64, String)> {
        let mut told = Vec::new();
        for minute in (5..=minutes).step_by(5) {
            self.pass(5).await;
            let before = self.state().sent.len();
            self.round().await;
            for (queue, message) in &self.state().sent[before..] {
                told.push((minute, format!("{queue} {}", message["detail-type"].as_str().unwrap())));
            }
        }
        told
    }

    pub(crate) fn put(&self, bucket: &str, key: &str, body: impl Into<Vec<u8>>) {
        let last_modified = self.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let object = Object { body: body.into(), last_modified, ..Object::default() };
        self.state().buckets.objects.insert(format!("{bucket}/{key}"), object);
    }

    pub(crate) fn has(&self, bucket: &str, key: &str) -> bool {
        self.state().buckets.objects.contains_key(&format!("{bucket}/{key}"))
    }

    pub(crate) fn begin(&self, id: &VoicemailId) {
        self.put("state", &id.undelivered_key(), json(&Undelivered::new(self.clock.now())));
    }

    pub(crate) fn record(&self, id: &VoicemailId) {
        self.put("recordings", &id.recording_key(), "audio");
    }

    pub(crate) fn transcribe(&self, id: &VoicemailId) {
        self.put("transcripts", &id.transcript_key(), "{}");
    }

    pub(crate) fn end(&self, id: &VoicemailId, outcome: Outcome) {
        self.put("state", &id.ended_key(), json(&Ended::new(outcome, self.clock.now())));
    }

    /// Adds dead letters that were sent this many minutes ago.
    pub(crate) fn letters(&self, count: usize, minutes_ago: i64) {
        let sent_at = self.clock.now() - jiff::SignedDuration::from_mins(minutes_ago);
        let mut state = self.state();
        for _ in 0..count {
            state.sent_letters += 1;
            let id = state.sent_letters;
            state.letters.push(Letter { id, sent_at, is_held: false });
        }
    }

    /// The memory of the last round.
    pub(crate) fn last(&self) -> Last {
        serde_json::from_slice(&self.state().buckets.objects["state/watchdog/last"].body).unwrap()
    }

    /// The note about a voicemail.
    pub(crate) fn noted(&self, id: &VoicemailId) -> Undelivered {
        let state = self.state();
        let object = &state.buckets.objects[&format!("state/{}", id.undelivered_key())];
        serde_json::from_slice(&object.body).unwrap()
    }
}

impl State {
    pub(crate) fn set_trigger(&mut self, id: &str, state: &'static str, result: &'static str) {
        self.triggers.insert(id.to_owned(), (state, result));
    }

    fn answer(&mut self, call: &Call) -> Reply {
        if self.refused.contains(call.action.as_str()) {
            return Reply::error(call, 403, "AccessDeniedException");
        }
        let last = call.path.rsplit('/').next().unwrap();
        match call.action.as_str() {
            action if action.starts_with("s3:") => self.buckets.answer(call),
            "sqs:SendMessage" => {
                let body = call.json();
                let queue = body["QueueUrl"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
                self.sent.push((queue, serde_json::from_str(body["MessageBody"].as_str().unwrap()).unwrap()));
                Reply::json(&json!({"MessageId": "m"}))
            }
            "sqs:GetQueueAttributes" => {
                let held = self.letters.iter().filter(|letter| letter.is_held).count();
                Reply::json(&json!({"Attributes": {
                    "ApproximateNumberOfMessages": (self.letters.len() - held).to_string(),
                    "ApproximateNumberOfMessagesNotVisible": held.to_string(),
                }}))
            }
            "sqs:ReceiveMessage" => {
                let asked = call.json();
                assert_eq!(asked["MessageSystemAttributeNames"], json!(["SentTimestamp"]));
                let most = asked["MaxNumberOfMessages"].as_u64().unwrap() as usize;
                let free = self.letters.iter_mut().enumerate().filter(|(_, letter)| !letter.is_held);
                let received = free.take(most).map(|(n, letter)| {
                    letter.is_held = true;
                    let sent = letter.sent_at.as_millisecond().to_string();
                    json!({"MessageId": format!("letter-{}", letter.id), "ReceiptHandle": n.to_string(), "Body": "{}",
                        "Attributes": {"SentTimestamp": sent}})
                });
                Reply::json(&json!({"Messages": received.collect::<Vec<_>>()}))
            }
            "sqs:ChangeMessageVisibilityBatch" => {
                let asked = call.json();
                let entries = asked["Entries"].as_array().unwrap();
                for entry in entries {
                    assert_eq!(entry["VisibilityTimeout"], 0);
                    let n: usize = entry["ReceiptHandle"].as_str().unwrap().parse().unwrap();
                    self.letters[n].is_held = false;
                }
                let done: Vec<_> = entries.iter().map(|entry| json!({"Id": entry["Id"]})).collect();
                Reply::json(&json!({"Successful": done, "Failed": []}))
            }
            "lambda:GetEventSourceMapping" => match self.triggers.get(last) {
                Some((state, result)) => {
                    Reply::json(&json!({"UUID": last, "State": state, "LastProcessingResult": result}))
                }
                None => Reply::error(call, 404, "ResourceNotFoundException"),
            },
            "lambda:GetFunctionConcurrency" => match self.reserved {
                Some(reserved) => Reply::json(&json!({"ReservedConcurrentExecutions": reserved})),
                None => Reply::json(&json!({})),
            },
            "events:DescribeRule" if call.json() == json!({"Name": "rule-1", "EventBusName": "orders"}) => {
                Reply::json(&json!({"Name": "rule-1", "State": self.rule}))
            }
            "events:DescribeRule" => Reply::error(call, 400, "ValidationException"),
            "connect:ListInstanceStorageConfigs" => {
                let config = match call.query["resourceType"].as_str() {
                    "CONTACT_TRACE_RECORDS" => json!({"StorageType": "KINESIS_STREAM",
                        "KinesisStreamConfig": {"StreamArn": self.records_go_to}}),
                    _ => json!({"StorageType": "KINESIS_VIDEO_STREAM", "KinesisVideoStreamConfig": {
                        "Prefix": self.media.0, "RetentionPeriodHours": self.media.1,
                        "EncryptionConfig": {"EncryptionType": "KMS", "KeyId": "key"}}}),
                };
                Reply::json(&json!({"StorageConfigs": [config]}))
            }
            "monitoring:GetMetricStatistics" => {
                let is = |name: &str| call.body.windows(name.len()).any(|window| window == name.as_bytes());
                sum(if is("IncomingRecords") { self.came_in } else { self.read })
            }
            other => panic!("{other} is not expected"),
        }
    }
}

/// One datapoint with a sum, in CBOR (RFC 8949): a map with a list of a map.
fn sum(sum: f64) -> Reply {
    let mut body = vec![0xa1, 0x6a];
    body.extend(b"Datapoints");
    body.extend([0x81, 0xa1, 0x63]);
    body.extend(b"Sum");
    body.push(0xfb);
    body.extend(sum.to_be_bytes());
    Reply::bytes(body).header("smithy-protocol", "rpc-v2-cbor").header("content-type", "application/cbor")
}

pub(crate) fn config(more: &[(&str, &str)]) -> Config {
    let usual = [
        ("VMX_STATE_BUCKET", "state"),
        ("VMX_RECORDINGS_BUCKET", "recordings"),
        ("VMX_TRANSCRIPTS_BUCKET", "transcripts"),
        ("VMX_RECORDINGS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/111122223333/recordings"),
        ("VMX_TRANSCRIPTS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/111122223333/transcripts"),
        ("VMX_TRANSCRIPT_DEADLINE_MINUTES", "60"),
        (
            "VMX_INSTANCE_ARN",
            "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa",
        ),
        ("VMX_WATCHDOG", WATCHED),
    ];
    Config::read(&usual.iter().chain(more).copied().collect::<Settings>()).unwrap()
}

pub(crate) fn id(n: u64) -> VoicemailId {
    VoicemailId::parse(&format!("00000000-0000-4000-8000-{n:012x}")).unwrap()
}

pub(crate) fn json(content: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(content).unwrap()
}

pub(crate) fn minutes_after(start: &str, minutes: i64) -> Timestamp {
    let start: Timestamp = start.parse().unwrap();
    start + jiff::SignedDuration::from_mins(minutes)
}
