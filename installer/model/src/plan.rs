//! What has to change: one value that is shown, approved and applied. Pure.

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

/// Why nothing can be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A flow of somebody else has the name.
    #[error(
        "the instance already has a flow `{name}` that this installation did not create; rename that flow, \
         or choose another `stack` in the parameters"
    )]
    ForeignFlow {
        /// The flow's name.
        name: String,
    },
    /// Something is being done to the stack.
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
    /// CloudFormation got stuck.
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
        /// What CloudFormation says.
        reason: Option<String>,
    },
    /// The instance does not keep media, so that nothing could be read after the call.
    #[error(
        "the instance's media streaming has a retention of 0 hours, so voicemails cannot be read from it; \
         in the console, under Data storage, Live media streaming, set a retention of 24 hours or more and \
         run this again"
    )]
    MediaNotKept,
    /// Media go somewhere else than to Kinesis Video Streams.
    #[error(
        "the instance does not stream media to Kinesis Video Streams; change that in the console, under \
         Data storage, and run this again"
    )]
    MediaElsewhere,
}

/// What has to change, and what it shall be then.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Where.
    pub target: Target,
    /// The bucket for the functions' code.
    pub bucket: BucketPlan,
    /// Zips that are not in the bucket yet.
    pub uploads: Vec<Upload>,
    /// The stack.
    pub stack: StackPlan,
    /// What the instance shall put somewhere and does not yet.
    pub storage: Vec<StorageChange>,
    /// Video streams that are to keep what they get, and keep nothing yet.
    pub keep_media: Vec<KeepMedia>,
    /// Functions that flows invoke and may not yet.
    pub associations: Vec<Invoked>,
    /// The flows, in the order in which they are made.
    pub flows: Vec<FlowPlan>,
    /// Recordings of the version before, to be entered as delivered or undelivered.
    pub enter: Option<Unentered>,
    /// What is worth knowing and is left as it is.
    pub notes: Vec<String>,
    /// What the changes are in detail, for whoever approves of them.
    pub details: Details,
}

/// A video stream that is to keep what it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeepMedia {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its version, which the change has to name.
    pub version: String,
    /// For how many hours.
    pub hours: u32,
}

/// What the recordings are called that the version before made.
pub const ENTERED: &str = "of the earlier version";

/// What is wanted besides what the parameters say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Write over flows that somebody edited in the instance.
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
    /// The place that was looked at.
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

/// The artifact bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BucketPlan {
    /// Its name.
    pub name: String,
    /// Whether it must be made.
    pub create: bool,
    /// Whether its encryption, access block, policy and tags must be set.
    pub set_up: bool,
    /// The customer managed key that encrypts it.
    pub key: Option<String>,
    /// The bucket that gets its access logs.
    pub logs_to: Option<String>,
}

/// A zip to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upload {
    /// The function.
    pub function: String,
    /// The zip.
    pub path: PathBuf,
    /// Its key in the artifact bucket.
    pub key: String,
    /// SHA-256 of the zip, hexadecimal.
    pub sha256: String,
    /// Size of the zip.
    pub bytes: u64,
}

/// The stack as it shall be, and what that takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackPlan {
    /// Its name.
    pub name: String,
    /// Its template.
    pub template: String,
    /// Its parameters; every one is always sent, so that none keeps a forgotten value.
    pub parameters: BTreeMap<String, Value>,
    /// What CloudFormation wants to be told that it may do.
    pub capabilities: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What has to be done.
    pub change: StackChange,
    /// The stack's ARN, when it is there.
    pub id: Option<String>,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// It is known.
    Known(String),
    /// It is the id of a flow that is made before the stack.
    NewFlow(FlowKey),
}

/// What has to be done to the stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StackChange {
    /// Nothing.
    None,
    /// Make it.
    Create,
    /// Delete what a failed first installation left, and make it.
    Replace {
        /// The status of what is left.
        status: String,
    },
    /// Change it.
    Update {
        /// What differs, for people.
        differs: Vec<String>,
    },
}

/// A function that flows invoke.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Invoked {
    /// One with this ARN.
    Arn(String),
    /// One that the stack makes and tells by this output.
    OfStack(&'static str),
}

impl fmt::Display for Invoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => f.write_str(arn),
            Self::OfStack(_) => f.write_str(GUIDE_FUNCTION),
        }
    }
}

/// Something that the instance shall put somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageChange {
    /// Contact records, to the stack's stream.
    ContactRecords,
    /// Callers' media, to Kinesis video streams.
    MediaStreams {
        /// What the streams' names begin with.
        prefix: String,
        /// How long they keep media, in hours.
        retention_hours: u32,
        /// ARN of the key that encrypts them.
        key: String,
    },
}

impl StorageChange {
    /// What is put somewhere.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::ContactRecords => "contact records",
            Self::MediaStreams { .. } => "media streams",
        }
    }
}

/// A flow as it shall be, and what that takes.
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
    /// Its tags, its fingerprint among them.
    pub tags: BTreeMap<String, String>,
    /// Whether the stack refers to it, so that it must be there before the stack.
    pub before_stack: bool,
    /// What has to be done.
    pub change: FlowChange,
}

/// What has to be done to a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowChange {
    /// Nothing: it is as it shall be, or somebody edited it, and edits are kept.
    None {
        /// Its id.
        id: String,
    },
    /// Make it.
    Create,
    /// Give it the content.
    Update {
        /// Its id.
        id: String,
        /// Its ARN.
        arn: String,
    },
    /// Its content is as it shall be and its tag is not: a run was stopped in between.
    Tag {
        /// Its id.
        id: String,
        /// Its ARN.
        arn: String,
    },
}

impl FlowChange {
    /// The flow's id, if there is the flow.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::None { id } | Self::Update { id, .. } | Self::Tag { id, .. } => Some(id),
            Self::Create => None,
        }
    }
}

impl Plan {
    /// The permissions that an installation which is there would get besides those it has, one line each. Those of a
    /// first installation are not among them: they are approved with it.
    #[must_use]
    pub fn broadening(&self) -> Vec<String> {
        if self.is_first_installation() {
            return Vec::new();
        }
        self.details.permissions.broadening.iter().map(ToString::to_string).collect()
    }

    /// Whether there is no stack of this installation yet that works: then, what fails is taken back.
    #[must_use]
    pub fn is_first_installation(&self) -> bool {
        matches!(self.stack.change, StackChange::Create | StackChange::Replace { .. })
    }
}
