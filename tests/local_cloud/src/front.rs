//! The single endpoint: routes own services by the scope of the request's signature, everything else to MiniStack.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::extract::connect_info::{ConnectInfo, IntoMakeServiceWithConnectInfo};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::faults::{Connection, Faults, forbidden, inflict, proxied_action, throttled};
use crate::internal_calls::{InternalCalls, Scope, described};
use crate::service::{AwsError, AwsRequest, AwsResponse, Service, percent_decode};

/// The maximum size of a body for an own service, in bytes. A contact flow has at most 256,000 characters.
const LONGEST_BODY: usize = 4 * 1024 * 1024;

/// Headers that concern one connection only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// The endpoint's state.
pub struct Front {
    services: HashMap<&'static str, Arc<dyn Service>>,
    internal_calls: InternalCalls,
    faults: Arc<Faults>,
    /// The access key of the account's root.
    root: String,
    ministack: String,
    client: Client<HttpConnector, Body>,
}

impl Front {
    /// An endpoint that handles `services` (by their signing names) itself and forwards the rest to the MiniStack at
    /// `ministack`. `root` is the access key of the account's root.
    #[must_use]
    pub fn new(
        services: HashMap<&'static str, Arc<dyn Service>>,
        internal_calls: InternalCalls,
        faults: Arc<Faults>,
        root: &str,
        ministack: &str,
    ) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (root, ministack) = (root.to_owned(), ministack.to_owned());
        Self { services, internal_calls, faults, root, ministack, client }
    }

    /// The endpoint as an HTTP application.
    pub(crate) fn into_service(self) -> IntoMakeServiceWithConnectInfo<Router, Connection> {
        Router::new().fallback(serve).with_state(Arc::new(self)).into_make_service_with_connect_info()
    }

    async fn answer_own(
        &self,
        service: &dyn Service,
        scope: &Scope,
        connection: &Connection,
        request: Request<Body>,
    ) -> AwsResponse {
        let answer = self.try_own(service, scope, connection, request).await;
        answer.unwrap_or_else(|error| {
            tracing::debug!(service = scope.service, code = %error.code, "refused");
            error.into_response(service.protocol())
        })
    }

    async fn try_own(
        &self,
        service: &dyn Service,
        scope: &Scope,
        connection: &Connection,
        request: Request<Body>,
    ) -> Result<AwsResponse, AwsError> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, LONGEST_BODY).collect().await.map_err(|error| {
            AwsError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", error.to_string())
        })?;
        let body = body.to_bytes();
        // A media stream has no end when it is signed: its body is not part of the signature.
        let signed = if parts.uri.path() == "/putMedia" { Bytes::new() } else { body.clone() };
        let caller = self.internal_calls.authenticate(&parts, &signed, scope).await?;
        let described = described(&parts, &signed);
        let request = AwsRequest {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: query_pairs(parts.uri.query().unwrap_or_default()),
            headers: parts.headers,
            body,
            caller,
        };
        let action = service.action(&request)?;
        self.internal_calls.authorize(&request.caller, &action).await?;
        let resource = action.resources.first().map(String::as_str).unwrap_or_default();
        if self.faults.exceeds(&action.name, resource) {
            return Err(service.throttled());
        }
        let by_root = request.caller.access_key_id == self.root;
        let fault = self.faults.next(&action.name, &request.path, by_root);
        tracing::debug!(action = action.name, ?fault, "own service");
        let protocol = service.protocol();
        let carry_out = async {
            let answer = service.handle(request).await.unwrap_or_else(|error| error.into_response(protocol));
            let held = self.internal_calls.hold_answer(&described, scope, answer).await;
            held.unwrap_or_else(|error| error.into_response(protocol))
        };
        let Some(fault) = fault else { return Ok(carry_out.await) };
        let refusal = service.throttled().into_response(protocol);
        Ok(inflict(fault, connection, &scope.service, Some(refusal), carry_out).await)
    }

    async fn answer_proxied(
        &self,
        scope: &Scope,
        connection: &Connection,
        request: Request<Body>,
    ) -> AwsResponse {
        let by_root = access_key(&request).is_some_and(|key| key == self.root);
        let (request, form) = match with_form(request).await {
            Ok(found) => found,
            Err(error) => return unavailable(StatusCode::BAD_REQUEST, error.as_ref()),
        };
        let action = proxied_action(&scope.service, &request, form.as_deref());
        if self.faults.exceeds(action.as_deref().unwrap_or(&scope.service), request.uri().path()) {
            return throttled(&scope.service);
        }
        let fault = action.and_then(|action| self.faults.next(&action, request.uri().path(), by_root));
        match fault {
            Some(fault) => inflict(fault, connection, &scope.service, None, self.proxy(request)).await,
            None => self.proxy(request).await,
        }
    }

    async fn proxy(&self, mut request: Request<Body>) -> AwsResponse {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let uri: Uri = match format!("{}{path}", self.ministack).parse() {
            Ok(uri) => uri,
            Err(error) => return unavailable(StatusCode::BAD_REQUEST, &error),
        };
        *request.uri_mut() = uri;
        remove_hop_by_hop(request.headers_mut());
        // The endpoint replaces AWS's, which use HTTPS: a policy that denies plain HTTP must not lock everyone out.
        request.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
        match self.client.request(request).await {
            Ok(mut response) => {
                remove_hop_by_hop(response.headers_mut());
                response.map(Body::new)
            }
            Err(error) => unavailable(StatusCode::BAD_GATEWAY, &error),
        }
    }
}

