//! Delivery modes.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// How a voicemail is delivered.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    IntoStaticStr,
    EnumString,
    strum::Display,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
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
        self.into()
    }

    /// Reads a mode as [`Mode::as_str`] writes it, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }
}
