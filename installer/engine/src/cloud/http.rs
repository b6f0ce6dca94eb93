//! The HTTP client: TLS by rustls with ring, through the proxy that the environment names.

use std::net::IpAddr;

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};
use http::Uri;

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
    let uri = endpoint.and_then(|url| url.parse::<Uri>().ok());
    let is_local = uri.as_ref().and_then(Uri::host).is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    });
    if is_local { ProxyConfig::disabled() } else { ProxyConfig::from_env() }
}

#[cfg(test)]
mod tests {
    use super::*;

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
