//! The service's errors.

use http::StatusCode;

use crate::service::AwsError;

/// `ResourceNotFoundException`, 404.
pub(super) fn not_found(what: impl std::fmt::Display) -> AwsError {
    AwsError::new(StatusCode::NOT_FOUND, "ResourceNotFoundException", format!("{what} is not found"))
}

/// `InvalidRequestException`, 400: a value is invalid, alone or in combination.
pub(super) fn invalid_request(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("InvalidRequestException", message)
}

/// `InvalidParameterException`, 400: a value has the wrong shape.
pub(super) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::bad_request("InvalidParameterException", message)
}

/// `ResourceConflictException`, 409: it already exists.
pub(super) fn conflict(message: impl Into<String>) -> AwsError {
    AwsError::new(StatusCode::CONFLICT, "ResourceConflictException", message)
}

/// `DuplicateResourceException`, 409: the name is taken.
pub(super) fn duplicate(message: impl Into<String>) -> AwsError {
    AwsError::new(StatusCode::CONFLICT, "DuplicateResourceException", message)
}

/// `InternalServiceException`, 500.
pub(super) fn internal(message: impl Into<String>) -> AwsError {
    AwsError::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceException", message)
}
