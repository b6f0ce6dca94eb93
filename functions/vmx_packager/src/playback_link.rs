//! The link to a voicemail.
//!
//! By default it opens the playback page. It has a token that AWS KMS authenticates, so it works until its intended
//! end, without a stored key.
//!
//! If such a page is not allowed, a link is a presigned S3 URL. That stops working when its signing credentials expire.
//! A Lambda function's credentials have a limited life, which the function is not told; so the link's own end is chosen
//! to be safe.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_kms::Client as Kms;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::presigning::PresigningConfig;
use jiff::Timestamp;
use vmx_contract::objects::RECORDING_CONTENT_TYPE;
use vmx_contract::package::Playback;
use vmx_contract::token::{Claims, Token};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::Failure;

use crate::config::LinkKind;

/// How long a function's credentials are assumed to work after its process's start, if they do not say. Links signed by
/// Lambda functions were observed to expire after twelve hours.
const SESSION: Duration = Duration::from_hours(12);

/// Makes playback links.
#[derive(Debug)]
pub(crate) struct Links<'a> {
    pub(crate) kind: &'a LinkKind,
    pub(crate) kms: &'a Kms,
    pub(crate) s3: &'a S3,
    pub(crate) credentials: Option<&'a SharedCredentialsProvider>,
    pub(crate) bucket: &'a str,
    /// How long a link works.
    pub(crate) lifetime: Duration,
    /// The start of this process, and the latest start of the credentials' life.
    pub(crate) started: SystemTime,
}

impl Links<'_> {
    /// A link to a voicemail, and its end; `None` without links.
    ///
    /// # Errors
    /// If AWS KMS does not respond, or there are no credentials, or they have expired.
    pub(crate) async fn make(&self, id: &VoicemailId, now: SystemTime) -> Result<Option<Playback>, String> {
        match self.kind {
            LinkKind::Url { key_arn, base } => self.to_page(id, now, key_arn, base).await.map(Some),
            LinkKind::Workspace => Ok(None),
            LinkKind::Presigned => self.sign(id, now).await.map(Some),
        }
    }

    async fn to_page(
        &self,
        id: &VoicemailId,
        now: SystemTime,
        key_arn: &str,
        base: &str,
    ) -> Result<Playback, String> {
        let now = Timestamp::try_from(now).map_err(|error| error.to_string())?;
        let claims = Claims::new(id, now, self.lifetime).map_err(|error| error.to_string())?;
        let request = self
            .kms
            .generate_mac()
            .key_id(key_arn)
            .mac_algorithm(MacAlgorithmSpec::HmacSha256)
            .message(Blob::new(claims.message()));
        let made =
            request.send().await.map_err(|error| Failure::of("kms:GenerateMac", &error).to_string())?;
        let mac = made.mac.map(Blob::into_inner).unwrap_or_default();
        let mac =
            mac.try_into().map_err(|_| "kms:GenerateMac did not return a MAC of 32 bytes".to_owned())?;
        let expires_at = claims.expires_at();
        Ok(Playback { url: format!("{base}/v/{}", Token { claims, mac }.reveal()), expires_at })
    }

    /// A presigned URL of the recording.
    async fn sign(&self, id: &VoicemailId, now: SystemTime) -> Result<Playback, String> {
        let left = self.credentials_end().await?.duration_since(now).unwrap_or_default();
        let lifetime = Duration::from_secs(self.lifetime.min(left).as_secs());
        if lifetime.is_zero() {
            return Err("the function's credentials have expired; the next process gets new ones".to_owned());
        }
        let url = presigned(self.s3, self.bucket, id, now, lifetime).await?;
        let expires_at = Timestamp::try_from(now + lifetime).map_err(|error| error.to_string())?;
        Ok(Playback { url, expires_at })
    }

    async fn credentials_end(&self) -> Result<SystemTime, String> {
        let provider = self.credentials.ok_or("the function has no credentials")?;
        let credentials = provider.provide_credentials().await.map_err(|error| error.to_string())?;
        Ok(credentials.expiry().unwrap_or(self.started + SESSION))
    }
}

/// A presigned URL of a recording. It works no longer than the credentials that sign it.
///
/// # Errors
/// If there are no credentials.
pub(crate) async fn presigned(
    s3: &S3,
    bucket: &str,
    id: &VoicemailId,
    now: SystemTime,
    lifetime: Duration,
) -> Result<String, String> {
    let signing = PresigningConfig::builder().start_time(now).expires_in(lifetime).build();
    let request = s3.get_object().bucket(bucket).key(id.recording_key());
    let request = request.response_content_type(RECORDING_CONTENT_TYPE);
    let signed = request.presigned(signing.map_err(|error| error.to_string())?).await;
    Ok(signed.map_err(|error| error.to_string())?.uri().to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use aws_credential_types::Credentials;
    use aws_sdk_s3::config::{BehaviorVersion, Region};

    const HOUR: Duration = Duration::from_hours(1);

    async fn sign(lifetime: Duration, expiry: Option<Duration>, age: Duration) -> Result<Playback, String> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        let expiry = expiry.map(|left| now + left);
        let credentials = Credentials::new("AKID", "secret", Some("token".into()), expiry, "test");
        let provider = SharedCredentialsProvider::new(credentials);
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("eu-west-2"))
            .credentials_provider(provider.clone())
            .build();
        let kms = Kms::from_conf(
            aws_sdk_kms::Config::builder().behavior_version(BehaviorVersion::v2026_01_12()).build(),
        );
        let links = Links {
            kind: &LinkKind::Presigned,
            kms: &kms,
            s3: &S3::from_conf(config),
            credentials: Some(&provider),
            bucket: "recordings",
            lifetime,
            started: now - age,
        };
        let id = VoicemailId::parse("00000000-0000-4000-8000-00000000c0de").unwrap();
        let playback = links.make(&id, now).await?.unwrap();
        let left = playback.expires_at.as_second() - 1_790_000_000;
        assert!(playback.url.contains(&format!("X-Amz-Expires={left}&")), "{}", playback.url);
        Ok(playback)
    }

    fn lives(playback: &Playback) -> Duration {
        Duration::from_secs(playback.expires_at.as_second().unsigned_abs() - 1_790_000_000)
    }

    #[tokio::test]
    async fn a_link_is_signed_for_one_recording() {
        let playback = sign(HOUR, None, HOUR).await.unwrap();
        assert_eq!(lives(&playback), HOUR);
        let url = playback.url;
        assert!(
            url.starts_with(
                "https://recordings.s3.eu-west-2.amazonaws.com/00000000-0000-4000-8000-00000000c0de.wav?"
            ),
            "{url}"
        );
        for part in ["response-content-type=audio%2Fwav", "X-Amz-Security-Token=token", "X-Amz-Signature="] {
            assert!(url.contains(part), "{part} in {url}");
        }
    }

    #[tokio::test]
    async fn a_link_promises_no_more_than_its_credentials_keep() {
        let told = sign(24 * HOUR, Some(2 * HOUR), HOUR).await.unwrap();
        assert_eq!(lives(&told), 2 * HOUR);
        let assumed = sign(24 * HOUR, None, 5 * HOUR).await.unwrap();
        assert_eq!(lives(&assumed), 7 * HOUR);
        assert!(sign(HOUR, None, 13 * HOUR).await.unwrap_err().contains("expired"));
    }
}
