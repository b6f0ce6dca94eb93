//! Delivery modes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a voicemail is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// An Amazon Connect task.
    Task,
    /// A task with an agent guide.
    GuidedTask,
    /// An email through Amazon SES.
    Email,
    /// A record of a Salesforce custom object.
    Sfcase,
    /// A record of a Salesforce custom object.
    Sfother,
    /// The operator's own target.
    Other,
}

impl Mode {
    /// Every delivery mode.
    pub const ALL: [Self; 6] =
        [Self::Task, Self::GuidedTask, Self::Email, Self::Sfcase, Self::Sfother, Self::Other];

    /// The mode's name in attributes and parameters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::GuidedTask => "guided_task",
            Self::Email => "email",
            Self::Sfcase => "sfcase",
            Self::Sfother => "sfother",
            Self::Other => "other",
        }
    }

    /// Reads a mode as [`Mode::as_str`] writes it, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
