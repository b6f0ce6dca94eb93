//! What is told of a voicemail: when, from whom, for whom, what became of it, how it was delivered. Not its words.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use vmx_contract::arn::RecipientArn;
use vmx_contract::metadata;
use vmx_contract::mode::Mode;
use vmx_contract::objects::{ENDED_PREFIX, recording_duration_ms};
use vmx_contract::state::{Ended, Outcome};
use vmx_contract::voicemail::Voicemail;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError};
use crate::discover::{find_instance, queues_of};
use crate::pipeline::Pipeline;
use crate::state_bucket::{AT_ONCE, Bucket, Listed};
use vmx_model::actual::Instance;
use vmx_model::params::Params;

/// A voicemail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundVoicemail {
    /// Its ID, for `trace`.
    pub id: String,
    /// When the caller hung up, or else when it was last written.
    pub at: Timestamp,
    /// The name of the queue or agent, if it can be read.
    pub recipient: Option<String>,
    /// The caller's number, if there is one and it can be read.
    pub caller: Option<String>,
    /// How long the message is, if there is a recording.
    pub seconds: Option<u64>,
    /// What became of it.
    pub state: State,
    /// The modes that have delivered it.
    pub modes: Vec<Mode>,
}

/// What became of a voicemail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is in progress.
    InProgress,
    /// It waits for an operator.
    Stuck,
    /// It has ended.
    Ended(Outcome),
    /// It had ended, and an operator deleted its recording and its words.
    Deleted,
}

impl State {
    /// The state's name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Stuck => "stuck",
            Self::Ended(outcome) => outcome.as_str(),
            Self::Deleted => "deleted",
        }
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A voicemail that is known from a listing alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Candidate {
    Open {
        id: String,
        since: Timestamp,
        state: State,
    },
    /// The object that records its end.
    Ended(Listed),
}

impl Candidate {
    /// When it began, or ended.
    pub(super) fn at(&self) -> Timestamp {
        match self {
            Self::Open { since, .. } => *since,
            Self::Ended(object) => object.at,
        }
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Self::Open { id, .. } => id,
            Self::Ended(object) => object.key.trim_start_matches(ENDED_PREFIX),
        }
    }
}

/// Reads what is told of voicemails, and remembers what could not be read.
pub(crate) struct Describer<'a> {
    state: Bucket<'a>,
    recordings: Bucket<'a>,
    instance: Option<Instance>,
    queues: BTreeMap<String, String>,
    pub(crate) unseen: Vec<String>,
}

impl<'a> Describer<'a> {
    /// Reads the names of the queues.
    pub(crate) async fn new(
        cloud: &'a Cloud,
        params: &Params,
        pipeline: &'a Pipeline,
        state: Bucket<'a>,
    ) -> Self {
        let mut unseen = Vec::new();
        let instance =
            find_instance(cloud, params).await.map_err(|error| unseen.push(error.to_string())).ok();
        let queues = match &instance {
            Some(instance) => queues_of(cloud, instance)
                .await
                .map_err(|error| unseen.push(error.to_string()))
                .unwrap_or_default(),
            None => Vec::new(),
        };
        let recordings = Bucket { cloud, name: &pipeline.recordings };
        Self { state, recordings, instance, queues: queues.into_iter().collect(), unseen }
    }

    /// The voicemails in the same order, without those that are gone.
    pub(crate) async fn describe(&mut self, candidates: Vec<Candidate>) -> Vec<FoundVoicemail> {
        let all = stream::iter(candidates).map(|candidate| self.candidate(candidate)).buffered(AT_ONCE);
        let all: Vec<One> = all.collect().await;
        let mut found = Vec::new();
        for one in all {
            found.extend(one.voicemail);
            self.unseen.extend(one.unseen);
        }
        found
    }

    async fn candidate(&self, candidate: Candidate) -> One {
        let object = match candidate {
            Candidate::Open { id, since, state } => return self.one(id, since, state).await,
            Candidate::Ended(object) => object,
        };
        let mut one = One::default();
        let Some(ended) = one.take(self.state.read::<Ended>(&object.key).await) else { return one };
        let id = object.key.trim_start_matches(ENDED_PREFIX).to_owned();
        let Ended { outcome, at, deleted_at, .. } = ended.content;
        let state = deleted_at.map_or(State::Ended(outcome), |_| State::Deleted);
        let mut known = self.one(id, at, state).await;
        known.unseen.extend(one.unseen);
        known
    }

    async fn one(&self, id: String, at: Timestamp, state: State) -> One {
        let mut one = One::default();
        let Ok(name) = VoicemailId::parse(&id) else { return one };
        let key = name.recording_key();
        let (head, modes) = tokio::join!(self.recordings.head(&key), self.state.delivered_by(&name));
        let head = one.take(head);
        let modes = one.take(modes.map(Some)).unwrap_or_default();
        let bytes = head.as_ref().and_then(|head| u64::try_from(head.content_length()?).ok());
        let seconds = bytes.map(|bytes| recording_duration_ms(bytes).div_ceil(1000));
        let decoded = head.and_then(|head| metadata::decode(&name, head.metadata()?).ok());
        let recipient = decoded.as_ref().and_then(|voicemail| self.recipient(voicemail));
        let (at, caller) = decoded.map_or((at, None), |voicemail| (voicemail.received_at, voicemail.from));
        one.voicemail = Some(FoundVoicemail { id, at, recipient, caller, seconds, state, modes });
        one
    }

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
    voicemail: Option<FoundVoicemail>,
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

/// Keeps one note of each kind: whoever may not read one recording may read none.
pub(crate) fn distinct(unseen: &mut Vec<String>) {
    unseen.sort();
    unseen.dedup_by(|one, other| kind(one) == kind(other));
}

/// What failed, without the object's key.
fn kind(error: &str) -> (&str, Option<&str>) {
    let verb = error.split(' ').nth(2).unwrap_or_default();
    (verb, error.split_once(" in the bucket ").map(|(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_note_says_that_no_recording_may_be_read() {
        let error =
            |key: &str| format!("could not check {key}.wav in the bucket vmx-recordings: not allowed");
        let mut all = vec![error("a"), "could not list the queues: not allowed".to_owned(), error("b")];
        distinct(&mut all);
        assert_eq!(all.len(), 2, "{all:?}");
    }
}
