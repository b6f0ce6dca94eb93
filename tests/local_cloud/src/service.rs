//! The interface of services that the local cloud implements itself.
//!
//! A [`Service`] names the IAM action of a request, the endpoint authenticates the caller and authorizes the action,
//! and only then the service carries out the request. Services never see an unauthorized request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The account, region and partition of a local cloud, which has exactly one of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The partition of ARNs: `aws`.
    pub partition: String,
    /// The region, for example `us-east-1`.
    pub region: String,
    /// The account's twelve digits.
    pub id: String,
}

impl Account {
    /// The ARN of a resource of this account and region, for example `arn("connect", "instance/…")`.
    #[must_use]
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.id)
    }
}

/// The sender of a request, according to its verified signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The access key of the signature. It distinguishes sessions of one role.
    pub access_key_id: String,
    /// The account of the caller.
    pub account_id: String,
    /// The caller's ARN as in `sts:GetCallerIdentity`, for example `arn:aws:sts::1112…:assumed-role/name/session`.
    pub arn: String,
    /// The region of the signature's scope.
    pub region: String,
}

/// A complete request to one of the local cloud's own services, with its signature verified.
#[derive(Debug, Clone)]
pub struct AwsRequest {
    /// The HTTP method.
    pub method: Method,
    /// The path as sent, percent-encoded, without the query.
    pub path: String,
    /// The query's names and values, decoded, in order.
    pub query: Vec<(String, String)>,
    /// All headers as sent.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The caller.
    pub caller: Caller,
}

impl AwsRequest {
    /// The path's segments, percent-decoded: `/contact-flows/a%2Fb` is `["contact-flows", "a/b"]`.
    ///
    /// A trailing slash adds no segment. Invalid UTF-8 is replaced.
    #[must_use]
    pub fn segments(&self) -> Vec<String> {
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.is_empty() {
            Vec::new()
        } else {
            path.split('/').map(|segment| percent_decode(segment).into_owned()).collect()
        }
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a repeatable query parameter.
    pub fn query_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header's value, if it exists and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The operation in `x-amz-target` after the service's `prefix`; the whole target if the prefix differs.
    #[must_use]
    pub fn operation(&self, prefix: &str) -> &str {
        let target = self.header("x-amz-target").unwrap_or_default();
        target.strip_prefix(prefix).unwrap_or(target)
    }

    /// The body as JSON; an empty body reads as `{}`.
    ///
    /// # Errors
    /// `SerializationException`, AWS's response to a body that does not have the operation's shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, AwsError> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body).map_err(|error| {
            AwsError::new(StatusCode::BAD_REQUEST, "SerializationException", error.to_string())
        })
    }
}

/// The IAM action and resources of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The IAM action, for example `connect:StartTaskContact`.
    pub name: String,
    /// The ARNs for the action, by the service authorization reference. The caller needs the permission on every one.
    /// Actions without resource types have the one resource `*`.
    pub resources: Vec<String>,
    /// The actions that this one depends on, each with its resource. The caller needs them too.
    pub dependent: Vec<(&'static str, String)>,
    /// The values of the service's own condition keys, for example `transcribe:OutputBucketName`.
    pub context: BTreeMap<&'static str, String>,
}

impl Action {
    /// An action on one resource.
    #[must_use]
    pub fn new(name: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            resources: vec![resource.into()],
            dependent: Vec::new(),
            context: BTreeMap::new(),
        }
    }

    /// An action without resource types, which is granted on `*` only.
    #[must_use]
    pub fn on_everything(name: impl Into<String>) -> Self {
        Self::new(name, "*")
    }
}

/// The response of an own service. Bodies may be streams.
pub type AwsResponse = Response<Body>;

/// A JSON response with status 200.
///
/// # Errors
/// `InternalServiceError` if the value cannot be written as JSON, which is a bug in this program.
pub fn json_response<T: Serialize + ?Sized>(value: &T) -> Result<AwsResponse, AwsError> {
    let body = serde_json::to_vec(value).map_err(|error| AwsError::internal(error.to_string()))?;
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// The format of a service's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `restJson1`: the code in the `x-amzn-errortype` header (Connect, Kinesis Video Streams).
    RestJson,
    /// `awsJson1_1`: the code in the body's `__type` (Transcribe).
    AwsJson,
}

