//! The current state of an installation and its surroundings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use vmx_contract::arn::InstanceArn;

use crate::facts::{CallRecordings, ContactRecordStream, Facts, MediaStreams, QueueFacts};
use crate::ownership::{CONTACT_RECORD_TRIGGER, media_prefix};
use crate::parts::FlowKey;
use crate::template::Template;

/// The current state of an installation and its surroundings.
#[derive(Debug, Clone, PartialEq)]
pub struct Actual {
    /// The caller.
    pub identity: Identity,
    /// The instance.
    pub instance: Instance,
    /// The default queue of the parameters.
    pub default_queue: QueueFacts,
    /// Where the instance sends its contact records.
    pub contact_records: Option<StorageConfig>,
    /// ARN of the customer managed key of an adopted contact-record stream.
    pub contact_records_key: Option<String>,
    /// Where the instance stores callers' media.
    pub media_streams: Option<StorageConfig>,
    /// Where the instance stores call recordings, if the parameters ask for them.
    pub call_recordings: Option<StorageConfig>,
    /// ARNs of the functions that the instance's flows can invoke.
    pub associated_functions: BTreeSet<String>,
    /// The stack.
    pub stack: Option<StackState>,
    /// Whether its trigger reads contact records, if the parameters name an earlier system that is being replaced.
    pub reading: Option<bool>,
    /// The flows of this installation.
    pub flows: Vec<ActualFlow>,
    /// Names of flows that start like ours but belong to others.
    pub other_flows: Vec<String>,
    /// The code bucket.
    pub artifacts: Artifacts,
    /// The instance's video streams with a retention of 0 hours, or why they are unknown.
    pub unkept_streams: Result<Vec<UnkeptStream>, String>,
    /// The earlier version's recordings that still have to be entered in the state bucket.
    pub unentered: Option<Unentered>,
    /// When this was read.
    pub looked_at: Timestamp,
}

/// The code bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// Its name.
    pub bucket: String,
    /// Whether it exists.
    pub exists: bool,
    /// Whether it is completely set up: its tags, which are set last, show it.
    pub ready: bool,
    /// The customer managed key that encrypts it.
    pub key: Option<String>,
    /// The bucket for its access logs.
    pub logs_to: Option<String>,
    /// Keys of the functions' zips in it.
    pub keys: BTreeSet<String>,
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

    /// The flow of a kind, if it exists.
    #[must_use]
    pub fn flow(&self, key: FlowKey) -> Option<&ActualFlow> {
        self.flows.iter().find(|flow| flow.key == key)
    }

    /// The time from which an adopted stream is read: its adoption. An existing trigger keeps its position.
    ///
    /// An earlier system may be late by as long as the stream keeps records, which is usually a day: what it has not
    /// recorded at the switch is recorded here.
    fn read_from(&self, stream: &str) -> Option<i64> {
        const DAY: i64 = 24 * 3600;
        let late = if self.reading.is_some() { DAY } else { 0 };
        let now = Some(self.looked_at.as_second() - late);
        let Some(stack) = &self.stack else { return now };
        let Ok(template) = Template::read(&stack.template, &stack.parameters) else { return now };
        match template.resources.get(CONTACT_RECORD_TRIGGER).map(|trigger| &trigger.properties) {
            Some(trigger) if trigger["EventSourceArn"] == stream => {
                trigger["StartingPositionTimestamp"].as_i64()
            }
            _ => now,
        }
    }

    /// The facts for rendering.
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
            reading: self.reading,
            call_recordings: self.call_recordings.as_ref().and_then(|config| match &config.storage {
                Storage::Bucket { name, prefix, key } => Some(CallRecordings {
                    bucket: name.clone(),
                    prefix: prefix.clone(),
                    kms_key_arn: key.clone().filter(|key| !key.contains("alias/aws/")),
                }),
                _ => None,
            }),
        }
    }
}

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    /// For example `aws`.
    pub partition: String,
    /// ARN of the user or the role's session.
    pub principal: String,
}

/// The instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its ARN.
    pub arn: InstanceArn,
    /// Its alias, or its ID without one.
    pub alias: String,
}

/// A storage config of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageConfig {
    /// Id of the association.
    pub association_id: String,
    /// The target.
    pub storage: Storage,
}

/// A storage target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Storage {
    /// A Kinesis data stream.
    KinesisStream {
        /// Its ARN.
        arn: String,
    },
    /// A Firehose delivery stream.
    Firehose {
        /// Its ARN.
        arn: String,
    },
    /// Kinesis video streams.
    KinesisVideo {
        /// Their prefix, as the instance reports it.
        prefix: String,
        /// Their retention, in hours. Can be 0.
        retention_hours: u32,
        /// The key that encrypts them.
        key: Option<String>,
    },
    /// An S3 bucket.
    Bucket {
        /// Its name.
        name: String,
        /// The start of the objects' keys, without a slash at its end.
        prefix: String,
        /// The key that encrypts the objects.
        key: Option<String>,
    },
    /// Anything else.
    Other,
}

