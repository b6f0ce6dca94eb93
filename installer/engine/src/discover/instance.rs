//! What the Amazon Connect instance has.

use std::collections::BTreeSet;

use aws_sdk_connect::types::{InstanceStorageResourceType, QueueType, StorageType};
use vmx_contract::arn::InstanceArn;

use super::DiscoverError;
use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::actual::{Identity, Instance, Storage, StorageConfig};
use vmx_model::facts::QueueFacts;
use vmx_model::params::{InstanceRef, QueueRef};

pub(super) async fn find(
    cloud: &Cloud,
    wanted: &InstanceRef,
    identity: &Identity,
) -> Result<Instance, DiscoverError> {
    if let InstanceRef::Arn(arn) = wanted
        && arn.account() != identity.account
    {
        return Err(DiscoverError::OtherAccount {
            instance: arn.to_string(),
            owner: arn.account().to_owned(),
            account: identity.account.clone(),
        });
    }
    let mut found = Vec::new();
    let mut pages = cloud.connect.list_instances().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the Amazon Connect instances"))?;
        for summary in page.instance_summary_list() {
            let (Some(arn), Some(id)) = (summary.arn(), summary.id()) else {
                continue;
            };
            let alias = summary.instance_alias().unwrap_or(id).to_owned();
            let is_wanted = match wanted {
                // An alias is part of a host name, so it is case-insensitive.
                InstanceRef::Alias(wanted) => alias.eq_ignore_ascii_case(wanted),
                InstanceRef::Id(wanted) => id.eq_ignore_ascii_case(wanted),
                InstanceRef::Arn(wanted) => arn == wanted.as_str(),
            };
            if is_wanted {
                let arn = InstanceArn::parse(arn)
                    .map_err(|error| CloudError::incomplete("read the instance's ARN", &error.to_string()))?;
                return Ok(Instance { arn, alias });
            }
            found.push(alias);
        }
    }
    Err(DiscoverError::NoInstance { wanted: wanted.to_string(), region: cloud.region.clone(), found })
}

pub(super) async fn queue(
    cloud: &Cloud,
    instance: &Instance,
    wanted: &QueueRef,
) -> Result<QueueFacts, DiscoverError> {
    let mut found = Vec::new();
    let mut pages = cloud
        .connect
        .list_queues()
        .instance_id(instance.arn.id())
        .queue_types(QueueType::Standard)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the instance's queues"))?;
        for summary in page.queue_summary_list() {
            let (Some(arn), Some(name)) = (summary.arn(), summary.name()) else {
                continue;
            };
            let is_wanted = match wanted {
                QueueRef::Name(wanted) => name == wanted,
                QueueRef::Id(wanted) => summary.id().is_some_and(|id| id.eq_ignore_ascii_case(wanted)),
                QueueRef::Arn(wanted) => arn == wanted,
            };
            if is_wanted {
                return Ok(QueueFacts { arn: arn.to_owned(), name: name.to_owned() });
            }
            found.push(name.to_owned());
        }
    }
    Err(DiscoverError::NoQueue { wanted: wanted.to_string(), found })
}