/// An AWS service's error response.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code} ({status}): {message}")]
pub struct AwsError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The error's code: the name of its shape in the service's model, for example `ResourceNotFoundException`.
    pub code: Cow<'static, str>,
    /// The message. May be empty, as Connect's often is.
    pub message: String,
    /// More members of the error's shape, for example Connect's `problems`.
    pub members: Box<Map<String, Value>>,
}

impl AwsError {
    /// An error without more members.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), members: Box::default() }
    }

    /// A client error with status 400.
    #[must_use]
    pub fn bad_request(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A failure of the local cloud itself, status 500.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceError", message)
    }

    /// `UnknownOperationException`, 404: no operation has this method and path or target.
    #[must_use]
    pub fn unknown_operation(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "UnknownOperationException",
            format!("the local cloud knows no operation {what}"),
        )
    }

    /// The same error with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// The error on the wire.
    #[must_use]
    pub fn into_response(self, protocol: Protocol) -> AwsResponse {
        let mut members = *self.members;
        members.insert("Message".to_owned(), Value::String(self.message));
        if protocol == Protocol::AwsJson {
            members.insert("__type".to_owned(), Value::String(self.code.clone().into_owned()));
        }
        let mut response = Response::new(Body::from(Value::Object(members).to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(code) = HeaderValue::from_str(&self.code) {
            headers.insert("x-amzn-errortype", code);
        }
        response
    }
}

/// A service that the local cloud implements itself.
pub trait Service: Send + Sync {
    /// The IAM action and resources of a request, determined without carrying it out.
    ///
    /// # Errors
    /// `UnknownOperationException` if the service has no such operation, or the service's own error if the request is
    /// too malformed to name a resource.
    fn action(&self, request: &AwsRequest) -> Result<Action, AwsError>;

    /// Carries out a request whose caller is authorized for [`Service::action`].
    fn handle(&self, request: AwsRequest) -> BoxFuture<'_, Result<AwsResponse, AwsError>>;

    /// The format of the service's errors.
    fn protocol(&self) -> Protocol {
        Protocol::RestJson
    }

    /// The service's throttling error.
    fn throttled(&self) -> AwsError {
        AwsError::bad_request("ThrottlingException", "Rate exceeded")
    }
}

/// Decodes `%XX`. Invalid UTF-8 is replaced; a `%` that starts no escape stays as it is.
#[must_use]
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> AwsRequest {
        AwsRequest {
            method: Method::GET,
            path: path.to_owned(),
            query: vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())],
            headers: HeaderMap::new(),
            body: Bytes::new(),
            caller: Caller {
                access_key_id: "AKIA".to_owned(),
                account_id: "111122223333".to_owned(),
                arn: "arn:aws:iam::111122223333:root".to_owned(),
                region: "us-east-1".to_owned(),
            },
        }
    }

    #[test]
    fn segments_are_split_before_they_are_decoded() {
        assert_eq!(request("/associate/arn%3Aaws%2Fx/y/").segments(), ["associate", "arn:aws/x", "y"]);
        assert!(request("/").segments().is_empty());
    }

    #[test]
    fn a_percent_sign_that_escapes_nothing_stands_for_itself() {
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%zz%41"), "%zzA");
        assert_eq!(percent_decode("%+1"), "%+1");
    }

    #[test]
    fn repeated_query_parameters_are_all_given() {
        assert_eq!(request("/").query_values("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(request("/").query_value("a"), Some("1"));
    }

    #[test]
    fn an_error_carries_its_code_where_the_protocol_wants_it() {
        let error = || {
            AwsError::bad_request("InvalidContactFlowException", "").with("problems", Value::Array(vec![]))
        };
        let rest = error().into_response(Protocol::RestJson);
        assert_eq!(rest.headers()["x-amzn-errortype"], "InvalidContactFlowException");
        assert_eq!(error().into_response(Protocol::AwsJson).status(), StatusCode::BAD_REQUEST);
    }
}
