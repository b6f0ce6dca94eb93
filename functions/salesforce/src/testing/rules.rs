//! How Salesforce handles a request.
//!
//! Source: REST API Developer Guide, *sObject Rows by External ID*, *Query* and *Status Codes and Error Responses*;
//! Salesforce Help on both flows.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Map, Value, json};

use super::answers::{error, json as answer_json, token_error};
use super::{Asked, Caller, Organization, Record};

/// An assertion must end within this time, in seconds.
const FURTHEST_END: u64 = 180;

impl Organization {
    pub(super) fn answer(&mut self, asked: &Asked) -> Response {
        let path = asked.path.split('?').next().unwrap_or_default();
        if path == "/services/oauth2/token" {
            return self.log_in(asked);
        }
        let good = format!("Bearer token-{}", self.tokens);
        if self.tokens == 0 || asked.authorization.as_deref() != Some(&good) {
            return error(401, "INVALID_SESSION_ID", "Session expired or invalid");
        }
        let steps: Vec<&str> = path.split('/').skip(1).collect();
        match (asked.method.as_str(), steps.as_slice()) {
            ("GET", ["services", "data", version, "query"]) if is_version(version) => self.query(asked),
            ("PATCH", ["services", "data", version, "sobjects", object, field, value])
                if is_version(version) =>
            {
                let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
                self.upsert(asked, object, field, &value)
            }
            _ => error(404, "NOT_FOUND", "The requested resource does not exist"),
        }
    }

    fn log_in(&mut self, asked: &Asked) -> Response {
        if asked.method != "POST"
            || asked.content_type.as_deref() != Some("application/x-www-form-urlencoded")
        {
            return token_error("invalid_request", "must use HTTP POST");
        }
        let form: BTreeMap<String, String> =
            form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
        let refused = self.caller.as_ref().and_then(|caller| why_not(caller, &form));
        if let Some((code, description)) = refused {
            return token_error(code, description);
        }
        self.tokens += 1;
        answer_json(
            200,
            &json!({
                "access_token": format!("token-{}", self.tokens),
                "signature": "c2lnbmF0dXJl",
                "scope": "api",
                "instance_url": self.instance.as_ref().unwrap_or(&self.url),
                "id": format!("{}/id/00D000000000001EAA/005000000000001AAA", self.url),
                "token_type": "Bearer",
                "issued_at": "1790000000000",
            }),
        )
    }

    /// Handles the two queries that this program makes.
    fn query(&self, asked: &Asked) -> Response {
        let query = asked.path.split_once('?').map_or("", |(_, query)| query);
        let Some(soql) =
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "q").map(|(_, q)| q)
        else {
            return error(400, "MALFORMED_QUERY", "no query");
        };
        let Some((shape, literals)) = take_apart(&soql) else {
            return error(400, "MALFORMED_QUERY", &format!("unexpected token: {soql}"));
        };
        let found: Vec<Value> = match (shape.as_str(), literals.as_slice()) {
            (
                "SELECT Id, Username FROM User WHERE IsActive = true AND (Username = ? OR Alias = ?) LIMIT 5",
                [username, alias],
            ) => {
                let is_it = |user: &&super::User| {
                    user.username.eq_ignore_ascii_case(username) || user.alias.eq_ignore_ascii_case(alias)
                };
                self.users
                    .iter()
                    .filter(is_it)
                    .map(|user| json!({"Id": user.id, "Username": user.username}))
                    .collect()
            }
            (_, [value]) => {
                let known = self.objects.iter().find(|(object, field)| {
                    shape == format!("SELECT Id FROM {object} WHERE {field} = ? LIMIT 2")
                });
                let Some((object, field)) = known else {
                    return error(400, "INVALID_FIELD", "No such column on this sobject");
                };
                self.matching(object, field, value).map(|record| json!({"Id": record.id})).take(2).collect()
            }
            _ => return error(400, "MALFORMED_QUERY", &format!("unexpected token: {soql}")),
        };
        answer_json(200, &json!({"totalSize": found.len(), "done": true, "records": found}))
    }

    fn upsert(&mut self, asked: &Asked, object: &str, field: &str, value: &str) -> Response {
        if asked.content_type.as_deref() != Some("application/json") {
            return error(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type is not supported");
        }
        if !self.objects.iter().any(|known| known.0 == object && known.1 == field) {
            return error(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible");
        }
        let Ok(Value::Object(mut fields)) = serde_json::from_str(&asked.body) else {
            return error(400, "JSON_PARSER_ERROR", &format!("unexpected: {}", asked.body));
        };
        if fields.contains_key(field) {
            return error(400, "INVALID_FIELD", "The external foreign key must not be in the body");
        }
        if let Some(refused) = self.refused(&fields) {
            return refused;
        }
        let matching: Vec<String> =
            self.matching(object, field, value).map(|record| record.id.clone()).collect();
        match matching.as_slice() {
            [] => {
                fields.insert(field.to_owned(), value.into());
                let id = self.insert(object, fields);
                answer_json(201, &json!({"id": id, "success": true, "errors": [], "created": true}))
            }
            [id] => {
                for record in self.records.iter_mut().filter(|record| record.id == *id) {
                    record.fields.append(&mut fields);
                    record.writes += 1;
                }
                answer_json(200, &json!({"id": id, "success": true, "errors": [], "created": false}))
            }
            several => answer_json(
                300,
                &several.iter().map(|id| format!("/services/data/v66.0/sobjects/{object}/{id}")).collect(),
            ),
        }
    }

    /// What the organization's own rules refuse.
    fn refused(&self, fields: &Map<String, Value>) -> Option<Response> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        if let Some(priority) = text("Priority")
            && !self.priorities.iter().any(|known| known == priority)
        {
            let message = format!("Priority: bad value for restricted picklist field: {priority}");
            return Some(error(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", &message));
        }
        if let Some(owner) = text("OwnerId")
            && !self.users.iter().any(|user| user.id == owner && user.can_own)
        {
            return Some(error(400, "INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank"));
        }
        let too_long = [("Subject", 255), ("Description", 32_000)]
            .into_iter()
            .find(|(name, most)| text(name).is_some_and(|text| text.encode_utf16().count() > *most));
        too_long.map(|(name, most)| {
            let message = format!(
                "{name}: data value too large: {} (max length={most})",
                text(name).unwrap_or_default()
            );
            error(400, "STRING_TOO_LONG", &message)
        })
    }

    fn matching(&self, object: &str, field: &str, value: &str) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| {
            record.object == object
                && record
                    .fields
                    .get(field)
                    .and_then(Value::as_str)
                    .is_some_and(|held| held.eq_ignore_ascii_case(value))
        })
    }

    /// Adds a record and returns its id.
    pub(super) fn insert(&mut self, object: &str, fields: Map<String, Value>) -> String {
        let id = format!("500{:015}", self.records.len() + 1);
        self.records.push(Record { id: id.clone(), object: object.to_owned(), fields, writes: 1 });
        id
    }
}

