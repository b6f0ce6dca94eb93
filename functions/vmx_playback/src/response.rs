//! Responses to requests of the function URL, payload format 2.0.

use serde_json::{Map, Value, json};

/// Security headers of every response: no other site can embed, keep, index or learn of it.
const ALWAYS: [(&str, &str); 7] = [
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("x-robots-tag", "noindex, nofollow"),
];

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    status: u16,
    /// In addition to those that are always sent.
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Response {
    /// A page.
    pub(crate) fn page(status: u16, policy: &str, body: String) -> Self {
        let headers = vec![
            ("content-security-policy", policy.to_owned()),
            ("content-type", "text/html; charset=utf-8".to_owned()),
        ];
        Self { status, headers, body }
    }

    /// A redirect.
    pub(crate) fn redirect(location: String, policy: &str) -> Self {
        let headers = vec![("content-security-policy", policy.to_owned()), ("location", location)];
        Self { status: 302, headers, body: String::new() }
    }

    /// In AWS Lambda's format. The response to HEAD has the headers of the one to GET and no body.
    pub(crate) fn into_json(self, is_head: bool) -> Value {
        let all = ALWAYS.map(|(name, value)| (name, value.to_owned())).into_iter().chain(self.headers);
        let headers: Map<String, Value> = all.map(|(name, value)| (name.to_owned(), value.into())).collect();
        let body = if is_head { String::new() } else { self.body };
        json!({"statusCode": self.status, "headers": headers, "body": body, "isBase64Encoded": false})
    }
}
