//! Reads resource policies, only as far as this check needs: whether a principal is allowed at all.

use serde_json::Value;

use vmx_model::permissions::pattern_covers;

/// Whether a policy allows one of these principals all of these actions. `kind` is `AWS` or `Service`. Conditions of
/// statements that name the principal are ignored, because their author knows why. Deny statements are ignored too.
pub(super) fn lets_in(policy: &Value, kind: &str, principals: &[&str], actions: &[&str]) -> bool {
    let statements: Vec<&Value> = list(policy.get("Statement")).collect();
    actions.iter().all(|action| {
        statements.iter().any(|statement| allows(statement, action) && names(statement, kind, principals))
    })
}

fn allows(statement: &Value, action: &str) -> bool {
    let covers = |pattern: &Value| {
        pattern.as_str().is_some_and(|pattern| {
            pattern_covers(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
        })
    };
    statement.get("Effect").and_then(Value::as_str) == Some("Allow")
        && list(statement.get("Action")).any(covers)
}

/// Whether a statement applies to one of the principals. `*` is everybody only without a condition.
fn names(statement: &Value, kind: &str, principals: &[&str]) -> bool {
    let principal = statement.get("Principal");
    let named: Vec<&str> = match principal {
        Some(Value::String(everybody)) => vec![everybody],
        Some(Value::Object(kinds)) => list(kinds.get(kind)).filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    named.iter().any(|name| match *name {
        "*" => statement.get("Condition").is_none(),
        name => principals.contains(&name),
    })
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everybody_counts_only_without_a_condition() {
        let policy = |principal: Value, condition: Option<Value>| {
            let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": "kms:*"});
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            json!({"Statement": statement})
        };
        let via = json!({"StringEquals": {"kms:ViaService": "s3.eu-west-2.amazonaws.com"}});
        let asks = |policy: &Value| lets_in(policy, "Service", &["events.amazonaws.com"], &["kms:Decrypt"]);
        assert!(asks(&policy(json!("*"), None)));
        assert!(!asks(&policy(json!("*"), Some(via.clone()))));
        assert!(!asks(&policy(json!({"AWS": "*"}), None)));
        assert!(asks(&policy(json!({"Service": "events.amazonaws.com"}), Some(via))));
        assert!(!asks(&json!({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*"}})));
        assert!(!asks(&Value::Null));
    }
}
