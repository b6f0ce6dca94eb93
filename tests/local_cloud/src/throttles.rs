//! Throttling on demand: the next calls of an action are answered as AWS answers a caller that asks too often.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header};
use serde_json::json;

use crate::service::{AwsResponse, percent_decode};

/// How many calls of which action are still to be throttled.
#[derive(Debug, Default)]
pub struct Throttles {
    remaining: Mutex<HashMap<String, u32>>,
}

impl Throttles {
    /// Throttles the next `calls` calls of an IAM action, for example `connect:StartTaskContact`.
    ///
    /// Actions of proxied services that can be named: those of services that are called with an `x-amz-target` header
    /// (Kinesis, SQS, EventBridge, …), `s3:PutObject`, `s3:GetObject`, `s3:DeleteObject`, `s3:AbortMultipartUpload`,
    /// `s3:ListBucket` and `lambda:InvokeFunction`.
    pub fn throttle(&self, action: &str, calls: u32) {
        self.remaining.lock().unwrap_or_else(PoisonError::into_inner).insert(action.to_owned(), calls);
    }

    /// Whether this call of an action is one to throttle. It is counted.
    #[must_use]
    pub fn take(&self, action: &str) -> bool {
        let mut remaining = self.remaining.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(calls) = remaining.get_mut(action).filter(|calls| **calls > 0) else {
            return false;
        };
        *calls -= 1;
        true
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
        let throttles = Throttles::default();
        throttles.throttle("connect:StartTaskContact", 2);
        let taken: Vec<bool> = (0..4).map(|_| throttles.take("connect:StartTaskContact")).collect();
        assert_eq!(taken, [true, true, false, false]);
        assert!(!throttles.take("connect:DescribeContact"));
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
