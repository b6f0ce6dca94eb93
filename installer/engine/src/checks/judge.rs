//! The health of each part, by what was seen of it. Pure.

use std::collections::BTreeSet;
use std::fmt::Display;

use vmx_contract::chain::{RuleId, is_problem, reads};
use vmx_contract::voicemail_id::VoicemailId;

use super::{FunctionState, Looked, TriggerState};
use crate::dead_letters::Queue;
use crate::finding::{Code, Finding};
use crate::pipeline::Station;
use vmx_model::actual::{ActualFlow, StackResource, StackState, Storage, StorageConfig};
use vmx_model::flow_content::fingerprint;
use vmx_model::ownership::{CONTACT_RECORD_TRIGGER, STREAM_OUTPUT};
use vmx_model::parts::{FlowKey, Function, Step};

/// The fix for anything that an installation lacks.
pub(crate) const INSTALL: &str = "run `vmx-install install params.yaml` again";

/// A stack that CloudFormation can neither update nor roll back.
pub(crate) fn stuck(stack: &StackState) -> Finding {
    let remedy = match stack.status.as_str() {
        "UPDATE_ROLLBACK_FAILED" => "choose “Continue update rollback” in the CloudFormation console",
        _ => "fix it in the CloudFormation console, then install again",
    };
    let what = format!("the stack {} is {}", stack.name, stack.status);
    Finding::fatal(Code::Stack, what, "it cannot be updated and may not work", remedy)
}

pub(crate) fn function(function: Function, called: &str, looked: &Looked<FunctionState>) -> Finding {
    let name = format!("the function {function}");
    let judged = judged(Code::Functions, &name, looked, |is| {
        if is.reserved == Some(0) {
            return Finding::fatal(
                Code::Functions,
                format!("{name} cannot run: its reserved concurrency is 0"),
                "voicemails wait for it",
                format!("run `aws lambda delete-function-concurrency --function-name {called}`"),
            );
        }
        let reason = is.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let (what, remedy) = match is.state.as_str() {
            "Pending" => (format!("{name} is Pending{reason}"), "check it again in a minute"),
            // Lambda deactivates a function that was not called for weeks, and reactivates it at the next call.
            "" | "Active" | "Inactive" if is.last_update != "Failed" => {
                return Finding::ok(Code::Functions, format!("{name} is active"));
            }
            "" | "Active" | "Inactive" => (format!("the last update of {name} failed{reason}"), INSTALL),
            state => (format!("{name} is {state}{reason}"), INSTALL),
        };
        Finding::fatal(Code::Functions, what, "voicemails wait for it", remedy)
    });
    judged.of(format!("{}Function", function.logical_prefix()))
}

/// Whether a trigger works. With an `earlier` system to be replaced, contact records are not read before the switch.
pub(crate) fn trigger(
    trigger: &StackResource,
    looked: &Looked<TriggerState>,
    earlier: Option<&str>,
) -> Finding {
    let name = format!("the trigger {}", trigger.logical_id);
    let earlier = earlier.filter(|_| trigger.logical_id == CONTACT_RECORD_TRIGGER);
    let judged = judged(Code::Triggers, &name, looked, |is| match (&is.last_result, earlier) {
        (_, Some(earlier)) if !reads(&is.state) => Finding::warning(
            Code::Triggers,
            format!("{name} is off: {earlier} takes voicemails"),
            "this installation takes them from the switch on",
            "run `vmx-install migrate switch` when you are ready",
        ),
        (_, None) if !reads(&is.state) => Finding::fatal(
            Code::Triggers,
            format!("{name} is {}", is.state.to_lowercase()),
            "voicemails wait there until they expire",
            format!("run `aws lambda update-event-source-mapping --enabled --uuid {}`", trigger.physical_id),
        ),
        (Some(result), _) if is_problem(result) => Finding::warning(
            Code::Triggers,
            format!("{name} failed on its last batch"),
            result,
            "see the function's log; failed batches are retried",
        ),
        _ => Finding::ok(Code::Triggers, format!("{name} is enabled")),
    });
    judged.of(&trigger.logical_id)
}

