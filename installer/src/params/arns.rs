//! ARNs of what others own.

use vmx_contract::arn::is_account;

use super::checked::checked;

checked!(
    /// The ARN of a secret in Secrets Manager; empty for none.
    #[derive(Default)]
    SecretArn,
    |text| text.is_empty() || is_arn(text, "secretsmanager", "secret:"),
    "the ARN of a secret, such as arn:aws:secretsmanager:eu-west-2:111122223333:secret:voicemail-AbCdEf"
);
checked!(
    /// The ARN of a key in AWS KMS; empty for none.
    #[derive(Default)]
    KeyArn,
    |text| text.is_empty() || is_arn(text, "kms", "key/"),
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

/// Whether a text is `arn:<partition>:<service>:<region>:<account>:<resource>`, without patterns.
fn is_arn(text: &str, service: &str, resource: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, of, region, account, named] = parts.as_slice() else { return false };
    let name = named.strip_prefix(resource).unwrap_or_default();
    *arn == "arn"
        && partition.starts_with("aws")
        && *of == service
        && !region.is_empty()
        && is_account(account)
        && !name.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/_+=.@-".contains(&byte))
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
}
