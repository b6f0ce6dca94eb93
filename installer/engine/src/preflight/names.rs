//! Names that may already be taken.

use crate::checks;
use crate::cloud::{Cloud, wrap};
use crate::finding::{Code, Finding};
use vmx_model::actual::{Actual, Settled};
use vmx_model::ownership::STACK_TAG;
use vmx_model::params::Params;

/// Whether the stack belongs to this installation, and its state.
pub(super) fn stack(actual: &Actual) -> Finding {
    let Some(stack) = actual.stack.as_ref().filter(|stack| stack.settled() != Settled::Gone) else {
        return Finding::ok(Code::Stack, "the stack does not exist yet");
    };
    let (name, status) = (&stack.name, &stack.status);
    if stack.settled() != Settled::Shell && stack.tags.get(STACK_TAG) != Some(name) {
        return Finding::fatal(
            Code::Stack,
            format!("the stack {name} was not created by this program"),
            "its template would be replaced and its resources deleted",
            "choose another `stack` in the parameters",
        );
    }
    match stack.settled() {
        Settled::Working if status == "UPDATE_ROLLBACK_COMPLETE" => Finding::warning(
            Code::Stack,
            format!("the stack {name} is {status}"),
            "its last update failed and was rolled back; the previous state works",
            "run the installation again to see the reason",
        ),
        Settled::Stuck => checks::stuck(stack),
        _ => Finding::ok(Code::Stack, format!("the stack {name} is {status}")),
    }
}

/// Whether log groups of the stack already exist.
pub(super) async fn log_groups(cloud: &Cloud, params: &Params, actual: &Actual) -> Finding {
    let prefix = format!("/{}/vmx_", params.stack);
    let first = actual.stack.as_ref().is_none_or(|stack| stack.settled() != Settled::Working);
    if !first {
        return Finding::ok(Code::LogGroups, "the log groups belong to the stack");
    }
    let listed = cloud.logs.describe_log_groups().log_group_name_prefix(&prefix).send().await;
    let names: Vec<String> = match listed.map_err(wrap(format!("list the log groups {prefix}…"))) {
        Ok(listed) => {
            listed.log_groups().iter().filter_map(|group| group.log_group_name().map(str::to_owned)).collect()
        }
        Err(error) => return Finding::unknown(Code::LogGroups, &error),
    };
    if names.is_empty() || actual.stack.is_some() {
        return Finding::ok(Code::LogGroups, format!("no log group {prefix}… blocks the installation"));
    }
    Finding::fatal(
        Code::LogGroups,
        format!("log groups already exist: {}", names.join(", ")),
        "the stack cannot create existing log groups and would fail",
        format!("delete each with `aws logs delete-log-group --log-group-name {}`", names[0]),
    )
}
