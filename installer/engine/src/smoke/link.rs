//! A link in the chain that a voicemail passes.

use std::fmt;

use serde::Serialize;

use crate::finding::{Finding, Severity};

/// A link in the chain that a voicemail passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its name: `function vmx_packager`.
    pub name: String,
    /// Its health.
    pub health: Health,
}

/// The health of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It does what it is for.
    Works,
    /// It does not work: what is wrong, and where to look.
    Broken(String),
    /// It could not be read: why.
    Unknown(String),
}

impl Link {
    pub(super) fn of(name: String, finding: &Finding) -> Self {
        let health = match finding.severity {
            _ if !finding.checked => Health::Unknown(finding.what.clone()),
            Severity::Fatal => Health::Broken(finding.to_string()),
            Severity::Ok | Severity::Warning => Health::Works,
        };
        Self { name, health }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.health {
            Health::Works => write!(f, "the {} works", self.name),
            Health::Broken(what) => f.write_str(what),
            Health::Unknown(why) => write!(f, "the {} was not tested: {why}", self.name),
        }
    }
}
