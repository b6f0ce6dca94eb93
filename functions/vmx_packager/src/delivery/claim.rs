//! Who works on a delivery: a small object in the state bucket, by which two invocations keep out of each other's way.
//!
//! A claim ends by itself. How old it is, S3 says: the time of its answer less the time at which it wrote the object.
//! The clocks of the processes, which may be wrong, do not count.

use jiff::{SignedDuration, Timestamp};
use ring::rand::{SystemRandom, generate};
use serde::{Deserialize, Serialize};
use vmx_contract::mode::Mode;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};
use crate::store::{Found, Only, Store, Written};

/// How long a claim counts: longer than an invocation, which the stack gives 120 seconds, can go on after it made one.
const LIFE: SignedDuration = SignedDuration::from_secs(180);
/// The part of a delivery under which the version before kept its claims, in the transcripts bucket.
const OLD: &str = "claim";

/// A delivery that nobody else works on.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    state: Store<'a>,
    key: String,
    content: Content,
    tag: Option<String>,
}

/// What a claim says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    /// A word that no other claim has: S3 tells objects of the same content apart by nothing.
    #[serde(default)]
    by: String,
    /// Whether whoever made it is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ended: bool,
    /// By the version before: until when, by its process's clock; the beginning of 1970 when it was done.
    #[serde(default, skip_serializing)]
    until: Option<Timestamp>,
}

impl Content {
    fn new() -> Result<Self, Failure> {
        let random = generate::<[u8; 16]>(&SystemRandom::new())
            .map_err(|_| Failure::new("deliver", Kind::Transient, "no random numbers available"))?;
        let by = random.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { by, ended: false, until: None })
    }

    /// What a claim says; one that cannot be read says that it has ended.
    fn of(found: &Found) -> Self {
        let ended = Self { by: String::new(), ended: true, until: None };
        serde_json::from_slice(&found.body).unwrap_or(ended)
    }

    /// Whether it still counts.
    fn holds(&self, found: &Found) -> bool {
        let is_young = found.age.is_some_and(|age| age < LIFE);
        is_young && !self.ended && self.until.is_none_or(|until| until > Timestamp::UNIX_EPOCH)
    }
}

impl<'a> Claim<'a> {
    /// Claims a delivery. A claim that has ended is taken over.
    ///
    /// # Errors
    /// [`Kind::Transient`] while another invocation works on it.
    pub(super) async fn make(
        clients: &'a Clients,
        config: &'a Config,
        id: &VoicemailId,
        mode: Mode,
    ) -> Result<Self, Failure> {
        let (state, key, content) = (config.state(clients), id.claim_key(mode), Content::new()?);
        let old = config.transcripts(clients);
        let old_key = id.part_key(mode, OLD);
        let (made, before) = tokio::join!(Self::take(state, key, content), old.get(&old_key));
        let claim = made?;
        match before {
            Ok(Some(found)) if Content::of(&found).holds(&found) => {
                claim.give_back().await;
                Err(busy())
            }
            Ok(_) => Ok(claim),
            Err(failure) => {
                claim.give_back().await;
                Err(failure)
            }
        }
    }

    async fn take(state: Store<'a>, key: String, content: Content) -> Result<Self, Failure> {
        if let Written::Now(tag) = state.put(&key, &content, Only::IfAbsent).await? {
            return Ok(Self { state, key, content, tag });
        }
        let Some(found) = state.get(&key).await? else { return Err(busy()) };
        let other = Content::of(&found);
        // It is this one, where the first answer was lost and the call was made again.
        if other.by == content.by {
            return Ok(Self { state, key, content, tag: found.tag });
        }
        let Some(tag) = found.tag.as_deref().filter(|_| !other.holds(&found)) else { return Err(busy()) };
        match state.put(&key, &content, Only::IfUnchanged(tag)).await? {
            Written::Now(tag) => Ok(Self { state, key, content, tag }),
            Written::Not => Err(busy()),
        }
    }

    /// Ends the claim, so that the next attempt need not wait. What goes wrong with that is no matter: it ends by
    /// itself.
    pub(super) async fn give_back(self) {
        let ended = Content { ended: true, ..self.content };
        let Some(tag) = self.tag.as_deref() else { return };
        if let Err(why) = self.state.put(&self.key, &ended, Only::IfUnchanged(tag)).await {
            tracing::warn!(%why, "the claim on this delivery expires by itself");
        }
    }
}

fn busy() -> Failure {
    let why = "another invocation is working on this delivery, or ended during it";
    Failure::new("deliver", Kind::Transient, why)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn holds(json: &str, age: Option<i64>) -> bool {
        let found = Found { body: json.into(), tag: None, age: age.map(SignedDuration::from_secs) };
        Content::of(&found).holds(&found)
    }

    #[test]
    fn a_claim_counts_by_its_age_alone() {
        for (age, counts) in
            [(Some(0), true), (Some(179), true), (Some(180), false), (Some(-5), true), (None, false)]
        {
            assert_eq!(holds(r#"{"by":"x"}"#, age), counts, "{age:?}");
        }
        assert!(!holds(r#"{"by":"x","ended":true}"#, Some(1)));
        assert!(!holds("not a claim", Some(1)), "what cannot be read binds nobody");
    }

    #[test]
    fn a_claim_of_the_version_before_counts_by_its_age_as_well() {
        // Its process may have had another time.
        for until in ["2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
            let json = format!(r#"{{"until":"{until}"}}"#);
            assert!(holds(&json, Some(60)) && !holds(&json, Some(600)), "{until}");
        }
        assert!(!holds(r#"{"until":"1970-01-01T00:00:00Z"}"#, Some(1)), "it was given back");
    }

    #[test]
    fn no_two_claims_are_the_same() {
        let (one, other) = (Content::new().unwrap(), Content::new().unwrap());
        assert_ne!(one, other);
        let json = serde_json::to_value(&one).unwrap();
        assert_eq!(json, serde_json::json!({"by": one.by}));
    }
}
