//! The required changes: one value that is shown, approved and applied. Pure.

mod change;
mod cost;
mod details;
mod flow_difference;
mod make;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use flow_language::FlowType;
use serde::{Deserialize, Serialize};

use crate::actual::{Actual, Unentered};
use crate::ownership::GUIDE_FUNCTION;
use crate::parts::FlowKey;

#[cfg(test)]
pub(crate) use cost::ALARMS;
pub use cost::{CostFacts, CostLine, EXAMPLE, Estimate, PRICES_OF, PRICES_YEAR, Usage, estimate, monthly};
pub use details::{Details, Rate};
pub use flow_difference::{
    BlockDifference, FlowDifference, FlowFate, MemberDifference, Presence, block_differences,
};
pub use make::has_state_bucket;
pub use make::plan;

/// Why a plan is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Another flow has the name.
    #[error(
        "the instance already has a flow `{name}` that this installation did not create; rename that flow, \
         or choose another `stack` in the parameters"
    )]
    ForeignFlow {
        /// The flow's name.
        name: String,
    },
    /// A stack operation is in progress.
    #[error(
        "CloudFormation is updating the stack {stack} ({status}); wait until it has finished and run the \
         same command again"
    )]
    Busy {
        /// The stack's name.
        stack: String,
        /// Its status.
        status: String,
    },
    /// The stack is stuck.
    #[error(
        "the stack {stack} is stuck ({status}{}); choose “Continue update rollback” in the CloudFormation \
         console, or remove the installation with `vmx-install teardown`, then run this again",
        .reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
    )]
    Stuck {
        /// The stack's name.
        stack: String,
        /// Its status.
        status: String,
        /// CloudFormation's reason.
        reason: Option<String>,
    },
    /// The instance's media retention is 0 hours, so nothing could be read after the call.
    #[error(
        "the instance's media streaming has a retention of 0 hours, so voicemails cannot be read from it; \
         in the console, under Data storage, Live media streaming, set a retention of 24 hours or more and \
         run this again"
    )]
    MediaNotKept,
    /// Media does not go to Kinesis Video Streams.
    #[error(
        "the instance does not stream media to Kinesis Video Streams; change that in the console, under \
         Data storage, and run this again"
    )]
    MediaElsewhere,
}

/// The required changes, and their results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Where to install.
    pub target: Target,
    /// The bucket for the functions' code.
    pub bucket: BucketPlan,
    /// Zips to upload.
    pub uploads: Vec<Upload>,
    /// The stack.
    pub stack: StackPlan,
    /// Storage configs to set.
    pub storage: Vec<StorageChange>,
    /// Video streams with a retention of 0 hours to raise.
    pub keep_media: Vec<KeepMedia>,
    /// Functions to allow for flows.
    pub associations: Vec<FlowFunction>,
    /// The flows, in order of creation.
    pub flows: Vec<FlowPlan>,
    /// The earlier version's recordings, to be entered as delivered or undelivered.
    pub enter: Option<Unentered>,
    /// Remarks on what stays as it is.
    pub notes: Vec<String>,
    /// The changes in detail, for approval.
    pub details: Details,
}

/// A video stream whose retention is raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeepMedia {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its version, which the update must name.
    pub version: String,
    /// The new retention, in hours.
    pub hours: u32,
}

/// The description of the earlier version's recordings.
pub const ENTERED: &str = "of the earlier version";

/// Options in addition to the parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOptions {
    /// Overwrite flows that were edited in the instance.
    pub overwrite_flows: bool,
}

/// Where the plan is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The AWS account.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// The region.
    pub region: String,
    /// ARN of the caller.
    pub principal: String,
    /// The instance's id.
    pub instance_id: String,
    /// The instance's alias.
    pub instance_alias: String,
}

impl Target {
    /// The place that was discovered.
    #[must_use]
    pub fn of(actual: &Actual) -> Self {
        Self {
            account: actual.identity.account.clone(),
            partition: actual.identity.partition.clone(),
            region: actual.instance.arn.region().to_owned(),
            principal: actual.identity.principal.clone(),
            instance_id: actual.instance.arn.id().to_owned(),
            instance_alias: actual.instance.alias.clone(),
        }
    }
}

