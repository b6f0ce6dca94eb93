//! Faults on demand: the next calls of an action are throttled, or carried out and their answers lost.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde_json::json;

use crate::service::{AwsResponse, percent_decode};

/// How many calls of which action are still to go wrong, and how.
#[derive(Debug, Default)]
pub struct Faults {
    throttled: Countdown,
    unanswered: Countdown,
}

/// How many calls are left, by action.
#[derive(Debug, Default)]
struct Countdown(Mutex<HashMap<String, u32>>);

impl Countdown {
    fn start(&self, action: &str, calls: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(action.to_owned(), calls);
    }

    fn left(&self, action: &str) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(action).copied().unwrap_or_default()
    }

    /// Whether there was one left. It is counted.
    fn take(&self, action: &str) -> bool {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = calls.get_mut(action).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }
}

impl Faults {
    /// Throttles the next `calls` calls of an IAM action, for example `connect:StartTaskContact`.
    ///
    /// Actions of proxied services that can be named: those of services that are called with an `x-amz-target` header
    /// (Kinesis, SQS, EventBridge, …), `s3:PutObject`, `s3:GetObject`, `s3:DeleteObject`, `s3:AbortMultipartUpload`,
    /// `s3:ListBucket` and `lambda:InvokeFunction`.
    pub fn throttle(&self, action: &str, calls: u32) {
        self.throttled.start(action, calls);
    }

    /// Carries out the next `calls` calls of an IAM action and loses the answers: the caller gets an internal error.
    /// To the caller's work that is as if it had died right after the call. Actions as for [`Faults::throttle`].
    pub fn lose_answers(&self, action: &str, calls: u32) {
        self.unanswered.start(action, calls);
    }

    /// How many answers to an action are still to be lost.
    #[must_use]
    pub fn answers_to_lose(&self, action: &str) -> u32 {
        self.unanswered.left(action)
    }

    /// Whether this call of an action is one to throttle. It is counted.
    #[must_use]
    pub fn throttles(&self, action: &str) -> bool {
        self.throttled.take(action)
    }

    /// Whether the answer to this call of an action is one to lose. It is counted.
    #[must_use]
    pub fn loses_answer(&self, action: &str) -> bool {
        self.unanswered.take(action)
    }
}

/// The IAM action of a request for a proxied service, as far as its line and headers tell.
#[must_use]
pub fn proxied_action<B>(service: &str, request: &Request<B>) -> Option<String> {
    if let Some(target) = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()) {
        return Some(format!("{service}:{}", target.rsplit('.').next().unwrap_or(target)));
    }
    let path = percent_decode(request.uri().path());
    match service {
        "s3" => s3_action(request.method().as_str(), &path, request.uri().query().unwrap_or_default()),
        "lambda" if path.ends_with("/invocations") => Some("lambda:InvokeFunction".to_owned()),
        _ => None,
    }
}

fn s3_action(method: &str, path: &str, query: &str) -> Option<String> {
    let is_object = path.trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let action = match (method, is_object) {
        // An upload in parts needs the same permission for all its calls but the last one.
        ("DELETE", true) if query.contains("uploadId=") => "AbortMultipartUpload",
        ("PUT" | "POST", true) => "PutObject",
        ("GET" | "HEAD", true) => "GetObject",
        ("DELETE", true) => "DeleteObject",
        ("GET", false) if query.contains("list-type=") => "ListBucket",
        _ => return None,
    };
    Some(format!("s3:{action}"))
}

/// What a proxied service answers to a caller that asks too often.
#[must_use]
pub fn proxied_refusal(service: &str) -> AwsResponse {
    if service == "s3" {
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                   <Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
        return answer(StatusCode::SERVICE_UNAVAILABLE, "application/xml", xml.to_owned());
    }
    // SQS and Lambda have codes of their own, and Kinesis names the stream's limit.
    let (status, code) = match service {
        "sqs" => (StatusCode::FORBIDDEN, "RequestThrottled"),
        "kinesis" => (StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException"),
        "lambda" => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        _ => (StatusCode::BAD_REQUEST, "ThrottlingException"),
    };
    let body = json!({"__type": code, "message": "Rate exceeded"}).to_string();
    let mut response = answer(status, "application/x-amz-json-1.1", body);
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    response
}

/// What a caller gets whose answer is lost.
#[must_use]
pub fn lost_answer(service: &str) -> AwsResponse {
    if service == "s3" {
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                   <Error><Code>InternalError</Code><Message>The answer was lost on purpose.</Message></Error>";
        return answer(StatusCode::INTERNAL_SERVER_ERROR, "application/xml", xml.to_owned());
    }
    let body = json!({"__type": "InternalFailure", "message": "The answer was lost on purpose."}).to_string();
    let mut response = answer(StatusCode::INTERNAL_SERVER_ERROR, "application/x-amz-json-1.1", body);
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static("InternalFailure"));
    response
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> AwsResponse {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_asked_number_of_calls_is_throttled() {
        let faults = Faults::default();
        faults.throttle("connect:StartTaskContact", 2);
        let taken: Vec<bool> = (0..4).map(|_| faults.throttles("connect:StartTaskContact")).collect();
        assert_eq!(taken, [true, true, false, false]);
        assert!(!faults.throttles("connect:DescribeContact"));
    }

    #[test]
    fn requests_name_their_actions() {
        let action = |service, method: &str, uri: &str, target: Option<&str>| {
            let mut request = Request::builder().method(method).uri(uri);
            if let Some(target) = target {
                request = request.header("x-amz-target", target);
            }
            proxied_action(service, &request.body(()).unwrap())
        };
        assert_eq!(
            action("kinesis", "POST", "/", Some("Kinesis_20131202.PutRecord")).unwrap(),
            "kinesis:PutRecord"
        );
        assert_eq!(
            action("s3", "PUT", "/bucket/a/b.wav?partNumber=1&uploadId=x", None).unwrap(),
            "s3:PutObject"
        );
        assert_eq!(action("s3", "DELETE", "/bucket/k?uploadId=x", None).unwrap(), "s3:AbortMultipartUpload");
        assert_eq!(action("s3", "HEAD", "/bucket/k", None).unwrap(), "s3:GetObject");
        assert_eq!(action("s3", "GET", "/bucket?list-type=2", None).unwrap(), "s3:ListBucket");
        assert_eq!(action("s3", "PUT", "/bucket", None), None);
        let function = "/2015-03-31/functions/f/invocations";
        assert_eq!(action("lambda", "POST", function, None).unwrap(), "lambda:InvokeFunction");
    }
}
