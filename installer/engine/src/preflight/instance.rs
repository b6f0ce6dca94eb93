//! The instance's settings for voicemail.

use aws_sdk_connect::types::InstanceStorageResourceType;

use crate::checks;
use crate::cloud::{Cloud, wrap};
use crate::discover::storage_of;
use crate::finding::{Code, Finding};
use vmx_model::actual::Actual;
use vmx_model::params::Params;

/// The prefix of Amazon Connect's service-linked role.
const SERVICE_LINKED: &str = "AWSServiceRoleForAmazonConnect";

/// Whether the role for writing contact records and media exists.
pub(super) async fn service_role(cloud: &Cloud, actual: &Actual) -> Finding {
    let id = actual.instance.arn.id();
    let described = cloud.connect.describe_instance().instance_id(id).send().await;
    let described = match described.map_err(wrap("describe the instance")) {
        Ok(described) => described,
        Err(error) => return Finding::unknown(Code::ServiceRole, &error),
    };
    let Some(arn) = described.instance().and_then(|instance| instance.service_role()) else {
        return Finding::warning(
            Code::ServiceRole,
            "the instance reports no service role",
            "the instance needs it to write contact records and media",
            "check in the console, under the instance's overview, whether it has one",
        );
    };
    let name = arn.rsplit('/').next().unwrap_or(arn);
    match cloud.iam.get_role().role_name(name).send().await.map_err(wrap(format!("get the role {name}"))) {
        Err(error) if matches!(error.code.as_deref(), Some("NoSuchEntity" | "NoSuchEntityException")) => {
            Finding::fatal(
                Code::ServiceRole,
                format!("the instance's service role {name} does not exist"),
                "without it the instance cannot write contact records or media",
                "create it with `aws iam create-service-linked-role --aws-service-name \
                 connect.amazonaws.com`, or ask AWS Support if the instance is older",
            )
        }
        Err(error) => Finding::unknown(Code::ServiceRole, &error),
        Ok(_) if name.starts_with(SERVICE_LINKED) => {
            Finding::ok(Code::ServiceRole, format!("the instance has its service-linked role {name}"))
        }
        Ok(_) => Finding::warning(
            Code::ServiceRole,
            format!("the instance uses the role {name}, which is not service-linked"),
            "such a role does not get permissions automatically when a stream is chosen",
            "give the instance the service-linked role in the console, or allow this role to write to the \
             streams",
        ),
    }
}

/// Whether the instance streams media, or will.
pub(super) fn media(actual: &Actual) -> Finding {
    match &actual.media_streams {
        None => Finding::ok(
            Code::MediaStreams,
            "the instance does not stream media yet; the installation enables it",
        ),
        config => checks::media(config.as_ref()),
    }
}

/// Whether the instance stores the recordings that the parameters want read.
pub(super) fn call_recordings(params: &Params, actual: &Actual) -> Option<Finding> {
    if !params.read_ivr_recordings {
        return None;
    }
    Some(match actual.facts().call_recordings {
        Some(calls) => Finding::ok(
            Code::CallRecordings,
            format!(
                "recordings of the automated interaction are read from {}/{}/ivr/{}",
                calls.bucket,
                calls.prefix,
                calls.kms_key_arn.map(|key| format!(", with the key {key}")).unwrap_or_default()
            ),
        ),
        None => Finding::fatal(
            Code::CallRecordings,
            "the instance has no bucket for call recordings",
            "with `read_ivr_recordings`, voicemails are read from there",
            "choose one in the console, under Data storage, or set `read_ivr_recordings: false`",
        ),
    })
}

/// Whether the instance keeps the recordings that are attached to tasks.
pub(super) async fn attachments(cloud: &Cloud, params: &Params, actual: &Actual) -> Option<Finding> {
    if !params.attach_to_task {
        return None;
    }
    let kept = storage_of(cloud, &actual.instance, InstanceStorageResourceType::Attachments).await;
    Some(match kept {
        Err(error) => Finding::unknown(Code::Attachments, &error),
        Ok(Some(_)) => Finding::ok(Code::Attachments, "the instance keeps files that are attached to tasks"),
        Ok(None) => Finding::warning(
            Code::Attachments,
            "the instance keeps no attachments",
            "with `attach_to_task`, tasks come without the recording until it does; they have the link",
            "choose a bucket in the console, under Data storage, Attachments, and allow wav under Attachment \
             extensions; or set `attach_to_task: false`",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use vmx_model::actual::{Storage, StorageConfig};
    use vmx_model::testing::nothing_there;

    #[test]
    fn call_recordings_are_looked_for_only_if_they_are_to_be_read() {
        let params = |read| {
            let text =
                format!("version: 1\nregion: eu-west-2\ninstance: shop\nread_ivr_recordings: {read}\n");
            Params::from_yaml("params.yaml", &text).unwrap_or_else(|error| panic!("{error}"))
        };
        let mut actual = nothing_there();
        assert_eq!(call_recordings(&params(false), &actual), None);
        let missing = call_recordings(&params(true), &actual);
        assert!(missing.is_some_and(|finding| finding.severity == Severity::Fatal));
        let storage = |key: Option<&str>| Storage::Bucket {
            name: "calls".into(),
            prefix: "connect/shop/CallRecordings".into(),
            key: key.map(str::to_owned),
        };
        let key = "arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-00000000e004";
        for (key, told) in [
            (None, "calls/connect/shop/CallRecordings/ivr/".to_owned()),
            (Some(key), format!("calls/connect/shop/CallRecordings/ivr/, with the key {key}")),
        ] {
            let storage = storage(key);
            actual.call_recordings = Some(StorageConfig { association_id: "a".into(), storage });
            let found = call_recordings(&params(true), &actual);
            let is_told = found
                .is_some_and(|finding| finding.severity == Severity::Ok && finding.what.ends_with(&told));
            assert!(is_told, "{told}");
        }
    }
}
