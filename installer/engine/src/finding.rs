//! The result of a check.

use std::fmt;

use serde::Serialize;

/// What a check examines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum Code {
    /// Whether the region has every service.
    Region,
    /// The stack's owner and state.
    Stack,
    /// Other installations on the instance.
    #[strum(to_string = "other installations")]
    Beside,
    /// What the account's organization allows.
    Services,
    /// The caller's permissions.
    Permissions,
    /// The role with which the instance writes.
    #[strum(to_string = "service role")]
    ServiceRole,
    /// Where callers' audio goes.
    #[strum(to_string = "media streams")]
    MediaStreams,
    /// Where recordings of calls go.
    #[strum(to_string = "call recordings")]
    CallRecordings,
    /// Where files attached to tasks go.
    Attachments,
    /// How many functions can run concurrently.
    #[strum(to_string = "concurrency")]
    LambdaConcurrency,
    /// Another quota of the account.
    Quota,
    /// A key that encrypts something.
    Key,
    /// Whether the resources in the parameters are in this account and region.
    Place,
    /// The permissions boundary of the roles.
    #[strum(to_string = "permissions boundary")]
    Boundary,
    /// The bucket for access logs.
    #[strum(to_string = "access logs")]
    AccessLogs,
    /// Log groups that the stack would create.
    #[strum(to_string = "log groups")]
    LogGroups,
    /// Agents who can accept tasks.
    #[strum(to_string = "agents")]
    TaskAgents,
    /// Whether email can be sent.
    Mail,
    /// Where the mode `other` sends to.
    #[strum(to_string = "other target")]
    OtherTarget,
    /// Where alarms are published to.
    #[strum(to_string = "alarm topic")]
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
    #[strum(to_string = "contact records")]
    ContactRecords,
    /// A flow.
    Flows,
    /// The functions that flows can invoke.
    Associations,
    /// A queue.
    Queues,
    /// A dead-letter queue.
    #[strum(to_string = "dead letters")]
    DeadLetters,
    /// What the watchdog reported.
    Watchdog,
    /// What was changed outside CloudFormation.
    Drift,
    /// A secret that a function reads.
    Secret,
    /// The language of texts for people.
    Language,
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
    /// The examined part of the stack or the instance, by the name that the watchdog has for it.
    #[serde(skip)]
    pub(crate) part: Option<String>,
}

impl Finding {
    pub fn ok(code: Code, what: impl Into<String>) -> Self {
        Self { severity: Severity::Ok, ..Self::warning(code, what, "", "") }
    }

    pub(crate) fn warning(code: Code, what: impl Into<String>, why: &str, remedy: impl Into<String>) -> Self {
        let (what, why, remedy) = (what.into(), why.to_owned(), remedy.into());
        Self { code, severity: Severity::Warning, what, why, remedy, checked: true, part: None }
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
    /// The same about a part that the watchdog examines too.
    #[must_use]
    pub fn of(self, part: impl Into<String>) -> Self {
        Self { part: Some(part.into()), ..self }
    }

    /// Whether it reports a sufficient quota.
    #[must_use]
    pub fn is_quota(&self) -> bool {
        self.severity == Severity::Ok && matches!(self.code, Code::LambdaConcurrency | Code::Quota)
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
