//! Tests an installation: everything from the instance's contact records to the delivery exists, is enabled, and
//! responds. The test events are not voicemails, so they have no effect.

mod events;
pub mod link;

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{LastUpdateStatus, State};

use crate::cloud::{Cloud, CloudError, ErrorKind, wrap};
use crate::pace::Pace;
use crate::pipeline::functions_of;
use crate::progress::{Progress, View};
use crate::smoke::link::{Health, Link};
use vmx_model::actual::{StackResource, StackState};
use vmx_model::parts::Function;

/// How often to poll something that is not ready: for some minutes.
const LOOKS: usize = 40;

/// Tests every link and returns those that do not work. What cannot be read is a warning.
pub async fn smoke_test(
    cloud: &Cloud,
    stack: &StackState,
    account: &str,
    pace: Pace,
    view: &dyn View,
) -> Vec<Link> {
    let mut links = Vec::new();
    for function in functions_of(stack) {
        links.push(test(cloud, stack, account, function, pace).await);
    }
    for resource in &stack.resources {
        match resource.resource_type.as_str() {
            "AWS::Lambda::EventSourceMapping" => links.push(trigger(cloud, resource, pace).await),
            "AWS::Events::Rule" => links.push(rule(cloud, resource).await),
            _ => {}
        }
    }
    for link in &links {
        if matches!(link.health, Health::Unknown(_)) {
            view.show(&Progress::Warning { text: link.to_string() });
        }
    }
    view.show(&Progress::SmokeTested { links: links.clone() });
    links.retain(|link| matches!(link.health, Health::Broken(_)));
    links
}

/// Whether a function is ready and responds to an event that is not a voicemail.
async fn test(cloud: &Cloud, stack: &StackState, account: &str, function: Function, pace: Pace) -> Link {
    let link = |health| Link { name: format!("function {function}"), health };
    let output = format!("{}FunctionArn", events::logical_name(function));
    let Some(arn) = stack.outputs.get(&output) else {
        return link(Health::Broken(format!("the stack has no output {output}")));
    };
    let logs = format!("the log group /{}/{function}", stack.name);
    match ready(cloud, arn, pace).await {
        Err(error) => return link(of_call(&error)),
        Ok(Some(state)) => return link(Health::Broken(format!("{state}; check it in the Lambda console"))),
        Ok(None) => {}
    }
    let event = events::no_voicemail(function, &cloud.region, account);
    let answer = cloud.lambda.invoke().function_name(arn).payload(Blob::new(event.to_string())).send().await;
    match answer.map_err(wrap(format!("invoke the function {function}"))) {
        Err(error) => link(of_call(&error)),
        Ok(answer) => {
            let payload =
                answer.payload().map(|payload| String::from_utf8_lossy(payload.as_ref()).into_owned());
            let payload = payload.unwrap_or_default();
            link(match answer.function_error() {
                Some(_) => Health::Broken(format!("it fails with {payload:.300}; see {logs}")),
                None if events::has_failures(function, &payload) => {
                    Health::Broken(format!("it fails on an event that is not a voicemail; see {logs}"))
                }
                None => Health::Works,
            })
        }
    }
}

/// Waits until a function can be invoked, or returns the state that prevents it.
async fn ready(cloud: &Cloud, arn: &str, pace: Pace) -> Result<Option<String>, CloudError> {
    let mut last = String::new();
    for wait in pace.waits().take(LOOKS) {
        let wanted = format!("get the function {arn}");
        let found = cloud.lambda.get_function_configuration().function_name(arn).send().await;
        let found = found.map_err(wrap(wanted))?;
        let reasons = [found.state_reason(), found.last_update_status_reason()];
        let reason = reasons.into_iter().flatten().collect::<Vec<_>>().join("; ");
        match (found.state(), found.last_update_status()) {
            (Some(State::Failed), _) => return Ok(Some(format!("it is in state Failed: {reason}"))),
            (_, Some(LastUpdateStatus::Failed)) => {
                return Ok(Some(format!("its last update failed: {reason}")));
            }
            // Invoking an inactive function activates it.
            (Some(State::Active | State::Inactive), Some(LastUpdateStatus::Successful) | None) => {
                return Ok(None);
            }
            (state, update) => last = format!("it is not ready: {state:?}, last update {update:?}"),
        }
        tokio::time::sleep(wait).await;
    }
    Ok(Some(last))
}

/// Whether a trigger is enabled.
async fn trigger(cloud: &Cloud, resource: &StackResource, pace: Pace) -> Link {
    let link = |health| Link { name: format!("trigger {}", resource.logical_id), health };
    let mut last = String::new();
    for wait in pace.waits().take(LOOKS) {
        let found = cloud.lambda.get_event_source_mapping().uuid(&resource.physical_id).send().await;
        let found = match found.map_err(wrap(format!("get the trigger {}", resource.logical_id))) {
            Ok(found) => found,
            Err(error) => return link(of_call(&error)),
        };
        let reason = found.state_transition_reason().unwrap_or_default();
        match found.state().unwrap_or_default() {
            "Enabled" => return link(Health::Works),
            state @ ("Creating" | "Enabling" | "Updating") => last = state.to_owned(),
            state => {
                let text =
                    format!("it is {state} ({reason}); enable it in the Lambda console, under Triggers");
                return link(Health::Broken(text));
            }
        }
        tokio::time::sleep(wait).await;
    }
    link(Health::Broken(format!(
        "it has been {last} for minutes; check it in the Lambda console, under Triggers"
    )))
}

/// Whether a rule is enabled.
async fn rule(cloud: &Cloud, resource: &StackResource) -> Link {
    // The physical ID of a rule on the default bus is its name; in newer regions, its ARN.
    let name = resource.physical_id.rsplit(['/', '|']).next().unwrap_or_default();
    let found = cloud.events.describe_rule().name(name).send().await;
    let health = match found.map_err(wrap(format!("describe the rule {name}"))) {
        Err(error) => of_call(&error),
        Ok(found) => match found.state() {
            Some(RuleState::Disabled) => {
                Health::Broken("it is disabled; enable it in the EventBridge console".to_owned())
            }
            _ => Health::Works,
        },
    };
    Link { name: format!("rule {}", resource.logical_id), health }
}

/// A denied read says nothing about the link; a missing resource means that it is broken.
fn of_call(error: &CloudError) -> Health {
    match error.kind {
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Conflict => Health::Broken(error.to_string()),
        _ => Health::Unknown(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
