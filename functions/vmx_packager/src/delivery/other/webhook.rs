//! A package to an HTTPS address, signed.
//!
//! The signature is HMAC-SHA-256 over `<timestamp>.<body>`. Redirects are not followed, and only the response's status
//! counts: its body is not read.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ring::hmac;
use tokio::time::timeout;
use vmx_lambda::clock;
use vmx_lambda::failure::{Failure, Kind, innermost};

use super::public::{PublicNames, is_public};

/// The request's name in errors.
const ACTION: &str = "webhook";
/// The longest time from the first packet to the status.
const LONGEST: Duration = Duration::from_secs(10);
/// When the request was signed, in seconds since 1970.
const TIMESTAMP: &str = "x-voicemail-timestamp";
/// The signature: `v1=` and 64 hexadecimal digits.
const SIGNATURE: &str = "x-voicemail-signature";
/// The voicemail's name: the same in every repetition.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Posts a package. `loopback` allows addresses on this machine, without TLS.
pub(super) async fn post(
    address: &str,
    id: &str,
    json: &str,
    key: &[u8],
    loopback: bool,
) -> Result<(), Failure> {
    let refused = |why: String| Failure::new(ACTION, Kind::Refused, why);
    let uri: Uri = address.parse().map_err(|_| refused("the address is not a URL".into()))?;
    check(&uri, loopback).map_err(|why| refused(why.to_owned()))?;
    let now = clock::now().as_second();
    let request = Request::builder()
        .method(Method::POST)
        .uri(&uri)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("voicemail-express/", env!("CARGO_PKG_VERSION")))
        .header(TIMESTAMP, now)
        .header(SIGNATURE, signature(now, json, key))
        .header(IDEMPOTENCY_KEY, id)
        .body(Full::new(Bytes::copy_from_slice(json.as_bytes())))
        .map_err(|error| refused(error.to_string()))?;
    let transient = |why: String| Failure::new(ACTION, Kind::Transient, why);
    let answer = if uri.scheme_str() == Some("http") {
        // Checked above: an address of this machine, not a name.
        timeout(LONGEST, Client::builder(TokioExecutor::new()).build_http().request(request)).await
    } else {
        let mut connector = HttpConnector::new_with_resolver(PublicNames);
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(LONGEST));
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| transient(format!("cannot read the system's certificates: {error}")))?
            .https_only()
            .enable_http1()
            .wrap_connector(connector);
        timeout(LONGEST, Client::builder(TokioExecutor::new()).build(connector).request(request)).await
    };
    let answer =
        answer.map_err(|_| transient(format!("no response within {} seconds", LONGEST.as_secs())))?;
    let status = answer.map_err(|error| transient(innermost(&error)))?.status();
    judge(status)
}

/// Whether a webhook can be there.
fn check(uri: &Uri, loopback: bool) -> Result<(), &'static str> {
    let host = uri.host().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_here = address.is_some_and(|address| address.is_loopback());
    match (uri.scheme_str(), address) {
        (Some("http" | "https"), _) if is_here && loopback => Ok(()),
        (Some("https"), None) if !host.is_empty() => Ok(()),
        // The connector resolves only names, so addresses are checked here.
        (Some("https"), Some(address)) if is_public(address) => Ok(()),
        (Some("https"), _) => Err("the address is not public"),
        _ => Err("the address is not https"),
    }
}

/// The meaning of a status. A redirect is not followed.
fn judge(status: StatusCode) -> Result<(), Failure> {
    let kind = match status.as_u16() {
        200..=299 => return Ok(()),
        408 | 425 | 429 | 500.. => Kind::Transient,
        _ => Kind::Refused,
    };
    Err(Failure::new(ACTION, kind, format!("HTTP status {}", status.as_u16())))
}

fn signature(timestamp: i64, json: &str, key: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, format!("{timestamp}.{json}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v1={hex}")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_signature_is_that_of_timestamp_and_body() {
        // As `printf '1795428000.{}' | openssl dgst -sha256 -hmac key` prints it.
        assert_eq!(
            signature(1_795_428_000, "{}", b"key"),
            "v1=f4139417c5db6b18908b4d8e3787e7aaf80ea8762f0465b9bbafdf48377cb4dd"
        );
        assert_ne!(signature(1_795_428_001, "{}", b"key"), signature(1_795_428_000, "{}", b"key"));
    }

    #[test]
    fn only_https_to_the_internet_is_posted_to() {
        for (address, loopback, good) in [
            ("https://crm.example.com/hook", false, true),
            ("https://8.8.8.8/", false, true),
            ("http://crm.example.com/", false, false),
            ("http://crm.example.com/", true, false),
            ("https://127.0.0.1/", false, false),
            ("https://[::1]/", false, false),
            ("https://169.254.169.254/", true, false),
            ("http://127.0.0.1:8080/", false, false),
            ("http://127.0.0.1:8080/", true, true),
            ("http://10.0.0.1/", true, false),
        ] {
            assert_eq!(check(&address.parse().unwrap(), loopback).is_ok(), good, "{address} {loopback}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_when_it_is_connected_to() {
        let failure = post("https://localhost:9/", "c", "{}", b"key", false).await.unwrap_err();
        assert!(failure.to_string().contains("not public"), "{failure}");
    }

    #[test]
    fn a_status_says_whether_to_try_again() {
        let kind =
            |status: u16| judge(StatusCode::from_u16(status).unwrap()).err().map(|failure| failure.kind);
        assert_eq!((kind(200), kind(204)), (None, None));
        for again in [408, 429, 500, 503] {
            assert_eq!(kind(again), Some(Kind::Transient), "{again}");
        }
        for never in [301, 307, 400, 401, 404, 410] {
            assert_eq!(kind(never), Some(Kind::Refused), "{never}");
        }
    }
}
