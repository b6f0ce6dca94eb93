//! Reads the account and the instance, and changes nothing.

mod flows;
mod identity;
mod instance;
mod media;
mod stack;
pub mod survey;
#[cfg(test)]
mod tests;
mod unentered;
mod volume;

use std::collections::BTreeSet;

use aws_sdk_connect::types::InstanceStorageResourceType;
use jiff::Timestamp;
use vmx_contract::chain::reads;

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::actual::{
    Actual, ActualFlow, Artifacts, Identity, Instance, StackState, Storage, StorageConfig,
};
use vmx_model::ownership::{self, ACCESS_LOGS_TAG, CONTACT_RECORD_TRIGGER, KEY_TAG, STACK_TAG};
use vmx_model::params::Params;

pub(crate) use flows::describe_module;
pub(crate) use instance::storage as storage_of;
pub(crate) use stack::{parameters, stacks};
pub(crate) use survey::queues_of;

pub use stack::{describe_stack, describe_stack_whole, describe_stack_with_resources, page_of_events};

/// Why the account or the instance does not fit the installation.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A call failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The credentials are for another partition, or the parameters name an instance of another account.
    #[error(
        "the instance {instance} belongs to the account {owner}, and the credentials are for {account}; choose another profile with --profile, or another `instance`"
    )]
    OtherAccount {
        /// The instance as the parameters name it.
        instance: String,
        /// The account in its ARN.
        owner: String,
        /// The caller's account.
        account: String,
    },
    /// The instance does not exist.
    #[error("no Amazon Connect instance `{wanted}` in {region}; {}", found_list(.found))]
    NoInstance {
        /// The requested one.
        wanted: String,
        /// The region.
        region: String,
        /// Aliases of the existing ones.
        found: Vec<String>,
    },
    /// The queue does not exist.
    #[error("the instance has no queue `{wanted}` for `default_queue`; {}", found_list(.found))]
    NoQueue {
        /// The requested one.
        wanted: String,
        /// Names of the existing ones.
        found: Vec<String>,
    },
    /// Contact records go to a stream that cannot trigger functions.
    #[error(
        "the instance sends contact records to the Firehose {arn}, which cannot trigger the functions; in \
         the console, under Data streaming, choose a Kinesis stream for contact records (Firehose can read \
         from that stream) and run this again"
    )]
    Firehose {
        /// The delivery stream.
        arn: String,
    },
    /// A key is named in a form that permissions do not support.
    #[error(
        "the contact-record stream {stream} is encrypted with the alias `{key}`, but decrypt permissions \
         need the key's ARN; set the stream's key by its ARN and run this again"
    )]
    KeyAlias {
        /// ARN of the stream.
        stream: String,
        /// The stream's name for its key.
        key: String,
    },
}

fn found_list(found: &[String]) -> String {
    const SHOWN: usize = 10;
    match found {
        [] => "there are none; check the region and the profile".to_owned(),
        _ if found.len() > SHOWN => {
            format!("use one of these: {} and {} more", found[..SHOWN].join(", "), found.len() - SHOWN)
        }
        _ => format!("use one of these: {}", found.join(", ")),
    }
}

/// Reads everything that an installation needs or changes.
///
/// # Errors
/// [`DiscoverError`] if a call fails, or if something is missing or not as required.
pub async fn discover(cloud: &Cloud, params: &Params) -> Result<Actual, DiscoverError> {
    let identity = identity::identity(cloud).await?;
    let instance = instance::find(cloud, &params.instance, &identity).await?;
    let default_queue = instance::queue(cloud, &instance, &params.default_queue).await?;
    let [contact_records, media_streams] = storage(cloud, &instance).await?;
    let call_recordings = match params.read_ivr_recordings {
        true => instance::storage(cloud, &instance, InstanceStorageResourceType::CallRecordings).await?,
        false => None,
    };
    let stack = describe_stack_whole(cloud, params.stack.as_str()).await?;
    let reading = reading(cloud, params, stack.as_ref()).await?;
    let unentered = unentered::unentered(cloud, stack.as_ref()).await;
    let unkept_streams = media::unkept(cloud, &instance, params.stack.as_str(), media_streams.as_ref()).await;
    let stream = contact_records.as_ref().map(|config| &config.storage);
    let contact_records_key = match stream {
        Some(Storage::Firehose { arn }) => return Err(DiscoverError::Firehose { arn: arn.clone() }),
        Some(Storage::KinesisStream { arn }) if !stack.as_ref().is_some_and(|stack| stack.made(arn)) => {
            instance::stream_key(cloud, arn).await?
        }
        _ => None,
    };
    let flows = flows::flows(cloud, &instance, params.stack.as_str(), stack.as_ref()).await?;
    Ok(Actual {
        associated_functions: instance::associated_functions(cloud, &instance).await?,
        artifacts: artifacts(cloud, params.stack.as_str(), &identity).await?,
        flows: flows.ours,
        other_flows: flows.others,
        identity,
        instance,
        default_queue,
        contact_records,
        contact_records_key,
        media_streams,
        call_recordings,
        stack,
        reading,
        unentered,
        unkept_streams: unkept_streams.map_err(|error| error.to_string()),
        looked_at: Timestamp::now(),
    })
}