/// The code bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BucketPlan {
    /// Its name.
    pub name: String,
    /// Whether to create it.
    pub create: bool,
    /// Whether to set its encryption, access block, policy and tags.
    pub set_up: bool,
    /// The customer managed key that encrypts it.
    pub key: Option<String>,
    /// The bucket for its access logs.
    pub logs_to: Option<String>,
}

/// A zip to upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upload {
    /// The function.
    pub function: String,
    /// The zip.
    pub path: PathBuf,
    /// Its key in the code bucket.
    pub key: String,
    /// SHA-256 of the zip, hexadecimal.
    pub sha256: String,
    /// Size of the zip.
    pub bytes: u64,
}

/// The planned stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackPlan {
    /// Its name.
    pub name: String,
    /// Its template.
    pub template: String,
    /// Its parameters. All are always sent, so that none keeps an old value.
    pub parameters: BTreeMap<String, Value>,
    /// The capabilities that CloudFormation requires.
    pub capabilities: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What to do.
    pub change: StackChange,
    /// The stack's ARN, if it exists.
    pub id: Option<String>,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A known value.
    Known(String),
    /// The ID of a flow that is created before the stack.
    NewFlow(FlowKey),
}

/// What to do with the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StackChange {
    /// Nothing.
    None,
    /// Create it.
    Create,
    /// Delete the remains of a failed first installation, and create it.
    Replace {
        /// The status of the remains.
        status: String,
    },
    /// Update it.
    Update {
        /// The differences, for people.
        differs: Vec<String>,
    },
}

/// A function that flows invoke.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowFunction {
    /// One with this ARN.
    Arn(String),
    /// The stack's function with this output.
    OfStack(&'static str),
}

impl fmt::Display for FlowFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => f.write_str(arn),
            Self::OfStack(_) => f.write_str(GUIDE_FUNCTION),
        }
    }
}

/// A storage config to set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageChange {
    /// Contact records, to the stack's stream.
    ContactRecords,
    /// Callers' media, to Kinesis video streams.
    MediaStreams {
        /// The streams' prefix.
        prefix: String,
        /// Their retention, in hours.
        retention_hours: u32,
        /// ARN of their encryption key.
        key: String,
    },
}

impl StorageChange {
    /// What is stored.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ContactRecords => "contact records",
            Self::MediaStreams { .. } => "media streams",
        }
    }
}

/// A planned flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowPlan {
    /// Which flow it is.
    pub key: FlowKey,
    /// Its name.
    pub name: String,
    /// Its type.
    pub flow_type: FlowType,
    /// What it does, for people.
    pub description: String,
    /// Its content.
    pub content: String,
    /// Its tags, including its hash.
    pub tags: BTreeMap<String, String>,
    /// Whether the stack refers to it, so that it must be created first.
    pub before_stack: bool,
    /// What to do.
    pub change: FlowChange,
}

/// What to do with a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowChange {
    /// Nothing: it matches, or was edited and is kept.
    None {
        /// Its id.
        id: String,
    },
    /// Create it.
    Create,
    /// Update its content.
    Update {
        /// Its id.
        id: String,
        /// Its ARN.
        arn: String,
    },
    /// Its content matches but its tag does not: a run was interrupted in between.
    Tag {
        /// Its id.
        id: String,
        /// Its ARN.
        arn: String,
    },
}

impl FlowChange {
    /// The flow's ID, if it exists.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::None { id } | Self::Update { id, .. } | Self::Tag { id, .. } => Some(id),
            Self::Create => None,
        }
    }
}

impl Plan {
    /// The new permissions of an existing installation, one line each. A first installation approves its permissions by
    /// installing.
    #[must_use]
    pub fn broadening(&self) -> Vec<String> {
        if self.is_first_installation() {
            return Vec::new();
        }
        self.details.permissions.broadening.iter().map(ToString::to_string).collect()
    }

    /// Whether this installation has no working stack yet: then a failure undoes everything.
    #[must_use]
    pub fn is_first_installation(&self) -> bool {
        matches!(self.stack.change, StackChange::Create | StackChange::Replace { .. })
    }
}
