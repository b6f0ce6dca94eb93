//! Signed calls that the local cloud itself makes to MiniStack, as the account's root.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// The service-linked role of the instance.
pub(crate) const CONNECT_ROLE: &str = "AWSServiceRoleForAmazonConnect_local";

/// The maximum size of a response from MiniStack, in bytes.
const LONGEST_ANSWER: usize = 512 * 1024 * 1024;

/// The time limit for a response from MiniStack. A Lambda invocation can last fifteen minutes.
const PATIENCE: Duration = Duration::from_secs(16 * 60);

/// Why a call to MiniStack failed.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The request could not be built or signed.
    #[error("a {service} request could not be made: {reason}")]
    Request {
        /// The service called.
        service: String,
        /// The reason.
        reason: String,
    },
    /// MiniStack could not be reached or did not answer in time.
    #[error("ministack gave no answer to a {service} request: {reason}")]
    Transport {
        /// The service called.
        service: String,
        /// What happened.
        reason: String,
    },
    /// MiniStack answered with an error.
    #[error("{service} answered {status}: {body}")]
    Refused {
        /// The service called.
        service: String,
        /// The HTTP status.
        status: StatusCode,
        /// The error document.
        body: String,
    },
    /// MiniStack's response does not have the operation's shape.
    #[error("{service} answered what is no valid JSON: {reason}")]
    Answer {
        /// The service called.
        service: String,
        /// The difference.
        reason: String,
    },
}

impl BackendError {
    /// The HTTP status, if MiniStack refused the call.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// The result of invoking a Lambda function.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// `Handled` or `Unhandled` if the function failed; its payload is then the error.
    pub function_error: Option<String>,
    /// The function's response, JSON.
    pub payload: Bytes,
}

/// A client of MiniStack that signs as the account's root. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Backend {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    credentials: Credentials,
    region: String,
}

