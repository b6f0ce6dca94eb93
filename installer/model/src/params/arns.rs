//! ARNs of resources outside the installation.

use vmx_contract::arn::is_account;

use super::checked::checked;

checked!(
    /// The ARN of a secret in Secrets Manager; empty for none.
    #[derive(Default)]
    SecretArn,
    |text| text.is_empty() || name_in(text, "secretsmanager", "secret:").is_some(),
    "the ARN of a secret, such as arn:aws:secretsmanager:eu-west-2:111122223333:secret:voicemail-AbCdEf"
);
checked!(
    /// The ARN of a key in AWS KMS; empty for none.
    #[derive(Default)]
    KeyArn,
    |text| text.is_empty() || name_in(text, "kms", "key/").is_some(),
    "the ARN of a key, such as arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-000000000000"
);

impl SecretArn {
    /// Region and account of the secret.
    #[must_use]
    pub fn place(&self) -> Option<(&str, &str)> {
        let mut parts = self.as_str().split(':').skip(3);
        Some((parts.next()?, parts.next()?))
    }
}

/// The parts of `arn:<partition>:<service>:<region>:<account>:<resource><name>`, or `None` for any other text and for
/// patterns.
pub(super) fn name_in<'a>(text: &'a str, service: &str, resource: &str) -> Option<&'a str> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, of, region, account, named] = parts[..] else { return None };
    let word = |text: &str, more: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    let is_place =
        partition.starts_with("aws") && word(partition, b"-") && word(region, b"-") && is_account(account);
    named.strip_prefix(resource).filter(|name| of == service && is_place && word(name, b"/_+=.@-"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_place_of_a_secret_is_in_its_arn() {
        let arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:salesforce-AbCdEf".to_owned();
        assert_eq!(SecretArn::try_from(arn).unwrap().place(), Some(("eu-west-2", "111122223333")));
        assert_eq!(SecretArn::default().place(), None);
    }

    #[test]
    fn what_is_no_part_of_a_name_or_a_place_is_refused() {
        for bad in [
            "arn:aws:secretsmanager:eu-west-2:111122223333:secret:",
            "arn:aws:secretsmanager:eu-west-2:111122223333:secret:hook:key",
            "arn:aws:secretsmanager:eu-west-2:111122223333:secret:hook*",
            "arn:aws:secretsmanager:eu/west:111122223333:secret:hook",
            "arn:aws:secretsmanager:eu-west-2:1111:secret:hook",
            "arn:of:secretsmanager:eu-west-2:111122223333:secret:hook",
        ] {
            assert!(SecretArn::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