async fn serve(
    State(front): State<Arc<Front>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request<Body>,
) -> AwsResponse {
    let Some(scope) = scope(&request) else { return front.proxy(request).await };
    if front.faults.forbids(&scope.service) {
        let action = proxied_action(&scope.service, &request, None);
        return forbidden(&scope.service, &action.unwrap_or_else(|| format!("{}:*", scope.service)));
    }
    match front.services.get(scope.service.as_str()) {
        Some(service) => front.answer_own(service.as_ref(), &scope, &connection, request).await,
        None => front.answer_proxied(&scope, &connection, request).await,
    }
}

/// A request with its body, if that is a form, which is then consumed.
async fn with_form(
    request: Request<Body>,
) -> Result<(Request<Body>, Option<Bytes>), Box<dyn std::error::Error + Send + Sync>> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return Ok((request, None));
    }
    let (parts, body) = request.into_parts();
    let form = Limited::new(body, LONGEST_BODY).collect().await?.to_bytes();
    Ok((Request::from_parts(parts, Body::from(form.clone())), Some(form)))
}

/// The credential in a request's signature, from its header or its presigned query: key id / date / region / service /
/// aws4_request.
fn credential<B>(request: &Request<B>) -> Option<String> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let credential = header
        .and_then(|authorization| authorization.split_once("Credential="))
        .map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or(rest).to_owned());
    credential.or_else(|| {
        let query = request.uri().query()?;
        query_pairs(query).into_iter().find(|(name, _)| name == "X-Amz-Credential").map(|(_, value)| value)
    })
}

/// The access key with which a request is signed.
fn access_key<B>(request: &Request<B>) -> Option<String> {
    Some(credential(request)?.split('/').next()?.to_owned())
}

/// The scope of a request's signature. An unsigned request that names an own service's operation has that service's
/// scope, so that the service refuses it in its own format.
fn scope<B>(request: &Request<B>) -> Option<Scope> {
    if let Some(credential) = credential(request) {
        let mut parts = credential.split('/').skip(2);
        let (region, service) = (parts.next()?, parts.next()?);
        return Some(Scope { service: service.to_owned(), region: region.to_owned() });
    }
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok())?;
    target
        .starts_with("Transcribe.")
        .then(|| Scope { service: "transcribe".to_owned(), region: String::new() })
}

/// A query's names and values, decoded.
fn query_pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode(&text.replace('+', " ")).into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn remove_hop_by_hop(headers: &mut HeaderMap) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

fn unavailable(status: StatusCode, error: &dyn std::error::Error) -> AwsResponse {
    tracing::warn!(%error, "ministack gave no answer");
    let text = format!("the local cloud's ministack gave no answer: {error}");
    let mut response = Response::new(Body::from(Bytes::from(text)));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn scope_of(uri: &str, headers: &[(&str, &str)]) -> Option<(String, String)> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        scope(&request.body(()).unwrap()).map(|scope| (scope.service, scope.region))
    }

    fn found(service: &str, region: &str) -> Option<(String, String)> {
        Some((service.to_owned(), region.to_owned()))
    }

    #[test]
    fn the_scope_is_in_the_header_or_in_the_query() {
        let header =
            "AWS4-HMAC-SHA256 Credential=AKIA/20261123/eu-central-1/connect/aws4_request, SignedHeaders=host";
        assert_eq!(scope_of("/instance", &[("authorization", header)]), found("connect", "eu-central-1"));
        let presigned = "/b/k?X-Amz-Credential=AKIA%2F20261123%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=x";
        assert_eq!(scope_of(presigned, &[]), found("s3", "us-east-1"));
    }

    #[test]
    fn a_request_without_a_scope_goes_to_ministack_unless_it_names_an_own_operation() {
        assert_eq!(scope_of("/b/k", &[]), None);
        assert_eq!(scope_of("/", &[("authorization", "Bearer x")]), None);
        assert_eq!(scope_of("/", &[("authorization", "AWS4-HMAC-SHA256 Credential=AKIA/2026")]), None);
        assert_eq!(
            scope_of("/", &[("x-amz-target", "Transcribe.GetTranscriptionJob")]),
            found("transcribe", "")
        );
    }

    #[test]
    fn queries_are_decoded_in_order() {
        let pairs = query_pairs("a=1%2F2&b&a=x+y&");
        let expected =
            [("a", "1/2"), ("b", ""), ("a", "x y")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs, expected);
    }
}
