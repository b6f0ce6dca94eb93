//! The last voicemails without their words: when, for whom, what became of them, how they were delivered.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use vmx_contract::arn::RecipientArn;
use vmx_contract::metadata;
use vmx_contract::mode::Mode;
use vmx_contract::objects::{DELIVERED_PREFIX, ENDED_PREFIX};
use vmx_contract::state::{Ended, Outcome};
use vmx_contract::voicemail::Voicemail;
use vmx_contract::voicemail_id::VoicemailId;

use super::{OpenVoicemail, Status};
use crate::cloud::{Cloud, CloudError};
use crate::discover::{find_instance, queues_of};
use crate::pipeline::Pipeline;
use crate::state_bucket::{AT_ONCE, Bucket, Listed};
use vmx_model::actual::{Instance, StackState};
use vmx_model::params::Params;

/// The most pages of ended voicemails to list. Their keys are in no order of time.
const PAGES: usize = 20;
/// How many ended voicemails to read.
const READ: usize = 20;

/// The voicemails in progress that [`Status`] has read, and the last that have ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// Newest first.
    pub voicemails: Vec<RecentVoicemail>,
    /// Whether there are more ended ones than were listed, so that others may be newer.
    pub more: bool,
    /// What could not be read, and why.
    pub unseen: Vec<String>,
}

/// A voicemail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentVoicemail {
    /// Its ID, for `trace`.
    pub id: String,
    /// When the caller hung up, or else when it was last written.
    pub at: Timestamp,
    /// The name of the queue or agent, if it can be read.
    pub recipient: Option<String>,
    /// What became of it.
    pub state: VoicemailState,
    /// The modes that have delivered it.
    pub modes: Vec<Mode>,
}

/// What became of a voicemail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoicemailState {
    /// It is in progress.
    Waiting,
    /// It waits for an operator.
    Stuck,
    /// It has ended.
    Ended(Outcome),
}

/// Reads the last voicemails of an installation whose status was read.
pub async fn recent(cloud: &Cloud, params: &Params, stack: &StackState, status: &Status) -> Recent {
    let mut recent = Recent::default();
    let Ok(pipeline) = Pipeline::of(stack) else { return recent };
    let Some(state) = &pipeline.state else { return recent };
    let look = Look {
        state: Bucket { cloud, name: state },
        recordings: Bucket { cloud, name: &pipeline.recordings },
        names: names(cloud, params, &mut recent.unseen).await,
    };
    let open = status.undelivered.as_ref().and_then(|seen| seen.found());
    let open = open.map(|backlog| backlog.read.clone()).unwrap_or_default();
    let mut ended = match look.state.list(ENDED_PREFIX, PAGES).await {
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
    let open = stream::iter(open).map(|open| look.open(open)).buffered(AT_ONCE).collect::<Vec<_>>();
    let ended = stream::iter(ended).map(|object| look.ended(object)).buffered(AT_ONCE).collect::<Vec<_>>();
    let (open, ended) = tokio::join!(open, ended);
    for read in open.into_iter().chain(ended) {
        recent.voicemails.extend(read.voicemail);
        recent.unseen.extend(read.unseen);
    }
    // Whoever may not read one recording may read none.
    recent.unseen.sort();
    recent.unseen.dedup_by(|one, other| kind(one) == kind(other));
    recent.voicemails.sort_by_key(|voicemail| std::cmp::Reverse(voicemail.at));
    recent
}

/// What failed, without the object's key.
fn kind(error: &str) -> (&str, Option<&str>) {
    let verb = error.split(' ').nth(2).unwrap_or_default();
    (verb, error.split_once(" in the bucket ").map(|(_, rest)| rest))
}

/// Recipients by their IDs.
struct Names {
    instance: Option<Instance>,
    queues: BTreeMap<String, String>,
}

async fn names(cloud: &Cloud, params: &Params, unseen: &mut Vec<String>) -> Names {
    let instance = find_instance(cloud, params).await.map_err(|error| unseen.push(error.to_string())).ok();
    let queues = match &instance {
        Some(instance) => queues_of(cloud, instance)
            .await
            .map_err(|error| unseen.push(error.to_string()))
            .unwrap_or_default(),
        None => Vec::new(),
    };
    Names { instance, queues: queues.into_iter().collect() }
}

impl Names {
    fn recipient(&self, voicemail: &Voicemail) -> Option<String> {
        if let Some(agent) = &voicemail.preferred_agent {
            return Some(format!("agent {agent}"));
        }
        match self.instance.as_ref()?.arn.recipient(&voicemail.recipient_arn).ok()? {
            RecipientArn::Queue { queue_id } => self.queues.get(&queue_id).cloned(),
            RecipientArn::Agent { .. } => Some("an agent".to_owned()),
        }
    }
}

/// One voicemail, as far as it could be read.
#[derive(Default)]
struct One {
    voicemail: Option<RecentVoicemail>,
    unseen: Vec<String>,
}

impl One {
    /// A result, or the note that it is unknown.
    fn take<T>(&mut self, looked: Result<Option<T>, CloudError>) -> Option<T> {
        looked.unwrap_or_else(|error| {
            self.unseen.push(error.to_string());
            None
        })
    }
}

struct Look<'a> {
    state: Bucket<'a>,
    recordings: Bucket<'a>,
    names: Names,
}

