//! The sizing for a rate: the stream, and each trigger's concurrency.

use serde::{Deserialize, Serialize};
use vmx_contract::at_once;

use super::assumed::{
    CONTACTS_PER_VOICEMAIL, HEADROOM, JOB_SECONDS, PACKAGE_SECONDS, RECORD_BYTES, RECORD_SECONDS,
    REMINDER_SECONDS, START_JOB_SECONDS,
};
use super::quota;

/// A shard's limit per second. Source: the Kinesis Data Streams developer guide, "Quotas and limits".
const SHARD_BYTES: f64 = 1_048_576.0;
const SHARD_RECORDS: f64 = 1000.0;
/// Shards of a new on-demand stream. Source: the same guide, "Choose the right mode".
const ON_DEMAND_SHARDS: u32 = 4;
/// The most concurrent batches per shard. Source: the AWS Lambda API reference, ParallelizationFactor.
const MOST_LANES: u32 = 10;
/// One voicemail with late media blocks its batch for half a minute, so there is always a second.
const FEWEST_LANES: u32 = 2;
/// The range of a queue trigger's limit. Source: the AWS Lambda API reference, ScalingConfig.
const FEWEST_AT_ONCE: u32 = 2;
const MOST_AT_ONCE: u32 = 1000;

/// The stream of contact records, if the stack creates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// One shard, billed per hour.
    OneShard,
    /// As many shards as needed, billed per hour and per data written.
    OnDemand,
}

/// The sizing for a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The stream of contact records.
    pub stream: Stream,
    /// Concurrent batches per shard.
    pub lanes: u32,
    /// Records per batch: as many as the function processes concurrently, so that none waits for another.
    pub batch: u32,
    /// How long to wait for a full batch, in seconds. Not at all: under load, batches fill without waiting.
    pub batch_window: u32,
    /// Concurrent invocations that retry failed recordings.
    pub again: u32,
    /// Concurrent invocations that start transcription jobs.
    pub transcribe: u32,
    /// Whether transcription jobs may queue at Amazon Transcribe, because they come close to its limit.
    pub queued_jobs: bool,
    /// Concurrent invocations that package and deliver.
    pub deliver: u32,
}

/// The sizing for a rate, in voicemails an hour.
#[must_use]
pub fn layout(per_hour: u32) -> Layout {
    let rate = f64::from(per_hour) / 3600.0 * HEADROOM;
    let records = rate * CONTACTS_PER_VOICEMAIL;
    let shards = (records / SHARD_RECORDS).max(records * RECORD_BYTES / SHARD_BYTES);
    let stream = if shards > 1.0 { Stream::OnDemand } else { Stream::OneShard };
    let batch = u32::try_from(at_once::RECORDED).unwrap_or(1);
    let lanes = invocations(rate * RECORD_SECONDS, at_once::RECORDED);
    Layout {
        stream,
        lanes: lanes.div_ceil(stream.shards()).clamp(FEWEST_LANES, MOST_LANES),
        batch,
        batch_window: 0,
        // The backlog of an hour without Kinesis Video Streams is cleared within the next, one message at a time.
        again: limit(rate * RECORD_SECONDS, 1),
        queued_jobs: rate * JOB_SECONDS > quota::TRANSCRIPTION_JOBS,
        transcribe: limit(rate * START_JOB_SECONDS, at_once::TRANSCRIBED),
        deliver: limit(rate * (PACKAGE_SECONDS + REMINDER_SECONDS), at_once::PACKAGED),
    }
}

/// Invocations for so many concurrent items.
fn invocations(items: f64, in_each: usize) -> u32 {
    (items / in_each as f64).ceil() as u32
}

/// The same as a trigger's limit.
fn limit(items: f64, in_each: usize) -> u32 {
    invocations(items, in_each).clamp(FEWEST_AT_ONCE, MOST_AT_ONCE)
}

impl Stream {
    /// Its initial number of shards.
    #[must_use]
    pub fn shards(self) -> u32 {
        match self {
            Self::OneShard => 1,
            Self::OnDemand => ON_DEMAND_SHARDS,
        }
    }
}

impl Layout {
    /// Contact records of the stream processed concurrently.
    #[must_use]
    pub fn records_at_once(&self) -> u32 {
        self.stream.shards() * self.lanes * self.batch
    }

    /// The most concurrent invocations, except playback's.
    #[must_use]
    pub fn executions(&self) -> u32 {
        self.stream.shards() * self.lanes + self.again + self.transcribe + self.deliver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_derived_grows_with_the_rate_and_stays_within_what_lambda_takes() {
        let of = |per_hour| {
            let layout = layout(per_hour);
            (layout.stream, [layout.lanes, layout.again, layout.transcribe, layout.deliver])
        };
        assert_eq!(of(1), (Stream::OneShard, [2, 2, 2, 2]));
        assert_eq!(of(2_000), (Stream::OneShard, [2, 3, 2, 2]));
        assert_eq!(of(20_000), (Stream::OneShard, [7, 28, 2, 10]));
        assert_eq!(of(200_000), (Stream::OnDemand, [10, 278, 14, 95]));
        assert_eq!(of(1_000_000), (Stream::OnDemand, [10, 1000, 70, 473]));
        assert_eq!([2_000, 14_000, 16_000].map(|rate| layout(rate).queued_jobs), [false, false, true]);
    }
}
