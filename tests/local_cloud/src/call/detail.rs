//! Renders AWS's view *Detail* as a page: its content, not the look of the agent workspace.
//!
//! Source: the Amazon Connect administrator guide, AWS managed views. A section's template is HTML; everything else in
//! the view's data is text.

use std::fmt::Write as _;

use serde_json::Value;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:24px;max-width:760px;color:#16191f;background:#fff}\
    h1{font-size:22px;margin:0}header p{color:#545b64;margin:4px 0 16px}\
    .bar{display:flex;flex-wrap:wrap;gap:8px 28px;padding:12px 16px;background:#f2f3f3;border-radius:8px}\
    .bar dt,dl.items dt{font-size:12px;color:#545b64}dd{margin:0}section{margin:20px 0}section p{white-space:pre-wrap;overflow-wrap:anywhere}audio{width:100%}\
    dl.items dt{margin-top:12px}button{font:inherit;padding:6px 16px;border:1px solid #0972d3;border-radius:16px;\
    background:#fff;color:#0972d3}";

/// Renders the view's data as a page.
#[must_use]
pub fn detail_page(data: &Value) -> String {
    let heading = text(data, "Heading");
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{heading}</title><style>{STYLE}</style>\n\
         <header><h1>{heading}</h1><p>{}</p></header>\n",
        text(data, "Description")
    );
    let entries = |value: &Value| value.as_array().cloned().unwrap_or_default();
    // Writing to a string cannot fail.
    if data["AttributeBar"].is_array() {
        page.push_str("<dl class=\"bar\">");
        for entry in entries(&data["AttributeBar"]) {
            let value = text(&entry, "Value");
            let value = match text(&entry, "LinkType").as_str() {
                "external" => format!("<a href=\"{}\">{value}</a>", text(&entry, "Url")),
                _ => value,
            };
            let _ = write!(page, "<div><dt>{}</dt><dd>{value}</dd></div>", text(&entry, "Label"));
        }
        page.push_str("</dl>\n");
    }
    for section in entries(&data["Sections"]) {
        page.push_str("<section>");
        match &section {
            Value::String(words) => {
                let _ = write!(page, "<p>{}</p>", escape(words));
            }
            section => {
                page.push_str(section["TemplateString"].as_str().unwrap_or_default());
                page.push_str("<dl class=\"items\">");
                for item in entries(&section["Items"]) {
                    let _ =
                        write!(page, "<dt>{}</dt><dd>{}</dd>", text(&item, "Label"), text(&item, "Value"));
                }
                page.push_str("</dl>");
            }
        }
        page.push_str("</section>\n");
    }
    for action in entries(&data["Actions"]) {
        let _ = writeln!(page, "<button>{}</button>", escape(action.as_str().unwrap_or_default()));
    }
    page
}

/// A required member that is missing from the data.
pub(super) fn missing(data: &Value) -> Option<&'static str> {
    let is_given = |member: &str| data.get(member).is_some_and(|value| !value.is_null());
    if !is_given("Sections") {
        Some("Sections")
    } else if !is_given("Actions") && !is_given("Back") {
        Some("Actions or Back")
    } else {
        None
    }
}

/// A text member, escaped for HTML.
fn text(value: &Value, member: &str) -> String {
    escape(value[member].as_str().unwrap_or_default())
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
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_view_without_content_or_without_a_way_on_is_incomplete() {
        assert_eq!(missing(&json!({"Actions": ["a"]})), Some("Sections"));
        assert_eq!(missing(&json!({"Sections": "s"})), Some("Actions or Back"));
        assert_eq!(missing(&json!({"Sections": "s", "Back": {"Label": "Back"}})), None);
    }

    #[test]
    fn texts_are_texts_and_a_template_is_html() {
        let page = detail_page(&json!({
            "Heading": "A & B",
            "AttributeBar": [{"Label": "L", "Value": "V", "LinkType": "external", "Url": "https://example.com/?a&b=\"c\""}],
            "Sections": [{"TemplateString": "<b>bold</b>"}, "<i>no</i>", {"Items": [{"Label": "T", "Value": "<script>"}]}],
            "Actions": ["Do > it"],
        }));
        for part in [
            "<h1>A &amp; B</h1>",
            "<a href=\"https://example.com/?a&amp;b=&quot;c&quot;\">V</a>",
            "<b>bold</b>",
            "<p>&lt;i&gt;no&lt;/i&gt;</p>",
            "<dt>T</dt><dd>&lt;script&gt;</dd>",
            "<button>Do &gt; it</button>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(detail_page(&Value::Null).ends_with("</header>\n"));
    }
}
