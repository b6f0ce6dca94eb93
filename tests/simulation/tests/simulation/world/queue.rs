//! Amazon SQS.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use vmx_lambda::testing::{Call, Reply};

use super::State;

/// A queue of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum QueueName {
    /// Contact records to retry.
    Retry,
    /// New recordings.
    Recordings,
    /// Transcripts and reminders.
    Transcripts,
    /// Failed messages of the recorder, and records that Lambda gave up reading from the stream.
    RetryDead,
    /// Failed messages of the transcriber.
    RecordingsDead,
    /// Failed messages of the packager.
    TranscriptsDead,
}

/// Visibility timeout in seconds and maximum receives of each queue: as in the stack's template, which a test
/// compares.
pub(crate) const LIMITS: [(QueueName, u64, u32); 3] = [
    (QueueName::Retry, 6 * 300, 5),
    (QueueName::Recordings, 6 * 60, 20),
    (QueueName::Transcripts, 6 * 120, 10),
];

/// The retention period of a queue; for a dead letter it counts from when the message was first sent.
/// Source: the SQS developer guide, "Using dead-letter queues", of standard queues.
pub(crate) const KEPT: Duration = Duration::from_hours(24 * 14);

/// The URL of the operator's own queue.
const OPERATORS: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/crm";

/// Whether a message goes to a queue of the pipeline, not outside.
pub(super) fn is_between_steps(call: &Call) -> bool {
    call.service() == "sqs" && call.json()["QueueUrl"] != OPERATORS
}

#[derive(Debug)]
pub(crate) struct Queue {
    name: QueueName,
    /// The messages, in order of arrival.
    pub(crate) messages: Vec<Message>,
    /// The number of expired messages.
    pub(crate) expired: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    /// Its attributes, as they were sent.
    pub(crate) attributes: Value,
    /// When it was first sent, to whichever queue.
    pub(crate) sent_at: Instant,
    visible_at: Instant,
    /// The number of receives.
    pub(crate) receives: u32,
}

impl QueueName {
    /// Every queue.
    pub(crate) const ALL: [Self; 6] = [
        Self::Retry,
        Self::Recordings,
        Self::Transcripts,
        Self::RetryDead,
        Self::RecordingsDead,
        Self::TranscriptsDead,
    ];

    pub(crate) fn url(self) -> String {
        format!("https://sqs.us-east-1.amazonaws.com/111122223333/{self:?}")
    }

    fn of(url: &str) -> Self {
        Self::ALL.into_iter().find(|name| name.url() == url).unwrap_or_else(|| panic!("no queue {url}"))
    }

    /// Whether it holds dead letters.
    pub(crate) fn is_dead(self) -> bool {
        self.dead_letters().is_none()
    }

    /// Its name in the template.
    pub(crate) fn resource(self) -> String {
        if self.is_dead() { format!("{:?}QueueDeadLetters", self.source()) } else { format!("{self:?}Queue") }
    }

    /// The source of a dead-letter queue, or the queue itself.
    fn source(self) -> Self {
        Self::ALL.into_iter().find(|name| name.dead_letters() == Some(self)).unwrap_or(self)
    }

    /// The destination of its dead letters.
    pub(crate) fn dead_letters(self) -> Option<Self> {
        match self {
            Self::Retry => Some(Self::RetryDead),
            Self::Recordings => Some(Self::RecordingsDead),
            Self::Transcripts => Some(Self::TranscriptsDead),
            Self::RetryDead | Self::RecordingsDead | Self::TranscriptsDead => None,
        }
    }

    fn limits(self) -> Option<(Duration, u32)> {
        let found = LIMITS.into_iter().find(|(name, ..)| *name == self);
        found.map(|(_, seconds, receives)| (Duration::from_secs(seconds), receives))
    }
}

impl Queue {
    pub(super) fn new(name: QueueName) -> Self {
        Self { name, messages: Vec::new(), expired: 0 }
    }

    /// Removes expired messages.
    fn expire(&mut self) {
        let before = self.messages.len();
        self.messages.retain(|message| message.sent_at.elapsed() < KEPT);
        self.expired += before - self.messages.len();
    }

    /// The number of visible messages.
    pub(crate) fn waiting(&mut self) -> usize {
        self.expire();
        let now = Instant::now();
        self.messages.iter().filter(|message| message.visible_at <= now).count()
    }

    /// The age of the oldest message, excluding those received more than three times.
    /// Source: the SQS developer guide, "Available CloudWatch metrics for Amazon SQS".
    pub(crate) fn oldest(&self) -> Duration {
        self.messages
            .iter()
            .filter(|message| message.receives <= 3)
            .map(|message| message.sent_at.elapsed())
            .max()
            .unwrap_or_default()
    }

    /// When the next message becomes visible.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.messages.iter().map(|message| message.visible_at).min()
    }

    /// Receives up to this many messages, and hides them for so long, if not for the queue's own time; messages received
    /// too often are given up and returned second.
    fn receive(&mut self, most: usize, hidden: Option<Duration>) -> (Vec<Message>, Vec<Message>) {
        self.expire();
        let (visibility, limit) = self.name.limits().unwrap_or((Duration::from_secs(60), u32::MAX));
        let visibility = hidden.unwrap_or(visibility);
        let now = Instant::now();
        let is_over = |message: &Message| message.visible_at <= now && message.receives >= limit;
        let given_up = self.messages.extract_if(.., |message| is_over(message)).collect();
        let due = self.messages.iter_mut().filter(|message| message.visible_at <= now);
        let received = due.take(most).map(|message| {
            message.visible_at = now + visibility;
            message.receives += 1;
            message.clone()
        });
        (received.collect(), given_up)
    }

    pub(crate) fn delete(&mut self, id: &str) {
        self.messages.retain(|message| message.id != id);
    }
}

