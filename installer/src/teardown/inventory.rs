//! What an installation consists of, as far as it is there.

use std::collections::BTreeSet;

use aws_sdk_connect::types::InstanceStorageResourceType;

use super::{Stays, TeardownError, blockers, buckets};
use crate::cloud::Cloud;
use crate::discover::{self, ActualFlow, Artifacts, Instance, Settled, StackState, Storage, StorageConfig};
use crate::event::{Action, Kind};
use crate::ownership::media_prefix;
use crate::params::Params;
use crate::plan::{Change, Target};

/// What an installation consists of, as far as it is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// Where.
    pub target: Target,
    /// Name of the stack.
    pub name: String,
    /// The stack, if it is there.
    pub stack: Option<StackState>,
    /// Flows.
    pub flows: Vec<ActualFlow>,
    /// Where the instance puts things because of the installation.
    pub storage: Vec<OwnedStorage>,
    /// ARNs of the stack's functions that flows may invoke.
    pub associations: Vec<String>,
    /// Buckets that CloudFormation deletes with the stack, if they are empty.
    pub with_stack: Vec<String>,
    /// Buckets that CloudFormation leaves, or has left: recordings.
    pub kept_buckets: Vec<String>,
    /// The artifact bucket.
    pub artifacts: Artifacts,
    /// Whether recordings go as well.
    pub delete_recordings: bool,
    /// What still refers to what would go, each with its remedy.
    pub blockers: Vec<String>,
    /// What could not be looked at.
    pub notes: Vec<String>,
    /// What stays, and why.
    pub stays: Vec<Stays>,
}

/// A storage config of the installation.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedStorage {
    /// What is put there.
    pub name: &'static str,
    /// What is put there, for the API.
    pub what: InstanceStorageResourceType,
    /// Id of the association.
    pub association_id: String,
}

/// Looks for everything that belongs to an installation, and changes nothing.
///
/// # Errors
/// [`TeardownError`] when a call fails or the stack is busy.
pub async fn inventory(
    cloud: &Cloud,
    params: &Params,
    delete_recordings: bool,
) -> Result<Inventory, TeardownError> {
    look(cloud, params, delete_recordings).await.map_err(|error| match error {
        TeardownError::Cloud(error) => TeardownError::Inventory(error),
        other => other,
    })
}

async fn look(cloud: &Cloud, params: &Params, delete_recordings: bool) -> Result<Inventory, TeardownError> {
    let name = params.stack.as_str();
    let identity = discover::identity(cloud).await?;
    let instance = discover::instance(cloud, params, &identity).await?;
    let stack =
        discover::describe_stack_whole(cloud, name).await?.filter(|stack| stack.settled() != Settled::Gone);
    if let Some(stack) = stack.as_ref().filter(|stack| stack.settled() == Settled::Busy) {
        return Err(TeardownError::Busy { stack: stack.name.clone(), status: stack.status.clone() });
    }
    let flows = discover::flows_of(cloud, &instance, name, stack.as_ref()).await?;
    let associated = discover::associated_functions(cloud, &instance).await?;
    let [contact_records, media_streams] = discover::storage(cloud, &instance).await?;
    let mut stays = Vec::new();
    let storage = storage(name, &instance, stack.as_ref(), contact_records, media_streams, &mut stays);
    let (with_stack, in_stack) = stack.as_ref().map(buckets::of_stack).unwrap_or_default();
    let left: BTreeSet<String> = buckets::left_by(cloud, name).await?;
    let artifacts = discover::artifacts(cloud, name, &identity).await?;
    let kept_buckets: Vec<String> = left
        .into_iter()
        .chain(in_stack)
        .filter(|bucket| *bucket != artifacts.bucket && !with_stack.contains(bucket))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if !delete_recordings {
        stays.extend(kept_buckets.iter().map(|bucket| Stays {
            kind: Kind::Bucket,
            name: bucket.clone(),
            reason: "voicemails are kept; --delete-recordings removes them".to_owned(),
        }));
    }
    let mut notes = Vec::new();
    Ok(Inventory {
        blockers: blockers::blockers(cloud, &instance, &flows, stack.as_ref(), &mut notes).await?,
        notes,
        target: Target {
            account: identity.account,
            partition: identity.partition,
            region: cloud.region.clone(),
            principal: identity.principal,
            instance_id: instance.arn.id().to_owned(),
            instance_alias: instance.alias,
        },
        name: name.to_owned(),
        associations: associated
            .into_iter()
            .filter(|arn| stack.as_ref().is_some_and(|stack| stack.made(arn)))
            .collect(),
        stack,
        flows,
        storage,
        with_stack,
        kept_buckets,
        artifacts,
        delete_recordings,
        stays,
    })
}

/// The storage configs that the installation made; the others stay.
fn storage(
    stack_name: &str,
    instance: &Instance,
    stack: Option<&StackState>,
    contact_records: Option<StorageConfig>,
    media_streams: Option<StorageConfig>,
    stays: &mut Vec<Stays>,
) -> Vec<OwnedStorage> {
    let is_ours = |storage: &Storage| match storage {
        Storage::KinesisStream { arn } => stack.is_some_and(|stack| stack.made(arn)),
        Storage::KinesisVideo { prefix, .. } => media_prefix(prefix, &instance.alias) == stack_name,
        Storage::Firehose { .. } | Storage::Other => false,
    };
    let mut owned = Vec::new();
    for (name, what, config) in [
        ("contact records", InstanceStorageResourceType::ContactTraceRecords, contact_records),
        ("media streams", InstanceStorageResourceType::MediaStreams, media_streams),
    ] {
        match config {
            Some(config) if is_ours(&config.storage) => {
                owned.push(OwnedStorage { name, what, association_id: config.association_id })
            }
            Some(_) => stays.push(Stays {
                kind: Kind::StorageConfig,
                name: name.to_owned(),
                reason: "the instance had it before".to_owned(),
            }),
            None => {}
        }
    }
    owned
}

/// What goes, in the order of [`remove`](super::remove()).
pub(super) fn goes(inventory: &Inventory) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |action, kind, name: &str, detail: Option<&str>| {
        changes.push(Change { action, kind, name: name.to_owned(), detail: detail.map(str::to_owned) });
    };
    for flow in &inventory.flows {
        add(Action::Deleted, Kind::Flow, &flow.name, None);
    }
    for storage in &inventory.storage {
        add(Action::Disassociated, Kind::StorageConfig, storage.name, None);
    }
    for arn in &inventory.associations {
        add(Action::Disassociated, Kind::Lambda, arn, None);
    }
    for bucket in &inventory.with_stack {
        add(Action::Emptied, Kind::Bucket, bucket, Some("it goes with the stack"));
    }
    if let Some(stack) = &inventory.stack {
        add(Action::Deleted, Kind::Stack, &stack.name, Some("functions, queues, streams, logs, alarms"));
    }
    if inventory.delete_recordings {
        for bucket in &inventory.kept_buckets {
            add(Action::Deleted, Kind::Bucket, bucket, Some("and every voicemail in it"));
        }
    }
    if inventory.artifacts.exists {
        add(Action::Deleted, Kind::Bucket, &inventory.artifacts.bucket, Some("the functions' code"));
    }
    changes
}
