//! What a plan's changes are in detail, for whoever approves of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{CostFacts, EXAMPLE, Estimate, FlowDifference, StackChange, StackPlan, Value, estimate, monthly};
use crate::actual::{Actual, StackState};
use crate::capacity::{Capacity, RATES, has_tasks};
use crate::params::{Links, Params, Topic};
use crate::permissions::{self, Permissions};
use crate::template::{self, ResourceChange, Template};

/// What a plan's changes are in detail.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// What becomes of the stack's resources.
    pub resources: Vec<ResourceChange>,
    /// What the stack's roles and policies allow more or less than before; everything, for a first installation.
    pub permissions: Permissions,
    /// How flows differ that are updated, or kept because somebody edited them.
    pub flows: Vec<FlowDifference>,
    /// What it costs a month; only told for a first installation.
    pub cost: Option<Estimate>,
    /// What the expected and other rates of voicemails take and cost.
    #[serde(default)]
    pub rates: Vec<Rate>,
    /// Whether people are told of the rates unasked: for a first installation, and where triggers or stream change.
    #[serde(default)]
    pub rates_matter: bool,
}

/// What a rate of voicemails takes and costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// What it takes.
    pub capacity: Capacity,
    /// US dollars a month.
    pub usd: f64,
    /// Whether it is the rate that the parameters expect.
    pub expected: bool,
}

/// Compares the stack that is there with the one that is wanted.
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

/// Whether a resource is what follows from the expected rate.
fn is_laid_out(change: &ResourceChange) -> bool {
    let is_sized = |path: &str| {
        ["ScalingConfig", "ParallelizationFactor", "StreamModeDetails", "ShardCount"]
            .iter()
            .any(|property| path.starts_with(property))
    };
    change.properties.iter().any(|property| is_sized(&property.path))
}

/// The rates that are told of, in order, with the expected one.
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

/// The parameters as far as they are known.
fn parameters(stack: &StackPlan) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::Known(value) => value.clone(),
        Value::NewFlow(key) => format!("(the ID of the new {key} flow)"),
    };
    stack.parameters.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// The template that is deployed, unless somebody gave the stack a text that cannot be read: then everything counts
/// as new.
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
