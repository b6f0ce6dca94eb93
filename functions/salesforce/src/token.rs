//! Access tokens.
//!
//! Source: Salesforce Help, *OAuth 2.0 Client Credentials Flow for Server-to-Server Integration* and *OAuth 2.0 JWT
//! Bearer Flow for Server-to-Server Integration*.

use std::fmt;
use std::time::SystemTime;

use form_urlencoded::Serializer;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use serde::Deserialize;

use crate::credentials::{Credentials, Grant};
use crate::error::SalesforceError;
use crate::origin::Origin;
use crate::transport::{Answer, Call, Transport};

/// The path of the token endpoint.
const PATH: &str = "/services/oauth2/token";
/// The call's name in errors.
const CALL: &str = "log in to Salesforce";

/// A token, and where it is valid.
#[derive(Clone)]
pub(crate) struct Token {
    /// The value of the header `Authorization`.
    pub(crate) bearer: HeaderValue,
    pub(crate) instance: Origin,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("instance", &self.instance).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    instance_url: String,
}

/// Logs in.
pub(crate) async fn request(
    transport: &Transport,
    credentials: &Credentials,
) -> Result<Token, SalesforceError> {
    let mut form = Serializer::new(String::new());
    // What must not be repeated from the request.
    let mut sent = vec![credentials.client_id.clone()];
    match &credentials.grant {
        Grant::ClientCredentials { client_secret } => {
            form.append_pair("grant_type", "client_credentials")
                .append_pair("client_id", &credentials.client_id)
                .append_pair("client_secret", client_secret);
            sent.push(client_secret.clone());
        }
        Grant::JwtBearer { username, audience, key } => {
            let assertion = key.assertion(&credentials.client_id, username, audience, SystemTime::now())?;
            form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                .append_pair("assertion", &assertion);
            sent.extend([assertion, username.clone()]);
        }
    }
    let call = Call {
        name: CALL,
        method: Method::POST,
        uri: format!("{}{PATH}", credentials.login),
        headers: vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ],
        body: form.finish(),
    };
    let answer = transport.send(call).await?;
    if answer.status != StatusCode::OK {
        return Err(refusal(&answer, &sent));
    }
    // Of an unreadable response only the position is repeated: it may be a token.
    let granted: Granted = serde_json::from_slice(&answer.body).map_err(|error| SalesforceError::Answer {
        call: CALL,
        reason: format!("no token in it ({:?} error at column {})", error.classify(), error.column()),
    })?;
    let instance =
        Origin::parse(&granted.instance_url, credentials.loopback).map_err(SalesforceError::Instance)?;
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", granted.access_token)).map_err(|_| {
        SalesforceError::Answer { call: CALL, reason: "the token is not valid in a header".to_owned() }
    })?;
    bearer.set_sensitive(true);
    Ok(Token { bearer, instance })
}

/// The token endpoint refuses only because of the credentials.
fn refusal(answer: &Answer, sent: &[String]) -> SalesforceError {
    match answer.refusal(CALL, sent) {
        SalesforceError::Refused { call, said } => SalesforceError::NotAuthorized { call, said },
        other => other,
    }
}
