//! Whether a token opens its voicemail.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::MacAlgorithmSpec;
use jiff::Timestamp;
use tracing::error;
use vmx_contract::objects::REVOKED_ALL_KEY;
use vmx_contract::token::{Claims, Token};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

/// AWS KMS's code for an invalid MAC.
const NOT_OURS: &str = "KMSInvalidMacException";

/// Why a voicemail is not opened.
#[derive(Debug)]
pub(crate) enum Denied {
    /// The token does not open it. With the voicemail that it claims to be for, if any.
    Refused { claimed: Option<VoicemailId>, why: &'static str },
    /// It cannot be checked now, so nothing is opened.
    Unknown { claimed: VoicemailId, failure: Failure },
}

/// Checks a token, the cheapest checks first.
pub(crate) async fn check(
    clients: &Clients,
    config: &Config,
    text: &str,
    now: Timestamp,
) -> Result<Claims, Denied> {
    let Ok(Token { claims, mac }) = Token::parse(text) else {
        return Err(Denied::Refused { claimed: None, why: "no token" });
    };
    let refused = |why| Denied::Refused { claimed: Some(claims.id().clone()), why };
    let unknown = |failure| Denied::Unknown { claimed: claims.id().clone(), failure };
    if !claims.is_current(now) {
        return Err(refused("expired"));
    }
    let Some(key_arn) = &config.key_arn else { return Err(refused("no such links here")) };
    let verified = clients
        .kms
        .verify_mac()
        .key_id(key_arn)
        .mac_algorithm(MacAlgorithmSpec::HmacSha256)
        .message(Blob::new(claims.message()))
        .mac(Blob::new(mac))
        .send()
        .await;
    match verified.map_err(|error| Failure::of("kms:VerifyMac", &error)) {
        Ok(verified) if verified.mac_valid() => {}
        Ok(_) => return Err(refused("forged")),
        Err(failure) if failure.is(NOT_OURS) => return Err(refused("forged")),
        Err(failure) => return Err(unknown(failure)),
    }
    // The earlier version kept revocations with the transcripts. They still count.
    let (state, old) = (&config.state_bucket, &config.transcripts_bucket);
    let (this, old_this, all, old_all) = tokio::join!(
        is_revoked(clients, state, claims.id()),
        is_revoked(clients, old, claims.id()),
        revoked_until(clients, state),
        revoked_until(clients, old),
    );
    let is_revoked = this.map_err(unknown)? || old_this.map_err(unknown)?;
    let until = all.map_err(unknown)?.max(old_all.map_err(unknown)?);
    if is_revoked {
        return Err(refused("revoked"));
    }
    match until {
        Some(until) if claims.issued_at() <= until => Err(refused("revoked together with all others")),
        _ => Ok(claims),
    }
}

/// Whether the links of a voicemail are revoked.
async fn is_revoked(clients: &Clients, bucket: &str, id: &VoicemailId) -> Result<bool, Failure> {
    let request = clients.s3.head_object().bucket(bucket).key(id.revoked_key());
    match request.send().await.map_err(|error| Failure::of("s3:HeadObject", &error)) {
        Ok(_) => Ok(true),
        Err(failure) if failure.kind == Kind::NotFound => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Links issued before this time are all revoked.
async fn revoked_until(clients: &Clients, bucket: &str) -> Result<Option<Timestamp>, Failure> {
    let request = clients.s3.get_object().bucket(bucket).key(REVOKED_ALL_KEY);
    let found = match request.send().await.map_err(|error| Failure::of("s3:GetObject", &error)) {
        Ok(found) => found,
        Err(failure) if failure.kind == Kind::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let body = found.body.collect().await.map_err(|error| Failure::broken_off("s3:GetObject", &error))?;
    let until = String::from_utf8(body.to_vec()).ok().and_then(|text| text.trim().parse().ok());
    if until.is_none() {
        error!(
            "{REVOKED_ALL_KEY} does not contain a time: every link is revoked; run `vmx-install links \
             revoke --all`"
        );
    }
    Ok(Some(until.unwrap_or(Timestamp::MAX)))
}
