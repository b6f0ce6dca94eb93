//! Revokes playback links. The revocations are objects in the state bucket, which the page behind the links reads at
//! each request, and in the transcripts bucket, where the earlier version looks.

use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use vmx_contract::objects::REVOKED_ALL_KEY;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::pipeline::Pipeline;
use crate::state_bucket::Bucket;

/// Which links to revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// Those of one voicemail, permanently.
    Of(&'a VoicemailId),
    /// All links made so far.
    All,
}

/// Whether a voicemail exists, as far as links can lead to it.
///
/// # Errors
/// [`CloudError`] if the bucket cannot be read.
pub async fn is_there(cloud: &Cloud, pipeline: &Pipeline, id: &VoicemailId) -> Result<bool, CloudError> {
    let transcripts = Bucket { cloud, name: &pipeline.transcripts };
    Ok(transcripts.head(&id.package_key()).await?.is_some())
}

/// Revokes links. They no longer work when this returns.
///
/// # Errors
/// [`CloudError`] if that cannot be written; the links still work then.
pub async fn revoke(
    cloud: &Cloud,
    pipeline: &Pipeline,
    which: Which<'_>,
    now: Timestamp,
) -> Result<(), CloudError> {
    let key = match which {
        Which::Of(id) => id.revoked_key(),
        Which::All => REVOKED_ALL_KEY.to_owned(),
    };
    // In both places: after a rollback, the earlier version's functions look only with the transcripts.
    for bucket in pipeline.state.iter().chain([&pipeline.transcripts]) {
        let request = cloud
            .s3
            .put_object()
            .bucket(bucket)
            .key(&key)
            .content_type("text/plain")
            .body(ByteStream::from(now.to_string().into_bytes()));
        request.send().await.map_err(wrap("revoke the links"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use aws_sdk_s3::Client as S3;
    use aws_sdk_s3::operation::head_object::HeadObjectOutput;
    use aws_sdk_s3::operation::put_object::PutObjectOutput;
    use aws_smithy_mocks::mock;

    use crate::testing::{cloud, pipeline};

    const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
    const NOW: &str = "2026-11-28T10:00:00Z";

    #[tokio::test]
    async fn links_are_revoked_one_by_one_and_all_at_once() {
        let second = VoicemailId::parse(&format!("{CONTACT}-2")).unwrap();
        let before = Pipeline { state: None, ..pipeline() };
        let both = &["the-StateBucket", "the-TranscriptsBucket"][..];
        for (which, pipeline, buckets, key) in [
            (Which::Of(&second), pipeline(), both, "revoked/00000000-0000-4000-8000-00000000c0de-2"),
            (Which::All, pipeline(), both, "revoked/all"),
            (Which::All, before, &both[1..], "revoked/all"),
        ] {
            let put = mock!(S3::put_object)
                .match_requests(move |request| {
                    let body = request.body().bytes().map(<[u8]>::to_vec);
                    request.bucket().is_some_and(|bucket| buckets.contains(&bucket))
                        && request.key() == Some(key)
                        && body.as_deref() == Some(NOW.as_bytes())
                })
                .then_output(|| PutObjectOutput::builder().build());
            let cloud = cloud(&[], &[], &[&put]);
            revoke(&cloud, &pipeline, which, NOW.parse().unwrap()).await.unwrap();
            assert_eq!(put.num_calls(), buckets.len(), "{key}");
        }
    }

    #[tokio::test]
    async fn a_voicemail_that_is_gone_is_known_to_be() {
        let id = VoicemailId::parse(CONTACT).unwrap();
        let there = mock!(S3::head_object)
            .match_requests(|request| request.key() == Some("packages/00000000-0000-4000-8000-00000000c0de"))
            .then_output(|| HeadObjectOutput::builder().build());
        assert!(is_there(&cloud(&[], &[], &[&there]), &pipeline(), &id).await.unwrap());
        let gone = mock!(S3::head_object).sequence().http_status(404, None).build();
        assert!(!is_there(&cloud(&[], &[], &[&gone]), &pipeline(), &id).await.unwrap());
    }
}
