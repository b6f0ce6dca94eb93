//! What has to change: one value that is shown, approved and applied. Pure.

mod change;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use flow_language::FlowType;

use crate::build::Artifact;
use crate::discover::{Actual, ActualFlow, Settled, StackState, Storage};
use crate::event::Event;
use crate::flow_content::{fingerprint, invoked_functions};
use crate::ownership::{FLOW_TAG, HASH_TAG, artifact_key, media_prefix};
use crate::params::Params;
use crate::render::{FlowDocument, FlowKey, Function, ParameterValue, Rendered, STACK_TAG, StackDocument};

pub use change::Change;

/// Why nothing can be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A flow of somebody else has the name.
    #[error(
        "the instance has a flow `{name}` that this installation did not make; rename that flow, or choose another `stack` in the parameters"
    )]
    ForeignFlow {
        /// The flow's name.
        name: String,
    },
    /// Something is being done to the stack.
    #[error(
        "CloudFormation is at work on the stack {stack} ({status}); wait until it has finished and run the same command again"
    )]
    Busy {
        /// The stack's name.
        stack: String,
        /// Its status.
        status: String,
    },
    /// CloudFormation got stuck.
    #[error(
        "the stack {stack} is stuck ({status}{}); in the CloudFormation console choose “Continue update rollback”, or take the installation away with `vmx-install teardown`, and run this again",
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
        "the instance streams callers' audio but keeps it for no time, so no voicemail could be read from it; in the console, under Data storage, Live media streaming, set a retention of 24 hours or more and run this again"
    )]
    MediaNotKept,
    /// Media go somewhere else than to Kinesis Video Streams.
    #[error(
        "the instance's media streams do not go to Kinesis Video Streams; change that in the console, under Data storage, and run this again"
    )]
    MediaElsewhere,
}

/// What has to change, and what it shall be then.
#[derive(Debug, Clone, PartialEq)]
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
    /// ARNs of functions that flows invoke and may not yet.
    pub associations: Vec<String>,
    /// The flows, in the order in which they are made.
    pub flows: Vec<FlowPlan>,
    /// What is worth knowing and is left as it is.
    pub notes: Vec<String>,
}

/// Where the plan is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Who acts, where and on what: to be shown before anything is written.
    #[must_use]
    pub fn event(&self, stack: &str) -> Event {
        Event::Target {
            account: self.account.clone(),
            region: self.region.clone(),
            principal: self.principal.clone(),
            stack: stack.to_owned(),
            instance: format!("{} ({})", self.instance_alias, self.instance_id),
        }
    }
}

/// The artifact bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketPlan {
    /// Its name.
    pub name: String,
    /// Whether it must be made.
    pub create: bool,
    /// Whether its encryption, access block, policy and tags must be set.
    pub set_up: bool,
}

/// A zip to be uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// It is known.
    Known(String),
    /// It is the id of a flow that is made before the stack.
    NewFlow(FlowKey),
}

/// What has to be done to the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Something that the instance shall put somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Plans an installation: from what is there to what is wanted.
///
/// # Errors
/// [`PlanError`] when what is there stands in the way.
pub fn plan(
    params: &Params,
    actual: &Actual,
    rendered: &Rendered,
    artifacts: &[Artifact],
) -> Result<Plan, PlanError> {
    let mut notes = Vec::new();
    let flows: Vec<FlowPlan> = rendered
        .flows
        .iter()
        .map(|document| flow(document, actual, &rendered.stack, &mut notes))
        .collect::<Result<_, _>>()?;
    let storage = storage(params, actual, &mut notes)?;
    let needed: BTreeSet<String> = flows.iter().flat_map(|flow| invoked_functions(&flow.content)).collect();
    let key_of = |artifact: &Artifact| artifact_key(&artifact.function, &artifact.sha256);
    Ok(Plan {
        target: Target {
            account: actual.identity.account.clone(),
            partition: actual.identity.partition.clone(),
            region: actual.instance.arn.region().to_owned(),
            principal: actual.identity.principal.clone(),
            instance_id: actual.instance.arn.id().to_owned(),
            instance_alias: actual.instance.alias.clone(),
        },
        bucket: BucketPlan {
            name: actual.artifacts.bucket.clone(),
            create: !actual.artifacts.exists,
            set_up: !actual.artifacts.ready,
        },
        uploads: artifacts
            .iter()
            .filter(|artifact| !actual.artifacts.keys.contains(&key_of(artifact)))
            .map(|artifact| Upload {
                function: artifact.function.clone(),
                path: artifact.path.clone(),
                key: key_of(artifact),
                sha256: artifact.sha256.clone(),
                bytes: artifact.bytes,
            })
            .collect(),
        stack: stack(&rendered.stack, actual, &flows, artifacts)?,
        storage,
        associations: needed.difference(&actual.associated_functions).cloned().collect(),
        flows,
        notes,
    })
}

fn flow(
    document: &FlowDocument,
    actual: &Actual,
    stack: &StackDocument,
    notes: &mut Vec<String>,
) -> Result<FlowPlan, PlanError> {
    let wanted = fingerprint(&document.content);
    let change = match actual.flow(document.key) {
        None if actual.other_flows.contains(&document.name) => {
            return Err(PlanError::ForeignFlow { name: document.name.clone() });
        }
        None => FlowChange::Create,
        Some(flow) => flow_change(flow, &wanted, notes),
    };
    Ok(FlowPlan {
        key: document.key,
        name: document.name.clone(),
        flow_type: document.flow_type,
        description: document.description.clone(),
        content: document.content.clone(),
        tags: flow_tags(document, &wanted, stack),
        before_stack: stack
            .parameters
            .iter()
            .any(|parameter| parameter.value == ParameterValue::FlowId(document.key)),
        change,
    })
}

