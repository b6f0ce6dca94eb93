//! How the installer and the watchdog read the parts of the chain.

/// An EventBridge rule, by its ID in a stack: its name, the bus and the name, or its ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleId<'a> {
    /// The event bus, unless it is the default one.
    pub bus: Option<&'a str>,
    /// The name.
    pub name: &'a str,
}

impl<'a> RuleId<'a> {
    /// Reads an ID. A bus can have slashes in its name; a rule cannot.
    #[must_use]
    pub fn parse(id: &'a str) -> Self {
        let path = id.rsplit_once(":rule/").map_or(id, |(_, path)| path);
        match path.rsplit_once(['|', '/']) {
            Some((bus, name)) => Self { bus: Some(bus), name },
            None => Self { bus: None, name: path },
        }
    }
}

/// Whether an event source mapping in this state reads its source, or soon will. Source: the AWS Lambda API reference,
/// EventSourceMappingConfiguration.
#[must_use]
pub fn reads(state: &str) -> bool {
    matches!(state, "Creating" | "Enabling" | "Enabled" | "Updating")
}

/// Whether the last result of an event source mapping is a failure. That these begin with `PROBLEM` is observed, not
/// documented.
#[must_use]
pub fn is_problem(last_result: &str) -> bool {
    last_result.starts_with("PROBLEM")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_known_by_name_bus_and_arn() {
        for (id, bus, name) in [
            ("vmx-Rule-1", None, "vmx-Rule-1"),
            ("orders|vmx-Rule-1", Some("orders"), "vmx-Rule-1"),
            ("arn:aws:events:eu-west-2:111122223333:rule/vmx-Rule-1", None, "vmx-Rule-1"),
            (
                "arn:aws-cn:events:cn-north-1:111122223333:rule/orders/vmx-Rule-1",
                Some("orders"),
                "vmx-Rule-1",
            ),
            ("arn:aws:events:eu-west-2:1:rule/aws.partner/a.b/c/R", Some("aws.partner/a.b/c"), "R"),
        ] {
            assert_eq!(RuleId::parse(id), RuleId { bus, name }, "{id}");
        }
    }
}
