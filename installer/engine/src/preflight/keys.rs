//! Existing keys that voicemails need.

use aws_sdk_kms::types::KeyState;

use crate::cloud::{Cloud, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;

/// Whether the customer managed keys of adopted streams and of call recordings are usable. Empty without such keys.
pub(super) async fn check(cloud: &Cloud, actual: &Actual) -> Vec<Finding> {
    let facts = actual.facts();
    let stream = facts.contact_records.and_then(|stream| stream.kms_key_arn);
    let media = facts.media_streams.and_then(|media| media.kms_key_arn);
    let calls = facts.call_recordings.and_then(|calls| calls.kms_key_arn);
    let mut findings = Vec::new();
    for (what, key) in
        [("contact-record stream", stream), ("media streams", media), ("call recordings", calls)]
    {
        if let Some(key) = key {
            findings.push(one(cloud, what, &key).await);
        }
    }
    findings
}

pub(super) async fn one(cloud: &Cloud, of: &str, key: &str) -> Finding {
    if key.contains(":alias/") {
        return Finding::fatal(
            Code::Key,
            format!("the {of} name their key by the alias {key}"),
            "roles can only allow a key by its own ARN: the functions could not decrypt",
            "set the key's own ARN there",
        );
    }
    let described = cloud.kms.describe_key().key_id(key).send().await;
    let state = match described.map_err(wrap(format!("describe the key {key} of the {of}"))) {
        Ok(described) => described.key_metadata().and_then(|metadata| metadata.key_state()).cloned(),
        Err(error) => return Finding::unknown(Code::Key, &error),
    };
    let remedy = match &state {
        Some(KeyState::Enabled) | None => {
            return Finding::ok(Code::Key, format!("the key {key} of the {of} is usable"));
        }
        Some(KeyState::Disabled) => format!("enable it with `aws kms enable-key --key-id {key}`"),
        Some(KeyState::PendingDeletion) => {
            format!("keep it with `aws kms cancel-key-deletion --key-id {key}` and enable it again")
        }
        Some(_) => "check it in the console, under Key Management Service".to_owned(),
    };
    let state = state.map_or_else(String::new, |state| state.to_string());
    Finding::fatal(
        Code::Key,
        format!("the key {key} of the {of} is {state}"),
        "data cannot be encrypted or decrypted with it",
        remedy,
    )
}