pub(crate) fn rule(resource: &StackResource, looked: &Looked<bool>) -> Finding {
    let name = format!("the rule {}", resource.logical_id);
    let judged = judged(Code::Rules, &name, looked, |is_enabled| {
        if *is_enabled {
            return Finding::ok(Code::Rules, format!("{name} is enabled"));
        }
        let RuleId { bus, name: rule } = RuleId::parse(&resource.physical_id);
        let bus = bus.map(|bus| format!(" --event-bus-name {bus}")).unwrap_or_default();
        Finding::fatal(
            Code::Rules,
            format!("{name} is disabled"),
            "its events never arrive",
            format!("run `aws events enable-rule --name {rule}{bus}`"),
        )
    });
    judged.of(&resource.logical_id)
}

pub(crate) fn queue(step: Step, looked: &Looked<Queue>) -> Finding {
    let name = format!("the queue of the step {step}");
    judged(Code::Queues, &name, looked, |is| {
        let (what, why) = if !is.has_dead_letters {
            (format!("{name} has no dead-letter queue"), "messages that cannot be processed are lost")
        } else if step != Step::Record && !is.allows_events {
            (format!("the policy of {name} does not allow EventBridge"), "voicemails stop before it")
        } else {
            return Finding::ok(Code::Queues, format!("{name} has its policy and dead-letter queue"));
        };
        Finding::fatal(Code::Queues, what, why, INSTALL)
    })
}

/// How many voicemails to name.
const NAMED: usize = 3;

/// Whether a step's dead-letter queue is empty. `about` are the voicemails of the letters that were read.
pub(crate) fn dead_letters(station: &Station, looked: &Looked<Queue>, about: &[VoicemailId]) -> Finding {
    let step = station.step;
    let name = format!("the dead-letter queue of the step {step}");
    judged(Code::DeadLetters, &name, looked, |is| {
        let count = match is.depth.waiting + is.depth.in_flight {
            0 => return Finding::ok(Code::DeadLetters, format!("{name} is empty")),
            1 => "1 voicemail is".to_owned(),
            count => format!("{count} voicemails are"),
        };
        let see = match about {
            [] => format!("see why with `vmx-install logs {step}`"),
            [first, ..] => format!("see why with `vmx-install trace {first}`"),
        };
        Finding::warning(
            Code::DeadLetters,
            format!("{count} stuck at the step {step}{}", names(about)),
            "dead letters expire after 14 days",
            format!(
                "{see} (log group {}), fix the cause, then run `vmx-install redrive --step {step}`",
                station.log_group
            ),
        )
    })
}

/// Names the first voicemails: `: a, b, c and 2 more`.
pub(crate) fn names<T: Display>(voicemails: &[T]) -> String {
    let named: Vec<String> = voicemails.iter().take(NAMED).map(ToString::to_string).collect();
    match (named.is_empty(), voicemails.len() - named.len()) {
        (true, _) => String::new(),
        (false, 0) => format!(": {}", named.join(", ")),
        (false, more) => format!(": {} and {more} more", named.join(", ")),
    }
}

