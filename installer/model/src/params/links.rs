//! How people get to a recording.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Params;

/// The longest that a presigned link can be relied on, in hours: the life of a function's credentials.
const PRESIGNED_HOURS: u32 = 12;

/// How people get to a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Links {
    /// By a link to a page of the installation's own.
    Url,
    /// In the agent workspace alone, where the guide of a guided task plays it; there are no links.
    Workspace,
    /// By a presigned link to the recording itself.
    Presigned,
}

impl Links {
    /// Its name in the parameters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Workspace => "workspace",
            Self::Presigned => "presigned",
        }
    }
}

impl Params {
    /// What about links cannot be kept: the keys at fault, the likeliest first, and why.
    pub(super) fn broken_promise(&self) -> Option<(&'static [&'static str], String)> {
        let hours = self.link_lifetime_hours.get();
        let days = self.days_seen(self.retention.transcripts_days.get());
        if self.links == Links::Presigned && hours > PRESIGNED_HOURS {
            let why = format!(
                "links work for {hours} hours, and presigned ones cannot: they end with the credentials that sign them, \
                 after {PRESIGNED_HOURS} hours at most; write `link_lifetime_hours: {PRESIGNED_HOURS}` or less, or \
                 `links: url`"
            );
            return Some((&["link_lifetime_hours", "links"], why));
        }
        if self.links == Links::Url && hours > days * 24 {
            let why = format!(
                "links work for {hours} hours, but transcripts, and with them what revokes a link, are kept for {days} \
                 days; make links shorter or `retention.transcripts_days` longer"
            );
            return Some((&["link_lifetime_hours", "retention.transcripts_days"], why));
        }
        None
    }
}
