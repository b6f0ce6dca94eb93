//! What a check finds.

use std::fmt;

use serde::Serialize;

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Whether the region has every service.
    Region,
    /// Whose the stack is, and its state.
    Stack,
    /// Other installations on the instance.
    Beside,
    /// What the caller may do.
    Permissions,
    /// The role with which the instance writes.
    ServiceRole,
    /// Where callers' audio goes.
    MediaStreams,
    /// How many functions may run at a time.
    LambdaConcurrency,
    /// Another quota of the account.
    Quota,
    /// A key that encrypts something.
    Key,
    /// Whether what the parameters name is in this account and region.
    Place,
    /// The permissions boundary of the roles.
    Boundary,
    /// The bucket for access logs.
    AccessLogs,
    /// Log groups that the stack would make.
    LogGroups,
    /// Agents who can take tasks.
    TaskAgents,
    /// Whether mail can be sent.
    Mail,
    /// Where the mode `other` sends to.
    OtherTarget,
    /// Where alarms are published to.
    AlarmTopic,
    /// The model that summarises.
    Model,
    /// A function.
    Functions,
    /// What invokes a function.
    Triggers,
    /// A rule that brings events to a queue.
    Rules,
    /// Where contact records go.
    ContactRecords,
    /// A flow.
    Flows,
    /// The functions that flows may invoke.
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
    /// As it should be.
    Ok,
    /// It may go wrong, or could not be looked at.
    Warning,
    /// It will go wrong, or does.
    Fatal,
}

/// What a check finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is so.
    pub what: String,
    /// Why it matters; empty where all is well.
    pub why: String,
    /// What mends it; empty where all is well.
    pub remedy: String,
}

impl Finding {
    pub fn ok(code: Code, what: impl Into<String>) -> Self {
        Self { code, severity: Severity::Ok, what: what.into(), why: String::new(), remedy: String::new() }
    }

    pub(crate) fn warning(code: Code, what: impl Into<String>, why: &str, remedy: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Warning,
            what: what.into(),
            why: why.to_owned(),
            remedy: remedy.into(),
        }
    }

    pub fn fatal(code: Code, what: impl Into<String>, why: &str, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Fatal, ..Self::warning(code, what, why, remedy) }
    }

    /// It could not be looked at.
    pub(crate) fn unknown(code: Code, error: &impl fmt::Display) -> Self {
        Self::warning(
            code,
            error.to_string(),
            "so this was not checked",
            "ignore this if you know it is set up correctly",
        )
    }
}

impl Finding {
    /// Whether it tells a quota that is large enough.
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

/// What is, why it matters, and what mends it.
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
