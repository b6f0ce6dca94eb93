//! Triggers that read contact records: enabled, disabled, and certainly idle.

use std::time::Duration;

use aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput;
use aws_sdk_lambda::primitives::DateTime;
use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use jiff::Timestamp;
use vmx_contract::chain::reads;

use super::HandoverError;
use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use crate::pace::Pace;
use crate::waits;

/// How often to look at a trigger that is changing: for some minutes.
const LOOKS: usize = 60;
/// The longest time that an invocation takes. Source: Lambda quotas, function timeout.
const LONGEST_SECONDS: i32 = 900;
/// What clocks may differ by.
const MARGIN: Duration = Duration::from_secs(5);

/// An event source mapping.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trigger {
    pub(super) id: String,
    pub(super) state: String,
    pub(super) stream: String,
    /// From when it reads, if it was made to read from a time.
    pub(super) from: Option<Timestamp>,
    /// When its state was last changed.
    changed: Option<Timestamp>,
}

impl Trigger {
    pub(super) fn reads(&self) -> bool {
        reads(&self.state)
    }
}

fn time(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.to_millis().ok()?).ok()
}

/// A trigger by its ID, if it is there.
pub(super) async fn describe(cloud: &Cloud, id: &str) -> Result<Option<Trigger>, CloudError> {
    Ok(get(cloud, id).await?.map(|found| Trigger {
        id: id.to_owned(),
        state: found.state().unwrap_or_default().to_owned(),
        stream: found.event_source_arn().unwrap_or_default().to_owned(),
        from: found.starting_position_timestamp().and_then(time),
        changed: found.last_modified().and_then(time),
    }))
}

/// Everything that Lambda says of a trigger, if it is there.
pub(super) async fn get(cloud: &Cloud, id: &str) -> Result<Option<GetEventSourceMappingOutput>, CloudError> {
    let found = cloud.lambda.get_event_source_mapping().uuid(id).send().await;
    match found.map_err(wrap(format!("get the trigger {id}"))) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The triggers of a function that read streams.
pub(super) async fn of_function(cloud: &Cloud, function: &str) -> Result<Vec<Trigger>, CloudError> {
    let wanted = format!("list the triggers of the function {function}");
    let mut pages =
        cloud.lambda.list_event_source_mappings().function_name(function).into_paginator().items().send();
    let trigger = |found: EventSourceMappingConfiguration| {
        Some(Trigger {
            from: found.starting_position_timestamp().and_then(time),
            changed: found.last_modified().and_then(time),
            id: found.uuid?,
            state: found.state.unwrap_or_default(),
            stream: found.event_source_arn.filter(|arn| arn.contains(":kinesis:"))?,
        })
    };
    let mut found = Vec::new();
    while let Some(one) = pages.next().await {
        found.extend(trigger(one.map_err(wrap(&wanted))?));
    }
    Ok(found)
}

/// Enables or disables a trigger, and waits until it is. Returns whether that was a change.
pub(super) async fn set(cloud: &Cloud, id: &str, on: bool, pace: Pace) -> Result<bool, HandoverError> {
    let aim = if on { "Enabled" } else { "Disabled" };
    let _wait = waits::on(format!("the trigger {id} to be {}", aim.to_lowercase()));
    let mut waits = pace.waits().take(LOOKS);
    let mut changed = false;
    loop {
        let state = describe(cloud, id).await?.map_or("Deleted".to_owned(), |found| found.state);
        match state.as_str() {
            state if state == aim => return Ok(changed),
            // In between, Lambda refuses another change.
            "Enabled" | "Disabled" | "" => {
                let asked = cloud.lambda.update_event_source_mapping().uuid(id).enabled(on).send().await;
                match asked.map_err(wrap(format!("change the trigger {id}"))) {
                    Ok(_) => changed = true,
                    Err(error) if error.kind == ErrorKind::Conflict => {}
                    Err(error) => return Err(error.into()),
                }
            }
            _ => {}
        }
        match waits.next() {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(HandoverError::Slow { id: id.to_owned(), state }),
        }
    }
}

/// Waits until no invocation by a disabled trigger can still run: Lambda ends each at the function's timeout. A trigger
/// that has been disabled for longer is not waited for.
pub(super) async fn idle(cloud: &Cloud, id: Option<&str>, function: &str) -> Result<(), HandoverError> {
    let found = cloud.lambda.get_function_configuration().function_name(function).send().await;
    let timeout = match found.map_err(wrap(format!("get the function {function}"))) {
        Ok(found) => found.timeout().unwrap_or(LONGEST_SECONDS),
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let longest = Duration::from_secs(u64::try_from(timeout).unwrap_or_default()) + MARGIN;
    disabled_for(cloud, id, longest, &format!("the last run of the function {function}")).await
}

/// Waits until everything that a disabled trigger has read arrived in the past, for any clock.
pub(super) async fn settled(cloud: &Cloud, id: &str) -> Result<(), HandoverError> {
    disabled_for(cloud, Some(id), MARGIN, &format!("the last records of the trigger {id}")).await
}

async fn disabled_for(
    cloud: &Cloud,
    id: Option<&str>,
    longest: Duration,
    what: &str,
) -> Result<(), HandoverError> {
    let disabled = match id {
        Some(id) => describe(cloud, id).await?.and_then(|trigger| trigger.changed),
        None => None,
    };
    let passed = disabled.map_or(Duration::ZERO, |at| {
        Duration::try_from(Timestamp::now().duration_since(at)).unwrap_or_default()
    });
    let rest = longest.saturating_sub(passed);
    if !rest.is_zero() {
        let _wait = waits::on(format!("{what}: at most {} s", rest.as_secs() + 1));
        tokio::time::sleep(rest).await;
    }
    Ok(())
}
