//! Opens a link as a browser does: without credentials.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// Why a link could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The text is no URL of this machine.
    #[error("`{0}` is no link to this machine")]
    Link(String),
    /// The connection failed.
    #[error("the link cannot be opened: {0}")]
    Transport(String),
    /// The link is refused.
    #[error("the link is refused with status {0}")]
    Refused(http::StatusCode),
}

/// What a link with `http:` leads to.
///
/// # Errors
/// When there is no answer, or one with a status other than 2xx.
pub async fn download(link: &str) -> Result<Bytes, DownloadError> {
    let uri: http::Uri = link.parse().map_err(|_| DownloadError::Link(link.to_owned()))?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let response = client.get(uri).await.map_err(|error| DownloadError::Transport(error.to_string()))?;
    if !response.status().is_success() {
        return Err(DownloadError::Refused(response.status()));
    }
    let body = response.into_body().collect().await;
    Ok(body.map_err(|error| DownloadError::Transport(error.to_string()))?.to_bytes())
}
