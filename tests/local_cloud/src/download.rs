//! Opens a link like a browser: without credentials.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// The part of function URLs after their own name.
const FUNCTION_URL: &str = ".lambda-url.";
/// The maximum number of redirects.
const REDIRECTS: usize = 3;

/// Why a link could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The text is not a URL of this machine.
    #[error("`{0}` is no link to this machine")]
    Link(String),
    /// The connection failed.
    #[error("the link cannot be opened: {0}")]
    Transport(String),
    /// The link is refused.
    #[error("the link is refused with status {0}")]
    Refused(StatusCode),
}

/// Downloads the recording at a voicemail's link: the link itself, or the audio of its page's player. `endpoint` is
/// the local cloud's.
///
/// # Errors
/// If there is no response, or its status is not 2xx.
pub async fn download(endpoint: &str, link: &str) -> Result<Bytes, DownloadError> {
    let mut link = if link.contains(FUNCTION_URL) { format!("{link}/audio") } else { link.to_owned() };
    for _ in 0..REDIRECTS {
        let answer = open(endpoint, Method::GET, &link, HeaderMap::new()).await?;
        let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        match location {
            Some(location) if answer.status().is_redirection() => link = location.to_owned(),
            _ if answer.status().is_success() => return Ok(answer.into_body()),
            _ => return Err(DownloadError::Refused(answer.status())),
        }
    }
    Err(DownloadError::Link(link))
}

/// Requests a URL of this machine, or a function URL, whose name is resolved to this machine instead of AWS.
///
/// # Errors
/// If there is no response. A response of any status counts.
pub async fn open(
    endpoint: &str,
    method: Method,
    link: &str,
    headers: HeaderMap,
) -> Result<Response<Bytes>, DownloadError> {
    let no_link = || DownloadError::Link(link.to_owned());
    let uri: Uri = link.parse().map_err(|_| no_link())?;
    let host = uri.authority().ok_or_else(no_link)?.to_string();
    let target = if host.contains(FUNCTION_URL) {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        format!("{endpoint}{path}").parse().map_err(|_| no_link())?
    } else {
        uri
    };
    let mut request = Request::builder().method(method).uri(target).header(header::HOST, host);
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::empty()).map_err(|_| no_link())?;
    let transport = |error: &dyn std::fmt::Display| DownloadError::Transport(error.to_string());
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let (parts, body) = client.request(request).await.map_err(|error| transport(&error))?.into_parts();
    let body = body.collect().await.map_err(|error| transport(&error))?.to_bytes();
    Ok(Response::from_parts(parts, body))
}
