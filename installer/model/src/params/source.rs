//! The source of a parameter's value.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Source {
    /// The default.
    Default,
    /// A parameters file.
    File {
        /// The file, as given.
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

/// The value of one key, with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// The full key: `retention.logs_days`.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Its source.
    pub source: Source,
}
