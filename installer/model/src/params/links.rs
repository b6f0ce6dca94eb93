//! How people open a recording.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Params;

/// How long a presigned link can be relied on, in hours: the lifetime of a function's credentials.
const PRESIGNED_HOURS: u32 = 12;

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

impl Params {
    /// A contradiction in the links' settings: the keys, the most likely first, and why.
    pub(super) fn broken_promise(&self) -> Option<(&'static [&'static str], String)> {
        let hours = self.link_lifetime_hours.get();
        let days = self.days_seen(self.retention.transcripts_days.get());
        if self.links == Links::Presigned && hours > PRESIGNED_HOURS {
            let why = format!(
                "links work for {hours} hours, but presigned ones expire with the credentials that sign \
                 them, after at most {PRESIGNED_HOURS} hours; set `link_lifetime_hours: {PRESIGNED_HOURS}` \
                 or less, or `links: url`"
            );
            return Some((&["link_lifetime_hours", "links"], why));
        }
        if self.links == Links::Url && hours > days * 24 {
            let why = format!(
                "links work for {hours} hours, but transcripts, which links depend on, are kept for {days} days; set a shorter link lifetime or a longer `retention.transcripts_days`"
            );
            return Some((&["link_lifetime_hours", "retention.transcripts_days"], why));
        }
        None
    }
}
