//! The error in a response.
//!
//! Source: REST API Developer Guide, *Status Codes and Error Responses*; Salesforce Help, *OAuth 2.0 Authorization
//! Errors*.

use http::StatusCode;
use serde::Deserialize;

use super::Answer;
use crate::error::{Said, SalesforceError};

/// Codes of temporary errors, whatever their status. Source: SOAP API Developer Guide, *Core Data Types Used in API
/// Calls*, exception and status codes; the last three are the token endpoint's.
const PASSING: [&str; 8] = [
    "REQUEST_LIMIT_EXCEEDED",
    "SERVER_UNAVAILABLE",
    "UNABLE_TO_LOCK_ROW",
    "QUERY_TIMEOUT",
    "REQUEST_RUNNING_TOO_LONG",
    "rate_limit_exceeded",
    "temporarily_unavailable",
    "unknown_error",
];
/// The longest code to repeat.
const LONGEST_CODE: usize = 64;
/// The longest message to repeat.
const LONGEST_MESSAGE: usize = 300;
/// Replaces sent text, and cut text.
const LEFT_OUT: &str = "…";

/// One error of the REST API, which sends a list of them.
#[derive(Deserialize)]
struct RestError {
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    fields: Vec<String>,
}

/// The token endpoint's error.
#[derive(Deserialize)]
struct TokenError {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Answer {
    /// The error in this response. `sent` are the request's texts: Salesforce often repeats them, and they are secrets
    /// or a caller's words.
    pub(crate) fn refusal(&self, call: &'static str, sent: &[String]) -> SalesforceError {
        let (code, message) = self.code_and_message();
        let code = code.map(|code| bounded(&code, LONGEST_CODE));
        let passing = code.as_deref().is_some_and(|code| PASSING.contains(&code));
        let said = Said { status: self.status.as_u16(), code, message: without(&message, sent) };
        match self.status {
            _ if passing => SalesforceError::Busy { call, said },
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                SalesforceError::Busy { call, said }
            }
            status if status.is_server_error() => SalesforceError::Busy { call, said },
            status if status.is_redirection() => SalesforceError::Answer {
                call,
                reason: format!(
                    "HTTP status {} is a redirect, and redirects are not followed; check the secret's \
                     login_url",
                    said.status
                ),
            },
            StatusCode::UNAUTHORIZED => SalesforceError::NotAuthorized { call, said },
            _ => SalesforceError::Refused { call, said },
        }
    }

    fn code_and_message(&self) -> (Option<String>, String) {
        if let Ok(errors) = serde_json::from_slice::<Vec<RestError>>(&self.body)
            && let Some(first) = errors.into_iter().next()
        {
            let fields = match first.fields.as_slice() {
                [] => String::new(),
                fields => format!(" (fields: {})", fields.join(", ")),
            };
            return (Some(first.code), first.message + &fields);
        }
        match serde_json::from_slice::<TokenError>(&self.body) {
            Ok(error) => (Some(error.error), error.error_description),
            Err(_) => (None, String::new()),
        }
    }
}

/// A message without the sent words, on one line and not too long.
///
/// A word stays if no text of the request contains it. That also removes parts of words, so nothing remains of what
/// Salesforce cut.
fn without(message: &str, sent: &[String]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for word in message.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.is_empty() || !sent.iter().any(|text| text.contains(bare)) {
            kept.push(word);
        } else if kept.last() != Some(&LEFT_OUT) {
            kept.push(LEFT_OUT);
        }
    }
    bounded(&kept.join(" "), LONGEST_MESSAGE)
}

fn bounded(text: &str, most: usize) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    match clean.char_indices().nth(most) {
        Some((end, _)) => clean[..end].to_owned() + LEFT_OUT,
        None => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn refusal(status: u16, body: &str, sent: &[&str]) -> SalesforceError {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let sent: Vec<String> = sent.iter().map(|&text| text.to_owned()).collect();
        Answer { status, body: Bytes::copy_from_slice(body.as_bytes()) }.refusal("call", &sent)
    }

    fn rest(code: &str, message: &str) -> String {
        serde_json::json!([{"message": message, "errorCode": code, "fields": ["Subject"]}]).to_string()
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for (status, body, transient) in [
            (403, rest("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), true),
            (400, rest("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"), true),
            (429, String::new(), true),
            (503, "<html>Down for maintenance</html>".to_owned(), true),
            (500, rest("UNKNOWN_EXCEPTION", "An unexpected error occurred"), true),
            (400, r#"{"error":"unknown_error","error_description":"retry your request"}"#.to_owned(), true),
            (400, rest("INVALID_FIELD", "No such column 'X__c'"), false),
            (404, rest("NOT_FOUND", "The requested resource does not exist"), false),
            (401, rest("INVALID_SESSION_ID", "Session expired or invalid"), false),
            (302, String::new(), false),
            (410, String::new(), false),
        ] {
            let error = refusal(status, &body, &[]);
            assert_eq!(error.is_transient(), transient, "{status} {error}");
        }
    }

    #[test]
    fn code_and_message_are_repeated() {
        let error =
            refusal(400, &rest("INVALID_FIELD", "No such column 'X__c' on sobject of type Case"), &[]);
        assert_eq!(
            error.to_string(),
            "call: Salesforce refused: HTTP status 400, INVALID_FIELD: No such column 'X__c' on sobject of type Case \
             (fields: Subject)"
        );
        let token = r#"{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}"#;
        let error = refusal(400, token, &[]).to_string();
        assert!(
            error.ends_with("HTTP status 400, invalid_grant: user hasn't approved this consumer"),
            "{error}"
        );
        assert_eq!(refusal(400, "", &[]).to_string(), "call: Salesforce refused: HTTP status 400");
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let said = rest(
            "STRING_TOO_LONG",
            "Subject: data value too large: Voicemail from +15555550100, my card is 41 (max length=255)",
        );
        let error = refusal(400, &said, &["Voicemail from +15555550100, my card is 4111 1111", "Medium"]);
        assert_eq!(
            error.to_string(),
            "call: Salesforce refused: HTTP status 400, STRING_TOO_LONG: Subject: data value too large: … (max \
             length=255) (fields: Subject)"
        );
        let said = rest("X", &"y".repeat(5000));
        assert!(refusal(400, &said, &[]).to_string().chars().count() < 400);
        let noise = rest("X\u{1b}[31m", "a\u{1b}[2J\r\nb");
        assert!(!refusal(400, &noise, &[]).to_string().chars().any(char::is_control));
    }
}