fn is_version(step: &str) -> bool {
    step.strip_prefix('v')
        .and_then(|version| version.strip_suffix(".0"))
        .is_some_and(|number| number.parse::<u32>().is_ok_and(|number| (31..=68).contains(&number)))
}

/// Why a caller is refused; `None` if it is accepted.
fn why_not(caller: &Caller, form: &BTreeMap<String, String>) -> Option<(&'static str, &'static str)> {
    let has = |name: &str, value: &str| form.get(name).map(String::as_str) == Some(value);
    match caller {
        Caller::Secret { client_id, client_secret } => {
            if !has("grant_type", "client_credentials") || form.len() != 3 {
                Some(("unsupported_grant_type", "grant type not supported"))
            } else if has("client_id", client_id) && has("client_secret", client_secret) {
                None
            } else {
                Some(("invalid_client", "invalid client credentials"))
            }
        }
        Caller::Signature { client_id, username, audience, public_key } => {
            if !has("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer") || form.len() != 2 {
                return Some(("unsupported_grant_type", "grant type not supported"));
            }
            let Some(claims) = form.get("assertion").and_then(|assertion| verified(assertion, public_key))
            else {
                return Some(("invalid_grant", "invalid assertion"));
            };
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            let ends = claims["exp"].as_u64().unwrap_or_default();
            if claims["iss"] != **client_id {
                Some(("invalid_client_id", "client identifier invalid"))
            } else if claims["sub"] != **username {
                Some(("invalid_grant", "user hasn't approved this consumer"))
            } else if claims["aud"] != **audience {
                Some(("invalid_grant", "audience is invalid"))
            } else if ends <= now || ends > now + FURTHEST_END {
                Some(("invalid_grant", "expired authorization code"))
            } else {
                None
            }
        }
    }
}

/// The claims of an assertion, if its signature is valid.
fn verified(assertion: &str, public_key: &[u8]) -> Option<Value> {
    let (signed, signature) = assertion.rsplit_once('.')?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key)
        .verify(signed.as_bytes(), &signature)
        .ok()?;
    let (header, claims) = signed.split_once('.')?;
    let read = |part: &str| serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    (read(header)?["alg"] == "RS256").then(|| read(claims))?
}

/// A query with `?` in place of its literals, and their values.
fn take_apart(soql: &str) -> Option<(String, Vec<String>)> {
    let mut shape = String::new();
    let mut literals = Vec::new();
    let mut chars = soql.chars();
    while let Some(c) = chars.next() {
        if c != '\'' {
            shape.push(c);
            continue;
        }
        let mut literal = String::new();
        loop {
            match chars.next()? {
                '\'' => break,
                '\\' => match chars.next()? {
                    c @ ('\'' | '"' | '\\') => literal.push(c),
                    'n' => literal.push('\n'),
                    'r' => literal.push('\r'),
                    't' => literal.push('\t'),
                    'u' => {
                        let code: String = chars.by_ref().take(4).collect();
                        literal.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
                    }
                    _ => return None,
                },
                c => literal.push(c),
            }
        }
        shape.push('?');
        literals.push(literal);
    }
    Some((shape, literals))
}
