//! Contact records that a disabled trigger has not read: the retry queue brings them to the same function.

use aws_sdk_kinesis::types::ShardIteratorType;
use jiff::Timestamp;
use vmx_contract::retry;

use super::HandoverError;
use crate::cloud::{Cloud, wrap};
use crate::dead_letters::of_record;
use crate::redrive::outgoing::{Outgoing, send};

/// Sends the contact records with voicemails that arrived between two times to a queue, and returns how many. Those that
/// were read before do no harm: a voicemail is recorded once.
pub(super) async fn send_on(
    cloud: &Cloud,
    stream: &str,
    between: [Timestamp; 2],
    queue: &str,
) -> Result<usize, HandoverError> {
    let wanted = format!("read the stream {stream}");
    let mut sent = 0;
    let mut token = None;
    loop {
        let request = cloud.kinesis.list_shards();
        // A token stands for the stream.
        let request = match token.take() {
            Some(token) => request.next_token(token),
            None => request.stream_arn(stream),
        };
        let page = request.send().await.map_err(wrap(&wanted))?;
        for shard in page.shards() {
            sent += of_shard(cloud, stream, shard.shard_id(), between, queue).await?;
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(sent);
        }
    }
}

async fn of_shard(
    cloud: &Cloud,
    stream: &str,
    shard: &str,
    [from, until]: [Timestamp; 2],
    queue: &str,
) -> Result<usize, HandoverError> {
    let wanted = format!("read the stream {stream}");
    let at = aws_sdk_kinesis::primitives::DateTime::from_secs(from.as_second());
    let iterator = cloud.kinesis.get_shard_iterator().stream_arn(stream).shard_id(shard);
    let iterator = iterator.shard_iterator_type(ShardIteratorType::AtTimestamp).timestamp(at);
    let mut iterator = iterator.send().await.map_err(wrap(&wanted))?.shard_iterator;
    let mut sent = 0;
    while let Some(at) = iterator {
        let page = cloud.kinesis.get_records().stream_arn(stream).shard_iterator(at);
        let page = page.send().await.map_err(wrap(&wanted))?;
        let arrived = |record: &aws_sdk_kinesis::types::Record| {
            let at = record.approximate_arrival_timestamp()?.to_millis().ok()?;
            Timestamp::from_millisecond(at).ok()
        };
        let is_ours = |record: &aws_sdk_kinesis::types::Record| arrived(record).is_none_or(|at| at < until);
        let messages: Vec<Outgoing> = page
            .records()
            .iter()
            .filter(|record| is_ours(record) && !of_record(record.data().as_ref()).is_empty())
            .enumerate()
            .map(|(number, record)| Outgoing::new(number, retry::to_body(record.data().as_ref())))
            .collect();
        if let Some(why) = send(cloud, queue, &messages).await.refused.into_values().next() {
            return Err(HandoverError::NotSent { why });
        }
        sent += messages.len();
        let is_over = page.records().iter().any(|record| !is_ours(record));
        // At the end of the shard, everything until now was read, and that time is past.
        if is_over || page.millis_behind_latest().is_none_or(|behind| behind == 0) {
            return Ok(sent);
        }
        iterator = page.next_shard_iterator;
    }
    Ok(sent)
}
