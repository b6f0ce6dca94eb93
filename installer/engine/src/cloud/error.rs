//! Errors from AWS, in a form that a person can act on.

use std::error::Error as StdError;
use std::fmt;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::http::Unreached;
use super::profiles::{NoCredentials, Profile};

/// The kind of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No region is configured.
    NoRegion,
    /// No profile has this name.
    NoProfile,
    /// Credentials are missing, expired or unknown.
    Credentials,
    /// The credentials do not allow the call.
    Denied,
    /// The resource does not exist.
    NotFound,
    /// The resource exists already, or is in use.
    Conflict,
    /// Throttled, after the SDK's retries.
    Throttled,
    /// The service was not reached or did not respond.
    Unreachable,
    /// Anything else.
    Refused,
}

/// A failed call to AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudError {
    /// What was tried, to be read after "could not": `describe the stack vmx`.
    pub wanted: String,
    /// The kind of failure.
    pub kind: ErrorKind,
    /// The service's error code.
    pub code: Option<String>,
    /// The service's message.
    pub message: String,
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: {}", self.wanted, self.message)?;
        if let Some(code) = &self.code {
            write!(f, " ({code})")?;
        }
        f.write_str(match self.kind {
            ErrorKind::NoRegion => "; set `region` in the parameters, AWS_REGION, or --region with --stack",
            ErrorKind::NoProfile => "; use one of them, or create it with `aws configure sso --profile NAME`",
            ErrorKind::Credentials => {
                "; sign in again (`aws sso login` or `aws login`) or set AWS_PROFILE, and check with `aws sts get-caller-identity`"
            }
            ErrorKind::Denied if self.is_by_organization() => {
                "; ask those who administer the account's organization to allow it: the caller's own policies \
                 cannot"
            }
            ErrorKind::Denied => "; give the caller that permission",
            ErrorKind::Throttled => "; wait a minute and run the same command again",
            ErrorKind::Unreachable => "; check the network, the region and AWS_ENDPOINT_URL",
            // The service says what it misses or refuses.
            ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Refused => "",
        })
    }
}

impl StdError for CloudError {}

impl CloudError {
    pub(super) fn no_region() -> Self {
        Self {
            wanted: "choose a region".into(),
            kind: ErrorKind::NoRegion,
            code: None,
            message: "none is configured".into(),
        }
    }

    pub(super) fn no_profile(profile: &Profile, known: &[String]) -> Self {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Self {
            wanted: format!("use {profile}"),
            kind: ErrorKind::NoProfile,
            code: None,
            message: format!("not in the AWS configuration, which has {known}"),
        }
    }

    /// Whether the resource does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }

    /// Whether a policy of the account's organization denies the call. Source: the IAM user guide, "Troubleshoot access
    /// denied error messages"; a service that does not name the policy is not known by it.
    #[must_use]
    pub fn is_by_organization(&self) -> bool {
        let names = |policy| self.message.contains(policy);
        self.kind == ErrorKind::Denied
            && (names("service control policy") || names("resource control policy"))
    }

    /// A response that lacks a documented field.
    #[must_use]
    pub fn incomplete(wanted: impl Into<String>, missing: &str) -> Self {
        Self {
            wanted: wanted.into(),
            kind: ErrorKind::Refused,
            code: None,
            message: format!("the service's response has no {missing}"),
        }
    }
}

/// Turns an SDK's error into a [`CloudError`]; for use with `map_err`.
pub fn wrap<E>(wanted: impl Into<String>) -> impl FnOnce(SdkError<E>) -> CloudError
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    move |error| {
        let code = error.code().map(str::to_owned);
        let kind = match (&error, code.as_deref()) {
            (_, Some(code)) => by_code(code, error.message()),
            _ if is_denied_without_a_reason(&error) => ErrorKind::Denied,
            (SdkError::TimeoutError(_), None) => ErrorKind::Unreachable,
            _ if cause::<Unreached>(&error).is_some() => ErrorKind::Unreachable,
            (SdkError::DispatchFailure(failure), None) => {
                // The SDK reports missing credentials as a dispatch failure, because it loads them while preparing a
                // request.
                if failure.is_io() || failure.is_timeout() {
                    ErrorKind::Unreachable
                } else {
                    ErrorKind::Credentials
                }
            }
            _ => ErrorKind::Refused,
        };
        let message = match kind {
            ErrorKind::Credentials if code.is_none() => without_credentials(
                cause::<NoCredentials>(&error).map(|none| &none.profile),
                &innermost(&error),
            ),
            ErrorKind::Unreachable => cause::<Unreached>(&error)
                .map_or_else(|| innermost(&error), |host| format!("{host}: {}", innermost(&error))),
            ErrorKind::Denied if code.is_none() => "the response is 403, without a reason".to_owned(),
            _ => error.message().map_or_else(|| innermost(&error), str::to_owned),
        };
        CloudError { wanted: wanted.into(), kind, code, message: message.trim_end_matches('.').to_owned() }
    }
}

