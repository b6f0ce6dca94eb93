//! Replaces Lambda's placeholders for contact records that it gave up: they contain only a position in the stream.
//!
//! The recording function would find no voicemail in such a message and drop it. So the records are read from the
//! stream, while its retention period lasts, and sent instead.

use aws_sdk_kinesis::types::ShardIteratorType;
use serde::Deserialize;

use crate::cloud::{Cloud, wrap};

/// The maximum number of pages to read: a lost position is not searched for through the whole stream.
const PAGES: usize = 20;

const GONE: &str = "its contact records are no longer in the stream";

/// A position in a stream.
/// Source: the AWS Lambda developer guide, on-failure destinations of Kinesis event source mappings.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    stream_arn: String,
    shard_id: String,
    start_sequence_number: String,
    end_sequence_number: String,
}

impl Place {
    /// Parses the position in a message, if there is one.
    pub(super) fn of(body: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct GivenUp {
            #[serde(rename = "KinesisBatchInfo")]
            place: Place,
        }
        serde_json::from_str::<GivenUp>(body).ok().map(|given_up| given_up.place)
    }
}

/// Reads all contact records at a position.
///
/// # Errors
/// The reason they cannot be read, as text.
pub(super) async fn read(cloud: &Cloud, place: &Place) -> Result<Vec<Vec<u8>>, String> {
    let wanted = "read its contact records from the stream";
    let iterator = cloud
        .kinesis
        .get_shard_iterator()
        .stream_arn(&place.stream_arn)
        .shard_id(&place.shard_id)
        .shard_iterator_type(ShardIteratorType::AtSequenceNumber)
        .starting_sequence_number(&place.start_sequence_number)
        .send()
        .await
        .map_err(wrap(wanted))
        .map_err(|error| error.to_string())?;
    let mut iterator = iterator.shard_iterator;
    let mut records = Vec::new();
    for _ in 0..PAGES {
        let Some(at) = iterator else { break };
        let page = cloud
            .kinesis
            .get_records()
            .stream_arn(&place.stream_arn)
            .shard_iterator(at)
            .send()
            .await
            .map_err(wrap(wanted))
            .map_err(|error| error.to_string())?;
        for record in page.records() {
            let number = record.sequence_number();
            let expired = records.is_empty() && number != place.start_sequence_number;
            if expired || is_after(number, &place.end_sequence_number) {
                return Err(GONE.to_owned());
            }
            records.push(record.data().as_ref().to_vec());
            if number == place.end_sequence_number {
                return Ok(records);
            }
        }
        iterator = page.next_shard_iterator;
    }
    Err(GONE.to_owned())
}

/// Sequence numbers are decimal numbers too long for any integer type.
fn is_after(number: &str, other: &str) -> bool {
    (number.len(), number) > (other.len(), other)
}
