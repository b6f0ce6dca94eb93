//! The HTTP client: TLS by rustls with ring, through the proxy that the environment names.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_s3::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_sdk_s3::error::{BoxError, ConnectorError};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use http::Uri;

/// How long to retry a host that was never reached. With the longest wait for a connection, 3.1 seconds by the SDK's
/// default, the failure is known in five seconds.
const UNREACHED: Duration = Duration::from_secs(1);

pub(super) fn client() -> SharedHttpClient {
    SharedHttpClient::new(Reaching { client: tls_client(), hosts: Arc::default() })
}

fn tls_client() -> SharedHttpClient {
    let proxy = proxy(std::env::var("AWS_ENDPOINT_URL").ok().as_deref());
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .proxy_config(proxy.clone())
            .build()
    })
}

/// A client that fails soon where nothing answers: the SDK's retries are for interruptions. A host that has answered
/// once is retried as the SDK does.
#[derive(Debug)]
struct Reaching {
    client: SharedHttpClient,
    hosts: Hosts,
}

/// Each host with the time of its first failure, until it has answered.
type Hosts = Arc<Mutex<HashMap<String, Option<Instant>>>>;

impl HttpClient for Reaching {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(ReachingConnector { connector, hosts: self.hosts.clone() })
    }
}

#[derive(Debug)]
struct ReachingConnector {
    connector: SharedHttpConnector,
    hosts: Hosts,
}

impl HttpConnector for ReachingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri();
        let host = uri.split_once("://").map_or(uri, |(scheme, rest)| {
            &uri[..scheme.len() + 3 + rest.find(['/', '?']).unwrap_or(rest.len())]
        });
        let (host, hosts, begun) = (host.to_owned(), self.hosts.clone(), Instant::now());
        let answer = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            let mut hosts = hosts.lock().unwrap_or_else(PoisonError::into_inner);
            match answer {
                Ok(answer) => {
                    hosts.insert(host, None);
                    Ok(answer)
                }
                Err(error) if error.is_io() || error.is_timeout() => {
                    match hosts.entry(host.clone()).or_insert(Some(begun)) {
                        Some(first) if first.elapsed() >= UNREACHED => {
                            let unreached = Unreached { host, source: error.into_source() };
                            Err(ConnectorError::other(Box::new(unreached), None))
                        }
                        _ => Err(error),
                    }
                }
                Err(error) => Err(error),
            }
        })
    }
}

/// A host that never answered.
#[derive(Debug)]
pub(super) struct Unreached {
    host: String,
    source: BoxError,
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection to {}", self.host)
    }
}

impl std::error::Error for Unreached {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_ref())
    }
}

/// The proxy from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. None for an endpoint on this machine, which no
/// proxy reaches.
fn proxy(endpoint: Option<&str>) -> ProxyConfig {
    if endpoint.is_some_and(is_local) { ProxyConfig::disabled() } else { ProxyConfig::from_env() }
}

/// Whether an address is of this machine.
pub(super) fn is_local(url: &str) -> bool {
    let uri = url.parse::<Uri>().ok();
    uri.as_ref().and_then(Uri::host).is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::primitives::SdkBody;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

    /// Answers with this, or fails to connect.
    #[derive(Debug)]
    struct Host(Option<u16>);

    impl HttpConnector for Host {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            HttpConnectorFuture::ready(match self.0.and_then(|status| status.try_into().ok()) {
                Some(status) => Ok(HttpResponse::new(status, SdkBody::empty())),
                None => Err(ConnectorError::io("refused".into())),
            })
        }
    }

    #[tokio::test]
    async fn a_host_that_never_answered_is_retried_for_a_second() {
        const URI: &str = "https://sts.eu-west-2.amazonaws.com/?x=y";
        const HOST: &str = "https://sts.eu-west-2.amazonaws.com";
        let hosts = Hosts::default();
        let call = async |host: Host| {
            let connector = SharedHttpConnector::new(host);
            let mut request = HttpRequest::empty();
            request.set_uri(URI).expect("a sound address");
            ReachingConnector { connector, hosts: hosts.clone() }.call(request).await
        };
        // The SDK retries what is an interruption to it.
        assert!(call(Host(None)).await.is_err_and(|error| error.is_io()));
        let first = Instant::now().checked_sub(UNREACHED).expect("later than the machine's start");
        hosts.lock().expect("no test panics with it").insert(HOST.to_owned(), Some(first));
        let error = call(Host(None)).await.expect_err("nothing answers");
        assert!(!error.is_io() && error.as_other().is_none(), "{error:?}");
        let source = error.into_source();
        assert_eq!(source.to_string(), format!("no connection to {HOST}"));
        // One answer, whatever it is, and every failure is an interruption.
        assert!(call(Host(Some(500))).await.is_ok());
        assert!(call(Host(None)).await.is_err_and(|error| error.is_io()));
    }

    #[test]
    fn an_endpoint_on_this_machine_has_no_proxy() {
        for endpoint in
            ["http://127.0.0.1:4566", "http://localhost:4566/", "http://[::1]:4566", "http://user@127.0.0.1"]
        {
            assert!(proxy(Some(endpoint)).is_disabled(), "{endpoint}");
        }
        for endpoint in
            ["https://vpce-1.example.com", "http://127.0.0.1.example.com:1", "http://[::2]", "no URL"]
        {
            assert!(proxy(Some(endpoint)).is_from_env(), "{endpoint:?}");
        }
        assert!(proxy(None).is_from_env());
    }
}
