//! What is there now, as far as an installation is concerned.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use vmx_contract::arn::InstanceArn;

use crate::facts::{ContactRecordStream, Facts, MediaStreams, QueueFacts};
use crate::ownership::{CONTACT_RECORD_TRIGGER, media_prefix};
use crate::parts::FlowKey;
use crate::template::Template;

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
    pub unkept_streams: Result<Vec<UnkeptStream>, String>,
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
    /// Its alias; its id where it has none.
    pub alias: String,
}

/// Where the instance puts something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageConfig {
    /// Id of the association.
    pub association_id: String,
    /// Where.
    pub storage: Storage,
}

/// A place to put something.
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
        /// What their names begin with, as the instance tells it.
        prefix: String,
        /// How long they keep media, in hours; none at all for 0.
        retention_hours: u32,
        /// The key that encrypts them.
        key: Option<String>,
    },
    /// Anything else.
    Other,
}

/// The stack as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackState {
    /// Its ARN: unlike the name, never used twice.
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
    /// Its template; empty when it was not asked for or there is none.
    pub template: String,
    /// What is in it; empty when it was not asked for.
    pub resources: Vec<StackResource>,
    /// Whether CloudFormation refuses to delete it.
    pub protected: bool,
    /// When it was last made or changed.
    pub since: Option<Timestamp>,
}

/// Something that the stack made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackResource {
    /// Its name in the template.
    pub logical_id: String,
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Its own name, or its ARN.
    pub physical_id: String,
}

/// What can be done with a stack in a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It works and can be updated or deleted.
    Working,
    /// A first installation failed and left it, with nothing in it that works: it can only be deleted.
    Leftover,
    /// A change set was made for it and never executed: it has no resources and can still be created.
    Shell,
    /// Something is being done to it.
    Busy,
    /// CloudFormation got stuck half-way.
    Stuck,
    /// It is deleted.
    Gone,
}

impl StackState {
    /// Whether the stack made the thing with an ARN. That an output names it does not say so: it may be adopted.
    #[must_use]
    pub fn made(&self, arn: &str) -> bool {
        let name = arn.rsplit(['/', ':']).next().unwrap_or(arn);
        self.resources.iter().any(|resource| resource.physical_id == arn || resource.physical_id == name)
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

/// A flow of this installation as it is in the instance.
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
    /// Its content as it runs.
    pub content: String,
    /// Whether contacts get into it: a flow that was only saved has no content that runs.
    pub published: bool,
    /// Fingerprint of the content that the installer wrote.
    pub written: Option<String>,
}

/// A video stream that keeps nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnkeptStream {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its version, which a change has to name.
    pub version: String,
}

/// Recordings that no state bucket knows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unentered {
    /// For how many days the version before keeps the markers of deliveries, where its template says so.
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
