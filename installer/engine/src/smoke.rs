//! Tests an installation: functions, triggers and rules exist, are enabled, and respond. The test events are not
//! voicemails, so they have no effect.

mod events;
pub mod link;

use aws_sdk_lambda::primitives::Blob;

use crate::checks::{self, look};
use crate::cloud::{Cloud, ErrorKind, wrap};
use crate::finding::{Code, Finding, Severity};
use crate::pace::Pace;
use crate::pipeline::Pipeline;
use crate::progress::{Progress, View};
use crate::smoke::link::{Health, Link};
use crate::waits;
use vmx_model::actual::StackState;
use vmx_model::parts::Function;

/// How often to poll something that is not ready: for some minutes.
const LOOKS: usize = 40;
const WHY: &str = "voicemails wait for it";

/// Tests every link and returns those that do not work. What cannot be read is a warning.
pub async fn smoke_test(
    cloud: &Cloud,
    stack: &StackState,
    account: &str,
    pace: Pace,
    view: &dyn View,
) -> Vec<Link> {
    let mut links = match Pipeline::of(stack) {
        Ok(pipeline) => test(cloud, stack, &pipeline, account, pace).await,
        Err(error) => {
            vec![Link { name: format!("stack {}", stack.name), health: Health::Broken(error.to_string()) }]
        }
    };
    for link in &links {
        if matches!(link.health, Health::Unknown(_)) {
            view.show(&Progress::Warning { text: link.to_string() });
        }
    }
    view.show(&Progress::SmokeTested { links: links.clone() });
    links.retain(|link| matches!(link.health, Health::Broken(_)));
    links
}

async fn test(
    cloud: &Cloud,
    stack: &StackState,
    pipeline: &Pipeline,
    account: &str,
    pace: Pace,
) -> Vec<Link> {
    let mut running = look(cloud, stack, Some(pipeline)).await;
    let _changing = waits::on("AWS Lambda to update the functions and triggers");
    for wait in pace.waits().take(LOOKS) {
        if !running.is_changing() {
            break;
        }
        tokio::time::sleep(wait).await;
        running = look(cloud, stack, Some(pipeline)).await;
    }
    let mut links = Vec::new();
    for (function, name, looked) in &running.functions {
        let finding = checks::function(*function, name, looked);
        let finding = match looked.as_ref().ok().and_then(|state| state.changing()) {
            Some(state) => lasting(Code::Functions, &format!("the function {function}"), state),
            None if finding.severity == Severity::Ok => invoke(cloud, stack, *function, name, account).await,
            None => finding,
        };
        links.push(Link::of(format!("function {function}"), &finding));
    }
    for (trigger, looked) in &running.triggers {
        let name = format!("trigger {}", trigger.logical_id);
        let finding = match looked.as_ref().ok().and_then(|state| state.changing()) {
            Some(state) => lasting(Code::Triggers, &format!("the {name}"), state),
            None => checks::trigger(trigger, looked, running.earlier),
        };
        links.push(Link::of(name, &finding));
    }
    links.extend(
        running
            .rules
            .iter()
            .map(|(rule, looked)| Link::of(format!("rule {}", rule.logical_id), &checks::rule(rule, looked))),
    );
    links
}

/// Something that was not ready for the whole time.
fn lasting(code: Code, name: &str, state: &str) -> Finding {
    Finding::fatal(
        code,
        format!("{name} has been {state} for minutes"),
        WHY,
        "check it in the Lambda console",
    )
}

/// Whether a function responds to an event that is not a voicemail.
async fn invoke(cloud: &Cloud, stack: &StackState, function: Function, name: &str, account: &str) -> Finding {
    let event = events::no_voicemail(function, &cloud.region, account).to_string();
    let answer = cloud.lambda.invoke().function_name(name).payload(Blob::new(event)).send().await;
    let what = match answer.map_err(wrap(format!("invoke the function {function}"))) {
        Ok(answer) => {
            let payload = answer.payload().map(AsRef::as_ref).unwrap_or_default();
            let payload = String::from_utf8_lossy(payload);
            if answer.function_error().is_some() {
                format!("the function {function} fails with {payload:.300}")
            } else if events::has_failures(function, &payload) {
                format!("the function {function} fails on an event that is not a voicemail")
            } else {
                return Finding::ok(Code::Functions, format!("the function {function} responds"));
            }
        }
        // That a call is denied says nothing about the function.
        Err(error)
            if !matches!(error.kind, ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Conflict) =>
        {
            return Finding::unknown(Code::Functions, &error);
        }
        Err(error) => error.to_string(),
    };
    Finding::fatal(Code::Functions, what, WHY, format!("see the log group /{}/{function}", stack.name))
}

#[cfg(test)]
mod tests;
