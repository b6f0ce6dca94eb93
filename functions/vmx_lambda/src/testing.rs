//! For tests: AWS as a function of requests.
//!
//! A test provides a function that responds to [`Call`]s, and gets an [`SdkConfig`] for the same clients that run on
//! Lambda. So it tests what goes over the wire: addresses, headers, signed queries, the SDK's own retries. With tokio's
//! clock paused nothing waits, and [`Aws::taking`] shows which calls run one after another.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aws;
mod bucket;
mod captured;
mod clock;
mod record;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use serde_json::Value;

pub use aws::{Aws, Step, configuration};
pub use bucket::{Buckets, Object};
pub use captured::Captured;
pub use clock::Clock;

/// The region of the calls.
pub const REGION: &str = "us-east-1";

/// One request to AWS.
#[derive(Debug, Clone)]
pub struct Call {
    /// The action as policies spell it, for example `s3:PutObject`.
    pub action: String,
    /// `GET`, `PUT`, …
    pub method: String,
    /// The host's name.
    pub host: String,
    /// The path, URL-encoded, with its leading `/`.
    pub path: String,
    /// The query's parameters, URL-encoded.
    pub query: BTreeMap<String, String>,
    /// The headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// The call of a request.
    ///
    /// # Panics
    /// If no function makes such a request: unsigned, with a streaming body, or with an unknown action.
    #[must_use]
    pub fn of(request: http::Request<SdkBody>) -> Self {
        let (parts, body) = request.into_parts();
        let headers: BTreeMap<String, String> = parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
            .collect();
        let query = parts.uri.query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
        let query = query.map(|part| part.split_once('=').unwrap_or((part, "")));
        let mut call = Self {
            action: String::new(),
            method: parts.method.to_string(),
            host: parts.uri.host().unwrap_or_default().to_owned(),
            path: parts.uri.path().to_owned(),
            query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            headers,
            body: Bytes::copy_from_slice(body.bytes().expect("a request's body is in memory")),
        };
        call.action = format!("{}:{}", call.service(), call.operation());
        record::record(&call, None);
        call
    }

    /// The service, from the signature.
    ///
    /// # Panics
    /// If the request is not signed.
    #[must_use]
    pub fn service(&self) -> String {
        let authorization = self.headers.get("authorization").expect("a signed request");
        authorization.split('/').nth(3).unwrap().to_owned()
    }

    fn operation(&self) -> String {
        if let Some(target) = self.headers.get("x-amz-target") {
            return target.rsplit('.').next().unwrap().to_owned();
        }
        // The form protocol.
        if let Some(action) = self.form("Action") {
            return action;
        }
        let segments: Vec<&str> = self.path.split('/').collect();
        let has = |name: &str| self.query.contains_key(name);
        match (self.service().as_str(), self.method.as_str(), segments[1]) {
            ("s3", "HEAD", _) => "HeadObject",
            ("s3", "GET", _) if has("list-type") => "ListBucket",
            ("s3", "GET", _) if has("tagging") => "GetObjectTagging",
            ("s3", "GET", _) => "GetObject",
            ("s3", "PUT", _) if has("partNumber") => "UploadPart",
            ("s3", "PUT", _) if has("tagging") => "PutObjectTagging",
            ("s3", "PUT", _) if self.headers.contains_key("x-amz-copy-source") => "CopyObject",
            ("s3", "PUT", _) => "PutObject",
            ("s3", "POST", _) if has("uploads") => "CreateMultipartUpload",
            ("s3", "POST", _) => "CompleteMultipartUpload",
            ("s3", "DELETE", _) if has("uploadId") => "AbortMultipartUpload",
            ("s3", "DELETE", _) => "DeleteObject",
            ("connect", "PUT", "contact") => "StartTaskContact",
            ("connect", "GET", "contact") => "GetContactAttributes",
            ("connect", "POST", "contact") => "UpdateContactAttributes",
            ("connect", "GET", "queues") => "DescribeQueue",
            ("connect", "GET", "users") => "DescribeUser",
            ("connect", "POST", "search-users") => "SearchUsers",
            // By its permission: the API calls it Converse.
            ("bedrock", "POST", "model") => "InvokeModel",
            ("ses", "POST", "v2") => "SendEmail",
            ("lambda", "POST", _) => "InvokeFunction",
            ("lambda", "GET", "2015-03-31") => "GetEventSourceMapping",
            ("lambda", "GET", "2019-09-30") => "GetFunctionConcurrency",
            ("connect", "GET", "instance") => "ListInstanceStorageConfigs",
            ("monitoring", "POST", "service") => "GetMetricStatistics",
            ("kinesisvideo", _, path) => return path[..1].to_uppercase() + &path[1..],
            other => panic!("which action is {other:?}?"),
        }
        .to_owned()
    }

