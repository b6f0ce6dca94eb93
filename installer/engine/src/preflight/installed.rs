//! Whether the installation works, link by link.

use aws_sdk_eventbridge::types::RuleState;
use aws_sdk_lambda::types::{LastUpdateStatus, State};
use aws_sdk_sqs::types::QueueAttributeName;

use super::media;
use crate::cloud::{Cloud, CloudError, wrap};
use crate::finding::{Code, Finding};
use crate::pipeline::functions_of;
use vmx_model::actual::{Actual, ActualFlow, StackState, Storage};
use vmx_model::flow_content::{fingerprint, invoked_functions};
use vmx_model::ownership::{GUIDE_FUNCTION_OUTPUT, STREAM_OUTPUT};
use vmx_model::params::Params;
use vmx_model::parts::FlowKey;
use vmx_model::render::wanted_flows;

/// The queues, and whether EventBridge can write to them.
const QUEUES: [(&str, bool); 3] =
    [("RetryQueue", false), ("RecordingsQueue", true), ("TranscriptsQueue", true)];

/// The fix for anything that an installation lacks.
const REINSTALL: &str = "run the installation again";

/// Every check of an installation, in the order in which a voicemail passes its links.
pub async fn installed(cloud: &Cloud, params: &Params, actual: &Actual) -> Vec<Finding> {
    let Some(stack) = &actual.stack else {
        return vec![Finding::fatal(
            Code::Stack,
            "nothing is installed: the stack does not exist",
            "voicemails are not recorded",
            "install with `vmx-install --non-interactive PARAMS`",
        )];
    };
    let (functions, triggers, rules, queues) = tokio::join!(
        functions(cloud, stack),
        triggers(cloud, stack),
        rules(cloud, stack),
        queues(cloud, stack),
    );
    let mut findings = vec![contact_records(actual, stack), media_streams(actual)];
    findings.extend(media::now(actual));
    findings.extend(wanted_flows(params).map(|key| flow(key, actual.flow(key))));
    findings.push(associations(actual));
    findings.extend(functions);
    findings.extend(triggers);
    findings.extend(rules);
    findings.extend(queues);
    findings
}

fn contact_records(actual: &Actual, stack: &StackState) -> Finding {
    let goes_to = actual.contact_records.as_ref().map(|config| &config.storage);
    match (goes_to, stack.outputs.get(STREAM_OUTPUT)) {
        (Some(Storage::KinesisStream { arn }), Some(read)) if arn == read => Finding::ok(
            Code::ContactRecords,
            format!(
                "contact records go to {arn}, which the functions \
                read"
            ),
        ),
        (Some(Storage::KinesisStream { arn }), Some(read)) => Finding::fatal(
            Code::ContactRecords,
            format!("contact records go to {arn}, but the functions read {read}"),
            "voicemails are not detected",
            REINSTALL,
        ),
        _ => Finding::fatal(
            Code::ContactRecords,
            "the instance does not send contact records to a Kinesis stream",
            "voicemails are not detected",
            REINSTALL,
        ),
    }
}

/// That there are some. Another check examines their settings.
fn media_streams(actual: &Actual) -> Finding {
    if actual.media_streams.is_some() {
        return Finding::ok(Code::MediaStreams, "the instance streams callers' audio");
    }
    Finding::fatal(
        Code::MediaStreams,
        "the instance does not stream callers' audio",
        "voicemails cannot be recorded",
        REINSTALL,
    )
}

