//! A record as a page: its content for people, not Salesforce's look.

use std::fmt::Write as _;

use serde_json::Value;

use super::Record;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:24px;max-width:760px;color:#181818;background:#fff}\
    p{font-size:13px;color:#5c5c5c;margin:0}h1{font-size:20px;margin:0 0 16px}dl{border-top:1px solid #c9c9c9;margin:0}\
    dt{font-size:12px;color:#5c5c5c;margin-top:12px}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}";
/// The fields that come first, in this order; the others follow by their names.
const FIRST: [&str; 6] = ["Subject", "Status", "Priority", "Origin", "OwnerId", "Description"];

/// The page of a record: a heading, and every field with its label. Addresses become links, anything else text.
pub(super) fn of(record: &Record) -> String {
    let subject = record.fields.get("Subject").or_else(|| record.fields.get("Name"));
    let heading = escape(&text(subject.unwrap_or(&Value::Null)));
    let object = escape(&label(&record.object));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{heading}</title><style>{STYLE}</style>\n\
         <p>{object}</p><h1>{heading}</h1>\n<dl>"
    );
    let first = FIRST.iter().filter_map(|name| record.fields.get_key_value(*name));
    let rest = record.fields.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()));
    for (name, value) in first.chain(rest) {
        let value = text(value);
        let shown = escape(&value);
        let shown = if value.starts_with("https://") || value.starts_with("http://") {
            format!("<a href=\"{shown}\" rel=\"noreferrer\">{shown}</a>")
        } else {
            shown
        };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "<dt>{}</dt><dd>{shown}</dd>", escape(&label(name)));
    }
    page.push_str("</dl>\n");
    page
}

/// A readable name: `VMX_Contact_Id__c` becomes *VMX Contact Id*.
fn label(name: &str) -> String {
    name.trim_end_matches("__c").replace('_', " ")
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_callers_say_is_text_and_an_address_a_link() {
        let fields = json!({
            "VMX_Link__c": "https://example.com/v/a?b&c", "Description": "<script>alert(1)</script>\nNote: \"x\"",
            "Subject": "Voicemail for A & B", "VMX_Other__c": "javascript:alert(1)", "Closed": false,
        });
        let fields = fields.as_object().unwrap().clone();
        let page = of(&Record { id: "500".into(), object: "Case".into(), fields, writes: 1 });
        for part in [
            "<h1>Voicemail for A &amp; B</h1>",
            "<dt>Description</dt><dd>&lt;script&gt;alert(1)&lt;/script&gt;\nNote: &quot;x&quot;</dd>",
            "<dt>VMX Link</dt><dd><a href=\"https://example.com/v/a?b&amp;c\" rel=\"noreferrer\">",
            "<dt>VMX Other</dt><dd>javascript:alert(1)</dd>",
            "<dt>Closed</dt><dd>false</dd>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(
            page.find("Subject") < page.find("Description") && page.find("Description") < page.find("VMX")
        );
    }
}
