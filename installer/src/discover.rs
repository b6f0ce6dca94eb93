//! Looks at the account and the instance, and changes nothing.

mod flows;
mod identity;
mod instance;
mod media;
mod stack;
pub mod survey;
#[cfg(test)]
mod tests;
mod unentered;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError, wrap};
use crate::ownership::{self, ACCESS_LOGS_TAG, CONTACT_RECORD_TRIGGER, KEY_TAG, media_prefix};
use crate::params::Params;
use crate::plan::Unentered;
use crate::render::{ContactRecordStream, Facts, FlowKey, MediaStreams, QueueFacts, STACK_TAG};
use crate::template::Template;

pub use flows::ActualFlow;
pub(crate) use flows::describe_module;
pub use identity::Identity;
pub use instance::{Instance, Storage, StorageConfig};
pub use media::UnkeptStream;
pub use stack::{Settled, StackResource, StackState};

pub(crate) use stack::{describe_stack, describe_stack_whole, describe_stack_with_resources, page_of_events};

/// Why the account or the instance is not as the installation needs it.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A call failed.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The credentials are for another partition or the parameters name another account's instance.
    #[error("the instance {instance} belongs to the account {owner}, and the credentials are for {account}")]
    OtherAccount {
        /// The instance as the parameters name it.
        instance: String,
        /// The account in its ARN.
        owner: String,
        /// The caller's account.
        account: String,
    },
    /// There is no such instance.
    #[error("there is no Amazon Connect instance `{wanted}` in {region}; {}", found_list(.found))]
    NoInstance {
        /// What was looked for.
        wanted: String,
        /// Where.
        region: String,
        /// Aliases of those that are there.
        found: Vec<String>,
    },
    /// There is no such queue.
    #[error("the instance has no queue `{wanted}` for `default_queue`; {}", found_list(.found))]
    NoQueue {
        /// What was looked for.
        wanted: String,
        /// Names of those that are there.
        found: Vec<String>,
    },
    /// Contact records go where no function can be triggered from.
    #[error(
        "the instance sends its contact records to the Firehose {arn}, which cannot trigger the functions; in the console, under Data streaming, choose a Kinesis stream for contact records (Firehose can read from that stream) and run this again"
    )]
    Firehose {
        /// The delivery stream.
        arn: String,
    },
    /// A key is named in a way that no permission can be given for.
    #[error(
        "the contact-record stream {stream} is encrypted with `{key}`; a permission to decrypt can only name the key itself: set the stream's key by its ARN and run this again"
    )]
    KeyAlias {
        /// ARN of the stream.
        stream: String,
        /// What the stream calls its key.
        key: String,
    },
}

fn found_list(found: &[String]) -> String {
    const SHOWN: usize = 10;
    match found {
        [] => "there is none at all".to_owned(),
        _ if found.len() > SHOWN => {
            format!("there are {} and {} more", found[..SHOWN].join(", "), found.len() - SHOWN)
        }
        _ => format!("there are: {}", found.join(", ")),
    }
}

/// What is there now, as far as an installation is concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct Actual {
    /// Who looks.
    pub identity: Identity,
    /// The instance.
    pub instance: Instance,
    /// The queue that the parameters name as default.
    pub default_queue: QueueFacts,
    /// Where the instance puts its contact records.
    pub contact_records: Option<StorageConfig>,
    /// ARN of the customer managed key of an adopted contact-record stream.
    pub contact_records_key: Option<String>,
    /// Where the instance puts callers' media.
    pub media_streams: Option<StorageConfig>,
    /// ARNs of the functions that flows of the instance may invoke.
    pub associated_functions: BTreeSet<String>,
    /// The stack.
    pub stack: Option<StackState>,
    /// The flows of this installation.
    pub flows: Vec<ActualFlow>,
    /// Names of flows that are named like ours and are not.
    pub other_flows: Vec<String>,
    /// The artifact bucket.
    pub artifacts: Artifacts,
    /// Video streams of the instance that keep nothing, or why that is not known.
    pub unkept_streams: Result<Vec<UnkeptStream>, CloudError>,
    /// What of the version before has still to be entered in the state bucket.
    pub unentered: Option<Unentered>,
    /// When somebody looked.
    pub looked_at: Timestamp,
}