impl State {
    pub(crate) fn send(&mut self, queue: QueueName, body: String, attributes: Value, delay: Duration) {
        let id = format!("m-{:016x}", self.draws.u64(..));
        let now = Instant::now();
        let message = Message { id, body, attributes, sent_at: now, visible_at: now + delay, receives: 0 };
        self.queues.get_mut(&queue).unwrap().messages.push(message);
    }

    /// Receives messages, as [`Queue::receive`] does; those received too often become dead letters.
    pub(crate) fn receive(&mut self, name: QueueName, most: usize, hidden: Option<Duration>) -> Vec<Message> {
        let (received, given_up) = self.queues.get_mut(&name).unwrap().receive(most, hidden);
        if let Some(dead) = name.dead_letters() {
            // It keeps its ID and attributes.
            let letters = given_up.into_iter().map(|letter| Message {
                receives: 0,
                visible_at: Instant::now(),
                ..letter
            });
            self.queues.get_mut(&dead).unwrap().messages.extend(letters);
        }
        received
    }

    /// Handles calls of functions and of the installer.
    pub(super) fn sqs(&mut self, invocation: u64, call: &Call) -> Reply {
        let asked = call.json();
        if call.action == "sqs:GetQueueUrl" {
            return Reply::json(&json!({ "QueueUrl": OPERATORS }));
        }
        if asked["QueueUrl"] == OPERATORS {
            return self.send_out(invocation, call);
        }
        let name = QueueName::of(asked["QueueUrl"].as_str().unwrap());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        match call.action.as_str() {
            "sqs:SendMessage" => {
                let delay = Duration::from_secs(asked["DelaySeconds"].as_u64().unwrap_or_default());
                assert!(delay.as_secs() <= 900, "SQS takes no longer delay");
                self.send(name, text(&asked["MessageBody"]), asked["MessageAttributes"].clone(), delay);
                Reply::json(&json!({"MessageId": "m", "MD5OfMessageBody": "0"}))
            }
            "sqs:SendMessageBatch" => {
                let mut sent = Vec::new();
                for entry in asked["Entries"].as_array().unwrap() {
                    self.send(
                        name,
                        text(&entry["MessageBody"]),
                        entry["MessageAttributes"].clone(),
                        Duration::ZERO,
                    );
                    let id = self.queues[&name].messages.last().unwrap().id.clone();
                    sent.push(json!({"Id": entry["Id"], "MessageId": id, "MD5OfMessageBody": "0"}));
                }
                Reply::json(&json!({"Successful": sent, "Failed": []}))
            }
            "sqs:ReceiveMessage" => {
                let most = asked["MaxNumberOfMessages"].as_u64().unwrap_or(1) as usize;
                let hidden = asked["VisibilityTimeout"].as_u64().map(Duration::from_secs);
                let messages: Vec<Value> = self
                    .receive(name, most, hidden)
                    .into_iter()
                    .map(|message| {
                        let sent =
                            self.clock.now().as_millisecond() - message.sent_at.elapsed().as_millis() as i64;
                        json!({
                            "MessageId": message.id, "ReceiptHandle": message.id, "Body": message.body,
                            "MessageAttributes": message.attributes,
                            "Attributes": {
                                "SentTimestamp": sent.to_string(),
                                "ApproximateReceiveCount": message.receives.to_string(),
                            },
                        })
                    })
                    .collect();
                Reply::json(&json!({"Messages": messages}))
            }
            "sqs:DeleteMessageBatch" => {
                let queue = self.queues.get_mut(&name).unwrap();
                let mut deleted = Vec::new();
                for entry in asked["Entries"].as_array().unwrap() {
                    queue.delete(entry["ReceiptHandle"].as_str().unwrap());
                    deleted.push(json!({"Id": entry["Id"]}));
                }
                Reply::json(&json!({"Successful": deleted, "Failed": []}))
            }
            "sqs:ChangeMessageVisibilityBatch" => {
                let queue = self.queues.get_mut(&name).unwrap();
                let mut changed = Vec::new();
                for entry in asked["Entries"].as_array().unwrap() {
                    let handle = entry["ReceiptHandle"].as_str().unwrap();
                    for message in queue.messages.iter_mut().filter(|message| message.id == handle) {
                        let after =
                            Duration::from_secs(entry["VisibilityTimeout"].as_u64().unwrap_or_default());
                        message.visible_at = Instant::now() + after;
                    }
                    changed.push(json!({"Id": entry["Id"]}));
                }
                Reply::json(&json!({"Successful": changed, "Failed": []}))
            }
            "sqs:GetQueueAttributes" => {
                let queue = self.queues.get_mut(&name).unwrap();
                let waiting = queue.waiting();
                let held = queue.messages.len() - waiting;
                Reply::json(&json!({"Attributes": {
                    "ApproximateNumberOfMessages": waiting.to_string(),
                    "ApproximateNumberOfMessagesNotVisible": held.to_string(),
                    "ApproximateNumberOfMessagesDelayed": "0",
                }}))
            }
            other => panic!("{other} is not simulated"),
        }
    }
}
