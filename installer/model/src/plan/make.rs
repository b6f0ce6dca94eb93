//! Compares the current state with the parameters.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BucketPlan, FlowChange, FlowDifference, FlowFate, FlowFunction, FlowPlan, KeepMedia, Plan, PlanError,
    PlanOptions, StackChange, StackPlan, StorageChange, Target, Upload, Value, block_differences, details,
};
use crate::actual::{Actual, ActualFlow, Settled, StackState, Storage, UnkeptStream};
use crate::artifact::Artifact;
use crate::flow_content::{fingerprint, invoked_functions, linked};
use crate::ownership::{
    FLOW_TAG, GUIDE_FUNCTION_OUTPUT, HASH_TAG, STACK_TAG, VERSION_TAG, artifact_key, media_prefix,
};
use crate::params::Params;
use crate::parts::{FlowKey, Function, STATE_BUCKET};
use crate::render::{FlowDocument, ParameterValue, Rendered, StackDocument};

/// Plans an installation, from the current state to the parameters.
///
/// # Errors
/// [`PlanError`] if something blocks it.
pub fn plan(
    params: &Params,
    actual: &Actual,
    rendered: &Rendered,
    artifacts: &[Artifact],
    options: PlanOptions,
) -> Result<Plan, PlanError> {
    let mut notes = Vec::new();
    let mut differences = Vec::new();
    let mut flows = Vec::new();
    let arns: BTreeMap<String, String> =
        actual.flows.iter().map(|flow| (flow.key.stand_in(&actual.instance.arn), flow.arn.clone())).collect();
    let first = before_stack(rendered, actual);
    for document in &rendered.flows {
        // Existing flows have ARNs; apply learns the others.
        let document = &FlowDocument { content: linked(&document.content, &arns), ..document.clone() };
        let first = first.contains(&document.key);
        flows.push(flow(document, actual, &rendered.stack, first, options)?);
        differences.extend(difference(document, actual, options));
    }
    notes.extend(differences.iter().filter_map(edit_note));
    notes.extend(actual.flows.iter().filter_map(|flow| left_note(flow, rendered)));
    let storage = storage(params, actual, &mut notes)?;
    let key_of = |artifact: &Artifact| artifact_key(&artifact.function, &artifact.sha256);
    let stack = stack(&rendered.stack, actual, &flows, artifacts)?;
    let details = details::details(params, actual, &stack, differences, &mut notes);
    Ok(Plan {
        target: Target::of(actual),
        bucket: BucketPlan {
            name: actual.artifacts.bucket.clone(),
            create: !actual.artifacts.exists,
            set_up: !actual.artifacts.ready
                || actual.artifacts.key.as_deref() != params.own_key()
                || actual.artifacts.logs_to.as_deref() != params.access_logs_bucket(),
            key: params.own_key().map(str::to_owned),
            logs_to: params.access_logs_bucket().map(str::to_owned),
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
        stack,
        storage,
        keep_media: keep_media(params, actual),
        associations: associations(&flows, actual),
        // A version without this list enters nothing.
        enter: actual.unentered.filter(|_| has_state_bucket(&rendered.stack.template_body)),
        flows,
        notes,
        details,
    })
}

/// The video streams with a retention of 0 hours, with the instance's current retention.
fn keep_media(params: &Params, actual: &Actual) -> Vec<KeepMedia> {
    let hours = match actual.media_streams.as_ref().map(|config| &config.storage) {
        Some(Storage::KinesisVideo { retention_hours, .. }) => *retention_hours,
        _ => params.retention.media_hours.get(),
    };
    let streams = actual.unkept_streams.iter().flatten().cloned();
    streams
        .map(|UnkeptStream { name, arn, version }| KeepMedia { name, arn, version, hours })
        .filter(|stream| stream.hours > 0)
        .collect()
}

/// Whether a template has the state bucket.
pub fn has_state_bucket(template: &str) -> bool {
    template.lines().any(|line| line.trim_end() == format!("  {STATE_BUCKET}:"))
}

/// The functions to allow for flows: those that flows name, and the one that guided tasks name.
fn associations(flows: &[FlowPlan], actual: &Actual) -> Vec<FlowFunction> {
    let mut needed: BTreeSet<FlowFunction> =
        flows.iter().flat_map(|flow| invoked_functions(&flow.content)).map(FlowFunction::Arn).collect();
    if flows.iter().any(|flow| flow.key == FlowKey::AgentGuide) {
        let there = actual.stack.as_ref().and_then(|stack| stack.outputs.get(GUIDE_FUNCTION_OUTPUT));
        needed.insert(there.cloned().map_or(FlowFunction::OfStack(GUIDE_FUNCTION_OUTPUT), FlowFunction::Arn));
    }
    let may_be = |invoked: &FlowFunction| matches!(invoked, FlowFunction::Arn(arn) if actual.associated_functions.contains(arn));
    needed.into_iter().filter(|invoked| !may_be(invoked)).collect()
}

/// The flows to create before the stack: those that it refers to, and those that these refer to.
fn before_stack(rendered: &Rendered, actual: &Actual) -> BTreeSet<FlowKey> {
    let mut keys: BTreeSet<FlowKey> = rendered
        .stack
        .parameters
        .iter()
        .filter_map(|parameter| match parameter.value {
            ParameterValue::FlowId(key) => Some(key),
            _ => None,
        })
        .collect();
    // A flow comes after those that it names.
    for document in rendered.flows.iter().rev() {
        if keys.contains(&document.key) {
            let named = rendered.flows.iter().map(|other| other.key);
            keys.extend(named.filter(|key| document.content.contains(&key.stand_in(&actual.instance.arn))));
        }
    }
    keys
}

fn flow(
    document: &FlowDocument,
    actual: &Actual,
    stack: &StackDocument,
    before_stack: bool,
    options: PlanOptions,
) -> Result<FlowPlan, PlanError> {
    let wanted = fingerprint(&document.content);
    let change = match actual.flow(document.key) {
        None if actual.other_flows.contains(&document.name) => {
            return Err(PlanError::ForeignFlow { name: document.name.clone() });
        }
        None => FlowChange::Create,
        Some(flow) => flow_change(flow, &wanted, options),
    };
    Ok(FlowPlan {
        key: document.key,
        name: document.name.clone(),
        flow_type: document.flow_type,
        description: document.description.clone(),
        content: document.content.clone(),
        tags: flow_tags(document, &wanted, stack),
        before_stack,
        change,
    })
}

/// A note on a flow that the parameters no longer include: it stays, because a phone number may use it.
fn left_note(flow: &ActualFlow, rendered: &Rendered) -> Option<String> {
    let wanted = rendered.flows.iter().any(|document| document.key == flow.key);
    (!wanted).then(|| {
        format!(
            "the parameters no longer include the flow “{}”, which stays in the instance; delete it in the \
             console when no phone number or flow uses it",
            flow.name
        )
    })
}

/// The stack's tags, and those that identify the flow.
fn flow_tags(document: &FlowDocument, fingerprint: &str, stack: &StackDocument) -> BTreeMap<String, String> {
    let mut tags = stack.tags.clone();
    tags.insert(STACK_TAG.to_owned(), stack.name.clone());
    // Another version with the same content does not update a flow.
    tags.remove(VERSION_TAG);
    tags.insert(FLOW_TAG.to_owned(), document.key.to_string());
    tags.insert(HASH_TAG.to_owned(), fingerprint.to_owned());
    tags
}

fn flow_change(flow: &ActualFlow, wanted: &str, options: PlanOptions) -> FlowChange {
    let (id, arn) = (flow.id.clone(), flow.arn.clone());
    match fate(flow, wanted, options) {
        Some(FlowFate::Updated | FlowFate::Overwritten) => FlowChange::Update { id, arn },
        Some(FlowFate::Kept) => FlowChange::None { id },
        None if flow.written.as_deref() == Some(wanted) => FlowChange::None { id },
        None => FlowChange::Tag { id, arn },
    }
}

/// What will happen to a flow that differs, or `None` if it matches. It was edited if it differs from what the
/// installer wrote.
fn fate(flow: &ActualFlow, wanted: &str, options: PlanOptions) -> Option<FlowFate> {
    let is = fingerprint(&flow.content);
    match flow.written.as_deref() {
        _ if is == wanted => None,
        Some(written) if is == written => Some(FlowFate::Updated),
        _ if options.overwrite_flows => Some(FlowFate::Overwritten),
        _ => Some(FlowFate::Kept),
    }
}

fn difference(document: &FlowDocument, actual: &Actual, options: PlanOptions) -> Option<FlowDifference> {
    let flow = actual.flow(document.key)?;
    let fate = fate(flow, &fingerprint(&document.content), options)?;
    let blocks = match fate {
        FlowFate::Kept => block_differences(&document.content, &flow.content),
        FlowFate::Updated | FlowFate::Overwritten => block_differences(&flow.content, &document.content),
    };
    Some(FlowDifference { flow: flow.name.clone(), fate, blocks: blocks.unwrap_or_default() })
}

fn edit_note(difference: &FlowDifference) -> Option<String> {
    let flow = &difference.flow;
    match difference.fate {
        FlowFate::Updated => None,
        FlowFate::Overwritten => Some(format!(
            "the flow “{flow}” was edited in the instance, and --overwrite-flows replaces the edits"
        )),
        FlowFate::Kept => Some(format!(
            "the flow “{flow}” was edited in the instance and is kept; --overwrite-flows replaces it"
        )),
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
            key: params.own_key().map_or_else(
                || {
                    let identity = &actual.identity;
                    let (partition, account) = (&identity.partition, &identity.account);
                    let region = actual.instance.arn.region();
                    format!("arn:{partition}:kms:{region}:{account}:alias/aws/kinesisvideo")
                },
                str::to_owned,
            ),
        }),
        Some(Storage::KinesisVideo { retention_hours: 0, .. }) => return Err(PlanError::MediaNotKept),
        Some(Storage::KinesisVideo { prefix, retention_hours, key }) => {
            let ours = media_prefix(prefix, &actual.instance.alias) == stack;
            if let Some(wanted) = params.own_key().filter(|wanted| key.as_deref() != Some(*wanted)) {
                notes.push(format!(
                    "the instance encrypts callers' audio with {}, not with {wanted}; change that in the console, under Data storage, Live media streaming",
                    key.as_deref().unwrap_or("its own key")
                ));
            }
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
            .map(|parameter| (parameter.name.clone(), value(parameter.value)))
            .collect(),
        capabilities: document.capabilities.clone(),
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
    let version = |tags: &BTreeMap<String, String>| tags.get(VERSION_TAG).cloned();
    let (before, after) = (version(&stack.tags), version(&wanted.tags));
    if before != after {
        let told = |version: Option<String>| version.unwrap_or_else(|| "unknown".to_owned());
        differs.push(format!("version {} → {}", told(before), told(after)));
    }
    let others = |tags: &BTreeMap<String, String>| {
        let mut tags = tags.clone();
        tags.remove(VERSION_TAG);
        tags
    };
    if others(&stack.tags) != others(&wanted.tags) {
        differs.push("tags".to_owned());
    }
    Ok(if differs.is_empty() { StackChange::None } else { StackChange::Update { differs } })
}
