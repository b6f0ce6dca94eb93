//! HTTP: one call, one response, both limited in size and time. Redirects are not followed.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HeaderName, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::error::SalesforceError;
use crate::origin::Loopback;

mod refusal;

/// This program's user agent.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("voicemail-express/", env!("CARGO_PKG_VERSION")));

/// A call's timeout, and its largest response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the request to the end of the response.
    pub time: Duration,
    /// The largest response in bytes.
    pub answer: usize,
}

impl Default for Limits {
    /// Salesforce responds to a write after its triggers and flows, which can take many seconds; no requested response
    /// is large.
    fn default() -> Self {
        Self { time: Duration::from_secs(30), answer: 256 * 1024 }
    }
}

/// A call.
pub(crate) struct Call {
    /// The call's name in errors.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) uri: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
}

/// A response, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Connections to Salesforce.
pub(crate) struct Transport {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    limits: Limits,
}

impl Transport {
    /// TLS is rustls with ring and the system's roots.
    pub(crate) fn new(limits: Limits, loopback: Loopback) -> Result<Self, SalesforceError> {
        let roots = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| SalesforceError::NoRoots { reason: error.to_string() })?;
        let schemes = match loopback {
            Loopback::Refused => roots.https_only(),
            Loopback::Allowed => roots.https_or_http(),
        };
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(limits.time));
        let http =
            Client::builder(TokioExecutor::new()).build(schemes.enable_http1().wrap_connector(connector));
        Ok(Self { http, limits })
    }

    /// Makes a call.
    pub(crate) async fn send(&self, call: Call) -> Result<Answer, SalesforceError> {
        let name = call.name;
        match tokio::time::timeout(self.limits.time, self.exchange(call)).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(SalesforceError::Timeout { call: name, seconds: self.limits.time.as_secs().max(1) })
            }
        }
    }

    async fn exchange(&self, call: Call) -> Result<Answer, SalesforceError> {
        let name = call.name;
        let request = request(call)?;
        let response = self.http.request(request).await.map_err(|error| unreachable(name, &error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), self.limits.answer).collect().await;
        match body {
            Ok(body) => Ok(Answer { status, body: body.to_bytes() }),
            Err(error) if error.is::<LengthLimitError>() => Err(SalesforceError::Answer {
                call: name,
                reason: format!("it is larger than {} bytes", self.limits.answer),
            }),
            Err(error) => Err(unreachable(name, &*error)),
        }
    }
}

fn request(call: Call) -> Result<Request<Full<Bytes>>, SalesforceError> {
    let mut request = Request::builder().method(call.method).uri(call.uri).header(USER_AGENT, AGENT);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    // Names and values are encoded already, so this cannot happen.
    request.body(Full::from(call.body)).map_err(|error| SalesforceError::Answer {
        call: call.name,
        reason: format!("invalid request: {error}"),
    })
}

/// The innermost cause: the others are just "client error" and the like.
fn unreachable(call: &'static str, error: &(dyn std::error::Error + 'static)) -> SalesforceError {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    SalesforceError::Unreachable { call, reason: deepest.to_string() }
}
