//! Takes playback links back that are out already. What says so are objects in the transcripts bucket, which the page
//! behind the links looks at whenever somebody opens one.

use aws_sdk_s3::primitives::ByteStream;
use jiff::Timestamp;
use vmx_contract::objects::{ContactId, REVOKED_ALL_KEY};

use crate::cloud::{Cloud, CloudError, Trouble, wrap};

/// Which links are taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// Those of one voicemail, for good.
    Of(&'a ContactId),
    /// All that were made until now.
    All,
}

/// Whether a voicemail is there, as far as links can lead to it.
///
/// # Errors
/// [`CloudError`] when the bucket cannot be looked at.
pub async fn is_there(cloud: &Cloud, transcripts: &str, contact: &ContactId) -> Result<bool, CloudError> {
    let request = cloud.s3.head_object().bucket(transcripts).key(contact.package_key());
    match request.send().await.map_err(wrap("look whether there is such a voicemail")) {
        Ok(_) => Ok(true),
        Err(error) if error.trouble == Trouble::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes links back. They are void when this returns.
///
/// # Errors
/// [`CloudError`] when that cannot be written; then they work as before.
pub async fn revoke(
    cloud: &Cloud,
    transcripts: &str,
    which: Which<'_>,
    now: Timestamp,
) -> Result<(), CloudError> {
    let key = match which {
        Which::Of(contact) => contact.revoked_key(),
        Which::All => REVOKED_ALL_KEY.to_owned(),
    };
    let request = cloud
        .s3
        .put_object()
        .bucket(transcripts)
        .key(key)
        .content_type("text/plain")
        .body(ByteStream::from(now.to_string().into_bytes()));
    request.send().await.map(drop).map_err(wrap("revoke the links"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use aws_sdk_s3::Client as S3;
    use aws_sdk_s3::operation::head_object::HeadObjectOutput;
    use aws_sdk_s3::operation::put_object::PutObjectOutput;
    use aws_smithy_mocks::mock;

    use crate::testing::cloud;

    const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";
    const NOW: &str = "2026-11-28T10:00:00Z";

    #[tokio::test]
    async fn links_are_revoked_one_by_one_and_all_at_once() {
        let contact = ContactId::parse(CONTACT).unwrap();
        for (which, key) in [
            (Which::Of(&contact), "revoked/00000000-0000-4000-8000-00000000c0de"),
            (Which::All, "revoked/all"),
        ] {
            let put = mock!(S3::put_object)
                .match_requests(move |request| {
                    let body = request.body().bytes().map(<[u8]>::to_vec);
                    request.bucket() == Some("transcripts")
                        && request.key() == Some(key)
                        && body.as_deref() == Some(NOW.as_bytes())
                })
                .then_output(|| PutObjectOutput::builder().build());
            let cloud = cloud(&[], &[], &[&put]);
            revoke(&cloud, "transcripts", which, NOW.parse().unwrap()).await.unwrap();
            assert_eq!(put.num_calls(), 1, "{key}");
        }
    }

    #[tokio::test]
    async fn a_voicemail_that_is_gone_is_known_to_be() {
        let contact = ContactId::parse(CONTACT).unwrap();
        let there = mock!(S3::head_object)
            .match_requests(|request| request.key() == Some("packages/00000000-0000-4000-8000-00000000c0de"))
            .then_output(|| HeadObjectOutput::builder().build());
        assert!(is_there(&cloud(&[], &[], &[&there]), "transcripts", &contact).await.unwrap());
        let gone = mock!(S3::head_object).sequence().http_status(404, None).build();
        assert!(!is_there(&cloud(&[], &[], &[&gone]), "transcripts", &contact).await.unwrap());
    }
}
