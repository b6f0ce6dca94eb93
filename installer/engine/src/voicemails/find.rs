//! Finding voicemails.
//!
//! There is no index by time. A key begins with the ID of a contact, a random UUID, so a listing of everything is split
//! by the first two digits and its parts are read at the same time: a thousand requests for a million voicemails.

use std::collections::BTreeSet;

use futures_util::stream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use vmx_contract::objects::{ENDED_PREFIX, UNDELIVERED_PREFIX};

use super::describe::{Candidate, Describer, FoundVoicemail, State, distinct};
use crate::cloud::{Cloud, CloudError};
use crate::pipeline::Pipeline;
use crate::state_bucket::{AT_ONCE, Bucket, Listed};
use vmx_model::params::Params;

/// How many parts of a listing are read at the same time.
const PARTS_AT_ONCE: usize = 32;
/// What a UUID's digits can be.
const DIGITS: &str = "0123456789abcdefABCDEF";

/// Which voicemails to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The first moment in which they ended; in progress, in which they began.
    pub since: Timestamp,
    /// The moment from which they are too late.
    pub until: Timestamp,
    /// Name of the queue, or of the agent, in any case.
    pub recipient: Option<String>,
    /// Digits in the caller's number.
    pub caller: Option<String>,
    /// Whether only those in progress are asked for.
    pub open: bool,
    /// The most to find.
    pub limit: usize,
}

impl Filter {
    fn covers(&self, at: Timestamp) -> bool {
        self.since <= at && at < self.until
    }

    fn takes(&self, voicemail: &FoundVoicemail) -> bool {
        let name = |name: &str| name.strip_prefix("agent ").unwrap_or(name).to_lowercase();
        let recipient = self.recipient.as_ref().is_none_or(|wanted| {
            voicemail.recipient.as_ref().is_some_and(|found| name(found) == name(wanted))
        });
        let caller = self
            .caller
            .as_ref()
            .is_none_or(|wanted| voicemail.caller.as_ref().is_some_and(|found| found.contains(wanted)));
        recipient && caller
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub voicemails: Vec<FoundVoicemail>,
    /// How many were not looked at, because there are as many as were asked for. Not all of them need fit.
    pub more: usize,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
}

/// Finds voicemails, newest first.
///
/// # Errors
/// [`CloudError`] if the state bucket cannot be listed. What cannot be read of single voicemails is noted.
pub async fn find(
    cloud: &Cloud,
    params: &Params,
    pipeline: &Pipeline,
    filter: &Filter,
) -> Result<Found, CloudError> {
    let mut found = Found::default();
    let Some(name) = &pipeline.state else { return Ok(found) };
    let state = Bucket { cloud, name };
    let mut describer = Describer::new(cloud, params, pipeline, state).await;
    let mut candidates = candidates(state, filter).await?;
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.at()));
    let mut candidates = candidates.into_iter();
    while found.voicemails.len() < filter.limit {
        let some: Vec<Candidate> = candidates.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        let some = describer.describe(some).await;
        found.voicemails.extend(some.into_iter().filter(|voicemail| filter.takes(voicemail)));
    }
    found.more = candidates.len() + found.voicemails.len().saturating_sub(filter.limit);
    found.voicemails.truncate(filter.limit);
    found.unseen = describer.unseen;
    distinct(&mut found.unseen);
    Ok(found)
}

/// The voicemails of the time that was asked for.
async fn candidates(state: Bucket<'_>, filter: &Filter) -> Result<Vec<Candidate>, CloudError> {
    // Listed first: one that ends meanwhile is then in one of the two at least.
    let open = everything(state, UNDELIVERED_PREFIX).await?;
    let mut candidates = Vec::new();
    let mut has_ended = BTreeSet::new();
    if !filter.open {
        let ended = everything(state, ENDED_PREFIX).await?;
        candidates.extend(ended.into_iter().filter(|one| filter.covers(one.at)).map(Candidate::Ended));
        has_ended = candidates.iter().map(|one| one.id().to_owned()).collect();
    }
    let open = open.into_iter().filter(|one| one.at >= filter.since);
    let open = stream::iter(open).map(|object| in_progress(state, object)).buffer_unordered(AT_ONCE);
    let open: Vec<Option<Candidate>> = open.try_collect().await?;
    let fits = |one: &Candidate| filter.covers(one.at()) && !has_ended.contains(one.id());
    candidates.extend(open.into_iter().flatten().filter(fits));
    Ok(candidates)
}

