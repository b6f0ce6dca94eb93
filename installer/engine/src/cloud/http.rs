//! The HTTP client: TLS by rustls with ring, through the proxy that the environment names.

use std::net::IpAddr;

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};

pub(super) fn client() -> SharedHttpClient {
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

/// The proxy from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`. None for an endpoint on this machine, which no
/// proxy reaches.
fn proxy(endpoint: Option<&str>) -> ProxyConfig {
    let is_local = endpoint.is_some_and(|url| {
        let authority = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or_default();
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    });
    if is_local { ProxyConfig::disabled() } else { ProxyConfig::from_env() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_on_this_machine_has_no_proxy() {
        for endpoint in ["http://127.0.0.1:4566", "http://localhost:4566/", "http://[::1]:4566"] {
            assert!(proxy(Some(endpoint)).is_disabled(), "{endpoint}");
        }
        for endpoint in [None, Some("https://vpce-1.example.com"), Some("http://127.0.0.1.example.com:1")] {
            assert!(proxy(endpoint).is_from_env(), "{endpoint:?}");
        }
    }
}
