//! A voicemail's stored data.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use serde_json::Value;
use vmx_contract::objects::RECORDING_CONTENT_TYPE;
use vmx_contract::package::Package;
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::{Failure, Kind};

use crate::config::{Clients, Config};

/// A voicemail's stored data, in addition to its recording.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) package: Package,
    /// The summary, if there is one.
    pub(crate) summary: Option<String>,
}

/// Reads the stored data; `None` if it has expired, or the voicemail never existed.
pub(crate) async fn kept(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
) -> Result<Option<Kept>, Failure> {
    let request = clients.s3.get_object().bucket(&config.transcripts_bucket).key(id.package_key());
    let found = match request.send().await.map_err(|error| Failure::of("s3:GetObject", &error)) {
        Ok(found) => found,
        Err(failure) if failure.kind == Kind::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let body = found.body.collect().await.map_err(|error| Failure::broken_off("s3:GetObject", &error))?;
    Ok(read(&body.to_vec()))
}

fn read(json: &[u8]) -> Option<Kept> {
    let read = serde_json::from_slice::<Value>(json).and_then(|value| {
        let summary = value["summary"].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        Ok(Kept { package: serde_json::from_value(value)?, summary })
    });
    // The error would repeat a caller's words.
    read.inspect_err(|error| tracing::error!(line = error.line(), "the package has another version")).ok()
}

/// Whether the recording exists.
pub(crate) async fn has_recording(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
) -> Result<bool, Failure> {
    let request = clients.s3.head_object().bucket(&config.recordings_bucket).key(id.recording_key());
    match request.send().await.map_err(|error| Failure::of("s3:HeadObject", &error)) {
        Ok(_) => Ok(true),
        Err(failure) if failure.kind == Kind::NotFound => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// The purpose of a presigned URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To play the recording, or parts of it.
    Listen,
    /// To save it under a name.
    Save,
    /// To request only its headers: either of the others with HEAD.
    Look,
}

/// A URL of the recording that works for some minutes, for one purpose. Created without a call.
pub(crate) async fn presigned(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    purpose: Purpose,
    lifetime: Duration,
) -> Result<String, String> {
    let (bucket, key) = (&config.recordings_bucket, id.recording_key());
    let signing = PresigningConfig::expires_in(lifetime).map_err(|error| error.to_string())?;
    let get = clients
        .s3
        .get_object()
        .bucket(bucket)
        .key(&key)
        .response_content_type(RECORDING_CONTENT_TYPE)
        .response_cache_control("no-store");
    let signed = match purpose {
        Purpose::Listen => get.presigned(signing).await.map_err(|error| error.to_string()),
        Purpose::Save => {
            let disposition = format!("attachment; filename=\"voicemail-{key}\"");
            let get = get.response_content_disposition(disposition);
            get.presigned(signing).await.map_err(|error| error.to_string())
        }
        Purpose::Look => {
            let head = clients.s3.head_object().bucket(bucket).key(&key);
            head.presigned(signing).await.map_err(|error| error.to_string())
        }
    };
    Ok(signed?.uri().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_package_of_this_version_is_passed_over() {
        for bad in ["", "{}", "[]", r#"{"version":9}"#] {
            assert!(read(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
