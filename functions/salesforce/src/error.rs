//! Why a Salesforce call failed.

use crate::origin::OriginError;

/// Why a Salesforce call failed. No variant contains a secret, a token, or text sent in a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SalesforceError {
    /// No connection, or it was lost.
    #[error("{call}: could not reach Salesforce: {reason}")]
    Unreachable {
        /// The call.
        call: &'static str,
        /// Why.
        reason: String,
    },
    /// No response in time.
    #[error("{call}: Salesforce did not answer within {seconds} s")]
    Timeout {
        /// The call.
        call: &'static str,
        /// How long it waited.
        seconds: u64,
    },
    /// Throttled, in maintenance, or temporarily broken.
    #[error("{call}: Salesforce is busy or unavailable: {said}")]
    Busy {
        /// The call.
        call: &'static str,
        /// What Salesforce said.
        said: Said,
    },
    /// The credentials are refused.
    #[error(
        "{call}: Salesforce refused the credentials: {said}; check the secret, and the app and its user in \
         Salesforce"
    )]
    NotAuthorized {
        /// The call.
        call: &'static str,
        /// What Salesforce said.
        said: Said,
    },
    /// Salesforce understood the call and refused it.
    #[error("{call}: Salesforce refused: {said}")]
    Refused {
        /// The call.
        call: &'static str,
        /// What Salesforce said.
        said: Said,
    },
    /// More than one record has the external ID.
    #[error(
        "{call}: several records have this external ID; make the field unique in Salesforce and delete all \
         records but one"
    )]
    Ambiguous {
        /// The call.
        call: &'static str,
    },
    /// A response that does not match Salesforce's documentation.
    #[error("{call}: invalid response from Salesforce: {reason}")]
    Answer {
        /// The call.
        call: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The token is for a host that is not Salesforce's.
    #[error("the token response names an untrusted instance: {0}")]
    Instance(OriginError),
    /// No TLS.
    #[error("cannot connect to Salesforce: the system has no root certificates: {reason}")]
    NoRoots {
        /// Why.
        reason: String,
    },
    /// The private key cannot sign.
    #[error("the private key cannot sign an assertion: {reason}")]
    Key {
        /// Why.
        reason: String,
    },
}

impl SalesforceError {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Busy { .. } | Self::NoRoots { .. }
        )
    }

    /// Salesforce's error code, if it sent one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Busy { said, .. } | Self::NotAuthorized { said, .. } | Self::Refused { said, .. } => {
                said.code.as_deref()
            }
            _ => None,
        }
    }
}

/// A short form of Salesforce's message, without parts of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The response's status.
    pub status: u16,
    /// The error code, for example `REQUEST_LIMIT_EXCEEDED`.
    pub code: Option<String>,
    /// The message.
    pub message: String,
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HTTP status {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, ", {code}")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}