/// A voicemail in progress, or `None` if it has ended since.
async fn in_progress(state: Bucket<'_>, object: Listed) -> Result<Option<Candidate>, CloudError> {
    let Some(read) = state.undelivered(&object.key).await? else { return Ok(None) };
    let is_stuck = read.content.stuck_since.is_some();
    Ok(Some(Candidate::Open {
        id: object.key.trim_start_matches(UNDELIVERED_PREFIX).to_owned(),
        since: read.content.since,
        state: if is_stuck { State::Stuck } else { State::InProgress },
    }))
}

/// Lists every object with a prefix that is followed by a UUID.
async fn everything(bucket: Bucket<'_>, prefix: &str) -> Result<Vec<Listed>, CloudError> {
    let listing = bucket.list(prefix, 1).await?;
    if !listing.more {
        return Ok(listing.objects);
    }
    let parts =
        DIGITS.chars().flat_map(|one| DIGITS.chars().map(move |other| format!("{prefix}{one}{other}")));
    let parts = stream::iter(parts).map(async |part| bucket.list(&part, usize::MAX).await);
    let parts: Vec<_> = parts.buffer_unordered(PARTS_AT_ONCE).try_collect().await?;
    Ok(parts.into_iter().flat_map(|listing| listing.objects).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::testing::{Objects, cloud, described, instance, pipeline_stack};
    use vmx_contract::state::{Ended, Outcome, Undelivered};
    use vmx_model::testing::params;

    fn at(hour: u32) -> Timestamp {
        format!("2026-11-23T{hour:02}:00:00Z").parse().unwrap()
    }

    /// IDs begin with different digits: a listing is split by them.
    fn id(n: u32) -> String {
        format!("{:08x}-0000-4000-8000-000000000000", n.wrapping_mul(0x9E37_79B9))
    }

    fn everything_of_the_day() -> Filter {
        Filter { since: at(0), until: at(23), recipient: None, caller: None, open: false, limit: 100 }
    }

    /// One voicemail an hour, the even ones for an agent; the last is in progress, and one has just ended.
    async fn found(filter: Filter) -> Vec<(u32, &'static str)> {
        let stack = pipeline_stack();
        let pipeline = Pipeline::of(&stack).unwrap();
        let (state, recordings) = (pipeline.state.clone().unwrap(), pipeline.recordings.clone());
        let objects = Objects::default();
        for hour in 1..=9 {
            let (id, outcome) = (id(hour), if hour == 3 { Outcome::Dropped } else { Outcome::Delivered });
            let recording = format!("{id}.wav");
            objects.put(&recordings, &recording, "", at(hour));
            let agent = (hour % 2 == 0).then_some("Zoe");
            objects.describe(
                &recordings,
                &recording,
                described(&id, &format!("+1555000000{hour}"), agent, at(hour)),
            );
            if hour < 9 {
                let ended = serde_json::to_string(&Ended::new(outcome, at(hour))).unwrap();
                objects.put(&state, &format!("ended/{id}"), &ended, at(hour));
            }
            if hour >= 8 {
                let open = serde_json::to_string(&Undelivered::new(at(hour))).unwrap();
                objects.put(&state, &format!("undelivered/{id}"), &open, at(hour));
            }
        }
        let mut cloud = cloud(&[], &instance([None, None]).iter().collect::<Vec<_>>(), &[]);
        objects.serve(&mut cloud);
        let found = find(&cloud, &params(), &pipeline, &filter).await.unwrap();
        assert_eq!(found.unseen, [""; 0]);
        let number = |one: &FoundVoicemail| (1..=9).find(|n| id(*n) == one.id).unwrap();
        found.voicemails.iter().map(|one| (number(one), one.state.as_str())).collect()
    }

    #[tokio::test]
    async fn all_are_found_newest_first_and_each_once() {
        let all = found(everything_of_the_day()).await;
        let hours: Vec<u32> = all.iter().map(|(hour, _)| *hour).collect();
        assert_eq!(hours, (1..=9).rev().collect::<Vec<_>>());
        assert_eq!((all[0].1, all[1].1, all[6].1), ("in_progress", "delivered", "dropped"));
    }

    #[tokio::test]
    async fn a_filter_narrows_what_is_found() {
        let day = everything_of_the_day;
        for (filter, expected) in [
            (Filter { since: at(4), until: at(6), ..day() }, vec![5, 4]),
            (Filter { recipient: Some("zoe".into()), ..day() }, vec![8, 6, 4, 2]),
            (Filter { recipient: Some("BASICQUEUE".into()), limit: 2, ..day() }, vec![9, 7]),
            (Filter { caller: Some("0000007".into()), ..day() }, vec![7]),
            // What has just ended is no longer told as in progress.
            (Filter { since: at(8), ..day() }, vec![9, 8]),
        ] {
            let hours: Vec<u32> = found(filter.clone()).await.iter().map(|(hour, _)| *hour).collect();
            assert_eq!(hours, expected, "{filter:?}");
        }
    }
}
