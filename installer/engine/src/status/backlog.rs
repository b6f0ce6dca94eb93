//! The voicemails in progress, as listed in the state bucket, and the contact records that Lambda gave up.

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vmx_contract::objects::{LETTERS_PREFIX, UNDELIVERED_PREFIX};

use crate::cloud::CloudError;
use crate::state_bucket::{AT_ONCE, Bucket, Listed};

/// The most pages of a listing to read: far more voicemails than wait when something is wrong.
const PAGES: usize = 20;
/// The most voicemails to read, oldest first, so that stuck ones are included.
const READ: usize = 200;
/// How long after the transcript's deadline a voicemail counts as late.
const LATE: SignedDuration = SignedDuration::from_mins(30);

/// The voicemails in progress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// How many there are.
    pub count: u64,
    /// Whether there are more than were counted.
    pub more: bool,
    /// How many of those read should have been delivered already.
    pub late: u64,
    /// The oldest of those read.
    pub oldest: Option<OpenVoicemail>,
    /// The stuck ones, oldest first.
    pub stuck: Vec<OpenVoicemail>,
    /// Those that were read, oldest first.
    #[serde(skip)]
    pub read: Vec<OpenVoicemail>,
}

/// A voicemail in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenVoicemail {
    /// Its ID, for `trace`.
    pub id: String,
    /// When it started.
    pub since: Timestamp,
    /// Since when it is stuck.
    pub stuck_since: Option<Timestamp>,
}

/// Contact records that Lambda gave up on and stored, with their content, in the state bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StreamLetters {
    /// How many objects.
    pub count: u64,
    /// When the oldest of those counted was written.
    pub oldest: Option<Timestamp>,
    /// Whether there are more than were counted.
    pub more: bool,
}

/// Reads the voicemails in progress. `deadline` is how long to wait for a transcript.
pub(super) async fn backlog(
    bucket: Bucket<'_>,
    deadline: SignedDuration,
    now: Timestamp,
) -> Result<Backlog, CloudError> {
    let mut listing = bucket.list(UNDELIVERED_PREFIX, PAGES).await?;
    let count = listing.objects.len() as u64;
    listing.objects.sort_by_key(|object| object.at);
    listing.objects.truncate(READ);
    let read = stream::iter(listing.objects).map(|object| open(bucket, object)).buffered(AT_ONCE);
    let read: Vec<_> = read.collect().await;
    let mut backlog = Backlog { count, more: listing.more, ..Backlog::default() };
    for open in read {
        let Some(open) = open? else { continue };
        if now.duration_since(open.since) > deadline + LATE {
            backlog.late += 1;
        }
        backlog.read.push(open);
    }
    backlog.read.sort_by_key(|open| open.since);
    backlog.oldest = backlog.read.first().cloned();
    backlog.stuck = backlog.read.iter().filter(|open| open.stuck_since.is_some()).cloned().collect();
    Ok(backlog)
}

/// A listed voicemail, or `None` if it has ended since.
async fn open(bucket: Bucket<'_>, object: Listed) -> Result<Option<OpenVoicemail>, CloudError> {
    let read = bucket.undelivered(&object.key).await?;
    Ok(read.map(|read| OpenVoicemail {
        id: object.key.trim_start_matches(UNDELIVERED_PREFIX).to_owned(),
        since: read.content.since,
        stuck_since: read.content.stuck_since,
    }))
}

/// Counts the contact records that Lambda gave up.
pub(super) async fn stream_letters(bucket: Bucket<'_>) -> Result<StreamLetters, CloudError> {
    let listing = bucket.list(LETTERS_PREFIX, PAGES).await?;
    Ok(StreamLetters {
        count: listing.objects.len() as u64,
        oldest: listing.objects.iter().map(|object| object.at).min(),
        more: listing.more,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::testing::{Objects, cloud};
    use vmx_contract::state::Undelivered;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    #[tokio::test]
    async fn what_has_not_ended_is_counted_over_all_pages_and_what_is_stuck_is_named() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let objects = Objects::default();
        let id = |n: u32| format!("00000000-0000-4000-8000-00000000000{n}");
        for (n, minutes, stuck) in
            [(1, 5, false), (2, 91, false), (3, 200, true), (4, 100, true), (5, 89, false)]
        {
            let since = now - SignedDuration::from_mins(minutes);
            let open = Undelivered { stuck_since: stuck.then_some(now), ..Undelivered::new(since) };
            let key = format!("undelivered/{}", id(n));
            objects.put("state", &key, &serde_json::to_string(&open).unwrap(), since);
        }
        // An unreadable note hides no other one.
        objects.put("state", &format!("undelivered/{}", id(6)), "{", now);
        objects.put("state", "ended/x", "{}", now);
        objects.put("state", "aws/lambda/1", "{}", now - HOUR);
        objects.put("state", "aws/lambda/2", "{}", now);
        let mut cloud = cloud(&[], &[], &[]);
        objects.serve(&mut cloud);
        let bucket = Bucket { cloud: &cloud, name: "state" };
        let found = backlog(bucket, HOUR, now).await.unwrap();
        assert_eq!((found.count, found.more, found.late), (6, false, 3));
        assert_eq!(found.oldest.unwrap().id, id(3));
        assert_eq!(found.stuck.iter().map(|open| open.id.clone()).collect::<Vec<_>>(), [id(3), id(4)]);
        let letters = stream_letters(bucket).await.unwrap();
        assert_eq!(letters, StreamLetters { count: 2, oldest: Some(now - HOUR), more: false });
    }
}