/// The artifact bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// Its name.
    pub bucket: String,
    /// Whether it is there.
    pub exists: bool,
    /// Whether it is fully set up: its tags, which are set last, say so.
    pub ready: bool,
    /// The customer managed key that encrypts it.
    pub key: Option<String>,
    /// The bucket that gets its access logs.
    pub logs_to: Option<String>,
    /// Keys of the functions' zips in it.
    pub keys: BTreeSet<String>,
}

/// Looks at everything that an installation needs or touches.
///
/// # Errors
/// [`DiscoverError`] when a call fails, or when something is not there or not as it must be.
pub async fn discover(cloud: &Cloud, params: &Params) -> Result<Actual, DiscoverError> {
    let identity = identity::identity(cloud).await?;
    let instance = instance::find(cloud, &params.instance, &identity).await?;
    let default_queue = instance::queue(cloud, &instance, &params.default_queue).await?;
    let [contact_records, media_streams] = storage(cloud, &instance).await?;
    let stack = describe_stack_whole(cloud, params.stack.as_str()).await?;
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
        stack,
        unentered,
        unkept_streams,
        looked_at: Timestamp::now(),
    })
}

/// Who the caller is.
///
/// # Errors
/// [`CloudError`], above all for missing or expired credentials.
pub async fn identity(cloud: &Cloud) -> Result<Identity, CloudError> {
    identity::identity(cloud).await
}

/// The instance that the parameters name.
///
/// # Errors
/// [`DiscoverError`], with the instances that are there.
pub async fn instance(
    cloud: &Cloud,
    params: &Params,
    identity: &Identity,
) -> Result<Instance, DiscoverError> {
    instance::find(cloud, &params.instance, identity).await
}

/// Where the instance puts contact records and media streams, in this order.
pub(crate) async fn storage(
    cloud: &Cloud,
    instance: &Instance,
) -> Result<[Option<StorageConfig>; 2], CloudError> {
    use aws_sdk_connect::types::InstanceStorageResourceType::{ContactTraceRecords, MediaStreams};
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

/// The artifact bucket and what is in it.
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
        .map_err(wrap(format!("look at the bucket {bucket}")));
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

impl Actual {
    /// Whether the contact records go to a stream of this installation.
    #[must_use]
    pub fn owns_contact_records(&self) -> bool {
        self.contact_records.as_ref().is_some_and(|config| match &config.storage {
            Storage::KinesisStream { arn } => self.stack.as_ref().is_some_and(|stack| stack.made(arn)),
            _ => false,
        })
    }

    /// The flow of a kind, if it is there.
    #[must_use]
    pub fn flow(&self, key: FlowKey) -> Option<&ActualFlow> {
        self.flows.iter().find(|flow| flow.key == key)
    }

    /// From which time on an adopted stream is read: since it was adopted. A trigger that reads it already stays as it is.
    fn read_from(&self, stream: &str) -> Option<i64> {
        let now = Some(self.looked_at.as_second());
        let Some(stack) = &self.stack else { return now };
        let Ok(template) = Template::read(&stack.template, &stack.parameters) else { return now };
        match template.resources.get(CONTACT_RECORD_TRIGGER).map(|trigger| &trigger.properties) {
            Some(trigger) if trigger["EventSourceArn"] == stream => {
                trigger["StartingPositionTimestamp"].as_i64()
            }
            _ => now,
        }
    }

    /// What rendering needs to know of it.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let alias = &self.instance.alias;
        let adopted = self.contact_records.as_ref().filter(|_| !self.owns_contact_records());
        Facts {
            instance: self.instance.arn.clone(),
            default_queue: self.default_queue.clone(),
            contact_records: adopted.and_then(|config| match &config.storage {
                Storage::KinesisStream { arn } => Some(ContactRecordStream {
                    arn: arn.clone(),
                    kms_key_arn: self.contact_records_key.clone(),
                    read_from: self.read_from(arn),
                }),
                _ => None,
            }),
            media_streams: self.media_streams.as_ref().and_then(|config| match &config.storage {
                Storage::KinesisVideo { prefix, key, .. } => Some(MediaStreams {
                    prefix: media_prefix(prefix, alias).to_owned(),
                    kms_key_arn: key.clone().filter(|key| !key.contains("alias/aws/")),
                }),
                _ => None,
            }),
        }
    }
}
