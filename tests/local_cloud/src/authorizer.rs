//! Who signed a request, and may they do that? MiniStack knows; this asks it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::service::{Action, AwsError, Caller};

/// The path of the call that our start-up patch adds to MiniStack's process.
const PATH: &str = "/_local_cloud/authorize";

/// Authenticates requests and evaluates IAM policies by MiniStack. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Authorizer {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
    token: String,
}

/// The scope that a request was signed for.
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

impl Authorizer {
    /// An authorizer that asks the MiniStack at `base`, which was started with `token`.
    #[must_use]
    pub fn new(base: &str, token: impl Into<String>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            client,
            url: format!("{base}{PATH}"),
            token: token.into(),
        }
    }

    /// Verifies a request's signature and says whose it is.
    ///
    /// # Errors
    /// What AWS answers to a request that is not signed, or not by a key it knows, or wrongly, or too long ago.
    pub async fn authenticate(
        &self,
        request: &http::request::Parts,
        body: &Bytes,
        scope: &Scope,
    ) -> Result<Caller, AwsError> {
        let headers: Vec<(&str, Cow<'_, str>)> = request
            .headers
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str(),
                    value.as_bytes().iter().map(|&byte| char::from(byte)).collect(),
                )
            })
            .collect();
        self.ask(
            json!({
                "request": {
                    "method": request.method.as_str(),
                    "path": request.uri.path(),
                    "query": request.uri.query().unwrap_or_default(),
                    "headers": headers,
                    "body": BASE64.encode(body),
                },
                "service": scope.service,
                "region": scope.region,
            }),
            scope,
        )
        .await
    }

    /// Asks whether a caller's policies allow an action on every one of its resources.
    ///
    /// # Errors
    /// `AccessDeniedException` with AWS's text when one does not.
    pub async fn authorize(&self, caller: &Caller, action: &Action) -> Result<(), AwsError> {
        let service = action.name.split(':').next().unwrap_or_default();
        let checks: Vec<_> = action
            .resources
            .iter()
            .map(|resource| (&action.name, resource))
            .collect();
        let scope = Scope {
            service: service.to_owned(),
            region: caller.region.clone(),
        };
        self.ask(
            json!({
                "access_key_id": caller.access_key_id,
                "checks": checks,
                "service": service,
                "region": caller.region,
            }),
            &scope,
        )
        .await
        .map(drop)
    }

    async fn ask(&self, question: Value, scope: &Scope) -> Result<Caller, AwsError> {
        let failed =
            |reason: String| AwsError::internal(format!("the request could not be authorised: {reason}"));
        let request = Request::post(&self.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-local-cloud-token", &self.token)
            .body(Full::new(Bytes::from(question.to_string())))
            .map_err(|error| failed(error.to_string()))?;
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| failed(error.to_string()))?;
        let status = response.status();
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|error| failed(error.to_string()))?
            .to_bytes();
        if status != StatusCode::OK {
            return Err(failed(format!("ministack answered {status}")));
        }
        match serde_json::from_slice(&body).map_err(|error| failed(error.to_string()))? {
            Answer {
                error: Some(ErrorAnswer { code, message }),
                ..
            } => Err(refusal(code, message)),
            Answer {
                caller: Some(caller), ..
            } => Ok(Caller {
                access_key_id: caller.access_key_id,
                account_id: caller.account_id,
                arn: caller.arn,
                region: scope.region.clone(),
            }),
            Answer { .. } => Err(failed("ministack named neither caller nor error".to_owned())),
        }
    }
}

/// MiniStack names some refusals as the XML services do; the services answered here are JSON services.
fn refusal(code: String, message: String) -> AwsError {
    let (status, code) = match code.as_str() {
        "SignatureDoesNotMatch" | "CredentialDateMismatch" | "RequestTimeTooSkewed" => {
            (StatusCode::FORBIDDEN, Cow::Borrowed("InvalidSignatureException"))
        }
        "IncompleteSignature" | "MissingAuthorizationParameter" => (
            StatusCode::FORBIDDEN,
            Cow::Borrowed("IncompleteSignatureException"),
        ),
        "InvalidToken" | "InvalidClientTokenId" => (
            StatusCode::FORBIDDEN,
            Cow::Borrowed("UnrecognizedClientException"),
        ),
        _ => (StatusCode::FORBIDDEN, Cow::Owned(code)),
    };
    AwsError::new(status, code, message)
}
