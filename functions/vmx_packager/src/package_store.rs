//! The stored package, for the playback page, the agent guide, and further delivery attempts.

use aws_sdk_s3::Client as S3;
use aws_sdk_s3::primitives::ByteStream;
use tracing::{info, warn};
use vmx_contract::package::{Package, Transcript};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};

/// Stores a package with the transcripts before its delivery, so that a link finds it. Without the link, which is a
/// secret. Idempotent.
pub(crate) async fn keep(s3: &S3, bucket: &str, package: &Package) -> Result<(), Failure> {
    let kept = Package { playback: None, ..package.clone() };
    let json = serde_json::to_vec(&kept).unwrap_or_else(|error| unreachable!("a package is JSON: {error}"));
    let request = s3
        .put_object()
        .bucket(bucket)
        .key(package.id().package_key())
        .content_type("application/json")
        .body(ByteStream::from(json));
    request.send().await.map(drop).map_err(|error| Failure::of("s3:PutObject", &error))
}

/// An earlier attempt's summary, so that another one need not pay for it again; `None` if there is none for these words
/// in this language. Nothing else of that package is used, because its sources may have changed.
pub(crate) async fn kept_summary(
    s3: &S3,
    bucket: &str,
    id: &VoicemailId,
    transcript: &Transcript,
    language: &str,
) -> Option<String> {
    let package = match read(s3, bucket, id).await {
        Ok(package) => package?,
        Err(failure) => {
            // A second summary costs little; a delayed voicemail costs more.
            warn!(%failure, "cannot check for an existing summary; creating another one");
            return None;
        }
    };
    let summary =
        package.summary.filter(|_| package.transcript == *transcript && package.language == language)?;
    info!("already summarized");
    Some(summary)
}

/// The stored package; `None` if there is none of this version.
async fn read(s3: &S3, bucket: &str, id: &VoicemailId) -> Result<Option<Package>, Failure> {
    let request = s3.get_object().bucket(bucket).key(id.package_key());
    let found = match request.send().await.map_err(|error| Failure::of("s3:GetObject", &error)) {
        Ok(found) => found,
        Err(failure) if failure.kind == Kind::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let body = found.body.collect().await.map_err(|error| Failure::broken_off("s3:GetObject", &error))?;
    Ok(serde_json::from_slice(&body.to_vec()).ok())
}
