//! The words for staff.

use crate::finding::{Code, Finding};
use vmx_contract::staff::Words;
use vmx_model::params::Params;

/// Says that staff read English, if their language has no words.
pub(super) fn check(params: &Params) -> Option<Finding> {
    let tag = params.language_of_staff.as_str();
    if Words::known(tag).is_some() {
        return None;
    }
    let known: Vec<_> = Words::all().map(|words| words.tag).collect();
    Some(Finding::warning(
        Code::Language,
        format!("there are no words for staff in {tag}"),
        "the page behind links, tasks, emails and the agent guide are in English",
        format!("set `language_of_staff` to one of {}, or ignore this", known.join(", ")),
    ))
}