fn flow(key: FlowKey, flow: Option<&ActualFlow>) -> Finding {
    let Some(flow) = flow else {
        return Finding::fatal(
            Code::Flows,
            format!("the {key} flow does not exist"),
            "callers transferred to it hear nothing, or tasks are not routed",
            REINSTALL,
        );
    };
    if !flow.published {
        return Finding::fatal(
            Code::Flows,
            format!("the flow “{}” was never published", flow.name),
            "contacts cannot enter it",
            "publish it in the instance, under Routing, Flows",
        );
    }
    if flow.written.as_deref() == Some(fingerprint(&flow.content).as_str()) {
        return Finding::ok(
            Code::Flows,
            format!("the flow “{}” is unchanged since its installation", flow.name),
        );
    }
    Finding::warning(
        Code::Flows,
        format!("the flow “{}” was edited in the instance", flow.name),
        "upgrades keep the edited flow",
        "`vmx-install plan PARAMS` shows the edits; --overwrite-flows replaces them",
    )
}

fn associations(actual: &Actual) -> Finding {
    let missing: Vec<String> = actual
        .flows
        .iter()
        .flat_map(|flow| invoked_functions(&flow.content))
        .chain(guide_function(actual))
        .filter(|arn| !actual.associated_functions.contains(arn))
        .collect();
    if missing.is_empty() {
        return Finding::ok(Code::Associations, "flows are allowed to invoke their functions");
    }
    Finding::fatal(
        Code::Associations,
        format!("flows invoke functions that the instance does not allow: {}", missing.join(", ")),
        "the block fails, and the voicemail with it",
        REINSTALL,
    )
}

/// The function for agent guides, if there are guided tasks: the task names it, and no flow does.
fn guide_function(actual: &Actual) -> Option<String> {
    actual.flow(FlowKey::AgentGuide)?;
    actual.stack.as_ref()?.outputs.get(GUIDE_FUNCTION_OUTPUT).cloned()
}

async fn functions(cloud: &Cloud, stack: &StackState) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in functions_of(stack) {
        let Some(arn) = stack.outputs.get(function.output()) else {
            findings.push(gone(Code::Functions, function.crate_name()));
            continue;
        };
        let asked = cloud.lambda.get_function_configuration().function_name(arn).send().await;
        findings.push(match asked.map_err(wrap(format!("get the function {function}"))) {
            Ok(is)
                if is.state().is_none_or(|state| matches!(state, State::Active | State::Inactive))
                    && is.last_update_status() != Some(&LastUpdateStatus::Failed) =>
            {
                Finding::ok(Code::Functions, format!("{function} is active"))
            }
            Ok(is) => Finding::fatal(
                Code::Functions,
                format!(
                    "{function} is {}: {}",
                    is.state().map_or("broken", State::as_str),
                    is.state_reason().or(is.last_update_status_reason()).unwrap_or("no reason given")
                ),
                "voicemails wait for it",
                REINSTALL,
            ),
            Err(error) => not_there(Code::Functions, function.crate_name(), &error),
        });
    }
    findings
}

async fn triggers(cloud: &Cloud, stack: &StackState) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, id) in of_type(stack, "AWS::Lambda::EventSourceMapping") {
        let asked = cloud.lambda.get_event_source_mapping().uuid(id).send().await;
        findings.push(match asked.map_err(wrap(format!("get the trigger {name}"))) {
            Ok(mapping) => match mapping.state().unwrap_or_default() {
                "Enabled" | "Enabling" | "Creating" | "Updating" => {
                    Finding::ok(Code::Triggers, format!("{name} is enabled"))
                }
                state => Finding::fatal(
                    Code::Triggers,
                    format!("{name} is {}", state.to_ascii_lowercase()),
                    "voicemails wait there until they expire",
                    format!("enable it with `aws lambda update-event-source-mapping --enabled --uuid {id}`"),
                ),
            },
            Err(error) => not_there(Code::Triggers, name, &error),
        });
    }
    findings
}

