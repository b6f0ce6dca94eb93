//! A plan's changes in detail, for approval.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{CostFacts, EXAMPLE, Estimate, FlowDifference, StackChange, StackPlan, Value, estimate, monthly};
use crate::actual::{Actual, StackState};
use crate::capacity::{Capacity, RATES, has_tasks};
use crate::params::{Links, Params, Topic};
use crate::permissions::{self, Permissions};
use crate::template::{self, ResourceChange, Template};

/// A plan's changes in detail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The changes of the stack's resources.
    pub resources: Vec<ResourceChange>,
    /// How the permissions of the stack's roles and policies change. All of them, for a first installation.
    pub permissions: Permissions,
    /// The differences of flows that are updated, or kept because they were edited.
    pub flows: Vec<FlowDifference>,
    /// The monthly cost, for a first installation only.
    pub cost: Option<Estimate>,
    /// The capacity and cost of the expected and other rates.
    #[serde(default)]
    pub rates: Vec<Rate>,
    /// Whether to show the rates without being asked: for a first installation, and if triggers or the stream change.
    #[serde(default)]
    pub rates_matter: bool,
}

/// The capacity and cost of a rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// What it needs.
    pub capacity: Capacity,
    /// US dollars a month.
    pub usd: f64,
    /// Whether it is the expected rate.
    pub expected: bool,
}

/// Compares the existing stack with the planned one.
pub(super) fn details(
    params: &Params,
    actual: &Actual,
    stack: &StackPlan,
    flows: Vec<FlowDifference>,
    notes: &mut Vec<String>,
) -> Details {
    let first = matches!(stack.change, StackChange::Create | StackChange::Replace { .. });
    let facts = CostFacts {
        own_stream: actual.facts().contact_records.is_none(),
        media_hours: params.retention.media_hours.get(),
        recordings_days: Some(params.retention.recordings_days.get()).filter(|days| *days > 0),
        link_key: params.links == Links::Url,
        tasks: has_tasks(params),
        alarm_topic: params.alarms.topic == Topic::New,
        architecture: params.processor(),
    };
    let mut details = Details { flows, rates: rates(params, facts), ..Details::default() };
    if stack.change == StackChange::None {
        return details;
    }
    let Ok(wanted) = Template::read(&stack.template, &parameters(stack)) else {
        unreachable!("the program's own template is one");
    };
    let deployed = actual.stack.as_ref().filter(|_| !first).and_then(|stack| read(stack, notes));
    details.resources = template::compare(deployed.as_ref().unwrap_or(&Template::default()), &wanted);
    details.permissions = permissions::compare(deployed.as_ref(), &wanted);
    details.cost = first.then(|| estimate(facts, EXAMPLE));
    details.rates_matter = first || details.resources.iter().any(is_laid_out);
    details
}

/// Whether a resource depends on the expected rate.
fn is_laid_out(change: &ResourceChange) -> bool {
    let is_sized = |path: &str| {
        ["ScalingConfig", "ParallelizationFactor", "StreamModeDetails", "ShardCount"]
            .iter()
            .any(|property| path.starts_with(property))
    };
    change.properties.iter().any(|property| is_sized(&property.path))
}

/// The rates to show, in order, with the expected one.
fn rates(params: &Params, facts: CostFacts) -> Vec<Rate> {
    let expected = params.expected_voicemails_per_hour.get();
    let all: BTreeSet<u32> = RATES.into_iter().chain([expected]).collect();
    let of = |per_hour| Rate {
        capacity: Capacity::of(per_hour, facts.tasks),
        usd: monthly(facts, per_hour),
        expected: per_hour == expected,
    };
    all.into_iter().map(of).collect()
}

/// The parameters, as far as known.
fn parameters(stack: &StackPlan) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::Known(value) => value.clone(),
        Value::NewFlow(key) => format!("(the ID of the new {key} flow)"),
    };
    stack.parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// The deployed template. If it cannot be read, everything counts as new.
fn read(stack: &StackState, notes: &mut Vec<String>) -> Option<Template> {
    match Template::read(&stack.template, &stack.parameters) {
        Ok(template) => Some(template),
        Err(error) => {
            notes.push(format!(
                "cannot compare the template of the stack {}, so everything is listed as new: {error}",
                stack.name
            ));
            None
        }
    }
}