pub(crate) fn flow(key: FlowKey, flow: Option<&ActualFlow>) -> Finding {
    let Some(flow) = flow else {
        return Finding::fatal(
            Code::Flows,
            format!("the {key} flow is missing"),
            "callers transferred to it hear nothing, or tasks are not routed",
            INSTALL,
        );
    };
    if !flow.published {
        return Finding::fatal(
            Code::Flows,
            format!("the flow “{}” is not published", flow.name),
            "contacts cannot enter it",
            "publish it in the instance, under Routing, Flows",
        );
    }
    if !is_edited(flow) {
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

/// Whether a flow was changed since its installation.
pub(crate) fn is_edited(flow: &ActualFlow) -> bool {
    flow.written.as_ref() != Some(&fingerprint(&flow.content))
}

/// Whether contact records go to the stream that the functions read.
pub(crate) fn contact_records(to: Option<&StorageConfig>, stack: &StackState) -> Finding {
    let what = match (to.map(|config| &config.storage), stack.outputs.get(STREAM_OUTPUT)) {
        (Some(Storage::KinesisStream { arn }), Some(read)) if arn == read => {
            let what = format!("contact records go to {arn}, which the functions read");
            return Finding::ok(Code::ContactRecords, what);
        }
        (Some(Storage::KinesisStream { arn }), Some(read)) => {
            format!("the instance does not send contact records to {read}, but to {arn}")
        }
        _ => "the instance does not send contact records to a Kinesis stream".to_owned(),
    };
    Finding::fatal(Code::ContactRecords, what, "voicemails are not detected", INSTALL)
}

/// Whether callers' audio can be read.
pub(crate) fn media(to: Option<&StorageConfig>) -> Finding {
    let what = match to.map(|config| &config.storage) {
        None => {
            return Finding::fatal(
                Code::MediaStreams,
                "the instance does not stream callers' audio",
                "voicemails cannot be recorded",
                INSTALL,
            );
        }
        Some(Storage::KinesisVideo { retention_hours: 0, .. }) => {
            return Finding::fatal(
                Code::MediaStreams,
                "the instance's media streaming has a retention of 0 hours",
                "voicemails cannot be read from it",
                "set a retention of 24 hours or more in the console, under Data storage, Live media streaming",
            );
        }
        Some(Storage::KinesisVideo { prefix, retention_hours, .. }) => {
            format!("media goes to {prefix}…, kept {retention_hours} hours")
        }
        Some(_) => {
            return Finding::fatal(
                Code::MediaStreams,
                "the instance does not stream media to Kinesis Video Streams",
                "voicemails cannot be read from there",
                "change that in the console, under Data storage, Live media streaming",
            );
        }
    };
    Finding::ok(Code::MediaStreams, what)
}

/// Whether the instance allows the functions that are called.
pub(crate) fn calls(called: &BTreeSet<String>, allowed: &BTreeSet<String>) -> Finding {
    let missing: Vec<&str> = called.difference(allowed).map(String::as_str).collect();
    if missing.is_empty() {
        return Finding::ok(Code::Associations, "flows are allowed to invoke their functions");
    }
    Finding::fatal(
        Code::Associations,
        format!("flows invoke functions that the instance does not allow: {}", missing.join(", ")),
        "the block fails, and the voicemail with it",
        INSTALL,
    )
}

/// What the watchdog reported of parts that were not examined now: of the others, this look is newer. Each report is a
/// part's name and what is wrong.
pub(crate) fn reported(reports: &[String], examined: &[Finding]) -> Vec<Finding> {
    let now: BTreeSet<&str> = examined
        .iter()
        .filter(|finding| finding.checked)
        .filter_map(|finding| finding.part.as_deref())
        .collect();
    let new = reports.iter().filter(|report| {
        let part = report.split_once(": ").map_or(report.as_str(), |(part, _)| part);
        // Whoever looks at an installation looks at the instance's storage.
        !now.contains(part)
            && !["contact records of the instance", "media streams of the instance"].contains(&part)
    });
    let finding = |report: &String| {
        Finding::fatal(
            Code::Watchdog,
            format!("the watchdog reports {report}"),
            "voicemails may stop there",
            "see the watchdog function's log with `vmx-install logs watchdog`; it checks again within five minutes",
        )
    };
    new.map(finding).collect()
}

/// A part of the stack that no longer exists.
pub(crate) fn gone(code: Code, name: &str) -> Finding {
    Finding::fatal(
        code,
        format!("{name} is missing"),
        "it was deleted outside CloudFormation",
        "remove the installation with `vmx-install teardown` (voicemails stay) and install again",
    )
}

fn judged<T>(code: Code, name: &str, looked: &Looked<T>, judge: impl FnOnce(&T) -> Finding) -> Finding {
    match looked {
        Ok(seen) => judge(seen),
        Err(error) if error.is_not_found() => gone(code, name),
        Err(error) => Finding::unknown(code, error),
    }
}
