//! How people open a recording.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How people open a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[schemars(inline)]
pub enum Links {
    /// With a link to a page with a player.
    Url,
    /// Only in the agent workspace, in the agent guide of a guided task. There are no links.
    Workspace,
    /// With a presigned link to the recording itself.
    Presigned,
}

impl Links {
    /// Its name in the parameters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
