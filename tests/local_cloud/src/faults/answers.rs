//! The responses of services to calls that fail.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::service::AwsResponse;

/// A proxied service's response to throttled calls.
pub(super) fn throttled(service: &str) -> AwsResponse {
    // S3, SQS and Lambda have codes of their own, and Kinesis names the stream's limit.
    let (status, code) = match service {
        "s3" => {
            return error(service, StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Reduce your request rate.");
        }
        "sqs" => (StatusCode::FORBIDDEN, "RequestThrottled"),
        "kinesis" => (StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException"),
        "lambda" | "ses" => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        _ => (StatusCode::BAD_REQUEST, "ThrottlingException"),
    };
    error(service, status, code, "Rate exceeded")
}

/// The response to calls without permission.
pub(super) fn refused(service: &str) -> AwsResponse {
    let code = match service {
        "s3" | "sns" | "sqs" => "AccessDenied",
        _ => "AccessDeniedException",
    };
    error(service, StatusCode::FORBIDDEN, code, "It is refused on purpose.")
}

/// The response to calls with expired credentials.
pub(super) fn expired(service: &str) -> AwsResponse {
    let (status, code) = match service {
        "s3" => (StatusCode::BAD_REQUEST, "ExpiredToken"),
        "sns" => (StatusCode::FORBIDDEN, "ExpiredToken"),
        _ => (StatusCode::FORBIDDEN, "ExpiredTokenException"),
    };
    error(service, status, code, "The security token included in the request is expired")
}

/// The response to an internal failure.
pub(super) fn internal_error(service: &str) -> AwsResponse {
    let code = if service == "s3" { "InternalError" } else { "InternalFailure" };
    error(service, StatusCode::INTERNAL_SERVER_ERROR, code, "It failed on purpose.")
}

/// The response while a service is unavailable.
pub(super) fn unavailable(service: &str) -> AwsResponse {
    error(service, StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "It is away on purpose.")
}

/// The response to calls with a skewed clock.
pub(super) fn skewed(service: &str, date: &str) -> AwsResponse {
    let (code, message) = match service {
        "s3" => (
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        ),
        _ => ("InvalidSignatureException", "Signature expired: it is not of these five minutes."),
    };
    let mut response = error(service, StatusCode::FORBIDDEN, code, message);
    if let Ok(date) = HeaderValue::from_str(date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

fn error(service: &str, status: StatusCode, code: &'static str, message: &str) -> AwsResponse {
    let (kind, body) = match service {
        "s3" => (
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                 <Error><Code>{code}</Code><Message>{message}</Message></Error>"
            ),
        ),
        // The query protocol.
        "sns" => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 </ErrorResponse>"
            ),
        ),
        _ => ("application/x-amz-json-1.1", json!({"__type": code, "message": message}).to_string()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    response
}
