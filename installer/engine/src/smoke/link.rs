//! A link of the chain that a voicemail goes along.

use std::fmt;

use serde::Serialize;

/// A link of the chain that a voicemail goes along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// What it is: `function vmx_packager`.
    pub name: String,
    /// How it is.
    pub health: Health,
}

/// How a link is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It does what it is for.
    Works,
    /// It does not: what is wrong, and what to look at.
    Broken(String),
    /// It may not be looked at: why.
    Unknown(String),
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.health {
            Health::Works => write!(f, "the {} works", self.name),
            Health::Broken(what) => write!(f, "the {} does not work: {what}", self.name),
            Health::Unknown(why) => write!(f, "the {} was not tested: {why}", self.name),
        }
    }
}
