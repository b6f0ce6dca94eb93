//! Splits a template's policies into grants.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Grant;
use crate::template::{Resource, Template};

/// Properties with a resource-based policy, for any type.
const POLICIES: [&str; 4] = ["PolicyDocument", "KeyPolicy", "ResourcePolicy", "Policy"];

/// Every grant of a template.
#[must_use]
pub fn grants(template: &Template) -> BTreeSet<Grant> {
    template.resources.iter().flat_map(|(name, resource)| of_resource(name, resource)).collect()
}

fn of_resource(name: &str, resource: &Resource) -> Vec<Grant> {
    let properties = &resource.properties;
    let mut found = Vec::new();
    if let Some(trust) = properties.get("AssumeRolePolicyDocument") {
        found.extend(of_policy(name, trust, name));
    }
    for policy in list(properties.get("Policies")) {
        found.extend(
            policy.get("PolicyDocument").map(|policy| of_policy(name, policy, "*")).unwrap_or_default(),
        );
    }
    for key in POLICIES {
        found.extend(properties.get(key).map(|policy| of_policy(name, policy, name)).unwrap_or_default());
    }
    for managed in list(properties.get("ManagedPolicyArns")) {
        found.push(simple(name, false, text(managed), "everything the managed policy allows"));
    }
    if let Some(boundary) = properties.get("PermissionsBoundary") {
        found.push(simple(name, true, text(boundary), "everything the permissions boundary does not allow"));
    }
    if resource.resource_type == "AWS::Lambda::Permission" {
        found.push(permission(name, properties));
    }
    found
}

fn simple(holder: &str, denies: bool, resource: String, action: &str) -> Grant {
    Grant {
        holder: holder.to_owned(),
        denies,
        principal: None,
        action: action.to_owned(),
        resource,
        conditions: BTreeMap::new(),
        inverted: true,
    }
}

/// `AWS::Lambda::Permission` is a statement of the function's policy.
fn permission(name: &str, properties: &Value) -> Grant {
    let of = |key: &str| properties.get(key).map(text);
    let conditions = [
        "SourceArn",
        "SourceAccount",
        "PrincipalOrgID",
        "EventSourceToken",
        "FunctionUrlAuthType",
        "InvokedViaFunctionUrl",
    ]
    .into_iter()
    .filter_map(|key| Some((format!("StringEquals {key}"), BTreeSet::from([of(key)?]))));
    Grant {
        holder: name.to_owned(),
        denies: false,
        principal: of("Principal"),
        action: of("Action").unwrap_or_default(),
        resource: of("FunctionName").unwrap_or_default(),
        conditions: conditions.collect(),
        inverted: false,
    }
}

/// The grants of a policy. `itself` is the resource of statements that name none.
fn of_policy(holder: &str, policy: &Value, itself: &str) -> Vec<Grant> {
    list(policy.get("Statement")).flat_map(|statement| of_statement(holder, statement, itself)).collect()
}

fn of_statement(holder: &str, statement: &Value, itself: &str) -> Vec<Grant> {
    let mut inverted = false;
    let mut either = |plain: &str, inverse: &str| match (statement.get(plain), statement.get(inverse)) {
        (None, Some(excluded)) => {
            inverted = true;
            vec![format!("anything but {}", words(excluded).join(", "))]
        }
        (named, _) => named.map(words).unwrap_or_default(),
    };
    let mut principals: Vec<Option<String>> =
        either("Principal", "NotPrincipal").into_iter().map(Some).collect();
    let actions = either("Action", "NotAction");
    let mut resources = either("Resource", "NotResource");
    if principals.is_empty() {
        principals.push(None);
    }
    if resources.is_empty() {
        resources.push(itself.to_owned());
    }
    let conditions = conditions(statement.get("Condition"));
    let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
    let mut grants = Vec::new();
    for principal in &principals {
        for action in &actions {
            for resource in &resources {
                grants.push(Grant {
                    holder: holder.to_owned(),
                    denies,
                    principal: principal.clone(),
                    action: action.clone(),
                    resource: resource.clone(),
                    conditions: conditions.clone(),
                    inverted,
                });
            }
        }
    }
    grants
}

/// By operator and key: `StringEquals aws:SourceAccount`.
fn conditions(block: Option<&Value>) -> BTreeMap<String, BTreeSet<String>> {
    let operators = block.and_then(Value::as_object).into_iter().flatten();
    operators
        .flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, values)| (format!("{operator} {key}"), words(values).into_iter().collect()))
        })
        .collect()
}

/// The texts of a text, a list, or an object of lists: `{"Service": "x"}` is `Service x`.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        Value::Object(members) if !members.keys().any(|key| key.starts_with("Fn::")) => members
            .iter()
            .flat_map(|(key, value)| words(value).into_iter().map(move |word| format!("{key} {word}")))
            .collect(),
        other => vec![text(other)],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The items of a list; a single value counts as a list of one.
fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    }
    .iter()
}
