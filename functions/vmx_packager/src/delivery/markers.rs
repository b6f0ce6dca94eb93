//! What remembers which mode a voicemail was delivered by, and who is at work on it: small objects in the transcripts
//! bucket.

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::primitives::ByteStream;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vmx_contract::delivered::Receipt;
use vmx_contract::objects::ContactId;
use vmx_contract::voicemail::Mode;
use vmx_lambda::clock;
use vmx_lambda::failure::{Failure, Kind};

use super::Delivery;

/// How long a claim counts, in seconds: as long as an invocation can last, by two clocks that are each as wrong as a
/// signature lets them be. The stack gives an invocation 120 seconds, AWS a signature five minutes.
const CLAIM_SECONDS: i64 = 120 + 2 * 300;
/// The largest marker that is read, in bytes.
const LARGEST: usize = 16 * 1024;

/// The objects of one voicemail and one mode.
#[derive(Debug)]
pub(super) struct Markers<'a> {
    s3: &'a S3,
    bucket: &'a str,
    contact_id: &'a ContactId,
    mode: Mode,
}

/// Who is at work.
#[derive(Debug, Serialize, Deserialize)]
struct Claim {
    /// Until when.
    until: Timestamp,
}

/// On what condition an object is written.
enum Only {
    Always,
    IfAbsent,
    /// With this tag.
    IfUnchanged(String),
}

/// An object that was read.
struct Found {
    body: Vec<u8>,
    tag: Option<String>,
}

impl<'a> Markers<'a> {
    pub(super) fn of(delivery: &Delivery<'a>, mode: Mode) -> Self {
        Self {
            s3: &delivery.clients.s3,
            bucket: &delivery.config.transcripts_bucket,
            contact_id: &delivery.package.contact_id,
            mode,
        }
    }

    /// What was delivered before; `None` when nothing was.
    pub(super) async fn receipt(&self) -> Result<Option<Receipt>, Failure> {
        let key = self.contact_id.delivered_by_key(self.mode);
        // Whatever it says: that it is there is what counts.
        let read =
            |found: Found| serde_json::from_slice(&found.body).unwrap_or_else(|_| Receipt::new(self.mode));
        Ok(self.get(&key).await?.map(read))
    }

    /// Says for ever that the voicemail was delivered by this mode.
    pub(super) async fn mark(&self, receipt: &Receipt) -> Result<(), Failure> {
        self.put(&self.contact_id.delivered_by_key(self.mode), receipt, Only::Always).await
    }

    /// Whether a part of this delivery is done: what is not repeated when another part fails.
    pub(super) async fn is_done(&self, part: &str) -> Result<bool, Failure> {
        Ok(self.get(&self.contact_id.part_key(self.mode, part)).await?.is_some())
    }

    /// Says for ever that a part of this delivery is done.
    pub(super) async fn note(&self, part: &str) -> Result<(), Failure> {
        let done = serde_json::json!({ "at": clock::now() });
        self.put(&self.contact_id.part_key(self.mode, part), &done, Only::Always).await
    }

    /// Keeps others from delivering at the same time. A claim that has ended is taken over.
    ///
    /// # Errors
    /// [`Kind::Transient`] while another invocation is at it.
    pub(super) async fn claim(&self, now: Timestamp) -> Result<(), Failure> {
        let key = self.contact_id.claim_key(self.mode);
        let until = now.saturating_add(SignedDuration::from_secs(CLAIM_SECONDS)).unwrap_or(Timestamp::MAX);
        let claim = Claim { until };
        let busy = || {
            let why = "another invocation is at work on this delivery, or ended in the midst of it";
            Err(Failure::new("deliver", Kind::Transient, why))
        };
        match self.put(&key, &claim, Only::IfAbsent).await {
            Err(failure) if is_taken(&failure) => {}
            answer => return answer,
        }
        let Some(found) = self.get(&key).await? else { return busy() };
        // One that cannot be read binds nobody.
        let is_held = serde_json::from_slice(&found.body).is_ok_and(|claim: Claim| now < claim.until);
        if is_held {
            return busy();
        }
        match self.put(&key, &claim, found.tag.map_or(Only::Always, Only::IfUnchanged)).await {
            Err(failure) if is_taken(&failure) => busy(),
            answer => answer,
        }
    }

    /// Ends a claim, so that the next attempt need not wait.
    pub(super) async fn give_back(&self) -> Result<(), Failure> {
        let ended = Claim { until: Timestamp::UNIX_EPOCH };
        self.put(&self.contact_id.claim_key(self.mode), &ended, Only::Always).await
    }

    async fn put(&self, key: &str, content: &impl Serialize, only: Only) -> Result<(), Failure> {
        let json = serde_json::to_vec(content)
            .map_err(|error| Failure::new("s3:PutObject", Kind::Refused, error.to_string()))?;
        let request = self.s3.put_object().bucket(self.bucket).key(key).content_type("application/json");
        let request = match only {
            Only::Always => request,
            Only::IfAbsent => request.if_none_match("*"),
            Only::IfUnchanged(tag) => request.if_match(tag),
        };
        let sent = request.body(ByteStream::from(json)).send().await;
        sent.map(drop).map_err(|error| Failure::of("s3:PutObject", &error))
    }

    async fn get(&self, key: &str) -> Result<Option<Found>, Failure> {
        let request = self.s3.get_object().bucket(self.bucket).key(key);
        match request.send().await.map_err(|error| Failure::of("s3:GetObject", &error)) {
            Ok(mut object) => {
                let mut body = Vec::new();
                while let Some(chunk) = object.body.next().await {
                    let chunk = chunk.map_err(|error| Failure::broken_off("s3:GetObject", &error))?;
                    body.extend_from_slice(&chunk);
                    if body.len() > LARGEST {
                        break;
                    }
                }
                Ok(Some(Found { body, tag: object.e_tag }))
            }
            Err(failure) if failure.kind == Kind::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

/// Whether an object is there that should not be, or is not as it was. Source: the S3 user guide, conditional writes.
fn is_taken(failure: &Failure) -> bool {
    failure.is("PreconditionFailed") || failure.is("ConditionalRequestConflict")
}