    /// A value of a form body; not decoded.
    #[must_use]
    pub fn form(&self, name: &str) -> Option<String> {
        let is_form = self.headers.get("content-type").is_some_and(|kind| kind.contains("form-urlencoded"));
        let body = std::str::from_utf8(&self.body).ok().filter(|_| is_form)?;
        let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The response to a call.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: SdkBody,
    delay: Duration,
}

impl Reply {
    /// Success, with bytes as the body.
    #[must_use]
    pub fn bytes(body: impl Into<Vec<u8>>) -> Self {
        Self::of(SdkBody::from(body.into()))
    }

    fn of(body: SdkBody) -> Self {
        Self { status: 200, headers: Vec::new(), body, delay: Duration::ZERO }
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Success, with an empty body.
    #[must_use]
    pub fn empty() -> Self {
        Self { status: 204, ..Self::bytes("") }
    }

    /// Success, with JSON as the body.
    #[must_use]
    pub fn json(body: &Value) -> Self {
        Self::bytes(body.to_string())
    }

    /// Success, with a body in pieces of the given size that ends, if `breaks_off`, in an error.
    #[must_use]
    pub fn pieces(body: Vec<u8>, size: usize, breaks_off: bool) -> Self {
        let body = Bytes::from(body);
        let pieces: Vec<Bytes> = body.chunks(size).map(|piece| body.slice_ref(piece)).collect();
        let frames = pieces.into_iter().map(|piece| Ok(http_body::Frame::data(piece)));
        let end = breaks_off.then(|| Err(std::io::Error::other("connection reset by peer")));
        let stream = futures_util::stream::iter(frames.chain(end).collect::<Vec<_>>());
        Self::of(SdkBody::from_body_1_x(http_body_util::StreamBody::new(stream)))
    }

    /// Success whose body never comes.
    #[must_use]
    pub fn stalled() -> Self {
        let nothing = futures_util::stream::pending::<std::io::Result<http_body::Frame<Bytes>>>();
        Self::of(SdkBody::from_body_1_x(http_body_util::StreamBody::new(nothing)))
    }

    /// A service error in the format of the call's protocol.
    #[must_use]
    pub fn error(call: &Call, status: u16, code: &str) -> Self {
        let body = match call.service().as_str() {
            _ if call.method == "HEAD" => String::new(),
            "s3" => format!("<Error><Code>{code}</Code><Message>why</Message></Error>"),
            "sns" => format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>why</Message></Error></ErrorResponse>"
            ),
            _ => format!(r#"{{"__type":"{code}","message":"why"}}"#),
        };
        Self { status, ..Self::bytes(body) }.header("x-amzn-errortype", code)
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same, on its way for so much longer than the other responses.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// How much longer than the others it is on its way.
    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }

    /// Whether the response has a header of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name))
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The same, cut off in the middle of its body, if it has one.
    #[must_use]
    pub fn broken_off(self) -> Self {
        let half = self.body.bytes().map(|body| body[..body.len() / 2].to_vec()).unwrap_or_default();
        if half.is_empty() { self } else { Self { body: Self::pieces(half, 60_000, true).body, ..self } }
    }

    /// The response to a call as the SDK takes it.
    ///
    /// # Panics
    /// If a header is invalid.
    #[must_use]
    pub fn into_response(self, call: &Call) -> http::Response<SdkBody> {
        // Refusals and bodies that break off are what services do besides.
        if self.status < 300 && self.body.bytes().is_some() {
            record::record(call, Some(&self));
        }
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(self.body).unwrap()
    }
}
