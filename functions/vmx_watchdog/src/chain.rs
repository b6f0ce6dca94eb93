//! Checks the parts that voicemails depend on: triggers, functions, rules, and the instance's settings.
//!
//! A part that cannot be checked counts as broken. The checks run concurrently.

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use aws_sdk_connect::types::InstanceStorageResourceType as Kind;
use aws_sdk_eventbridge::types::RuleState;
use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream;
use jiff::{SignedDuration, Timestamp};
use vmx_contract::chain::{RuleId, is_problem, reads};
use vmx_contract::watchdog::Broken;
use vmx_lambda::failure::Failure;

use crate::config::{Clients, Config};

/// The number of concurrent checks.
const AT_ONCE: usize = 8;
/// Records that arrived within this time must have been read by now.
const CAME_IN: [SignedDuration; 2] = [SignedDuration::from_mins(20), SignedDuration::from_mins(5)];

/// `None` if the part works, or the reason.
type Verdict = Result<Option<String>, Failure>;

/// Checks every part and returns the broken ones, sorted by name.
pub(crate) async fn broken(clients: &Clients, config: &Config, now: Timestamp) -> Vec<Broken> {
    let watched = &config.watched;
    let mut parts: Vec<(&str, BoxFuture<'_, Verdict>)> = Vec::new();
    for (name, id) in &watched.triggers {
        parts.push((name, trigger(clients, id).boxed()));
    }
    for (name, function) in &watched.functions {
        parts.push((name, concurrency(clients, function).boxed()));
    }
    for (name, rule) in &watched.rules {
        parts.push((name, self::rule(clients, rule).boxed()));
    }
    parts.push(("contact records of the instance", contact_records(clients, config).boxed()));
    parts.push(("media streams of the instance", media_streams(clients, config).boxed()));
    parts.push(("reading of contact records", reading(clients, config, now).boxed()));
    let looks = stream::iter(parts).map(|(what, verdict)| async move { (what, verdict.await) });
    let verdicts: Vec<(&str, Verdict)> = looks.buffered(AT_ONCE).collect().await;
    let broken = verdicts.into_iter().filter_map(|(what, verdict)| {
        let why = match verdict {
            Ok(why) => why?,
            Err(failure) => format!("could not check it: {failure}"),
        };
        Some(Broken { what: what.to_owned(), why })
    });
    broken.collect()
}

/// Checks that a trigger is enabled and its last poll succeeded.
async fn trigger(clients: &Clients, id: &str) -> Verdict {
    let told = clients.lambda.get_event_source_mapping().uuid(id).send().await;
    let told = told.map_err(|error| Failure::of("lambda:GetEventSourceMapping", &error))?;
    let state = told.state().unwrap_or("Unknown");
    let result = told.last_processing_result().unwrap_or_default();
    Ok(match reads(state) {
        true => is_problem(result).then(|| result.to_owned()),
        false => Some(format!("its state is {state}")),
    })
}

/// Checks that a function may run at all.
async fn concurrency(clients: &Clients, function: &str) -> Verdict {
    let told = clients.lambda.get_function_concurrency().function_name(function).send().await;
    let told = told.map_err(|error| Failure::of("lambda:GetFunctionConcurrency", &error))?;
    let is_throttled = told.reserved_concurrent_executions == Some(0);
    Ok(is_throttled.then(|| "it is throttled: its reserved concurrency is 0".to_owned()))
}

/// Checks that a rule is enabled.
async fn rule(clients: &Clients, rule: &str) -> Verdict {
    let RuleId { bus, name } = RuleId::parse(rule);
    let request = clients.eventbridge.describe_rule().name(name).set_event_bus_name(bus.map(str::to_owned));
    let told = request.send().await.map_err(|error| Failure::of("events:DescribeRule", &error))?;
    let state = told.state().cloned().unwrap_or_else(|| RuleState::from("unknown"));
    Ok((state != RuleState::Enabled).then(|| format!("its state is {state}")))
}

/// Checks that the instance writes its contact records to our stream.
async fn contact_records(clients: &Clients, config: &Config) -> Verdict {
    let stream = config.watched.stream_arn.as_str();
    let configs = storage(clients, config, Kind::ContactTraceRecords).await?;
    let mut streams =
        configs.iter().filter_map(|config| Some(config.kinesis_stream_config.as_ref()?.stream_arn()));
    let is_there = streams.any(|arn| arn == stream);
    Ok((!is_there).then(|| format!("the instance does not send them to {stream}")))
}

/// Checks that the instance streams media under the right prefix and retains it. Amazon Connect extends the prefix
/// that it was given.
async fn media_streams(clients: &Clients, config: &Config) -> Verdict {
    let prefix = config.watched.media_prefix.as_str();
    let configs = storage(clients, config, Kind::MediaStreams).await?;
    let streams = configs.iter().filter_map(|config| config.kinesis_video_stream_config.as_ref());
    let ours: Vec<_> = streams.filter(|streams| streams.prefix().starts_with(prefix)).collect();
    Ok(if ours.is_empty() {
        Some(format!("the instance does not stream media with the prefix {prefix}"))
    } else if ours.iter().all(|streams| streams.retention_period_hours() == 0) {
        Some("the instance's media retention is 0 hours".to_owned())
    } else {
        None
    })
}

async fn storage(
    clients: &Clients,
    config: &Config,
    kind: Kind,
) -> Result<Vec<aws_sdk_connect::types::InstanceStorageConfig>, Failure> {
    let request = clients.connect.list_instance_storage_configs().instance_id(config.instance.id());
    let told = request.resource_type(kind).send().await;
    let told = told.map_err(|error| Failure::of("connect:ListInstanceStorageConfigs", &error))?;
    Ok(told.storage_configs.unwrap_or_default())
}

/// Checks that records in the stream are read. `GetRecords.Records` counts all consumers, so with several of them it
/// only shows whether all have stopped.
async fn reading(clients: &Clients, config: &Config, now: Timestamp) -> Verdict {
    let [from, until] = CAME_IN.map(|ago| now.saturating_sub(ago).unwrap_or(now));
    let came_in = counted(clients, config, "IncomingRecords", from, until);
    let read = counted(clients, config, "GetRecords.Records", from, now);
    let (came_in, read) = tokio::try_join!(came_in, read)?;
    Ok((came_in > 0.0 && read == 0.0).then(|| {
        format!("{came_in} contact records entered the stream within 15 minutes, but none was read")
    }))
}

/// The sum of a metric of the stream.
async fn counted(
    clients: &Clients,
    config: &Config,
    metric: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<f64, Failure> {
    let arn = config.watched.stream_arn.as_str();
    let name = arn.rsplit('/').next().unwrap_or(arn);
    // The metric's resolution is one minute.
    let second = |at: Timestamp| at.as_second() / 60 * 60;
    let seconds = second(until) - second(from);
    let request = clients.cloudwatch.get_metric_statistics().namespace("AWS/Kinesis").metric_name(metric);
    let request = request.dimensions(Dimension::builder().name("StreamName").value(name).build());
    let request =
        request.start_time(DateTime::from_secs(second(from))).end_time(DateTime::from_secs(second(until)));
    let told = request.period(i32::try_from(seconds).unwrap_or(60)).statistics(Statistic::Sum).send().await;
    let told = told.map_err(|error| Failure::of("cloudwatch:GetMetricStatistics", &error))?;
    Ok(told.datapoints().iter().filter_map(|point| point.sum()).sum())
}