/// The stack's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackState {
    /// Its ARN, which is never reused, unlike its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// For example `CREATE_COMPLETE`.
    pub status: String,
    /// Why it has that status.
    pub reason: Option<String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its template. Empty if it was not requested or does not exist.
    pub template: String,
    /// Its resources. Empty if they were not requested.
    pub resources: Vec<StackResource>,
    /// Whether it has termination protection.
    pub protected: bool,
    /// When it was last created or updated.
    pub since: Option<Timestamp>,
}

/// A resource of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its logical ID.
    pub logical_id: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Its physical ID: a name or an ARN.
    pub physical_id: String,
}

/// What can be done with a stack, depending on its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It works and can be updated or deleted.
    Working,
    /// Left by a failed first installation, without working resources: it can only be deleted.
    Leftover,
    /// Its first change set was never executed: it has no resources and can still be created.
    Shell,
    /// An operation is in progress.
    Busy,
    /// It is stuck halfway.
    Stuck,
    /// It is deleted.
    Gone,
}

impl StackState {
    /// Whether the stack created the resource with an ARN. An output is no proof, because it may name an adopted one.
    #[must_use]
    pub fn made(&self, arn: &str) -> bool {
        let name = arn.rsplit(['/', ':']).next().unwrap_or(arn);
        self.resources.iter().any(|resource| resource.physical_id == arn || resource.physical_id == name)
    }

    /// A resource's physical ID.
    #[must_use]
    pub fn physical_id(&self, logical_id: &str) -> Option<&str> {
        let resource = self.resources.iter().find(|resource| resource.logical_id == logical_id);
        resource.map(|resource| resource.physical_id.as_str())
    }

    /// The resources of a type.
    pub fn of_type(&self, resource_type: &'static str) -> impl Iterator<Item = &StackResource> {
        self.resources.iter().filter(move |resource| resource.resource_type == resource_type)
    }

    /// What can be done with it.
    #[must_use]
    pub fn settled(&self) -> Settled {
        match self.status.as_str() {
            "REVIEW_IN_PROGRESS" => Settled::Shell,
            "DELETE_COMPLETE" => Settled::Gone,
            "CREATE_FAILED" | "ROLLBACK_COMPLETE" => Settled::Leftover,
            "ROLLBACK_FAILED" | "UPDATE_ROLLBACK_FAILED" | "DELETE_FAILED" | "UPDATE_FAILED" => {
                Settled::Stuck
            }
            status if status.ends_with("_IN_PROGRESS") => Settled::Busy,
            _ => Settled::Working,
        }
    }
}

/// A flow of this installation in the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActualFlow {
    /// Which flow it is.
    pub key: FlowKey,
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its published content.
    pub content: String,
    /// Whether it is published: a flow that was only saved does not run.
    pub published: bool,
    /// Hash of the content that the installer wrote.
    pub written: Option<String>,
}

/// A video stream with a retention of 0 hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnkeptStream {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its version, which an update must name.
    pub version: String,
}

/// Recordings that no state bucket lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unentered {
    /// How many days the earlier version keeps delivery markers, if its template says so.
    pub marker_days: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_stack_was_made_by_it() {
        let resource = |resource_type: &str, physical_id: &str| StackResource {
            logical_id: "X".into(),
            resource_type: resource_type.into(),
            physical_id: physical_id.into(),
        };
        let stack = StackState {
            resources: vec![
                resource("AWS::Kinesis::Stream", "vmx-Records-1"),
                resource("AWS::Lambda::Function", "vmx-Packager-1"),
            ],
            outputs: BTreeMap::from([("Stream".into(), "arn:aws:kinesis:r:1:stream/adopted".into())]),
            ..StackState::default()
        };
        assert!(stack.made("arn:aws:kinesis:r:1:stream/vmx-Records-1"));
        assert!(stack.made("arn:aws:lambda:r:1:function:vmx-Packager-1"));
        assert!(!stack.made("arn:aws:kinesis:r:1:stream/adopted"));
    }

    #[test]
    fn every_status_says_what_can_be_done() {
        for (status, settled) in [
            ("CREATE_COMPLETE", Settled::Working),
            ("UPDATE_COMPLETE", Settled::Working),
            ("UPDATE_ROLLBACK_COMPLETE", Settled::Working),
            ("ROLLBACK_COMPLETE", Settled::Leftover),
            ("REVIEW_IN_PROGRESS", Settled::Shell),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Settled::Busy),
            ("DELETE_IN_PROGRESS", Settled::Busy),
            ("UPDATE_ROLLBACK_FAILED", Settled::Stuck),
            ("DELETE_FAILED", Settled::Stuck),
            ("DELETE_COMPLETE", Settled::Gone),
        ] {
            let stack = StackState { status: status.into(), ..StackState::default() };
            assert_eq!(stack.settled(), settled, "{status}");
        }
    }
}
