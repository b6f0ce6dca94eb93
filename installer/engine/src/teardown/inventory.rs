//! The existing parts of an installation.

use std::collections::BTreeSet;

use aws_sdk_connect::types::InstanceStorageResourceType;

use super::buckets::Contents;
use super::{TeardownError, blockers, buckets, logs, readers, waiting};
use crate::cloud::Cloud;
use crate::discover;
use crate::progress::View;
use vmx_model::actual::{ActualFlow, Artifacts, Instance, Settled, StackState, Storage, StorageConfig};
use vmx_model::change::{Action, Change, Kind, Stays};
use vmx_model::ownership::media_prefix;
use vmx_model::params::Params;
use vmx_model::parts::STATE_BUCKET;
use vmx_model::plan::Target;

/// The existing parts of an installation.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// The region.
    pub target: Target,
    /// Name of the stack.
    pub name: String,
    /// The stack, if it exists.
    pub stack: Option<StackState>,
    /// Flows.
    pub flows: Vec<ActualFlow>,
    /// The instance's storage configs for the installation.
    pub storage: Vec<OwnedStorage>,
    /// ARNs of the stack's functions that flows can invoke.
    pub associations: Vec<String>,
    /// Buckets that CloudFormation deletes with the stack, once they are empty.
    pub with_stack: Vec<String>,
    /// Buckets that CloudFormation keeps, or has kept.
    pub recordings: Vec<Recordings>,
    /// Log groups that the stack does not delete.
    pub logs: Vec<String>,
    /// The code bucket.
    pub artifacts: Artifacts,
    /// Whether to delete recordings as well.
    pub delete_recordings: bool,
    /// What still refers to what would be removed, each with its fix.
    pub blockers: Vec<String>,
    /// What could not be checked.
    pub notes: Vec<String>,
    /// What is kept, and why.
    pub stays: Vec<Stays>,
}

/// A bucket that outlives the stack: with recordings, or with the record of delivered ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recordings {
    /// Its name.
    pub bucket: String,
    /// Whether it records which voicemails were delivered.
    pub is_state: bool,
    /// Its contents.
    pub contents: Contents,
}

/// A storage config of the installation.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedStorage {
    /// What is stored there.
    pub name: &'static str,
    /// What is stored there, for the API.
    pub what: InstanceStorageResourceType,
    /// Id of the association.
    pub association_id: String,
}

/// Finds everything that belongs to an installation, without changes.
///
/// # Errors
/// [`TeardownError`] if a call fails or the stack is busy.
pub async fn inventory(
    cloud: &Cloud,
    params: &Params,
    delete_recordings: bool,
    view: &dyn View,
) -> Result<Inventory, TeardownError> {
    look(cloud, params, delete_recordings, view).await.map_err(|error| match error {
        TeardownError::Cloud(error) => TeardownError::Inventory(error),
        other => other,
    })
}

async fn look(
    cloud: &Cloud,
    params: &Params,
    delete_recordings: bool,
    view: &dyn View,
) -> Result<Inventory, TeardownError> {
    let name = params.stack.as_str();
    let identity = discover::identity(cloud).await?;
    let instance = discover::instance(cloud, params, &identity).await?;
    let stack =
        discover::describe_stack_whole(cloud, name).await?.filter(|stack| stack.settled() != Settled::Gone);
    // A deletion in progress, perhaps of an interrupted run, is fine.
    if let Some(stack) = stack.as_ref().filter(|stack| stack.settled() == Settled::Busy && !is_going(stack)) {
        return Err(TeardownError::Busy { stack: stack.name.clone(), status: stack.status.clone() });
    }
    let flows = discover::flows_of(cloud, &instance, name, stack.as_ref()).await?;
    let associated = discover::associated_functions(cloud, &instance).await?;
    let [contact_records, media_streams] = discover::storage(cloud, &instance).await?;
    let mut stays = Vec::new();
    let storage = storage(name, &instance, stack.as_ref(), contact_records, media_streams, &mut stays);
    let (with_stack, in_stack) = stack.as_ref().map(buckets::of_stack).unwrap_or_default();
    let (left, foreign) = buckets::left_by(cloud, name).await?;
    let artifacts = discover::artifacts(cloud, name, &identity).await?;
    let mut recordings = Vec::new();
    for bucket in left.into_iter().chain(in_stack).collect::<BTreeSet<_>>() {
        if bucket != artifacts.bucket && !with_stack.contains(&bucket) {
            let contents = buckets::contents(cloud, &bucket).await?;
            let is_state = is_state(&bucket, stack.as_ref());
            recordings.push(Recordings { bucket, is_state, contents });
        }
    }
    if !delete_recordings {
        stays.extend(recordings.iter().map(|Recordings { bucket, is_state, contents }| Stays {
            kind: Kind::Bucket,
            name: bucket.clone(),
            reason: if *is_state {
                format!(
                    "it records which voicemails were delivered and is kept with them ({contents}); \
                         --delete-recordings removes it"
                )
            } else {
                format!("voicemails are kept ({contents}); --delete-recordings removes them")
            },
        }));
    }
    let mut notes: Vec<String> = foreign.iter().map(|bucket| foreign_note(bucket)).collect();
    let mut logs = logs::there(cloud, &logs::names(name, stack.as_ref())).await?;
    if let Some(stack) = &stack {
        logs.retain(|group| stack.resources.iter().all(|resource| resource.physical_id != *group));
        notes.extend(readers::notes(cloud, stack).await);
        match waiting::messages(cloud, stack).await {
            Ok(messages) => notes.extend(waiting::note(messages, delete_recordings)),
            Err(error) => notes.push(format!(
                "could not check whether voicemails wait in the queues: \
                                              {error}"
            )),
        }
    }
    Ok(Inventory {
        blockers: blockers::blockers(cloud, &instance, &flows, stack.as_ref(), &mut notes, view).await?,
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
        recordings,
        logs,
        artifacts,
        delete_recordings,
        stays,
    })
}