impl Look<'_> {
    async fn open(&self, open: OpenVoicemail) -> One {
        let state = if open.stuck_since.is_some() { VoicemailState::Stuck } else { VoicemailState::Waiting };
        self.one(open.id, open.since, state).await
    }

    async fn ended(&self, object: Listed) -> One {
        let mut one = One::default();
        let Some(ended) = one.take(self.state.read::<Ended>(&object.key).await) else { return one };
        let id = object.key.trim_start_matches(ENDED_PREFIX).to_owned();
        let state = VoicemailState::Ended(ended.content.outcome);
        let mut known = self.one(id, ended.content.at, state).await;
        known.unseen.extend(one.unseen);
        known
    }

    async fn one(&self, id: String, at: Timestamp, state: VoicemailState) -> One {
        let mut one = One::default();
        let Ok(name) = VoicemailId::parse(&id) else { return one };
        let key = name.recording_key();
        let (head, modes) = tokio::join!(self.recordings.head(&key), self.modes(&name));
        let head = one.take(head);
        let modes = one.take(modes.map(Some)).unwrap_or_default();
        let decoded = head.and_then(|head| metadata::decode(&name, head.metadata()?).ok());
        let recipient = decoded.as_ref().and_then(|voicemail| self.names.recipient(voicemail));
        let at = decoded.map_or(at, |voicemail| voicemail.received_at);
        one.voicemail = Some(RecentVoicemail { id, at, recipient, state, modes });
        one
    }

    /// The modes that have delivered a voicemail.
    async fn modes(&self, id: &VoicemailId) -> Result<Vec<Mode>, CloudError> {
        let listed = self.state.list(&format!("{DELIVERED_PREFIX}{id}/"), 1).await?;
        let has = |mode: &Mode| listed.objects.iter().any(|object| object.key == id.delivered_by_key(*mode));
        Ok(Mode::ALL.into_iter().filter(has).collect())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::HashMap;

    use super::*;
    use crate::status::sample::{open, well};
    use crate::status::{Backlog, Seen};
    use crate::testing::{Objects, cloud, instance, pipeline_stack};
    use vmx_contract::attributes::Prefix;
    use vmx_model::testing::{INSTANCE, params};

    fn id(n: u32) -> String {
        format!("00000000-0000-4000-8000-00000000000{n}")
    }

    fn at(hour: u32) -> Timestamp {
        format!("2026-11-23T{hour:02}:00:00Z").parse().unwrap()
    }

    fn described(n: u32, recipient: &str, agent: Option<&str>) -> HashMap<String, String> {
        let id = VoicemailId::parse(&id(n)).unwrap();
        metadata::encode(&Voicemail {
            id,
            prefix: Prefix::Vm,
            from: Some("+15555550100".into()),
            recipient_arn: format!("{INSTANCE}/queue/{recipient}"),
            preferred_agent: agent.map(str::to_owned),
            language: "en-US".into(),
            modes: vec![Mode::Task],
            priority: None,
            task_flow: None,
            email_from: None,
            email_to: None,
            email_template: None,
            summary: None,
            received_at: at(n),
            warnings: vec![],
        })
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
        objects.describe(&recordings, &format!("{}.wav", id(1)), described(1, "q", None));
        objects.describe(&recordings, &format!("{}.wav", id(2)), described(2, "q", Some("zoe")));
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
        let ended = VoicemailState::Ended;
        assert_eq!(
            told,
            [
                (id(4), at(4), None, VoicemailState::Stuck, vec![]),
                (id(3), at(3), None, ended(Outcome::GivenUp), vec![]),
                (id(2), at(2), Some("agent zoe"), ended(Outcome::Dropped), vec![]),
                (id(1), at(1), Some("BasicQueue"), ended(Outcome::Delivered), vec![Mode::Task, Mode::Email]),
            ]
        );
    }

    #[test]
    fn one_note_says_that_no_recording_may_be_read() {
        let error =
            |key: &str| format!("could not check {key}.wav in the bucket vmx-recordings: not allowed");
        let mut all = vec![error("a"), error("b"), "could not list the queues: not allowed".to_owned()];
        all.dedup_by(|one, other| kind(one) == kind(other));
        assert_eq!(all.len(), 2, "{all:?}");
    }
}
