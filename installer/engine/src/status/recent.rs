//! The voicemails in progress, and the last that have ended.

use vmx_contract::objects::ENDED_PREFIX;

use super::Status;
use crate::cloud::Cloud;
use crate::pipeline::Pipeline;
use crate::state_bucket::Bucket;
use crate::voicemails::{Candidate, Describer, FoundVoicemail, State, distinct};
use vmx_model::actual::StackState;
use vmx_model::params::Params;

/// The most pages of ended voicemails to list. Their keys are in no order of time.
const PAGES: usize = 20;
/// How many ended voicemails to read.
const READ: usize = 20;

/// The voicemails in progress that [`Status`] has read, and the last that have ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// Newest first.
    pub voicemails: Vec<FoundVoicemail>,
    /// Whether there are more ended ones than were listed, so that others may be newer.
    pub more: bool,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
}

/// Reads the last voicemails of an installation whose status was read.
pub async fn recent(cloud: &Cloud, params: &Params, stack: &StackState, status: &Status) -> Recent {
    let mut recent = Recent::default();
    let Ok(pipeline) = Pipeline::of(stack) else { return recent };
    let Some(name) = &pipeline.state else { return recent };
    let state = Bucket { cloud, name };
    let open = status.undelivered.as_ref().and_then(|seen| seen.found());
    let open = open.map(|backlog| backlog.read.clone()).unwrap_or_default();
    let open = open.into_iter().map(|open| {
        let state = if open.stuck_since.is_some() { State::Stuck } else { State::InProgress };
        Candidate::Open { id: open.id, since: open.since, state }
    });
    let mut ended = match state.list(ENDED_PREFIX, PAGES).await {
        Ok(listing) => {
            recent.more = listing.more;
            listing.objects
        }
        Err(error) => {
            recent.unseen.push(error.to_string());
            Vec::new()
        }
    };
    ended.sort_by_key(|object| std::cmp::Reverse(object.at));
    ended.truncate(READ);
    let candidates = open.chain(ended.into_iter().map(Candidate::Ended)).collect();
    let mut describer = Describer::new(cloud, params, &pipeline, state).await;
    recent.voicemails = describer.describe(candidates).await;
    recent.unseen.append(&mut describer.unseen);
    distinct(&mut recent.unseen);
    recent.voicemails.sort_by_key(|voicemail| std::cmp::Reverse(voicemail.at));
    recent
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use jiff::Timestamp;

    use super::*;
    use crate::status::sample::{open, well};
    use crate::status::{Backlog, Seen};
    use crate::testing::{Objects, cloud, described, instance, pipeline_stack};
    use vmx_contract::mode::Mode;
    use vmx_contract::state::{Ended, Outcome};
    use vmx_model::testing::params;

    const FROM: &str = "+15555550100";

    fn id(n: u32) -> String {
        format!("00000000-0000-4000-8000-00000000000{n}")
    }

    fn at(hour: u32) -> Timestamp {
        format!("2026-11-23T{hour:02}:00:00Z").parse().unwrap()
    }

    #[tokio::test]
    async fn the_last_ones_are_told_with_their_queue_their_end_and_their_modes() {
        let stack = pipeline_stack();
        let pipeline = Pipeline::of(&stack).unwrap();
        let (state, recordings) = (pipeline.state.unwrap(), pipeline.recordings);
        let objects = Objects::default();
        for (n, outcome) in [(1, Outcome::Delivered), (2, Outcome::Dropped), (3, Outcome::GivenUp)] {
            let ended = serde_json::to_string(&Ended::new(outcome, at(n))).unwrap();
            objects.put(&state, &format!("ended/{}", id(n)), &ended, at(n));
            objects.put(&recordings, &format!("{}.wav", id(n)), "", at(n));
        }
        objects.describe(&recordings, &format!("{}.wav", id(1)), described(&id(1), FROM, None, at(1)));
        objects.describe(&recordings, &format!("{}.wav", id(2)), described(&id(2), FROM, Some("zoe"), at(2)));
        for mode in ["task", "email"] {
            objects.put(&state, &format!("delivered/{}/{mode}", id(1)), "{}", at(1));
        }
        let mut cloud = cloud(&[], &instance([None, None]).iter().collect::<Vec<_>>(), &[]);
        objects.serve(&mut cloud);
        let mut status = well();
        let read = vec![open(&id(4), "2026-11-23T04:00:00Z", Some("2026-11-23T05:00:00Z"))];
        status.undelivered = Some(Seen::Found(Backlog { count: 1, read, ..Backlog::default() }));
        let found = recent(&cloud, &params(), &stack, &status).await;
        assert_eq!((found.more, &found.unseen), (false, &Vec::new()));
        let told: Vec<_> = found
            .voicemails
            .iter()
            .map(|one| (one.id.clone(), one.at, one.recipient.as_deref(), one.state, one.modes.clone()))
            .collect();
        let ended = State::Ended;
        assert_eq!(
            told,
            [
                (id(4), at(4), None, State::Stuck, vec![]),
                (id(3), at(3), None, ended(Outcome::GivenUp), vec![]),
                (id(2), at(2), Some("agent zoe"), ended(Outcome::Dropped), vec![]),
                (id(1), at(1), Some("BasicQueue"), ended(Outcome::Delivered), vec![Mode::Task, Mode::Email]),
            ]
        );
    }
}
