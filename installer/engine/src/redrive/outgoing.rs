//! Sends messages to the queues that the functions read.

use std::collections::{HashMap, HashSet};

use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use serde_json::json;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::dead_letters::{BATCH, queue_name};

/// The maximum size of a call in bytes, all messages together, that every queue accepts.
/// Source: the SQS API reference, SendMessageBatch.
const BATCH_BYTES: usize = 256 * 1024;

/// A message to send for a failed item.
pub(crate) struct Outgoing {
    /// The index of that item in the batch.
    pub(crate) of: usize,
    pub(crate) body: String,
    pub(crate) attributes: HashMap<String, MessageAttributeValue>,
}

impl Outgoing {
    /// A message without attributes.
    pub(crate) fn new(of: usize, body: String) -> Self {
        Self { of, body, attributes: HashMap::new() }
    }

    /// Its size as SQS counts it, in bytes.
    fn size(&self) -> usize {
        let attribute = |(name, value): (&String, &MessageAttributeValue)| {
            let binary = value.binary_value().map_or(0, |value| value.as_ref().len());
            name.len() + value.data_type().len() + value.string_value().map_or(0, str::len) + binary
        };
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

/// The result of sending messages.
#[derive(Default)]
pub(crate) struct Sent {
    /// The IDs that SQS assigned.
    pub(crate) ids: Vec<String>,
    /// Why some were not sent, by item.
    pub(crate) refused: HashMap<usize, String>,
    /// The failed call.
    pub(crate) failed: Option<CloudError>,
}

/// Sends messages in batches as large as a call allows.
pub(crate) async fn send(cloud: &Cloud, queue: &str, messages: &[Outgoing]) -> Sent {
    let mut sent = Sent::default();
    for batch in batches(messages) {
        if let Err(error) = send_batch(cloud, queue, batch, &mut sent).await {
            sent.refused.extend(batch.iter().map(|message| (message.of, error.to_string())));
            sent.failed = Some(error);
        }
    }
    sent
}

/// Sends a batch and notes rejected messages.
async fn send_batch(
    cloud: &Cloud,
    queue: &str,
    batch: &[Outgoing],
    sent: &mut Sent,
) -> Result<(), CloudError> {
    let wanted = format!("send to the queue {}", queue_name(queue));
    let entry = |(n, message): (usize, &Outgoing)| {
        let attributes = Some(message.attributes.clone()).filter(|attributes| !attributes.is_empty());
        SendMessageBatchRequestEntry::builder()
            .id(n.to_string())
            .message_body(&message.body)
            .set_message_attributes(attributes)
            .build()
    };
    let entries = batch
        .iter()
        .enumerate()
        .map(entry)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
    let request = cloud.sqs.send_message_batch().queue_url(queue).set_entries(Some(entries));
    let answer = request.send().await.map_err(wrap(&wanted))?;
    sent.ids.extend(answer.successful().iter().map(|one| one.message_id().to_owned()));
    let answered: HashSet<&str> = answer.successful().iter().map(|one| one.id()).collect();
    for (n, message) in batch.iter().enumerate() {
        let id = n.to_string();
        if !answered.contains(id.as_str()) {
            let why = answer.failed().iter().find(|failed| failed.id() == id);
            let why = why.map_or("the queue did not accept it".to_owned(), |failed| {
                format!("{} ({})", failed.message().unwrap_or("the queue refused it"), failed.code())
            });
            sent.refused.insert(message.of, why);
        }
    }
    Ok(())
}

/// Splits messages into batches that fit in one call.
fn batches(messages: &[Outgoing]) -> Vec<&[Outgoing]> {
    let mut batches = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (n, message) in messages.iter().enumerate() {
        let size = message.size();
        if n > from && (n - from == BATCH || bytes + size > BATCH_BYTES) {
            batches.push(&messages[from..n]);
            (from, bytes) = (n, 0);
        }
        bytes += size;
    }
    if from < messages.len() {
        batches.push(&messages[from..]);
    }
    batches
}

/// S3's event for a new object, limited to the fields that the functions read.
pub(super) fn object_created(bucket: &str, key: &str) -> String {
    json!({
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": bucket}, "object": {"key": key}, "reason": "redrive"},
    })
    .to_string()
}
