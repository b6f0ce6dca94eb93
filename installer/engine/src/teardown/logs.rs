//! Function logs that the stack does not delete: AWS Lambda may create a log group again when a function writes once
//! more, and a stack deleted by hand may have kept its own.

use std::collections::BTreeSet;

use crate::cloud::{Cloud, CloudError, wrap};
use vmx_model::actual::StackState;
use vmx_model::parts::Function;

/// Names of the log groups that an installation's functions may have written to.
pub(super) fn names(stack_name: &str, stack: Option<&StackState>) -> BTreeSet<String> {
    let own = Function::ALL.into_iter().map(|function| format!("/{stack_name}/{function}"));
    // AWS Lambda's default, used before a function has its own log group.
    let functions = stack.into_iter().flat_map(|stack| stack.of_type("AWS::Lambda::Function"));
    let default = functions.map(|function| format!("/aws/lambda/{}", function.physical_id));
    own.chain(default).collect()
}

/// The existing ones among these names.
pub(super) async fn there(cloud: &Cloud, names: &BTreeSet<String>) -> Result<Vec<String>, CloudError> {
    let mut found = Vec::new();
    for name in names {
        let groups = cloud.logs.describe_log_groups().log_group_name_prefix(name).send().await;
        let groups = groups.map_err(wrap(format!("find the log group {name}")))?;
        // The list is alphabetical, so an exact match comes first.
        if groups.log_groups().iter().any(|group| group.log_group_name() == Some(name)) {
            found.push(name.clone());
        }
    }
    Ok(found)
}

pub(super) async fn delete(cloud: &Cloud, name: &str) -> Result<(), CloudError> {
    let deleted = cloud.logs.delete_log_group().log_group_name(name).send().await;
    deleted.map(drop).map_err(wrap(format!("delete the log group {name}")))
}