/// The stack's tags, and those by which the flow is known again.
fn flow_tags(document: &FlowDocument, fingerprint: &str, stack: &StackDocument) -> BTreeMap<String, String> {
    let mut tags = stack.tags.clone();
    tags.insert(STACK_TAG.to_owned(), stack.name.clone());
    tags.insert(FLOW_TAG.to_owned(), document.key.to_string());
    tags.insert(HASH_TAG.to_owned(), fingerprint.to_owned());
    tags
}

fn flow_change(flow: &ActualFlow, wanted: &str, notes: &mut Vec<String>) -> FlowChange {
    let (id, arn) = (flow.id.clone(), flow.arn.clone());
    let is = fingerprint(&flow.content);
    match flow.written.as_deref() {
        Some(written) if is == wanted && written == wanted => FlowChange::None { id },
        _ if is == wanted => FlowChange::Tag { id, arn },
        Some(written) if is == written => FlowChange::Update { id, arn },
        _ => {
            notes.push(format!(
                "the flow “{}” was edited in the instance and is kept as it is; delete or rename it to have it made anew",
                flow.name
            ));
            FlowChange::None { id }
        }
    }
}

fn storage(
    params: &Params,
    actual: &Actual,
    notes: &mut Vec<String>,
) -> Result<Vec<StorageChange>, PlanError> {
    let mut changes = Vec::new();
    if actual.contact_records.is_none() {
        changes.push(StorageChange::ContactRecords);
    }
    let stack = params.stack.as_str();
    let wanted_hours = params.retention.media_hours.get();
    match actual.media_streams.as_ref().map(|config| &config.storage) {
        None => changes.push(StorageChange::MediaStreams {
            prefix: stack.to_owned(),
            retention_hours: wanted_hours,
            key: format!(
                "arn:{}:kms:{}:{}:alias/aws/kinesisvideo",
                actual.identity.partition,
                actual.instance.arn.region(),
                actual.identity.account
            ),
        }),
        Some(Storage::KinesisVideo { retention_hours: 0, .. }) => return Err(PlanError::MediaNotKept),
        Some(Storage::KinesisVideo { prefix, retention_hours, .. }) => {
            let ours = media_prefix(prefix, &actual.instance.alias) == stack;
            if ours && *retention_hours != wanted_hours {
                notes.push(format!(
                    "the instance keeps callers' audio for {retention_hours} hours, not {wanted_hours}; change that in the console, under Data storage, Live media streaming"
                ));
            }
        }
        Some(_) => return Err(PlanError::MediaElsewhere),
    }
    Ok(changes)
}

fn stack(
    document: &StackDocument,
    actual: &Actual,
    flows: &[FlowPlan],
    artifacts: &[Artifact],
) -> Result<StackPlan, PlanError> {
    let artifact = |function: Function| {
        let found = artifacts.iter().find(|artifact| artifact.function == function.crate_name());
        found.map(|artifact| artifact_key(&artifact.function, &artifact.sha256)).unwrap_or_default()
    };
    let value = |value| match value {
        ParameterValue::ArtifactBucket => Value::Known(actual.artifacts.bucket.clone()),
        ParameterValue::ArtifactKey(function) => Value::Known(artifact(function)),
        ParameterValue::FlowId(key) => {
            let id = flows.iter().find(|flow| flow.key == key).and_then(|flow| flow.change.id());
            id.map_or(Value::NewFlow(key), |id| Value::Known(id.to_owned()))
        }
    };
    let mut plan = StackPlan {
        name: document.name.clone(),
        template: document.template_body.clone(),
        parameters: document
            .parameters
            .iter()
            .map(|parameter| (parameter.name.to_owned(), value(parameter.value)))
            .collect(),
        capabilities: document.capabilities.iter().map(|&capability| capability.to_owned()).collect(),
        tags: document.tags.clone(),
        change: StackChange::Create,
        id: actual.stack.as_ref().map(|stack| stack.id.clone()),
    };
    if let Some(stack) = &actual.stack {
        plan.change = stack_change(stack, &plan)?;
    }
    Ok(plan)
}

fn stack_change(stack: &StackState, wanted: &StackPlan) -> Result<StackChange, PlanError> {
    match stack.settled() {
        Settled::Gone | Settled::Shell => return Ok(StackChange::Create),
        Settled::Leftover => {
            return Ok(StackChange::Replace { status: stack.status.clone() });
        }
        Settled::Busy => {
            return Err(PlanError::Busy { stack: stack.name.clone(), status: stack.status.clone() });
        }
        Settled::Stuck => {
            return Err(PlanError::Stuck {
                stack: stack.name.clone(),
                status: stack.status.clone(),
                reason: stack.reason.clone(),
            });
        }
        Settled::Working => {}
    }
    let mut differs = Vec::new();
    if stack.template != wanted.template {
        differs.push("template".to_owned());
    }
    for (name, value) in &wanted.parameters {
        let same = matches!(value, Value::Known(known) if stack.parameters.get(name) == Some(known));
        if !same {
            differs.push(format!("parameter {name}"));
        }
    }
    if stack.tags != wanted.tags {
        differs.push("tags".to_owned());
    }
    Ok(if differs.is_empty() { StackChange::None } else { StackChange::Update { differs } })
}

impl Plan {
    /// Whether there is no stack of this installation yet that works: then, what fails is taken back.
    #[must_use]
    pub fn is_first_installation(&self) -> bool {
        matches!(self.stack.change, StackChange::Create | StackChange::Replace { .. })
    }
}
