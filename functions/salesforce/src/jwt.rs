//! Assertions of the JWT bearer flow.
//!
//! Source: Salesforce Help, *OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration*; RFC 7515 and RFC 7523.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PKCS1_SHA256;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;

use crate::error::SalesforceError;

/// How long an assertion is valid: Salesforce accepts at most three minutes ahead, by its own clock.
const LIFETIME: Duration = Duration::from_secs(2 * 60);

/// An RSA key that signs.
pub(crate) struct SigningKey(KeyPair);

impl SigningKey {
    /// Reads a key in PEM, PKCS#8 or PKCS#1.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, SalesforceError> {
        let refused = |reason: &str| SalesforceError::Key { reason: reason.to_owned() };
        // JSON written by hand may contain `\n` as two characters.
        let pem = pem.replace("\\n", "\n");
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
            refused(
                "it is not an unencrypted PEM with a PRIVATE KEY or an RSA PRIVATE KEY and its line \
                     breaks",
            )
        })?;
        let read = match &der {
            PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(refused("it is not an RSA key")),
        };
        read.map(Self)
            .map_err(|rejected| refused(&format!("it is not an RSA key of 2048 to 4096 bits ({rejected})")))
    }

    /// Signs an assertion that `username` allows the app `client_id` to act.
    pub(crate) fn assertion(
        &self,
        client_id: &str,
        username: &str,
        audience: &str,
        now: SystemTime,
    ) -> Result<String, SalesforceError> {
        let expires = (now + LIFETIME).duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let header = json!({"alg": "RS256"});
        let claims = json!({"iss": client_id, "sub": username, "aud": audience, "exp": expires});
        let encode = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
        let signed =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| SalesforceError::Key { reason: "signing failed".to_owned() })?;
        Ok(format!("{signed}.{}", encode(&signature)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    const PKCS8: &str = include_str!("../tests/fixtures/rsa.pkcs8.pem");
    const PKCS1: &str = include_str!("../tests/fixtures/rsa.pkcs1.pem");
    const PUBLIC: &[u8] = include_bytes!("../tests/fixtures/rsa.public.der");

    #[test]
    fn an_assertion_is_signed_and_soon_over() {
        let now = UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        for pem in [PKCS8.to_owned(), PKCS1.to_owned(), PKCS8.replace('\n', "\\n")] {
            let key = SigningKey::from_pem(&pem).unwrap();
            let assertion =
                key.assertion("3MVG", "u@example.com", "https://login.salesforce.com", now).unwrap();
            let (signed, signature) = assertion.rsplit_once('.').unwrap();
            let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, PUBLIC)
                .verify(signed.as_bytes(), &signature)
                .unwrap();
            let parts: Vec<Value> = signed
                .split('.')
                .map(|part| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
                .collect();
            let claims = json!({
                "iss": "3MVG", "sub": "u@example.com", "aud": "https://login.salesforce.com",
                "exp": 1_790_000_000 + 120,
            });
            assert_eq!(parts, [json!({"alg": "RS256"}), claims]);
        }
    }

    #[test]
    fn what_is_no_rsa_key_is_refused_with_a_reason() {
        let ec = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
        let empty = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (pem, said) in [
            ("", "not an unencrypted PEM"),
            ("key", "not an unencrypted PEM"),
            (ec, "not an RSA key"),
            (empty, "2048"),
        ] {
            let error = SigningKey::from_pem(pem).err().unwrap().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
