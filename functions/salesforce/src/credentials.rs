//! The secret with which this program logs in to Salesforce.
//!
//! It is one JSON object. For the client credentials flow:
//!
//! ```json
//! {"login_url": "https://example.my.salesforce.com", "client_id": "3MVG…", "client_secret": "…"}
//! ```
//!
//! For the JWT bearer flow, with the private key of the app's certificate:
//!
//! ```json
//! {"login_url": "https://login.salesforce.com", "client_id": "3MVG…", "username": "voicemail@example.com",
//!  "private_key": "-----BEGIN PRIVATE KEY-----\n…"}
//! ```

use std::fmt;

use serde::Deserialize;

use crate::error::SalesforceError;
use crate::jwt::SigningKey;
use crate::origin::{Loopback, Origin, OriginError};

/// The audience of an assertion for production. Source: Salesforce Help, *OAuth 2.0 JWT Bearer Flow for
/// Server-to-Server Integration*.
const PRODUCTION: &str = "https://login.salesforce.com";
/// The audience of an assertion for a sandbox. Source: as above.
const SANDBOX: &str = "https://test.salesforce.com";

/// How this program logs in to Salesforce.
pub struct Credentials {
    pub(crate) login: Origin,
    pub(crate) client_id: String,
    pub(crate) grant: Grant,
    pub(crate) loopback: Loopback,
}

/// The two flows for servers.
pub(crate) enum Grant {
    /// OAuth 2.0 client credentials: the app's own user, with a shared secret.
    ClientCredentials { client_secret: String },
    /// OAuth 2.0 JWT bearer: a pre-approved user, with a signature.
    JwtBearer { username: String, audience: String, key: Box<SigningKey> },
}

/// An unusable secret. No variant repeats its secret values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// Not JSON, or not an object of strings.
    #[error("the secret is not a JSON object of strings with the documented keys: {reason}")]
    NotJson {
        /// Where and why, without the text.
        reason: String,
    },
    /// A key is missing.
    #[error(
        "the secret has no `{key}`; it needs login_url, client_id, and either client_secret, or username and private_key"
    )]
    Missing {
        /// The key.
        key: &'static str,
    },
    /// Both flows at once.
    #[error("the secret has a client_secret and a private_key; remove one of them to choose how to log in")]
    Both,
    /// The login URL is not Salesforce's.
    #[error("the secret's login_url: {0}")]
    Login(OriginError),
    /// Client credentials with a host that does not accept them.
    #[error(
        "the secret's login_url is https://{host}, which does not accept client credentials; use the My \
         Domain address, such as https://example.my.salesforce.com"
    )]
    SharedLogin {
        /// The host.
        host: String,
    },
    /// The private key cannot be used.
    #[error("the secret's private_key is not usable: {0}")]
    Key(SalesforceError),
}

/// The stored secret. Unknown keys are ignored, because people keep notes there.
#[derive(Deserialize)]
struct Secret {
    login_url: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    username: Option<String>,
    private_key: Option<String>,
    audience: Option<String>,
}

impl Credentials {
    /// Reads a secret's JSON.
    ///
    /// # Errors
    /// [`CredentialsError`], which says what is missing or invalid and repeats no secret values.
    pub fn parse(json: &str, loopback: Loopback) -> Result<Self, CredentialsError> {
        // Only the position is repeated: serde's message may contain the value.
        let secret: Secret = serde_json::from_str(json).map_err(|error| CredentialsError::NotJson {
            reason: format!(
                "{:?} error at line {}, column {}",
                error.classify(),
                error.line(),
                error.column()
            ),
        })?;
        let login_url = required("login_url", secret.login_url)?;
        let login = Origin::parse(&login_url, loopback).map_err(CredentialsError::Login)?;
        let client_id = required("client_id", secret.client_id)?;
        let grant = match (present(secret.client_secret), present(secret.private_key)) {
            (Some(_), Some(_)) => return Err(CredentialsError::Both),
            (Some(_), None) if login.is_shared() => {
                return Err(CredentialsError::SharedLogin { host: login.host().to_owned() });
            }
            (Some(client_secret), None) => Grant::ClientCredentials { client_secret },
            (None, Some(pem)) => Grant::JwtBearer {
                username: required("username", secret.username)?,
                audience: present(secret.audience)
                    .unwrap_or_else(|| if login.is_sandbox() { SANDBOX } else { PRODUCTION }.to_owned()),
                key: Box::new(SigningKey::from_pem(&pem).map_err(CredentialsError::Key)?),
            },
            (None, None) if present(secret.username).is_some() => {
                return Err(CredentialsError::Missing { key: "private_key" });
            }
            (None, None) => return Err(CredentialsError::Missing { key: "client_secret" }),
        };
        Ok(Self { login, client_id, grant, loopback })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("login", &self.login).finish_non_exhaustive()
    }
}