async fn rules(cloud: &Cloud, stack: &StackState) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, id) in of_type(stack, "AWS::Events::Rule") {
        // On a custom bus the ID is the bus and the name; ours are on the default bus.
        let rule = id.rsplit('|').next().unwrap_or(id);
        let asked = cloud.events.describe_rule().name(rule).send().await;
        findings.push(match asked.map_err(wrap(format!("describe the rule {name}"))) {
            Ok(described) if described.state() == Some(&RuleState::Disabled) => Finding::fatal(
                Code::Rules,
                format!("{name} is disabled"),
                "its events are lost: voicemails do not move on",
                format!("enable it with `aws events enable-rule --name {rule}`"),
            ),
            Ok(_) => Finding::ok(Code::Rules, format!("{name} is enabled")),
            Err(error) => not_there(Code::Rules, name, &error),
        });
    }
    findings
}

async fn queues(cloud: &Cloud, stack: &StackState) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (queue, by_events) in QUEUES {
        let url = |suffix: &str| stack.outputs.get(&format!("{queue}{suffix}Url"));
        let (Some(main), Some(dead)) = (url(""), url("DeadLetters")) else {
            findings.push(gone(Code::Queues, queue));
            continue;
        };
        findings.push(match attributes(cloud, main).await {
            Ok(is) => {
                let has = |name: QueueAttributeName, text: &str| {
                    is.get(&name).is_some_and(|value| value.contains(text))
                };
                if !has(QueueAttributeName::RedrivePolicy, "deadLetterTargetArn") {
                    Finding::fatal(
                        Code::Queues,
                        format!("{queue} has no dead-letter queue"),
                        "messages that cannot be processed are lost",
                        REINSTALL,
                    )
                } else if by_events && !has(QueueAttributeName::Policy, "events.amazonaws.com") {
                    Finding::fatal(
                        Code::Queues,
                        format!("the policy of {queue} does not allow EventBridge"),
                        "voicemails stop before this queue",
                        REINSTALL,
                    )
                } else {
                    Finding::ok(Code::Queues, format!("{queue} has its policy and dead-letter queue"))
                }
            }
            Err(error) => not_there(Code::Queues, queue, &error),
        });
        findings.push(match attributes(cloud, dead).await {
            Ok(is) => dead_letters(queue, is.get(&QueueAttributeName::ApproximateNumberOfMessages)),
            Err(error) => not_there(Code::DeadLetters, queue, &error),
        });
    }
    findings
}

fn dead_letters(queue: &str, count: Option<&String>) -> Finding {
    match count.and_then(|count| count.parse::<u64>().ok()).unwrap_or_default() {
        0 => Finding::ok(Code::DeadLetters, format!("{queue} has no dead letters")),
        count => Finding::warning(
            Code::DeadLetters,
            format!("{queue} has {count} dead letters"),
            "each is an undelivered voicemail, kept for at most 14 days",
            "fix the cause, shown in the functions' logs, then run `vmx-install redrive`",
        ),
    }
}

type Attributes = std::collections::HashMap<QueueAttributeName, String>;

async fn attributes(cloud: &Cloud, url: &str) -> Result<Attributes, CloudError> {
    let asked = cloud.sqs.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
    let answer = asked.send().await.map_err(wrap(format!("check the queue {url}")))?;
    Ok(answer.attributes().cloned().unwrap_or_default())
}

fn of_type<'a>(stack: &'a StackState, resource_type: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let of_type = stack.resources.iter().filter(move |resource| resource.resource_type == resource_type);
    of_type.map(|resource| (resource.logical_id.as_str(), resource.physical_id.as_str()))
}

fn not_there(code: Code, name: &str, error: &CloudError) -> Finding {
    let missing = error.is_not_found()
        || matches!(
            error.code.as_deref(),
            Some("AWS.SimpleQueueService.NonExistentQueue" | "QueueDoesNotExist")
        );
    if missing { gone(code, name) } else { Finding::unknown(code, error) }
}

fn gone(code: Code, name: &str) -> Finding {
    Finding::fatal(
        code,
        format!("{name} is missing"),
        "it was deleted outside CloudFormation",
        "remove the installation with `vmx-install teardown` (voicemails stay) and install again",
    )
}