impl Backend {
    /// A client of the MiniStack at `base`, for example `http://127.0.0.1:40123`.
    #[must_use]
    pub fn new(base: impl Into<String>, credentials: Credentials, region: impl Into<String>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, base: base.into(), credentials, region: region.into() }
    }

    /// MiniStack's URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.base
    }

    /// Puts one record on a Kinesis stream.
    ///
    /// # Errors
    /// If MiniStack refuses the record or cannot be reached.
    pub async fn put_kinesis_record(
        &self,
        stream_arn: &str,
        partition_key: &str,
        data: &[u8],
    ) -> Result<(), BackendError> {
        let body =
            json!({"StreamARN": stream_arn, "PartitionKey": partition_key, "Data": BASE64.encode(data)});
        self.json_call("kinesis", "Kinesis_20131202.PutRecord", &body).await.map(drop)
    }

    /// Invokes a Lambda function, given by name or ARN, and waits for its response.
    ///
    /// # Errors
    /// If there is no such function or MiniStack cannot be reached. A failing function is not an error here: see
    /// [`Invocation::function_error`].
    pub async fn invoke_lambda(&self, function: &str, payload: &Value) -> Result<Invocation, BackendError> {
        let path = format!("/2015-03-31/functions/{}/invocations", percent_encode(function));
        let request = self.request("lambda", Method::POST, &path)?.header("content-type", "application/json");
        let response = self.send("lambda", request, payload.to_string().into()).await?;
        let function_error = response
            .headers()
            .get("x-amz-function-error")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Ok(Invocation { function_error, payload: response.into_body() })
    }

    /// Reads a whole S3 object.
    ///
    /// # Errors
    /// If there is no such object ([`BackendError::status`] is 404) or MiniStack cannot be reached.
    pub async fn get_object(&self, bucket: &str, key: &str) -> Result<Bytes, BackendError> {
        let request = self.request("s3", Method::GET, &object_path(bucket, key))?;
        self.send("s3", request, Bytes::new()).await.map(Response::into_body)
    }

    /// Writes a whole S3 object.
    ///
    /// # Errors
    /// If MiniStack refuses the object or cannot be reached.
    pub async fn put_object(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        body: Bytes,
    ) -> Result<(), BackendError> {
        let request =
            self.request("s3", Method::PUT, &object_path(bucket, key))?.header("content-type", content_type);
        self.send("s3", request, body).await.map(drop)
    }

    /// The headers of an S3 object, or of a bucket if `key` is empty.
    ///
    /// # Errors
    /// If there is no such object ([`BackendError::status`] is 404) or MiniStack cannot be reached.
    pub async fn head_object(&self, bucket: &str, key: &str) -> Result<http::HeaderMap, BackendError> {
        let request = self.request("s3", Method::HEAD, &object_path(bucket, key))?;
        self.send("s3", request, Bytes::new()).await.map(|response| response.headers().clone())
    }

    /// Calls a service that uses AWS JSON 1.1; `target` is the `x-amz-target` header.
    ///
    /// # Errors
    /// If MiniStack refuses the call, cannot be reached, or does not return JSON.
    pub async fn json_call(&self, service: &str, target: &str, body: &Value) -> Result<Value, BackendError> {
        let request = self
            .request(service, Method::POST, "/")?
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", target);
        let response = self.send(service, request, body.to_string().into()).await?;
        let body = response.body();
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(body)
            .map_err(|error| BackendError::Answer { service: service.to_owned(), reason: error.to_string() })
    }

    /// Creates the service-linked role that Amazon Connect creates with an instance, unless it exists.
    ///
    /// # Errors
    /// If MiniStack refuses the call or cannot be reached.
    pub(crate) async fn create_connect_role(&self) -> Result<(), BackendError> {
        const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22connect.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
        let body = format!(
            "Action=CreateRole&Version=2010-05-08&RoleName={CONNECT_ROLE}&Path=%2Faws-service-role%2Fconnect.amazonaws.com%2F&AssumeRolePolicyDocument={TRUST}"
        );
        let request = self
            .request("iam", Method::POST, "/")?
            .header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        match self.send("iam", request, body.into()).await {
            Err(error) if error.status().is_none_or(|status| status != StatusCode::CONFLICT) => Err(error),
            _ => Ok(()),
        }
    }

    /// A request to MiniStack, to add headers to and [send](Self::send). `path` is percent-encoded.
    ///
    /// # Errors
    /// If the path makes an invalid URL.
    pub fn request(
        &self,
        service: &str,
        method: Method,
        path: &str,
    ) -> Result<http::request::Builder, BackendError> {
        let uri: http::Uri = format!("{}{path}", self.base)
            .parse()
            .map_err(|error: http::uri::InvalidUri| failed_request(service, &error))?;
        // AWS services use TLS among themselves: a policy that denies plain HTTP must not affect them.
        Ok(Request::builder().method(method).uri(uri).header("x-forwarded-proto", "https"))
    }

    /// Signs and sends a request for `service`, whose name is the signature's scope.
    ///
    /// # Errors
    /// If MiniStack cannot be reached or returns a status other than 2xx.
    pub async fn send(
        &self,
        service: &str,
        request: http::request::Builder,
        body: Bytes,
    ) -> Result<Response<Bytes>, BackendError> {
        let mut request =
            request.body(Full::new(body.clone())).map_err(|error| failed_request(service, &error))?;
        self.sign(service, &mut request, &body)?;
        let transport = |reason: String| BackendError::Transport { service: service.to_owned(), reason };
        let exchange = async {
            let response =
                self.client.request(request).await.map_err(|error| transport(error.to_string()))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, LONGEST_ANSWER)
                .collect()
                .await
                .map_err(|error| transport(error.to_string()))?;
            Ok::<_, BackendError>(Response::from_parts(parts, body.to_bytes()))
        };
        let response = tokio::time::timeout(PATIENCE, exchange)
            .await
            .map_err(|_| transport(format!("no answer within {} seconds", PATIENCE.as_secs())))??;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(BackendError::Refused {
            service: service.to_owned(),
            status: response.status(),
            body: String::from_utf8_lossy(response.body()).into_owned(),
        })
    }

    fn sign(
        &self,
        service: &str,
        request: &mut Request<Full<Bytes>>,
        body: &Bytes,
    ) -> Result<(), BackendError> {
        let mut settings = SigningSettings::default();
        if service == "s3" {
            // S3 signs the path as sent, encoded once, and requires the payload's hash in a header.
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|error| failed_request(service, &error))?
            .into();
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())),
            SignableBody::Bytes(body),
        )
        .map_err(|error| failed_request(service, &error))?;
        let (instructions, _) =
            sign(signable, &parameters).map_err(|error| failed_request(service, &error))?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

fn failed_request(service: &str, error: &dyn std::error::Error) -> BackendError {
    BackendError::Request { service: service.to_owned(), reason: error.to_string() }
}

fn object_path(bucket: &str, key: &str) -> String {
    const IN_KEYS: &AsciiSet = &RESERVED.remove(b'/');
    format!("/{bucket}/{}", utf8_percent_encode(key, IN_KEYS))
}

/// Characters that are not unreserved in RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Percent-encodes all characters that RFC 3986 does not list as unreserved.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_slashes_and_an_arn_loses_its_colons() {
        assert_eq!(object_path("b", "a b/ü+.json"), "/b/a%20b/%C3%BC%2B.json");
        assert_eq!(percent_encode("arn:aws:lambda"), "arn%3Aaws%3Alambda");
    }
}
