//! Queries and records, with a token that is kept and renewed.

use form_urlencoded::Serializer;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tracing::debug;
use vmx_contract::salesforce::{ApiName, ApiVersion};

use crate::credentials::Credentials;
use crate::error::SalesforceError;
use crate::token::{self, Token};
use crate::transport::{Answer, Call, Limits, Transport};

/// What needs no escaping in a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Switches assignment rules. Source: REST API Developer Guide, *Assignment Rule Header*.
const AUTO_ASSIGN: HeaderName = HeaderName::from_static("sforce-auto-assign");
/// The calls' names in errors.
const QUERY: &str = "query Salesforce";
const UPSERT: &str = "write a record to Salesforce";

/// A client of one organization's REST API.
pub struct Client {
    transport: Transport,
    credentials: Credentials,
    version: ApiVersion,
    token: Mutex<Option<Token>>,
}

/// What decides a record's owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// Salesforce's active assignment rules.
    Rules,
    /// The record itself.
    Record,
}

/// The result of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The record's ID, if Salesforce returned it.
    pub id: Option<String>,
    /// Whether the record is new.
    pub created: bool,
}

/// The first page of a query's answer.
#[derive(Deserialize)]
struct Page<T> {
    records: Vec<T>,
}

/// The answer to a write.
#[derive(Deserialize)]
struct UpsertResult {
    id: String,
}

/// A REST API call, which can be repeated with another token.
struct Rest<'a> {
    name: &'static str,
    method: Method,
    path: String,
    headers: &'a [(HeaderName, HeaderValue)],
    body: String,
}

impl Client {
    /// A client. It connects and logs in at its first call.
    ///
    /// # Errors
    /// [`SalesforceError::NoRoots`] if the system has no root certificates.
    pub fn new(
        credentials: Credentials,
        version: ApiVersion,
        limits: Limits,
    ) -> Result<Self, SalesforceError> {
        let transport = Transport::new(limits, credentials.loopback)?;
        Ok(Self { transport, credentials, version, token: Mutex::new(None) })
    }

    /// The records found by a query, at most one page. Write texts in it with [`crate::soql::quote`]; `sent` are those
    /// texts, which no error repeats.
    ///
    /// # Errors
    /// [`SalesforceError`], depending on Salesforce's response.
    pub async fn query<T: DeserializeOwned>(
        &self,
        soql: &str,
        sent: &[String],
    ) -> Result<Vec<T>, SalesforceError> {
        let q = Serializer::new(String::new()).append_pair("q", soql).finish();
        let rest = Rest {
            name: QUERY,
            method: Method::GET,
            path: format!("/services/data/v{}/query?{q}", self.version),
            headers: &[],
            body: String::new(),
        };
        let answer = self.call(&rest).await?;
        if answer.status != StatusCode::OK {
            return Err(answer.refusal(QUERY, sent));
        }
        let page: Page<T> =
            serde_json::from_slice(&answer.body).map_err(|error| SalesforceError::Answer {
                call: QUERY,
                reason: format!(
                    "it is not as documented ({:?} error at column {})",
                    error.classify(),
                    error.column()
                ),
            })?;
        Ok(page.records)
    }

    /// Writes the record whose external ID field `field` has the value `value`: creates or updates it. Repeating this
    /// does not create a second record.
    ///
    /// Source: REST API Developer Guide, *Insert or Update (Upsert) a Record Using an External ID*.
    ///
    /// # Errors
    /// [`SalesforceError`], depending on Salesforce's response; [`SalesforceError::Ambiguous`] if several records have
    /// the value.
    pub async fn upsert(
        &self,
        object: &ApiName,
        field: &ApiName,
        value: &str,
        record: Map<String, Value>,
        assignment: Assignment,
    ) -> Result<Written, SalesforceError> {
        let sent = texts(&record);
        let assign = (AUTO_ASSIGN, HeaderValue::from_static("FALSE"));
        let headers = match assignment {
            Assignment::Rules => vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
            Assignment::Record => vec![(CONTENT_TYPE, HeaderValue::from_static("application/json")), assign],
        };
        let rest = Rest {
            name: UPSERT,
            method: Method::PATCH,
            path: format!(
                "/services/data/v{}/sobjects/{object}/{field}/{}",
                self.version,
                utf8_percent_encode(value, SEGMENT)
            ),
            headers: &headers,
            body: Value::Object(record).to_string(),
        };
        let answer = self.call(&rest).await?;
        match answer.status {
            // The status is enough: an unreadable response does not undo the write.
            StatusCode::OK | StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(Written {
                id: serde_json::from_slice::<UpsertResult>(&answer.body).ok().map(|written| written.id),
                created: answer.status == StatusCode::CREATED,
            }),
            StatusCode::MULTIPLE_CHOICES => Err(SalesforceError::Ambiguous { call: UPSERT }),
            _ => Err(answer.refusal(UPSERT, &sent)),
        }
    }

    /// Makes a call. If the token is no longer valid, renews it once and repeats the call once.
    async fn call(&self, rest: &Rest<'_>) -> Result<Answer, SalesforceError> {
        let token = self.token(None).await?;
        let answer = self.send(rest, &token).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        debug!("the token is no longer valid; requesting a new one");
        let token = self.token(Some(&token)).await?;
        self.send(rest, &token).await
    }

    async fn send(&self, rest: &Rest<'_>, token: &Token) -> Result<Answer, SalesforceError> {
        let mut headers = vec![
            (AUTHORIZATION, token.bearer.clone()),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ];
        headers.extend_from_slice(rest.headers);
        let call = Call {
            name: rest.name,
            method: rest.method.clone(),
            uri: format!("{}{}", token.instance, rest.path),
            headers,
            body: rest.body.clone(),
        };
        self.transport.send(call).await
    }

    /// The current token, or a new one if there is none or it was refused. Concurrent calls wait for one login.
    async fn token(&self, refused: Option<&Token>) -> Result<Token, SalesforceError> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref()
            && refused.is_none_or(|refused| refused.bearer != token.bearer)
        {
            return Ok(token.clone());
        }
        *kept = None;
        let token = token::request(&self.transport, &self.credentials).await?;
        *kept = Some(token.clone());
        Ok(token)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// The texts of a record.
fn texts(record: &Map<String, Value>) -> Vec<String> {
    record.values().filter_map(Value::as_str).map(str::to_owned).collect()
}
