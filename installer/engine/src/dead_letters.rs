//! Dead letters and their queues.
//!
//! A dead letter is read by receiving and releasing it. The extra receive is harmless in a dead-letter queue, which has
//! no limit of receives. The functions' queues are never received from here, because each receive would bring a message
//! closer to becoming a dead letter.

mod about;

use std::collections::HashMap;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message, MessageAttributeValue,
    MessageSystemAttributeName, QueueAttributeName,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::cloud::{Cloud, CloudError, wrap};

pub(crate) use about::{about, of_record};

/// The most messages per call. Source: the SQS API reference.
pub(crate) const BATCH: usize = 10;
/// How long a held dead letter is invisible to others, in seconds. It reappears after that even if the program crashes.
const HOLD_SECONDS: i32 = 60;
/// Without a wait, SQS queries only some of its servers.
const WAIT_SECONDS: i32 = 1;

/// The number of messages in a queue. SQS calls its counts approximate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// Waiting to be received.
    pub waiting: u64,
    /// Received, and neither deleted nor visible again.
    pub in_flight: u64,
    /// Delayed.
    pub delayed: u64,
}

impl Depth {
    /// All of them.
    #[must_use]
    pub fn total(self) -> u64 {
        self.waiting + self.in_flight + self.delayed
    }
}

/// A held dead letter: nobody else receives it until it is released or its time is over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DeadLetter {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) attributes: HashMap<String, MessageAttributeValue>,
    /// When it was first sent, to any queue.
    pub(crate) sent: Option<Timestamp>,
    handle: String,
}

/// A queue, as SQS describes it.
pub(crate) struct Queue {
    pub(crate) depth: Depth,
    pub(crate) has_dead_letters: bool,
    /// Whether EventBridge may send to it.
    pub(crate) allows_events: bool,
}

/// Describes a queue.
///
/// # Errors
/// [`CloudError`] if it cannot be read.
pub(crate) async fn describe(cloud: &Cloud, queue: &str) -> Result<Queue, CloudError> {
    use QueueAttributeName as Name;
    let request = cloud.sqs.get_queue_attributes().queue_url(queue).attribute_names(Name::All);
    let described =
        request.send().await.map_err(wrap(format!("describe the queue {}", queue_name(queue))))?;
    let attribute = |name: Name| described.attributes()?.get(&name).map(String::as_str);
    let count = |name: Name| attribute(name).and_then(|count| count.parse().ok()).unwrap_or_default();
    let has = |name: Name, text: &str| attribute(name).is_some_and(|value| value.contains(text));
    Ok(Queue {
        depth: Depth {
            waiting: count(Name::ApproximateNumberOfMessages),
            in_flight: count(Name::ApproximateNumberOfMessagesNotVisible),
            delayed: count(Name::ApproximateNumberOfMessagesDelayed),
        },
        has_dead_letters: has(Name::RedrivePolicy, "deadLetterTargetArn"),
        allows_events: has(Name::Policy, "events.amazonaws.com"),
    })
}

/// The number of messages in a queue.
///
/// # Errors
/// [`CloudError`] if the queue cannot be read.
pub(crate) async fn depth(cloud: &Cloud, queue: &str) -> Result<Depth, CloudError> {
    Ok(describe(cloud, queue).await?.depth)
}

/// Receives and holds at most `most` dead letters, ten at a time.
///
/// # Errors
/// [`CloudError`] if the queue cannot be received from.
pub(crate) async fn hold(cloud: &Cloud, queue: &str, most: usize) -> Result<Vec<DeadLetter>, CloudError> {
    let received = cloud
        .sqs
        .receive_message()
        .queue_url(queue)
        .max_number_of_messages(most.clamp(1, BATCH) as i32)
        .visibility_timeout(HOLD_SECONDS)
        .wait_time_seconds(WAIT_SECONDS)
        .message_attribute_names("All")
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await
        .map_err(wrap(format!("receive from the queue {}", queue_name(queue))))?;
    Ok(received.messages.unwrap_or_default().into_iter().filter_map(DeadLetter::of).collect())
}

/// Releases dead letters, so that they can be received immediately.
///
/// # Errors
/// [`CloudError`]. They can still be received after a minute.
pub(crate) async fn release(
    cloud: &Cloud,
    queue: &str,
    letters: impl IntoIterator<Item = &DeadLetter>,
) -> Result<(), CloudError> {
    let wanted = format!("release messages in the queue {}", queue_name(queue));
    let letters: Vec<_> = letters.into_iter().collect();
    for letters in letters.chunks(BATCH) {
        let entries = letters.iter().enumerate().map(|(n, letter)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(n.to_string())
                .receipt_handle(&letter.handle)
                .visibility_timeout(0)
                .build()
        });
        let entries = entries
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
        let request = cloud.sqs.change_message_visibility_batch().queue_url(queue);
        request.set_entries(Some(entries)).send().await.map_err(wrap(&wanted))?;
    }
    Ok(())
}

/// Deletes up to ten dead letters, and returns the IDs of those that remain.
///
/// # Errors
/// [`CloudError`] if none was deleted.
pub(crate) async fn delete(
    cloud: &Cloud,
    queue: &str,
    letters: &[&DeadLetter],
) -> Result<Vec<String>, CloudError> {
    let wanted = format!("delete messages from the queue {}", queue_name(queue));
    let entries = letters.iter().enumerate().map(|(n, letter)| {
        DeleteMessageBatchRequestEntry::builder().id(n.to_string()).receipt_handle(&letter.handle).build()
    });
    let entries = entries
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CloudError::incomplete(&wanted, &error.to_string()))?;
    let request = cloud.sqs.delete_message_batch().queue_url(queue).set_entries(Some(entries));
    let deleted = request.send().await.map_err(wrap(&wanted))?;
    let index = |id: &str| id.parse::<usize>().ok();
    let kept = deleted.failed().iter().filter_map(|failed| letters.get(index(failed.id())?));
    Ok(kept.map(|letter| letter.id.clone()).collect())
}

/// A queue's name, from its URL.
#[must_use]
pub fn queue_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

impl DeadLetter {
    fn of(message: Message) -> Option<Self> {
        let sent = message.attributes.as_ref().and_then(|attributes| {
            let sent = attributes.get(&MessageSystemAttributeName::SentTimestamp)?;
            Timestamp::from_millisecond(sent.parse().ok()?).ok()
        });
        Some(Self {
            id: message.message_id?,
            body: message.body.unwrap_or_default(),
            attributes: message.message_attributes.unwrap_or_default(),
            sent,
            handle: message.receipt_handle?,
        })
    }
}
