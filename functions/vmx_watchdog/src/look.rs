//! Finds out how far a voicemail has come.
//!
//! A listing shows whether and since when a recording or transcript exists, so the function needs no permission to
//! read them.

use aws_sdk_s3::Client;
use futures_util::future::try_join;
use jiff::Timestamp;
use tokio::try_join;
use tracing::warn;
use vmx_contract::state::{Ended, Undelivered};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::date::timestamp;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};
use crate::decide::Progress;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The voicemail has not ended.
    None,
    /// The end is recorded.
    Witness(Ended),
    /// The previous version marked it as delivered at this time.
    OldMarker(Timestamp),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its progress.
    pub(crate) progress: Progress,
    /// Whether it has ended.
    pub(crate) end: End,
}

pub(crate) async fn look(clients: &Clients, config: &Config, id: &VoicemailId) -> Result<Found, Failure> {
    let s3 = &clients.s3;
    let transcripts = config.transcripts_bucket.as_str();
    let redacted = async {
        if !config.redact {
            return Ok(None);
        }
        written_at(s3, transcripts, id.redacted_transcript_key()).await
    };
    let (witness, recorded_at, (plain, redacted), old_marker) = try_join!(
        witness(s3, &config.state_bucket, id),
        written_at(s3, &config.recordings_bucket, id.recording_key()),
        try_join(written_at(s3, transcripts, id.transcript_key()), redacted),
        written_at(s3, transcripts, id.old_delivered_key()),
    )?;
    let plain = plain.map(|at| (id.transcript_key(), at));
    let redacted = redacted.map(|at| (id.redacted_transcript_key(), at));
    let end = match (witness, old_marker) {
        (Some(ended), _) => End::Witness(ended),
        (None, Some(at)) => End::OldMarker(at),
        (None, None) => End::None,
    };
    Ok(Found { progress: Progress { recorded_at, transcript: redacted.or(plain) }, end })
}

/// When an object was written; `None` if it is not there.
async fn written_at(client: &Client, bucket: &str, key: String) -> Result<Option<Timestamp>, Failure> {
    // This key sorts first among those with this prefix.
    let request = client.list_objects_v2().bucket(bucket).prefix(&key).max_keys(1);
    let page = request.send().await.map_err(|error| Failure::of("s3:ListBucket", &error))?;
    let object =
        page.contents.unwrap_or_default().into_iter().find(|object| object.key() == Some(key.as_str()));
    Ok(object.map(|object| time(object.last_modified())))
}

/// A time from S3, which always sets it.
pub(crate) fn time(at: Option<&aws_sdk_s3::primitives::DateTime>) -> Timestamp {
    at.and_then(timestamp).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// How the voicemail ended, if it has.
async fn witness(client: &Client, bucket: &str, id: &VoicemailId) -> Result<Option<Ended>, Failure> {
    let Some((json, _)) = read(client, bucket, &id.ended_key()).await? else { return Ok(None) };
    match serde_json::from_slice(&json) {
        Ok(ended) => Ok(Some(ended)),
        Err(error) => {
            // Its existence is enough: the outcome is only informative.
            warn!(%id, %error, "cannot read a witness");
            let outcome = vmx_contract::state::Outcome::Delivered;
            Ok(Some(Ended::new(outcome, vmx_lambda::clock::now())))
        }
    }
}

/// The note about a voicemail and the object's tag; `None` if it no longer exists. An unreadable note counts as new:
/// the next one overwrites it.
pub(crate) async fn noted(
    client: &Client,
    bucket: &str,
    id: &VoicemailId,
    written_at: Timestamp,
) -> Result<Option<(Undelivered, String)>, Failure> {
    let Some((json, tag)) = read(client, bucket, &id.undelivered_key()).await? else { return Ok(None) };
    let noted = serde_json::from_slice(&json).unwrap_or_else(|error| {
        warn!(%id, %error, "cannot read the notes on a voicemail");
        Undelivered::new(written_at)
    });
    Ok(Some((noted, tag)))
}

/// A small object and its tag; `None` if it does not exist.
pub(crate) async fn read(
    client: &Client,
    bucket: &str,
    key: &str,
) -> Result<Option<(Vec<u8>, String)>, Failure> {
    let object = match client.get_object().bucket(bucket).key(key).send().await {
        Ok(object) => object,
        Err(error) => {
            let failure = Failure::of("s3:GetObject", &error);
            return if failure.kind == Kind::NotFound { Ok(None) } else { Err(failure) };
        }
    };
    let tag = object.e_tag.unwrap_or_default();
    let body = object.body.collect().await;
    let body = body.map_err(|error| Failure::broken_off("s3:GetObject", &error))?;
    Ok(Some((body.to_vec(), tag)))
}
