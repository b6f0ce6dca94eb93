//! Claims on a delivery: small objects in the state bucket that keep two invocations apart.
//!
//! A claim expires. Its age is S3's: the time of its response minus the time at which it wrote the object. The
//! processes' clocks, which may be wrong, do not count.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ring::rand::{SystemRandom, generate};
use serde::{Deserialize, Serialize};
use vmx_contract::mode::Mode;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};
use crate::store::{Found, Only, Store, Written};

/// How long a claim is valid: longer than a delivery that began within [`BEGIN_WITHIN`] can take.
const LIFE: SignedDuration = SignedDuration::from_secs(180);
/// How long after it was made a delivery may still begin: the rest is for the delivery itself and its receipt.
pub(super) const BEGIN_WITHIN: Duration = Duration::from_secs(100);
/// The part of a delivery under which the earlier version kept its claims, in the transcripts bucket.
const OLD: &str = "claim";

/// A claimed delivery.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    state: Store<'a>,
    key: String,
    content: Content,
    tag: Option<String>,
}

/// The content of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    /// Makes each claim unique, because S3's ETags only depend on content.
    #[serde(default)]
    by: String,
    /// Whether its owner is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ended: bool,
    /// By the earlier version: its end, by its process's clock; the start of 1970 when done.
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

    /// The content of a claim; an unreadable one counts as expired.
    fn of(found: &Found) -> Self {
        let ended = Self { by: String::new(), ended: true, until: None };
        serde_json::from_slice(&found.body).unwrap_or(ended)
    }

    /// Whether it is still valid.
    fn holds(&self, found: &Found) -> bool {
        let is_young = found.age.is_some_and(|age| age < LIFE);
        is_young && !self.ended && self.until.is_none_or(|until| until > Timestamp::UNIX_EPOCH)
    }
}

impl<'a> Claim<'a> {
    /// Claims a delivery. An expired claim is taken over.
    ///
    /// # Errors
    /// [`Kind::Transient`] while another invocation is delivering.
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
        // It is this one, if the first response was lost and the call was repeated.
        if other.by == content.by {
            return Ok(Self { state, key, content, tag: found.tag });
        }
        let Some(tag) = found.tag.as_deref().filter(|_| !other.holds(&found)) else { return Err(busy()) };
        match state.put(&key, &content, Only::IfUnchanged(tag)).await? {
            Written::Now(tag) => Ok(Self { state, key, content, tag }),
            Written::Not => Err(busy()),
        }
    }

    /// Ends the claim, so that the next attempt need not wait. A failure does not matter: it expires.
    pub(super) async fn give_back(&self) {
        let ended = Content { ended: true, ..self.content.clone() };
        let Some(tag) = self.tag.as_deref() else { return };
        if let Err(why) = self.state.put(&self.key, &ended, Only::IfUnchanged(tag)).await {
            tracing::warn!(%why, "the claim on this delivery expires by itself");
        }
    }
}

pub(super) fn busy() -> Failure {
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
