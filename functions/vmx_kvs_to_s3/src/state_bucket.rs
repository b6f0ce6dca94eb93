//! The state bucket: which voicemails have ended, and which are in progress.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use serde::Serialize;
use tracing::warn;
use vmx_contract::state::{Ended, Outcome, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::clock;
use vmx_lambda::failure::{Failure, Kind};

/// Write only if the object does not exist.
const NONE: &str = "*";

/// The state bucket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StateBucket<'a> {
    pub(crate) client: &'a Client,
    pub(crate) bucket: &'a str,
}

impl StateBucket<'_> {
    /// Whether a witness of its end exists.
    pub(crate) async fn has_ended(self, id: &VoicemailId) -> Result<bool, Failure> {
        exists(self.client, self.bucket, &id.ended_key()).await
    }

    /// Enters a voicemail as undelivered, unless it is already: before its recording is written, so that none is
    /// recorded and forgotten.
    pub(crate) async fn begin(self, id: &VoicemailId) -> Result<(), Failure> {
        self.write(&id.undelivered_key(), &Undelivered::new(clock::now())).await.map(drop)
    }

    /// Ends a voicemail that was not recorded. Returns whether it had not ended before.
    pub(crate) async fn end(self, id: &VoicemailId, outcome: Outcome) -> Result<bool, Failure> {
        let is_new = self.write(&id.ended_key(), &Ended::new(outcome, clock::now())).await?;
        let request = self.client.delete_object().bucket(self.bucket).key(id.undelivered_key());
        if let Err(error) = request.send().await {
            let failure = Failure::of("s3:DeleteObject", &error);
            warn!(%failure, "an ended voicemail stays listed as undelivered until the watchdog's next round");
        }
        Ok(is_new)
    }

    /// Writes an object unless it exists. Returns whether it did.
    async fn write(self, key: &str, content: &(impl Serialize + Sync)) -> Result<bool, Failure> {
        let json = serde_json::to_vec(content)
            .map_err(|error| Failure::new("s3:PutObject", Kind::Refused, error.to_string()))?;
        let request = self
            .client
            .put_object()
            .bucket(self.bucket)
            .key(key)
            .content_type("application/json")
            .if_none_match(NONE)
            .body(ByteStream::from(json));
        match request.send().await.map_err(|error| Failure::of("s3:PutObject", &error)) {
            Ok(_) => Ok(true),
            Err(failure) if failure.is("PreconditionFailed") => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

/// Whether an object exists.
pub(crate) async fn exists(client: &Client, bucket: &str, key: &str) -> Result<bool, Failure> {
    let Err(error) = client.head_object().bucket(bucket).key(key).send().await else {
        return Ok(true);
    };
    let failure = Failure::of("s3:HeadObject", &error);
    if failure.kind == Kind::NotFound { Ok(false) } else { Err(failure) }
}
