//! Calls that our start-up patch adds to MiniStack's process: authentication and authorization of requests, events of
//! AWS services, which cannot be put on a bus from outside, and the clock of schedules.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::service::{Account, Action, AwsError, AwsResponse, Caller};

/// A client of a MiniStack's internal calls. Cheap to clone.
#[derive(Debug, Clone)]
pub struct InternalCalls {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    token: String,
}

/// The signature scope of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The service's signing name, for example `connect`.
    pub service: String,
    /// The region.
    pub region: String,
}

#[derive(Deserialize)]
struct Answer {
    caller: Option<CallerAnswer>,
    #[serde(default)]
    rules: Vec<String>,
    error: Option<ErrorAnswer>,
}

#[derive(Deserialize)]
struct CallerAnswer {
    access_key_id: String,
    account_id: String,
    arn: String,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    code: String,
    message: String,
}

impl InternalCalls {
    /// A client of the MiniStack at `base`, which was started with `token`.
    #[must_use]
    pub fn new(base: &str, token: impl Into<String>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, base: base.to_owned(), token: token.into() }
    }

    /// Verifies a request's signature and identifies the caller.
    ///
    /// # Errors
    /// AWS's response to a request with a missing, unknown, wrong or expired signature.
    pub async fn authenticate(
        &self,
        request: &http::request::Parts,
        body: &Bytes,
        scope: &Scope,
    ) -> Result<Caller, AwsError> {
        let request = described(request, body);
        self.ask(json!({ "request": request, "service": scope.service, "region": scope.region }), scope).await
    }

    /// Holds the answer to a request against the service's published model, and records violations. Media is not read.
    ///
    /// # Errors
    /// If MiniStack cannot be reached.
    pub async fn hold_answer(
        &self,
        request: &Value,
        scope: &Scope,
        answer: AwsResponse,
    ) -> Result<AwsResponse, AwsError> {
        let (parts, body) = answer.into_parts();
        let is_json = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
        let (read, body) = if is_json {
            let read = body.collect().await.map_err(|error| failed("answered", error))?.to_bytes();
            (read.clone(), Body::from(read))
        } else {
            (Bytes::new(), body)
        };
        let exchange = json!({
            "request": request,
            "service": scope.service,
            "status": parts.status.as_u16(),
            "headers": listed(&parts.headers),
            "body": BASE64.encode(&read),
        });
        self.post("answered", &exchange).await?;
        Ok(AwsResponse::from_parts(parts, body))
    }

    /// Checks whether a caller's policies allow an action on every one of its resources.
    ///
    /// # Errors
    /// `AccessDeniedException` with AWS's text if one does not.
    pub async fn authorize(&self, caller: &Caller, action: &Action) -> Result<(), AwsError> {
        let service = action.name.split(':').next().unwrap_or_default();
        let named = action.resources.iter().map(|resource| (action.name.as_str(), resource));
        let dependent = action.dependent.iter().map(|(name, resource)| (*name, resource));
        let checks: Vec<_> = named.chain(dependent).collect();
        let scope = Scope { service: service.to_owned(), region: caller.region.clone() };
        self.ask(
            json!({
                "access_key_id": caller.access_key_id,
                "checks": checks,
                "context": action.context,
                "service": service,
                "region": caller.region,
            }),
            &scope,
        )
        .await
        .map(drop)
    }

    /// Puts an event of the service `source` (for example `aws.transcribe`) on the account's default event bus.
    ///
    /// # Errors
    /// If MiniStack refuses the event or cannot be reached.
    pub async fn publish_event(
        &self,
        account: &Account,
        source: &str,
        detail_type: &str,
        detail: &Value,
    ) -> Result<(), AwsError> {
        let event = json!({
            "source": source,
            "detail_type": detail_type,
            "resources": [],
            "detail": detail,
            "account_id": account.id,
            "region": account.region,
        });
        self.post("event", &event).await.map(drop)
    }

    /// Fires the schedules of EventBridge rules now: of the rule with this name, or of all enabled ones. Returns the
    /// rules' names.
    ///
    /// # Errors
    /// If MiniStack cannot be reached.
    pub async fn tick(&self, rule: Option<&str>) -> Result<Vec<String>, AwsError> {
        Ok(self.post("tick", &json!({ "rule": rule })).await?.rules)
    }

    /// Ages all S3 objects.
    ///
    /// # Errors
    /// If MiniStack cannot be reached.
    pub async fn age_objects(&self, by: Duration) -> Result<(), AwsError> {
        self.post("age", &json!({ "seconds": by.as_secs() })).await.map(drop)
    }

    async fn ask(&self, question: Value, scope: &Scope) -> Result<Caller, AwsError> {
        let caller = self.post("authorize", &question).await?.caller;
        let caller = caller.ok_or_else(|| failed("authorize", "ministack names no caller"))?;
        Ok(Caller {
            access_key_id: caller.access_key_id,
            account_id: caller.account_id,
            arn: caller.arn,
            region: scope.region.clone(),
        })
    }

    async fn post(&self, call: &str, question: &Value) -> Result<Answer, AwsError> {
        let request = Request::post(format!("{}/_local_cloud/{call}", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-local-cloud-token", &self.token)
            .body(Full::new(Bytes::from(question.to_string())))
            .map_err(|error| failed(call, error))?;
        let response = self.client.request(request).await.map_err(|error| failed(call, error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| failed(call, error))?.to_bytes();
        if status != StatusCode::OK {
            return Err(failed(call, format!("ministack answered {status}")));
        }
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| failed(call, error))?;
        match answer.error {
            Some(ErrorAnswer { code, message }) => Err(refusal(code, message)),
            None => Ok(answer),
        }
    }
}

/// A request as the internal calls describe it.
pub(crate) fn described(request: &http::request::Parts, body: &Bytes) -> Value {
    json!({
        "method": request.method.as_str(),
        "path": request.uri.path(),
        "query": request.uri.query().unwrap_or_default(),
        "headers": listed(&request.headers),
        "body": BASE64.encode(body),
    })
}

fn listed(headers: &HeaderMap) -> Vec<(&str, String)> {
    let latin = |value: &HeaderValue| value.as_bytes().iter().map(|&byte| char::from(byte)).collect();
    headers.iter().map(|(name, value)| (name.as_str(), latin(value))).collect()
}

/// The call itself failed.
fn failed(call: &str, reason: impl std::fmt::Display) -> AwsError {
    AwsError::internal(format!("the local cloud's internal call {call} failed: {reason}"))
}

/// MiniStack names some refusals like XML services; the services here are JSON services.
fn refusal(code: String, message: String) -> AwsError {
    let (status, code) = match code.as_str() {
        "SignatureDoesNotMatch" | "CredentialDateMismatch" | "RequestTimeTooSkewed" => {
            (StatusCode::FORBIDDEN, Cow::Borrowed("InvalidSignatureException"))
        }
        "IncompleteSignature" | "MissingAuthorizationParameter" => {
            (StatusCode::FORBIDDEN, Cow::Borrowed("IncompleteSignatureException"))
        }
        "ModelViolation" => (StatusCode::BAD_REQUEST, Cow::Owned(code)),
        "InvalidToken" | "InvalidClientTokenId" => {
            (StatusCode::FORBIDDEN, Cow::Borrowed("UnrecognizedClientException"))
        }
        _ => (StatusCode::FORBIDDEN, Cow::Owned(code)),
    };
    AwsError::new(status, code, message)
}
