//! The result of a check.

use std::fmt;

use serde::Serialize;

/// What a check examines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Whether the region has every service.
    Region,
    /// The stack's owner and state.
    Stack,
    /// Other installations on the instance.
    Beside,
    /// The caller's permissions.
    Permissions,
    /// The role with which the instance writes.
    ServiceRole,
    /// Where callers' audio goes.
    MediaStreams,
    /// How many functions can run concurrently.
    LambdaConcurrency,
    /// Another quota of the account.
    Quota,
    /// A key that encrypts something.
    Key,
    /// Whether the resources in the parameters are in this account and region.
    Place,
    /// The permissions boundary of the roles.
    Boundary,
    /// The bucket for access logs.
    AccessLogs,
    /// Log groups that the stack would create.
    LogGroups,
    /// Agents who can accept tasks.
    TaskAgents,
    /// Whether email can be sent.
    Mail,
    /// Where the mode `other` sends to.
    OtherTarget,
    /// Where alarms are published to.
    AlarmTopic,
    /// The model that summarizes.
    Model,
    /// A function.
    Functions,
    /// What invokes a function.
    Triggers,
    /// A rule that sends events to a queue.
    Rules,
    /// Where contact records go.
    ContactRecords,
    /// A flow.
    Flows,
    /// The functions that flows can invoke.
    Associations,
    /// A queue.
    Queues,
    /// A dead-letter queue.
    DeadLetters,
    /// What was changed outside CloudFormation.
    Drift,
    /// A secret that a function reads.
    Secret,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// OK.
    Ok,
    /// It may fail, or could not be checked.
    Warning,
    /// It will fail, or does.
    Fatal,
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was examined.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub what: String,
    /// Why it matters. Empty if OK.
    pub why: String,
    /// The fix. Empty if OK.
    pub remedy: String,
    /// Whether the check could be made.
    #[serde(skip)]
    pub checked: bool,
}

impl Finding {
    pub fn ok(code: Code, what: impl Into<String>) -> Self {
        Self { severity: Severity::Ok, ..Self::warning(code, what, "", "") }
    }

    pub(crate) fn warning(code: Code, what: impl Into<String>, why: &str, remedy: impl Into<String>) -> Self {
        let (what, why, remedy) = (what.into(), why.to_owned(), remedy.into());
        Self { code, severity: Severity::Warning, what, why, remedy, checked: true }
    }

    pub fn fatal(code: Code, what: impl Into<String>, why: &str, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Fatal, ..Self::warning(code, what, why, remedy) }
    }

    /// It could not be checked.
    pub(crate) fn unknown(code: Code, error: &impl fmt::Display) -> Self {
        let remedy = "ignore this if you know it is set up correctly";
        Self { checked: false, ..Self::warning(code, error.to_string(), "so this was not checked", remedy) }
    }
}

impl Finding {
    /// Whether it reports a sufficient quota.
    #[must_use]
    pub fn is_quota(&self) -> bool {
        self.severity == Severity::Ok && matches!(self.code, Code::LambdaConcurrency | Code::Quota)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Region => "region",
            Self::Stack => "stack",
            Self::Beside => "other installations",
            Self::Permissions => "permissions",
            Self::ServiceRole => "service role",
            Self::MediaStreams => "media streams",
            Self::LambdaConcurrency => "concurrency",
            Self::Quota => "quota",
            Self::Key => "key",
            Self::LogGroups => "log groups",
            Self::TaskAgents => "agents",
            Self::Mail => "mail",
            Self::OtherTarget => "other target",
            Self::AlarmTopic => "alarm topic",
            Self::Model => "model",
            Self::Functions => "functions",
            Self::Triggers => "triggers",
            Self::Rules => "rules",
            Self::ContactRecords => "contact records",
            Self::Flows => "flows",
            Self::Associations => "associations",
            Self::Queues => "queues",
            Self::DeadLetters => "dead letters",
            Self::Drift => "drift",
            Self::Secret => "secret",
            Self::Place => "place",
            Self::Boundary => "permissions boundary",
            Self::AccessLogs => "access logs",
        })
    }
}

/// The finding, why it matters, and the fix.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for more in [&self.why, &self.remedy] {
            if !more.is_empty() {
                write!(f, "; {more}")?;
            }
        }
        Ok(())
    }
}
