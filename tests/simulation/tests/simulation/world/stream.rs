//! Amazon Kinesis: one shard of contact records.

use serde_json::{Value, json};
use vmx_lambda::testing::{Call, Reply};

use super::State;

/// The shard, and how far its event source mapping has come.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The records; a record's place is its sequence number.
    pub(crate) records: Vec<Record>,
    /// The first that is not done with.
    pub(crate) read: usize,
}

/// A record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// What is in it.
    pub(crate) data: Vec<u8>,
}

/// Its ARN.
pub(crate) const ARN: &str = "arn:aws:kinesis:us-east-1:111122223333:stream/contact-records";

impl Stream {
    /// Writes a record at the end.
    pub(crate) fn put(&mut self, record: &Value) {
        self.records.push(Record { data: record.to_string().into_bytes() });
    }
}

/// A place in the shard as a sequence number.
pub(crate) fn number(place: usize) -> String {
    format!("{place:020}")
}

/// What Lambda leaves in place of the records that it gives up.
/// Source: the AWS Lambda developer guide, on-failure destinations of Kinesis event source mappings.
pub(crate) fn given_up(first: usize, last: usize) -> Value {
    json!({
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 21},
        "version": "1.0",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": number(first),
            "endSequenceNumber": number(last),
            "batchSize": last - first + 1,
            "streamArn": ARN,
        },
    })
}

impl State {
    /// The calls of the installer.
    pub(super) fn kinesis(&mut self, call: &Call) -> Reply {
        let asked = call.json();
        match call.action.as_str() {
            "kinesis:GetShardIterator" => {
                Reply::json(&json!({"ShardIterator": asked["StartingSequenceNumber"]}))
            }
            "kinesis:GetRecords" => {
                let from: usize = asked["ShardIterator"].as_str().unwrap().parse().unwrap();
                let page = self.stream.records.iter().enumerate().skip(from).take(100);
                let records: Vec<Value> = page
                    .map(|(place, record)| {
                        json!({
                            "SequenceNumber": number(place), "PartitionKey": "p",
                            "Data": aws_smithy_types::base64::encode(&record.data),
                        })
                    })
                    .collect();
                let next = number(from + records.len());
                Reply::json(&json!({"Records": records, "NextShardIterator": next, "MillisBehindLatest": 0}))
            }
            other => panic!("{other} is not simulated"),
        }
    }
}
