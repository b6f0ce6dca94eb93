//! Asks the services about what runs.

use aws_sdk_eventbridge::types::RuleState;
use futures_util::future::join_all;
use vmx_contract::chain::RuleId;
use vmx_contract::objects::WATCHDOG_KEY;
use vmx_contract::watchdog::Last;

use super::{FunctionState, Looked, Running, TriggerState};
use crate::cloud::{Cloud, wrap};
use crate::dead_letters::{Queue, describe};
use crate::pipeline::{Pipeline, Station};
use crate::state_bucket::Bucket;
use crate::status::Round;
use vmx_model::actual::{StackResource, StackState};
use vmx_model::ownership::EARLIER_OUTPUT;

/// Looks at everything that runs, concurrently.
pub(crate) async fn look<'a>(
    cloud: &Cloud,
    stack: &'a StackState,
    pipeline: Option<&'a Pipeline>,
) -> Running<'a> {
    let functions = pipeline.into_iter().flat_map(Pipeline::functions);
    let functions = functions.map(async |(which, name)| (which, name, function(cloud, name).await));
    let triggers = stack.of_type("AWS::Lambda::EventSourceMapping");
    let triggers = triggers.map(async |resource| (resource, trigger(cloud, resource).await));
    let rules = stack.of_type("AWS::Events::Rule");
    let rules = rules.map(async |resource| (resource, rule(cloud, resource).await));
    let (functions, triggers, rules) = tokio::join!(join_all(functions), join_all(triggers), join_all(rules));
    let earlier = stack.outputs.get(EARLIER_OUTPUT).map(String::as_str);
    Running { functions, triggers, rules, earlier }
}

/// Looks at the queues of each step: its own, and the one for its dead letters.
pub(crate) async fn look_at_queues<'a>(
    cloud: &Cloud,
    pipeline: &'a Pipeline,
) -> Vec<(&'a Station, Looked<Queue>, Looked<Queue>)> {
    join_all(pipeline.stations.iter().map(async |station| {
        let (queue, dead_letters) =
            tokio::join!(describe(cloud, &station.queue), describe(cloud, &station.dead_letters));
        (station, queue, dead_letters)
    }))
    .await
}

/// The watchdog's last round, if it has run.
pub(crate) async fn last_round(bucket: Bucket<'_>) -> Looked<Option<Round>> {
    Ok(bucket.read::<Last>(WATCHDOG_KEY).await?.map(|read| {
        let broken = read.content.broken.iter();
        let broken = broken.map(|part| format!("{}: {}", part.what, part.why)).collect();
        // The bucket's clock takes precedence over the function's.
        Round { at: read.at.unwrap_or(read.content.at), broken }
    }))
}

async fn function(cloud: &Cloud, name: &str) -> Looked<FunctionState> {
    let request = cloud.lambda.get_function_configuration().function_name(name);
    let found = request.send().await.map_err(wrap(format!("get the function {name}")))?;
    let request = cloud.lambda.get_function_concurrency().function_name(name);
    let reserved =
        request.send().await.map_err(wrap(format!("get the concurrency of the function {name}")))?;
    Ok(FunctionState {
        state: found.state().map(ToString::to_string).unwrap_or_default(),
        reason: found.state_reason().or(found.last_update_status_reason()).map(str::to_owned),
        last_update: found.last_update_status().map(ToString::to_string).unwrap_or_default(),
        code_sha256: found.code_sha256().unwrap_or_default().to_owned(),
        // Lambda writes the offset without a colon, unlike RFC 3339.
        modified: found.last_modified().and_then(|at| at.replace("+0000", "Z").parse().ok()),
        memory: found.memory_size().unwrap_or_default(),
        reserved: reserved.reserved_concurrent_executions(),
    })
}

async fn trigger(cloud: &Cloud, trigger: &StackResource) -> Looked<TriggerState> {
    let request = cloud.lambda.get_event_source_mapping().uuid(&trigger.physical_id);
    let found = request.send().await.map_err(wrap(format!("get the trigger {}", trigger.logical_id)))?;
    Ok(TriggerState {
        state: found.state().unwrap_or_default().to_owned(),
        last_result: found.last_processing_result().map(str::to_owned),
    })
}

async fn rule(cloud: &Cloud, rule: &StackResource) -> Looked<bool> {
    let RuleId { bus, name } = RuleId::parse(&rule.physical_id);
    let request = cloud.events.describe_rule().name(name).set_event_bus_name(bus.map(str::to_owned));
    let found = request.send().await.map_err(wrap(format!("describe the rule {}", rule.logical_id)))?;
    Ok(found.state() != Some(&RuleState::Disabled))
}