/// Whether a bucket records which voicemails were delivered. Without its stack, its generated name tells.
fn is_state(bucket: &str, stack: Option<&StackState>) -> bool {
    let known = stack.and_then(|stack| {
        let resource = stack.resources.iter().find(|resource| resource.physical_id == bucket)?;
        Some(resource.logical_id == STATE_BUCKET)
    });
    known.unwrap_or_else(|| bucket.contains(&format!("-{}-", STATE_BUCKET.to_lowercase())))
}

fn foreign_note(bucket: &str) -> String {
    format!(
        "the tags of the bucket {bucket} cannot be read, so it counts as someone else's; if it has this \
         installation's recordings, allow s3:GetBucketTagging on it"
    )
}

/// Whether CloudFormation is already deleting the stack.
pub(super) fn is_going(stack: &StackState) -> bool {
    stack.status == "DELETE_IN_PROGRESS"
}

/// The storage configs created by the installation. Others are kept.
fn storage(
    stack_name: &str,
    instance: &Instance,
    stack: Option<&StackState>,
    contact_records: Option<StorageConfig>,
    media_streams: Option<StorageConfig>,
    stays: &mut Vec<Stays>,
) -> Vec<OwnedStorage> {
    let is_ours = |storage: &Storage| match storage {
        Storage::KinesisStream { arn } => match stack {
            Some(stack) => stack.made(arn),
            // The stack was deleted by hand, and the instance still names its deleted stream.
            None => arn.rsplit('/').next().is_some_and(|stream| is_named_by(stack_name, stream)),
        },
        Storage::KinesisVideo { prefix, .. } => media_prefix(prefix, &instance.alias) == stack_name,
        Storage::Firehose { .. } | Storage::Bucket { .. } | Storage::Other => false,
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
                reason: "it existed before the installation".to_owned(),
            }),
            None => {}
        }
    }
    owned
}

/// Whether CloudFormation generated a stream's name for the stack: stack, logical ID, twelve letters and digits.
fn is_named_by(stack_name: &str, stream: &str) -> bool {
    let chance = stream.strip_prefix(stack_name).and_then(|rest| rest.strip_prefix("-ContactRecordStream-"));
    chance.is_some_and(|chance| chance.chars().all(|character| character.is_ascii_alphanumeric()))
}

/// What will be removed, in the order of [`remove`](super::remove()).
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
        add(Action::Emptied, Kind::Bucket, bucket, Some("it is deleted with the stack"));
    }
    if let Some(stack) = &inventory.stack {
        add(Action::Deleted, Kind::Stack, &stack.name, Some("functions, queues, streams, logs, alarms"));
    }
    if inventory.delete_recordings {
        for Recordings { bucket, is_state, contents } in &inventory.recordings {
            let detail = if *is_state {
                format!("with the records of which voicemails were delivered: {contents}")
            } else {
                format!("with every voicemail in it: {contents}")
            };
            add(Action::Deleted, Kind::Bucket, bucket, Some(&detail));
        }
    }
    for group in &inventory.logs {
        add(Action::Deleted, Kind::LogGroup, group, None);
    }
    if inventory.artifacts.exists {
        add(Action::Deleted, Kind::Bucket, &inventory.artifacts.bucket, Some("the functions' code"));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_a_stack_that_is_gone_is_known_by_its_name() {
        assert!(is_named_by("vmx", "vmx-ContactRecordStream-K3f9Jq1LmN2x"));
        assert!(!is_named_by("vmx", "vmx-two-ContactRecordStream-K3f9Jq1LmN2x"));
        assert!(!is_named_by("vmx", "vmx-ContactRecordStream-of-the-shop"));
        assert!(!is_named_by("vmx", "contact-records"));
    }

    #[test]
    fn the_state_bucket_is_known_with_its_stack_and_without() {
        use vmx_model::actual::StackResource;
        let resource = |logical_id: &str, physical_id: &str| StackResource {
            logical_id: logical_id.into(),
            resource_type: "AWS::S3::Bucket".into(),
            physical_id: physical_id.into(),
        };
        let stack = StackState {
            resources: vec![
                resource(STATE_BUCKET, "any-name"),
                resource("RecordingsBucket", "vmx-statebucket-1"),
            ],
            ..StackState::default()
        };
        assert!(is_state("any-name", Some(&stack)) && !is_state("vmx-statebucket-1", Some(&stack)));
        assert!(is_state("vmx-statebucket-k3f9jq1lmn2x", None));
        assert!(!is_state("vmx-recordingsbucket-k3f9jq1lmn2x", None));
    }
}