/// S3 answers `HEAD` without a body, and so without a code.
fn is_denied_without_a_reason<E>(error: &SdkError<E>) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == 403)
}

/// Why there are no credentials, without the list of every provider.
fn without_credentials(profile: Option<&Profile>, why: &str) -> String {
    match (profile, why.lines().next()) {
        // The SDK assumes the role of a profile without asking for the code that its `mfa_serial` calls for.
        (_, Some(why)) if why.contains("sts:AssumeRole") => format!(
            "no usable credentials: {why}; if the profile has `mfa_serial`, use another one with \
             `credential_process = aws configure export-credentials --profile NAME --format process`"
        ),
        (Some(profile), Some(why)) if has_none(why) => format!("{profile} has no credentials"),
        (Some(profile), Some(why)) => format!("{profile} has no usable credentials: {why}"),
        (None, Some(why)) if !has_none(why) => format!("no usable credentials: {why}"),
        _ => "no credentials were found in the environment, the profile or this machine's role".to_owned(),
    }
}

/// Whether the SDK says only that it found no credentials.
fn has_none(why: &str) -> bool {
    ["credentials found in chain", "did not contain credential information", "provider was not enabled"]
        .iter()
        .any(|text| why.contains(text))
}

/// A cause of this type.
fn cause<T: StdError + 'static>(error: &dyn StdError) -> Option<&T> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

fn by_code(code: &str, message: Option<&str>) -> ErrorKind {
    match code {
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "InvalidAccessKeyId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "RequestExpired" => ErrorKind::Credentials,
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "UnauthorizedOperation"
        | "NotAuthorized" => ErrorKind::Denied,
        "NoSuchBucket"
        | "NoSuchKey"
        | "NotFound"
        | "ResourceNotFoundException"
        | "NotFoundException"
        | "QueueDoesNotExist"
        | "AWS.SimpleQueueService.NonExistentQueue"
        | "ChangeSetNotFound"
        | "NoSuchTagSet" => ErrorKind::NotFound,
        // CloudFormation reports a missing stack with a general code and this text.
        "ValidationError" if message.is_some_and(|text| text.contains("does not exist")) => {
            ErrorKind::NotFound
        }
        "ResourceConflictException"
        | "DuplicateResourceException"
        | "ResourceInUseException"
        | "AlreadyExistsException"
        | "BucketAlreadyOwnedByYou"
        | "BucketAlreadyExists"
        | "OperationAborted" => ErrorKind::Conflict,
        "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "SlowDown"
        | "RequestLimitExceeded" => ErrorKind::Throttled,
        _ => ErrorKind::Refused,
    }
}

/// The text of the innermost cause: outer ones only say "dispatch failure" and the like.
fn innermost(error: &dyn StdError) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_calls_for_a_code_is_reached_through_the_cli() {
        let refused = "Error { code: \"AccessDenied\", message: \"User: arn:aws:iam::111122223333:user/me is not \
                       authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Admin\" }";
        let told = without_credentials(None, refused);
        assert!(told.contains("`credential_process = aws configure export-credentials --profile"), "{told}");
        assert_eq!(without_credentials(None, "expired\nat x"), "no usable credentials: expired");
        let none = "no credentials found in chain";
        assert!(without_credentials(None, none).starts_with("no credentials were found"));
        let shop = Profile::of_flag("shop");
        assert_eq!(
            without_credentials(Some(&shop), none),
            "the profile shop of --profile has no credentials"
        );
        let expired = "the profile shop of --profile has no usable credentials: expired";
        assert_eq!(without_credentials(Some(&shop), "expired"), expired);
    }
}
