//! The responses of services to calls that fail.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::service::AwsResponse;

/// A proxied service's response to throttled calls.
pub(crate) fn throttled(service: &str) -> AwsResponse {
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

/// The response to calls that the organization forbids. Source of the text: the IAM user guide, "Troubleshoot access
/// denied error messages".
pub(crate) fn forbidden(service: &str, action: &str) -> AwsResponse {
    let message = format!(
        "User: arn:aws:iam::111122223333:root is not authorized to perform: {action} on resource: * with an explicit \
         deny in a service control policy"
    );
    match service {
        // The services of the query protocol.
        "s3" | "sns" | "sqs" | "iam" | "cloudformation" | "sts" => {
            error(service, StatusCode::FORBIDDEN, "AccessDenied", &message)
        }
        _ => error(service, StatusCode::FORBIDDEN, "AccessDeniedException", &message),
    }
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
        "monitoring" => ("application/cbor", cbor([("__type", code), ("message", message)])),
        "s3" => (
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                 <Error><Code>{code}</Code><Message>{message}</Message></Error>"
            )
            .into_bytes(),
        ),
        // The query protocol.
        "sns" | "iam" | "cloudformation" | "sts" => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 </ErrorResponse>"
            )
            .into_bytes(),
        ),
        _ => ("application/x-amz-json-1.1", json!({"__type": code, "message": message}).to_string().into_bytes()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if service == "monitoring" {
        response.headers_mut().insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    }
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    response
}

/// A map of texts in CBOR, the format of Amazon CloudWatch (RFC 8949).
fn cbor(members: [(&str, &str); 2]) -> Vec<u8> {
    let mut bytes = vec![0xA0 | 2];
    for text in members.into_iter().flat_map(|(name, value)| [name, value]) {
        // A text with its length in two bytes.
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        bytes.push(0x79);
        bytes.extend(length.to_be_bytes());
        bytes.extend(&text.as_bytes()[..length.into()]);
    }
    bytes
}
