//! Salesforce's addresses: the only hosts that get a secret or a token.

use std::fmt;

use http::Uri;
use http::uri::Scheme;

/// The domains under which Salesforce serves logins and APIs: production and sandboxes, sites, the United States'
/// military cloud, and China. Source: Salesforce Help, *My Domain URL Formats* and *Allow the Required Domains*.
const DOMAINS: [&str; 5] =
    ["salesforce.com", "force.com", "salesforce.mil", "sfcrmproducts.cn", "sfcrmapps.cn"];
/// Hosts of this machine.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
/// How much of an invalid text to repeat.
const SHOWN: usize = 100;

/// Whether a Salesforce on this machine, without TLS, is allowed too. Only for tests and the local cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// Not allowed.
    Refused,
    /// Allowed.
    Allowed,
}

/// The origin of a Salesforce: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    origin: String,
    host: String,
}

/// A URL that is not Salesforce's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{shown}` is not the https URL of a Salesforce host, such as https://example.my.salesforce.com, \
     without a path; credentials and tokens are not sent anywhere else"
)]
pub struct OriginError {
    shown: String,
}

impl Origin {
    /// Reads an origin from a URL.
    ///
    /// # Errors
    /// [`OriginError`] for anything but `https://` and a host within Salesforce's domains, with neither user, port,
    /// path nor query.
    pub fn parse(text: &str, loopback: Loopback) -> Result<Self, OriginError> {
        // The text came from outside: only its start is repeated, without control characters.
        let shown = || text.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        read(text.trim(), loopback).ok_or_else(|| OriginError { shown: shown() })
    }

    /// The host's name.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether any organization logs in through this host, not just one.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(
            self.host.as_str(),
            "login.salesforce.com" | "test.salesforce.com" | "welcome.salesforce.com"
        )
    }

    /// Whether this is the host of a sandbox. Source: Salesforce Help, *My Domain URL Formats*.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.host == "test.salesforce.com" || self.host.contains(".sandbox.") || self.host.contains("--")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

fn read(text: &str, loopback: Loopback) -> Option<Origin> {
    let uri: Uri = text.parse().ok()?;
    let authority = uri.authority()?;
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !authority.as_str().contains('@');
    if !bare || text.contains('#') {
        return None;
    }
    let host = authority.host().to_ascii_lowercase();
    let scheme = uri.scheme()?;
    if loopback == Loopback::Allowed && *scheme == Scheme::HTTP && LOOPBACK.contains(&host.as_str()) {
        return Some(Origin { origin: format!("http://{authority}"), host });
    }
    let is_theirs = *scheme == Scheme::HTTPS
        && authority.port().is_none()
        && DOMAINS.iter().any(|domain| is_below(&host, domain));
    is_theirs.then(|| Origin { origin: format!("https://{host}"), host })
}

/// Whether a host belongs to a domain, by complete and well-formed labels.
fn is_below(host: &str, domain: &str) -> bool {
    let Some(labels) = host.strip_suffix(domain).and_then(|labels| labels.strip_suffix('.')) else {
        return false;
    };
    labels.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn salesforce_is_known_by_its_hosts() {
        for (url, origin) in [
            ("https://login.salesforce.com", "https://login.salesforce.com"),
            ("https://Example.my.salesforce.com/", "https://example.my.salesforce.com"),
            (
                " https://example--uat.sandbox.my.salesforce.com ",
                "https://example--uat.sandbox.my.salesforce.com",
            ),
            ("https://example.my.salesforce.mil", "https://example.my.salesforce.mil"),
            ("https://acme.force.com", "https://acme.force.com"),
        ] {
            assert_eq!(Origin::parse(url, Loopback::Refused).unwrap().to_string(), origin);
        }
        let sandbox =
            Origin::parse("https://example--uat.sandbox.my.salesforce.com", Loopback::Refused).unwrap();
        assert!(sandbox.is_sandbox() && !sandbox.is_shared());
        assert!(Origin::parse("https://test.salesforce.com", Loopback::Refused).unwrap().is_shared());
    }

    #[test]
    fn nobody_else_is_sent_a_secret() {
        for url in [
            "",
            "login.salesforce.com",
            "http://login.salesforce.com",
            "https://salesforce.com",
            "https://evilsalesforce.com",
            "https://login.salesforce.com.evil.example",
            "https://evil.example/login.salesforce.com",
            "https://evil.example#.salesforce.com",
            "https://login.salesforce.com@evil.example",
            "https://user:password@login.salesforce.com",
            "https://login.salesforce.com:8443",
            "https://login.salesforce.com/services",
            "https://login.salesforce.com?to=evil.example",
            "https://a..salesforce.com",
            "https://127.0.0.1",
            "http://127.0.0.1:8080",
            "http://localhost:8080",
        ] {
            assert!(Origin::parse(url, Loopback::Refused).is_err(), "{url}");
        }
    }

    #[test]
    fn this_machine_counts_only_where_that_is_allowed() {
        let parse = |url| Origin::parse(url, Loopback::Allowed).map(|origin| origin.to_string());
        assert_eq!(parse("http://127.0.0.1:8080/").unwrap(), "http://127.0.0.1:8080");
        for url in [
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "http://login.salesforce.com",
            "http://127.0.0.2",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_https_and_within_a_domain(text in "(https?://)?[a-z@:/#?.%-]{0,20}(salesforce|force)\\.com[a-z@:/#?.%-]{0,8}") {
            if let Ok(origin) = Origin::parse(&text, Loopback::Refused) {
                let uri: Uri = origin.to_string().parse().unwrap();
                prop_assert_eq!(uri.scheme_str(), Some("https"));
                let host = uri.host().unwrap();
                let is_theirs = DOMAINS.iter().any(|domain| host.ends_with(&format!(".{domain}")));
                prop_assert!(is_theirs);
                prop_assert_eq!(uri.authority().unwrap().as_str(), host);
            }
        }
    }
}