fn present(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn required(key: &'static str, text: Option<String>) -> Result<String, CredentialsError> {
    present(text).ok_or(CredentialsError::Missing { key })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{Value, json};

    const PEM: &str = include_str!("../tests/fixtures/rsa.pkcs8.pem");

    fn error(secret: &Value) -> CredentialsError {
        Credentials::parse(&secret.to_string(), Loopback::Refused).unwrap_err()
    }

    fn audience(login_url: &str, audience: Option<&str>) -> String {
        let secret = json!({
            "login_url": login_url, "client_id": "id", "username": "u@example.com", "private_key": PEM,
            "audience": audience,
        });
        match Credentials::parse(&secret.to_string(), Loopback::Refused).unwrap().grant {
            Grant::JwtBearer { audience, .. } => audience,
            Grant::ClientCredentials { .. } => String::new(),
        }
    }

    #[test]
    fn both_flows_are_read() {
        let shared = json!({
            "login_url": "https://example.my.salesforce.com", "client_id": "id", "client_secret": "secret",
            "note": "rotated in May",
        });
        let read = Credentials::parse(&shared.to_string(), Loopback::Refused).unwrap();
        assert!(
            matches!(&read.grant, Grant::ClientCredentials { client_secret } if client_secret == "secret")
        );
        assert_eq!(audience("https://login.salesforce.com", None), "https://login.salesforce.com");
        assert_eq!(audience("https://example.my.salesforce.com", None), "https://login.salesforce.com");
        assert_eq!(
            audience("https://example--x.sandbox.my.salesforce.com", None),
            "https://test.salesforce.com"
        );
        assert_eq!(
            audience("https://test.salesforce.com", Some("https://a.force.com")),
            "https://a.force.com"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let url = "https://example.my.salesforce.com";
        for (secret, key) in [
            (json!({}), "login_url"),
            (json!({"login_url": url, "client_id": " "}), "client_id"),
            (json!({"login_url": url, "client_id": "id"}), "client_secret"),
            (json!({"login_url": url, "client_id": "id", "username": "u"}), "private_key"),
            (json!({"login_url": url, "client_id": "id", "private_key": PEM}), "username"),
        ] {
            assert_eq!(error(&secret), CredentialsError::Missing { key }, "{secret}");
        }
        let both = json!({"login_url": url, "client_id": "id", "client_secret": "s", "private_key": PEM});
        assert_eq!(error(&both), CredentialsError::Both);
        let shared =
            json!({"login_url": "https://login.salesforce.com", "client_id": "id", "client_secret": "s"});
        assert!(matches!(error(&shared), CredentialsError::SharedLogin { .. }));
    }

    #[test]
    fn no_error_and_no_debug_form_repeats_what_is_secret() {
        let url = "https://example.my.salesforce.com";
        let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        let errors = [
            error(&json!({"login_url": url, "client_id": "id", "client_secret": {"hunter2": 1}})),
            error(&json!("hunter2")),
            Credentials::parse("hunter2", Loopback::Refused).unwrap_err(),
            error(&json!({"login_url": url, "client_id": "id", "username": "u", "private_key": "hunter2"})),
            error(&json!({"login_url": url, "client_id": "id", "username": "u", "private_key": key})),
        ];
        for error in errors {
            let text = format!("{error} {error:?}");
            assert!(!text.contains("hunter2") && !text.contains("c2VjcmV0"), "{text}");
        }
        let read = json!({"login_url": url, "client_id": "id", "client_secret": "hunter2"});
        let debug = format!("{:?}", Credentials::parse(&read.to_string(), Loopback::Refused).unwrap());
        assert!(!debug.contains("hunter2") && debug.contains("my.salesforce.com"), "{debug}");
    }
}
