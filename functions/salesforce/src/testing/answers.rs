//! Answers in Salesforce's form.

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};

use super::Trouble;

pub(super) fn json(status: u16, body: &Value) -> Response {
    with_body(status, "application/json;charset=UTF-8", Body::from(body.to_string()))
}

/// An error of the REST API.
pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    json(status, &json!([{"message": message, "errorCode": code}]))
}

/// An error of the token endpoint.
pub(super) fn token_error(code: &str, description: &str) -> Response {
    json(400, &json!({"error": code, "error_description": description}))
}

/// A page for people, without scripts and external resources.
pub(super) fn page(html: String) -> Response {
    let mut response = with_body(200, "text/html; charset=utf-8", Body::from(html));
    let policy = http::HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

pub(super) fn empty(status: u16) -> Response {
    with_body(status, "application/json", Body::empty())
}

pub(super) async fn trouble(trouble: Trouble) -> Response {
    match trouble {
        Trouble::SessionEnded => error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        Trouble::TooMany => error(429, "TOO_MANY_REQUESTS", "Too many requests"),
        Trouble::LimitExceeded => error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        Trouble::Broken => error(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
        Trouble::Maintenance => with_body(503, "text/html", Body::from("<html>Down for maintenance</html>")),
        Trouble::Silent | Trouble::DoneInSilence => std::future::pending().await,
        Trouble::Cut => {
            let pieces = [Ok(Bytes::from_static(b"{\"re")), Err(std::io::Error::other("cut"))];
            with_body(200, "application/json", Body::from_stream(stream::iter(pieces)))
        }
        Trouble::Malformed => with_body(200, "application/json", Body::from("{\"records\": [")),
        Trouble::Endless => {
            let piece = || Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 16 * 1024]));
            with_body(200, "application/json", Body::from_stream(stream::repeat_with(piece).boxed()))
        }
        Trouble::Redirect => {
            let mut response = empty(302);
            response.headers_mut().insert(LOCATION, http::HeaderValue::from_static("http://127.0.0.1:9/"));
            response
        }
    }
}

fn with_body(status: u16, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}
