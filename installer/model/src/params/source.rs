//! Where the value of a parameter comes from.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Source {
    /// Nobody set it.
    Default,
    /// A file of parameters.
    File {
        /// The file, as it was named.
        path: String,
        /// The line of its key, from 1.
        line: usize,
    },
    /// The environment.
    Environment {
        /// The variable's name.
        variable: String,
    },
    /// `--set` on the command line.
    Set,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Environment { variable } => write!(f, "environment {variable}"),
            Self::Set => f.write_str("--set"),
        }
    }
}

/// The value of one key, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// The key, with what it stands in: `retention.logs_days`.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Where the value comes from.
    pub source: Source,
}
