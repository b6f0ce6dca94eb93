//! Texts that a caller should not hear.

use super::texts_in;
use crate::Flow;
use crate::check::{Code, Finding};

pub(super) fn check(flow: &Flow, is_template: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, action) in flow.actions.iter().enumerate() {
        for (name, parameter) in &action.parameters {
            texts_in(parameter, &format!(".Parameters.{name}"), &mut |path, text| {
                if let Some(placeholder) = placeholder(text).filter(|_| !is_template) {
                    let what = format!("{placeholder:?} looks like a placeholder that was never filled in");
                    let fix = "write the value itself";
                    findings.push(Finding::advice(Code::Placeholder, what, fix).at(flow, number, path));
                }
                let text = text.trim_start();
                if path.ends_with(".SSML")
                    && !text.starts_with("<speak")
                    && !text.starts_with("$.")
                    && (!is_template || placeholder(text).is_none())
                {
                    let what = "the SSML does not start with <speak>, so the caller hears nothing and the \
                                block fails";
                    let fix = "put <speak> and </speak> around it, or rename the parameter to Text";
                    findings.push(Finding::advice(Code::NotSsml, what, fix).at(flow, number, path));
                }
            });
        }
    }
    findings
}

/// The first placeholder of a template language in a text. The service's message templates use `{{` and `}}` too, but
/// flows do not.
pub(in crate::check) fn placeholder(text: &str) -> Option<&str> {
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("${", "}"), ("<%", "%>")] {
        if let Some((_, rest)) = text.split_once(open)
            && let Some(end) = rest.find(close)
        {
            let start = text.len() - rest.len() - open.len();
            return Some(&text[start..text.len() - rest.len() + end + close.len()]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_common_languages_are_seen() {
        assert_eq!(placeholder("é {{ name }} x"), Some("{{ name }}"));
        assert_eq!(placeholder("arn:${AWS::Partition}:x"), Some("${AWS::Partition}"));
        assert_eq!(placeholder("$.Attributes.x costs $5 {each}"), None);
        assert_eq!(placeholder("}} {{"), None);
    }
}
