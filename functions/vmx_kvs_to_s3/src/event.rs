//! The function's events.

use serde::Deserialize;

/// An invocation by one of the function's two event source mappings.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// The batch; all records come from the same source.
    #[serde(rename = "Records")]
    pub(crate) records: Vec<Record>,
}

/// An incoming contact record.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "eventSource")]
pub(crate) enum Record {
    /// From the stream of contact records.
    #[serde(rename = "aws:kinesis")]
    Stream {
        /// The record.
        kinesis: Payload,
    },
    /// From the retry queue.
    #[serde(rename = "aws:sqs", rename_all = "camelCase")]
    Queue {
        /// Identifies it in the response.
        message_id: String,
        /// The contact record.
        body: String,
    },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payload {
    /// Identifies it in the response.
    pub(crate) sequence_number: String,
    /// The contact record, in Base64.
    pub(crate) data: String,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn both_sources_are_read() {
        let event = r#"{"Records":[
            {"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"p","sequenceNumber":"7","data":"e30=",
             "approximateArrivalTimestamp":1.5},"eventSource":"aws:kinesis","eventID":"shardId-0:7","eventName":"aws:kinesis:record"},
            {"messageId":"m","receiptHandle":"r","body":"{}","attributes":{"SentTimestamp":"1"},"eventSource":"aws:sqs"}]}"#;
        let event: Event = serde_json::from_str(event).unwrap();
        assert!(matches!(&event.records[0], Record::Stream { kinesis } if kinesis.sequence_number == "7"));
        assert!(
            matches!(&event.records[1], Record::Queue { message_id, body } if message_id == "m" && body == "{}")
        );
    }
}
