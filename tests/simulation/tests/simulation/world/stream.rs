//! Amazon Kinesis: one shard of contact records.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;
use vmx_lambda::testing::{Call, Reply};

use super::State;

/// The shard and the position of its event source mapping.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The records; a record's index is its sequence number.
    pub(crate) records: Vec<Record>,
    /// The first unprocessed record.
    pub(crate) read: usize,
    /// When records were read.
    pub(crate) read_at: Vec<Instant>,
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) data: Vec<u8>,
    /// When it was written.
    pub(crate) at: Instant,
}

/// The stream's retention period.
pub(crate) const KEPT: Duration = Duration::from_hours(24);

pub(crate) const ARN: &str = "arn:aws:kinesis:us-east-1:111122223333:stream/contact-records";

impl Stream {
    /// Appends a record.
    pub(crate) fn put(&mut self, record: &Value) {
        self.records.push(Record { data: record.to_string().into_bytes(), at: Instant::now() });
    }
}

/// An index in the shard as a sequence number.
pub(crate) fn number(place: usize) -> String {
    place.to_string()
}

/// What Lambda leaves when it gives up: in the previous version the records' position, in a queue; now the records
/// themselves, in a bucket, as the text of the event.
/// Source: the AWS Lambda developer guide, "Capturing discarded batches for a Kinesis event source".
pub(crate) fn given_up(first: usize, last: usize, event: Option<&Value>) -> Value {
    let mut letter = json!({
        "requestContext": {
            "requestId": "00000000-0000-4000-8000-00000000f00d",
            "functionArn": "arn:aws:lambda:us-east-1:111122223333:function:recorder",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 21,
        },
        "version": "1.0",
        "timestamp": "2026-11-28T10:00:00.000Z",
        "KinesisBatchInfo": {
            "shardId": SHARD,
            "startSequenceNumber": number(first),
            "endSequenceNumber": number(last),
            "batchSize": last - first + 1,
            "streamArn": ARN,
        },
    });
    if let Some(event) = event {
        letter["payload"] = event.to_string().into();
    }
    letter
}

/// The key under which Lambda writes a letter. Source: as above.
pub(crate) fn letter_key(at: Timestamp, place: usize) -> String {
    let day = at.strftime("%Y/%m/%d");
    let time = at.strftime("%Y-%m-%dT%H.%M.%S");
    format!(
        "aws/lambda/00000000-0000-4000-8000-0000000000e5/{SHARD}/{day}/{time}-00000000-0000-4000-8000-{place:012}"
    )
}

/// The only shard.
const SHARD: &str = "shardId-000000000000";

impl State {
    /// The range of the next records to read. Expired records are skipped.
    pub(crate) fn next_records(&mut self, most: usize) -> (usize, usize) {
        let Stream { records, read, read_at } = &mut self.stream;
        let gone = records[*read..].iter().take_while(|record| record.at.elapsed() >= KEPT).count();
        *read += gone;
        self.expired_records += gone as u64;
        let to = records.len().min(*read + most);
        read_at.extend((*read..to).map(|_| Instant::now()));
        (*read, to)
    }

    /// Handles calls of the installer.
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
