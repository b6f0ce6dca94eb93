//! Amazon S3: the buckets with their events, policies and lifecycles.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use vmx_contract::objects::{
    CLAIMS_PREFIX, DELIVERED_PREFIX, ENDED_PREFIX, LETTERS_PREFIX, RECORDING_SUFFIX, TRANSCRIPT_SUFFIX,
};
use vmx_contract::retention::{Retention, TAG};
use vmx_lambda::testing::{Call, Object, Reply};

use super::{QueueName, State, World};
use crate::chain::Part;

pub(crate) const RECORDINGS: &str = "recordings";
pub(crate) const TRANSCRIPTS: &str = "transcripts";
pub(crate) const STATE: &str = "state";
/// How many days recordings of ended voicemails are kept.
pub(crate) const RECORDINGS_DAYS: u32 = 90;
/// How many days transcripts are kept.
const TRANSCRIPTS_DAYS: u32 = 90;
/// The time format of HTTP headers.
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

impl World {
    /// Handles a call to S3, with its events.
    pub(super) fn object(&self, call: &Call) -> Reply {
        let bucket = call.host.split('.').next().unwrap_or_default().to_owned();
        let key = call.path.trim_start_matches('/').to_owned();
        let mut state = self.state();
        let is_written = matches!(call.action.as_str(), "s3:PutObject" | "s3:CompleteMultipartUpload");
        // The bucket policy requires s3:if-none-match; the parts of an upload are exempt.
        if is_written && is_written_once(&bucket, &key) && !call.headers.contains_key("if-none-match") {
            state.unconditional.push(format!("{bucket}/{key}"));
            return Reply::error(call, 403, "AccessDenied");
        }
        let reply = state.buckets.answer(call);
        if is_written && reply.status() == 200 {
            state.marked(&bucket, &key);
            drop(state);
            self.object_created(&bucket, &key);
        }
        reply
    }

    /// Writes an object for an AWS service.
    pub(crate) fn write_object(&self, bucket: &str, key: &str, body: Vec<u8>) {
        let mut state = self.state();
        let last_modified = state.clock.now().strftime(HTTP_DATE).to_string();
        let object = Object { body, last_modified, ..Object::default() };
        state.buckets.objects.insert(format!("{bucket}/{key}"), object);
        drop(state);
        self.object_created(bucket, key);
    }

    /// Sends the event for a new object to the queue of the matching rule.
    pub(crate) fn object_created(&self, bucket: &str, key: &str) {
        let event = json!({
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1}},
        });
        match bucket {
            RECORDINGS if key.ends_with(RECORDING_SUFFIX) => {
                self.event(Part::RecordingsRule, QueueName::Recordings, &event);
            }
            TRANSCRIPTS if key.ends_with(TRANSCRIPT_SUFFIX) => {
                self.event(Part::TranscriptsRule, QueueName::Transcripts, &event);
            }
            _ => {}
        }
    }

    /// Applies the lifecycle rules once a day.
    pub(crate) async fn keep_expiring(self) {
        loop {
            tokio::time::sleep(Duration::from_hours(24)).await;
            self.state().expire();
        }
    }
}

impl State {
    /// Removes expired objects.
    fn expire(&mut self) {
        let now = self.clock.now();
        let before = self.buckets.objects.len();
        self.buckets.objects.retain(|name, object| {
            let (Some(written), Some(days)) = (written_at(object), days_of(name, object)) else {
                return true;
            };
            now.duration_since(written) < SignedDuration::from_hours(24 * i64::from(days))
        });
        self.expired_objects += before - self.buckets.objects.len();
    }

    /// The content of an object as text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.buckets.objects.get(name).map(|object| String::from_utf8_lossy(&object.body).into_owned())
    }

    /// When an object was last written, by the service's clock.
    pub(crate) fn written_at(&self, name: &str) -> Option<Timestamp> {
        self.buckets.objects.get(name).and_then(written_at)
    }

    /// The retention tags of the recordings, sorted.
    pub(crate) fn retentions(&self) -> Vec<String> {
        let recordings = self.buckets.objects.iter().filter(|(name, _)| name.starts_with(RECORDINGS));
        let mut tags: Vec<String> =
            recordings.map(|(_, object)| object.tags.get(TAG).cloned().unwrap_or_default()).collect();
        tags.sort();
        tags
    }

    /// The names under a prefix of the state bucket.
    pub(crate) fn names_behind(&self, prefix: &str) -> Vec<String> {
        let prefix = format!("{STATE}/{prefix}");
        let names = self.buckets.objects.keys().filter_map(|name| name.strip_prefix(&prefix));
        names.map(str::to_owned).collect()
    }
}

/// Whether the bucket policy forbids overwriting this object.
fn is_written_once(bucket: &str, key: &str) -> bool {
    match bucket {
        RECORDINGS => true,
        STATE => key.starts_with(ENDED_PREFIX) || key.starts_with(DELIVERED_PREFIX),
        _ => false,
    }
}

fn written_at(object: &Object) -> Option<Timestamp> {
    let written = DateTime::strptime(HTTP_DATE, &object.last_modified).ok()?;
    Offset::UTC.to_timestamp(written).ok()
}

/// How many days the lifecycle keeps an object, if it removes it.
fn days_of(name: &str, object: &Object) -> Option<u32> {
    let (bucket, key) = name.split_once('/')?;
    match bucket {
        RECORDINGS => Retention::parse(object.tags.get(TAG)?)?.expires_after(RECORDINGS_DAYS),
        TRANSCRIPTS => Some(TRANSCRIPTS_DAYS),
        _ => [(ENDED_PREFIX, 800), (DELIVERED_PREFIX, 400), (CLAIMS_PREFIX, 2), (LETTERS_PREFIX, 14)]
            .into_iter()
            .find_map(|(prefix, days)| key.starts_with(prefix).then_some(days)),
    }
}
