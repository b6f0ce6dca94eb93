//! Why an AWS call failed, after the SDK's retries.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// What a failure means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The resource does not exist.
    NotFound,
    /// The service understood and refused: repeating the same call does not help.
    Refused,
    /// Throttled, unreachable, signed at the wrong time, or an internal error of the service: a later call may succeed.
    Transient,
}

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The action, for example `s3:HeadObject`, as policies spell it.
    pub action: &'static str,
    /// Its meaning.
    pub kind: Kind,
    /// The service's error code, if it sent one.
    pub code: Option<String>,
    message: String,
}

impl Failure {
    /// Reads the SDK's error for an action.
    #[must_use]
    pub fn of<E>(action: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let service = error.as_service_error();
        let code = service.and_then(ProvideErrorMetadata::code);
        let status = error.raw_response().map(|response| response.status().as_u16());
        let kind = match (code, status) {
            (Some(code), _) if is_throttling(code) || is_about_the_signature(code) => Kind::Transient,
            (_, Some(404)) => Kind::NotFound,
            (Some(code), _) if code.contains("NotFound") || code == "NoSuchKey" => Kind::NotFound,
            (_, Some(429 | 500..)) => Kind::Transient,
            _ if service.is_some() => Kind::Refused,
            _ => Kind::Transient,
        };
        let said = service.and_then(ProvideErrorMetadata::message).map(str::to_owned);
        Self {
            action,
            kind,
            code: code.map(str::to_owned),
            // A response to HEAD has no body, only a status.
            message: said
                .or_else(|| status.map(|status| format!("HTTP status {status}")))
                .unwrap_or_else(|| innermost(error)),
        }
    }

    /// A failure without an SDK error. `message` says why, without secrets.
    #[must_use]
    pub fn new(action: &'static str, kind: Kind, message: impl Into<String>) -> Self {
        Self { action, kind, code: None, message: message.into() }
    }

    /// A response that started and did not end.
    #[must_use]
    pub fn broken_off(action: &'static str, error: &(dyn Error + 'static)) -> Self {
        Self {
            action,
            kind: Kind::Transient,
            code: None,
            message: format!("the response was cut off: {}", innermost(error)),
        }
    }

    /// Whether the service returned this error code.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: ", self.action)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

/// The services have several codes for it.
fn is_throttling(code: &str) -> bool {
    ["Throttl", "TooManyRequests", "LimitExceeded", "QuotaExceeded", "SlowDown"]
        .iter()
        .any(|part| code.contains(part))
}

/// The time of the signature, or the age of its credentials, is wrong: another attempt is signed again. Source: the
/// common errors of the AWS API references.
fn is_about_the_signature(code: &str) -> bool {
    let codes = [
        "RequestTimeTooSkewed",
        "RequestExpired",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "ExpiredTokenException",
    ];
    codes.contains(&code)
}

/// The innermost cause: the others are just "dispatch failure" and the like.
#[must_use]
pub fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    fn failure(status: u16, code: Option<&str>) -> Failure {
        let mut metadata = ErrorMetadata::builder().message("why");
        if let Some(code) = code {
            metadata = metadata.code(code);
        }
        let status = StatusCode::try_from(status).unwrap_or(StatusCode::try_from(500).expect("a status"));
        let response = HttpResponse::new(status, SdkBody::empty());
        Failure::of("s3:HeadObject", &SdkError::service_error(metadata.build(), response))
    }

    #[test]
    fn what_can_be_tried_again_is_told_from_what_cannot() {
        for (status, code, kind) in [
            (404, None, Kind::NotFound),
            (400, Some("ResourceNotFoundException"), Kind::NotFound),
            (400, Some("ClientLimitExceededException"), Kind::Transient),
            (400, Some("ThrottlingException"), Kind::Transient),
            (402, Some("ServiceQuotaExceededException"), Kind::Transient),
            (429, None, Kind::Transient),
            (503, Some("SlowDown"), Kind::Transient),
            (500, Some("InternalServiceException"), Kind::Transient),
            (403, Some("RequestTimeTooSkewed"), Kind::Transient),
            (403, Some("InvalidSignatureException"), Kind::Transient),
            (400, Some("ExpiredTokenException"), Kind::Transient),
            (403, Some("AccessDenied"), Kind::Refused),
            (400, Some("InvalidParameterException"), Kind::Refused),
        ] {
            assert_eq!(failure(status, code).kind, kind, "{status} {code:?}");
        }
    }

    #[test]
    fn an_answer_without_a_body_is_shown_by_its_status() {
        let status = StatusCode::try_from(403).expect("a status");
        let response = HttpResponse::new(status, SdkBody::empty());
        let error = SdkError::service_error(ErrorMetadata::builder().build(), response);
        assert_eq!(Failure::of("s3:HeadObject", &error).to_string(), "s3:HeadObject failed: HTTP status 403");
    }

    #[test]
    fn a_call_without_an_answer_can_be_tried_again_and_says_why() {
        let cause = std::io::Error::other("connection reset");
        let error: SdkError<ErrorMetadata, HttpResponse> = SdkError::timeout_error(cause);
        let failure = Failure::of("s3:HeadObject", &error);
        assert_eq!(failure.kind, Kind::Transient);
        assert_eq!(failure.to_string(), "s3:HeadObject failed: connection reset");
        assert_eq!(
            self::failure(403, Some("AccessDenied")).to_string(),
            "s3:HeadObject failed: AccessDenied: why"
        );
    }
}
