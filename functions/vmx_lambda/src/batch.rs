//! The messages of one invocation. Each has its own result (`ReportBatchItemFailures`), so that a failed one is retried
//! alone.

use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use futures_util::stream;
use lambda_runtime::Context;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use tracing::error;

use crate::metrics;

/// Reserved from an invocation's time for the response.
const MARGIN: Duration = Duration::from_secs(2);

/// An invocation by an Amazon SQS event source mapping.
#[derive(Debug, Clone, Deserialize)]
pub struct SqsEvent {
    /// The messages.
    #[serde(rename = "Records")]
    pub messages: Vec<SqsMessage>,
}

/// One message of a queue.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SqsMessage {
    /// Identifies it in the batch's response.
    pub message_id: String,
    /// Its content.
    pub body: String,
    /// The queue's data about it.
    #[serde(default)]
    pub attributes: SqsAttributes,
}

/// The queue's data about a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SqsAttributes {
    /// How often it was received, including now, if the queue says so.
    #[serde(default)]
    approximate_receive_count: String,
}

impl SqsMessage {
    /// How often it was received, including now. The queue's count is approximate; without one, it counts as the first
    /// time.
    #[must_use]
    pub fn receives(&self) -> u32 {
        self.attributes.approximate_receive_count.parse().unwrap_or(1)
    }
}

/// The response to an invocation: which items to retry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// The items, in the order of the batch.
    pub batch_item_failures: Vec<ItemFailure>,
}

/// An item to retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// A message's ID, or a Kinesis record's sequence number.
    pub item_identifier: String,
}

/// An item failed, and its handler has logged why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// When the work of an invocation must end for its response to arrive.
#[must_use]
pub fn deadline(context: &Context) -> Instant {
    let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + left.saturating_sub(MARGIN)
}

/// Handles the items of a batch, at most `at_once` concurrently, and responds in their order. `items` are pairs of an
/// identifier and the argument of `handle`. What is not done by the deadline has failed.
pub async fn handle_each<T, F>(
    items: impl IntoIterator<Item = (String, T)>,
    at_once: usize,
    deadline: Instant,
    handle: impl Fn(T) -> F,
) -> BatchResponse
where
    F: Future<Output = Result<(), Failed>>,
{
    let handle = &handle;
    let answers = stream::iter(items).map(|(identifier, item)| async move {
        let done = timeout_at(deadline, handle(item)).await.unwrap_or_else(|_| {
            error!(
                item = identifier,
                "out of time: the item will be retried; if this recurs, increase the function's timeout"
            );
            metrics::failed("out_of_time");
            Err(Failed)
        });
        done.err().map(|Failed| ItemFailure { item_identifier: identifier })
    });
    BatchResponse {
        batch_item_failures: answers.buffered(at_once).filter_map(std::future::ready).collect().await,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::cell::Cell;
    use tokio::time::sleep;

    fn items(count: u64) -> impl Iterator<Item = (String, u64)> {
        (0..count).map(|n| (n.to_string(), n))
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_named_in_order_and_no_more_run_at_once_than_allowed() {
        let (running, most) = (Cell::new(0), Cell::new(0));
        let deadline = Instant::now() + Duration::from_secs(60);
        let response = handle_each(items(9), 4, deadline, async |n| {
            running.set(running.get() + 1);
            most.set(most.get().max(running.get()));
            sleep(Duration::from_millis(100 - n)).await;
            running.set(running.get() - 1);
            if n % 3 == 0 { Err(Failed) } else { Ok(()) }
        })
        .await;
        assert_eq!(most.get(), 4);
        assert_eq!(
            serde_json::to_value(response).unwrap(),
            serde_json::json!({"batchItemFailures": [
                {"itemIdentifier": "0"}, {"itemIdentifier": "3"}, {"itemIdentifier": "6"},
            ]})
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_time_does_not_reach_has_failed() {
        let deadline = Instant::now() + Duration::from_secs(10);
        let response = handle_each(items(3), 1, deadline, async |n| {
            sleep(Duration::from_secs(6 * n)).await;
            Ok(())
        })
        .await;
        assert_eq!(response.batch_item_failures.len(), 1);
        assert_eq!(response.batch_item_failures[0].item_identifier, "2");
    }

    #[test]
    fn a_queues_messages_are_read() {
        let event = r#"{"Records":[{"messageId":"m","receiptHandle":"r","body":"b","attributes":{},"eventSource":"aws:sqs"}]}"#;
        let event: SqsEvent = serde_json::from_str(event).unwrap();
        assert_eq!((event.messages[0].message_id.as_str(), event.messages[0].body.as_str()), ("m", "b"));
        assert_eq!(event.messages[0].receives(), 1);
        let event = r#"{"Records":[{"messageId":"m","body":"b","attributes":{"ApproximateReceiveCount":"7","SenderId":"x"}}]}"#;
        let event: SqsEvent = serde_json::from_str(event).unwrap();
        assert_eq!(event.messages[0].receives(), 7);
    }
}