/// Contact records, media streams and call recordings have at most one storage config each.
pub(crate) async fn storage(
    cloud: &Cloud,
    instance: &Instance,
    what: InstanceStorageResourceType,
) -> Result<Option<StorageConfig>, CloudError> {
    let wanted = format!("read where the instance stores its {what}");
    let listed = cloud
        .connect
        .list_instance_storage_configs()
        .instance_id(instance.arn.id())
        .resource_type(what)
        .send()
        .await
        .map_err(wrap(&wanted))?;
    let Some(config) = listed.storage_configs().first() else {
        return Ok(None);
    };
    let missing = |member| CloudError::incomplete(&wanted, member);
    let storage = match config.storage_type() {
        StorageType::KinesisStream => Storage::KinesisStream {
            arn: config
                .kinesis_stream_config()
                .map(|stream| stream.stream_arn().to_owned())
                .ok_or_else(|| missing("stream"))?,
        },
        StorageType::KinesisFirehose => Storage::Firehose {
            arn: config
                .kinesis_firehose_config()
                .map(|firehose| firehose.firehose_arn().to_owned())
                .ok_or_else(|| missing("Firehose"))?,
        },
        StorageType::KinesisVideoStream => {
            let streams = config.kinesis_video_stream_config().ok_or_else(|| missing("video streams"))?;
            Storage::KinesisVideo {
                prefix: streams.prefix().to_owned(),
                retention_hours: u32::try_from(streams.retention_period_hours()).unwrap_or_default(),
                key: streams.encryption_config().map(|encryption| encryption.key_id().to_owned()),
            }
        }
        StorageType::S3 => {
            let bucket = config.s3_config().ok_or_else(|| missing("bucket"))?;
            Storage::Bucket {
                name: bucket.bucket_name().to_owned(),
                prefix: bucket.bucket_prefix().trim_end_matches('/').to_owned(),
                key: bucket.encryption_config().map(|encryption| encryption.key_id().to_owned()),
            }
        }
        _ => Storage::Other,
    };
    Ok(Some(StorageConfig {
        association_id: config.association_id().ok_or_else(|| missing("association id"))?.to_owned(),
        storage,
    }))
}

pub(super) async fn associated_functions(
    cloud: &Cloud,
    instance: &Instance,
) -> Result<BTreeSet<String>, CloudError> {
    let mut functions = BTreeSet::new();
    let mut pages =
        cloud.connect.list_lambda_functions().instance_id(instance.arn.id()).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap("list the functions that flows may invoke"))?;
        functions.extend(page.lambda_functions().iter().cloned());
    }
    Ok(functions)
}

/// The ARN of an existing stream's customer managed key, which the functions need to read.
pub(super) async fn stream_key(cloud: &Cloud, arn: &str) -> Result<Option<String>, DiscoverError> {
    let wanted = format!("describe the contact-record stream {arn}");
    let described =
        cloud.kinesis.describe_stream_summary().stream_arn(arn).send().await.map_err(wrap(wanted))?;
    let key = described
        .stream_description_summary()
        .and_then(aws_sdk_kinesis::types::StreamDescriptionSummary::key_id);
    key.map_or(Ok(None), |key| key_arn(arn, key))
}

/// The ARN of a key from a stream's name for it: an ARN, an ID, or an alias. `None` for the AWS managed key, which
/// needs no permission.
fn key_arn(stream: &str, key: &str) -> Result<Option<String>, DiscoverError> {
    if key.is_empty() || key.contains("alias/aws/") {
        return Ok(None);
    }
    if key.contains("alias/") {
        return Err(DiscoverError::KeyAlias { stream: stream.to_owned(), key: key.to_owned() });
    }
    if key.starts_with("arn:") {
        return Ok(Some(key.to_owned()));
    }
    let of = |n| stream.split(':').nth(n).unwrap_or_default();
    Ok(Some(format!("arn:{}:kms:{}:{}:key/{key}", of(1), of(3), of(4))))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_streams_key_is_told_by_its_arn() {
        let stream = "arn:aws:kinesis:eu-west-2:111122223333:stream/records";
        let id = "00000000-0000-4000-8000-0000000000cc";
        let arn = format!("arn:aws:kms:eu-west-2:111122223333:key/{id}");
        assert_eq!(key_arn(stream, "alias/aws/kinesis").unwrap(), None);
        assert_eq!(key_arn(stream, id).unwrap(), Some(arn.clone()));
        assert_eq!(key_arn(stream, &arn).unwrap(), Some(arn));
        let error = key_arn(stream, "alias/records").unwrap_err().to_string();
        assert!(error.contains("set the stream's key by its ARN"), "{error}");
    }
}