/// Whether the stack's trigger reads contact records, if an earlier system is being replaced.
async fn reading(
    cloud: &Cloud,
    params: &Params,
    stack: Option<&StackState>,
) -> Result<Option<bool>, CloudError> {
    if params.migrate_from.name().is_none() {
        return Ok(None);
    }
    let Some(id) = stack.and_then(|stack| stack.physical_id(CONTACT_RECORD_TRIGGER)) else {
        return Ok(Some(false));
    };
    let found = cloud.lambda.get_event_source_mapping().uuid(id).send().await;
    match found.map_err(wrap("get the trigger of contact records")) {
        Ok(found) => Ok(Some(reads(found.state().unwrap_or_default()))),
        Err(error) if error.is_not_found() => Ok(Some(false)),
        Err(error) => Err(error),
    }
}

/// The caller.
///
/// # Errors
/// [`CloudError`], above all for missing or expired credentials.
pub async fn identity(cloud: &Cloud) -> Result<Identity, CloudError> {
    identity::identity(cloud).await
}

/// The instance that the parameters name.
///
/// # Errors
/// [`DiscoverError`], with the existing instances.
pub async fn instance(
    cloud: &Cloud,
    params: &Params,
    identity: &Identity,
) -> Result<Instance, DiscoverError> {
    instance::find(cloud, &params.instance, identity).await
}

/// The same for those who need nothing else of the caller.
pub(crate) async fn find_instance(cloud: &Cloud, params: &Params) -> Result<Instance, DiscoverError> {
    instance(cloud, params, &identity(cloud).await?).await
}

/// Where the instance stores contact records and media streams, in this order.
pub(crate) async fn storage(
    cloud: &Cloud,
    instance: &Instance,
) -> Result<[Option<StorageConfig>; 2], CloudError> {
    use InstanceStorageResourceType::{ContactTraceRecords, MediaStreams};
    Ok([
        instance::storage(cloud, instance, ContactTraceRecords).await?,
        instance::storage(cloud, instance, MediaStreams).await?,
    ])
}

pub(crate) async fn associated_functions(
    cloud: &Cloud,
    instance: &Instance,
) -> Result<BTreeSet<String>, CloudError> {
    instance::associated_functions(cloud, instance).await
}

pub(crate) async fn flows_of(
    cloud: &Cloud,
    instance: &Instance,
    stack: &str,
    state: Option<&StackState>,
) -> Result<Vec<ActualFlow>, CloudError> {
    Ok(flows::flows(cloud, instance, stack, state).await?.ours)
}

/// The code bucket and its objects.
pub(crate) async fn artifacts(
    cloud: &Cloud,
    stack: &str,
    identity: &Identity,
) -> Result<Artifacts, CloudError> {
    let bucket = ownership::artifact_bucket(stack, &identity.account, &cloud.region);
    let tags = cloud
        .s3
        .get_bucket_tagging()
        .bucket(&bucket)
        .expected_bucket_owner(&identity.account)
        .send()
        .await
        .map_err(wrap(format!("check the bucket {bucket}")));
    let tags = match tags {
        Ok(tags) => tags.tag_set,
        Err(error) if error.code.as_deref() == Some("NoSuchTagSet") => Vec::new(),
        Err(error) if error.is_not_found() => return Ok(Artifacts { bucket, ..Artifacts::default() }),
        Err(error) => return Err(error),
    };
    let tag = |key: &str| tags.iter().find(|tag| tag.key() == key).map(|tag| tag.value().to_owned());
    let ready = tag(STACK_TAG).as_deref() == Some(stack);
    let (key, logs_to) = (tag(KEY_TAG), tag(ACCESS_LOGS_TAG));
    let mut pages = cloud
        .s3
        .list_objects_v2()
        .bucket(&bucket)
        .expected_bucket_owner(&identity.account)
        .prefix("functions/")
        .into_paginator()
        .send();
    let mut keys = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(wrap(format!("list the bucket {bucket}")))?;
        keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
    }
    Ok(Artifacts { bucket, exists: true, ready, key, logs_to, keys })
}
