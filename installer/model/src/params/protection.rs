//! Protection beyond the defaults: limits for the roles, and settings of the buckets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vmx_contract::arn::is_account;

use super::checked::checked;
use super::{Params, Whole};

/// Settings of the functions' roles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Iam {
    /// The ARN of the managed policy to use as the roles' permissions boundary. Empty: none.
    pub permissions_boundary: BoundaryArn,
    /// The path of the roles, such as /voicemail/.
    pub path: RolePath,
}

/// Settings of the buckets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Buckets {
    /// Keep deleted and overwritten objects for one more day. Retention still holds.
    pub versioning: bool,
    /// After how many days recordings move to S3 Glacier Instant Retrieval. 0: never.
    pub archive_after_days: Whole<0, 3652>,
    /// The name of a bucket in this account and region for the buckets' access logs. Empty: none.
    pub access_logs_bucket: BucketName,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            versioning: false,
            archive_after_days: const { Whole::of(0) },
            access_logs_bucket: BucketName::default(),
        }
    }
}

checked!(
    /// The ARN of a managed policy; empty for none.
    #[derive(Default)]
    BoundaryArn,
    |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        text.is_empty()
            || matches!(parts[..], ["arn", partition, "iam", "", account, policy]
                if partition.starts_with("aws")
                    && (account == "aws" || is_account(account))
                    && policy.strip_prefix("policy/").is_some_and(|name| !name.is_empty())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/_+=,.@-".contains(&byte)))
    },
    "the ARN of a managed policy, such as arn:aws:iam::111122223333:policy/boundary"
);
checked!(
    /// The path of a role. IAM allows more characters, but those with a meaning in policies help nobody. Source:
    /// `CreateRole` of the IAM API.
    RolePath,
    |text| {
        text == "/"
            || (text.len() <= 512
                && text.len() > 2
                && text.starts_with('/')
                && text.ends_with('/')
                && !text.contains("//")
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=,.@-".contains(&byte)))
    },
    "the path of roles: / or names between slashes, such as /voicemail/"
);
checked!(
    /// The name of a bucket; empty for none. Source: the Amazon S3 user guide, "General purpose bucket naming rules".
    #[derive(Default)]
    BucketName,
    |text| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        let outer = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let bytes = text.as_bytes();
        text.is_empty()
            || ((3..=63).contains(&text.len())
                && text.bytes().all(inner)
                && outer(bytes.first())
                && outer(bytes.last())
                && !text.contains(".."))
    },
    "a bucket name: 3 to 63 lowercase letters, digits, hyphens and dots"
);

impl Default for RolePath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl Params {
    /// The customer managed key that encrypts everything, if there is one.
    #[must_use]
    pub fn own_key(&self) -> Option<&str> {
        Some(self.kms_key.as_str()).filter(|key| !key.is_empty())
    }

    /// The bucket for access logs, if there is one.
    #[must_use]
    pub fn access_logs_bucket(&self) -> Option<&str> {
        Some(self.buckets.access_logs_bucket.as_str()).filter(|bucket| !bucket.is_empty())
    }

    /// How many days of a retention something is visible. With versions the last day is that of the old version, which
    /// is then deleted with the last day. Recordings are visible for all of their days; the old version is deleted a day
    /// later.
    #[must_use]
    pub fn days_seen(&self, kept: u32) -> u32 {
        kept - u32::from(self.buckets.versioning && kept > 1)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn names_and_paths_are_no_patterns() {
        for good in [
            "",
            "arn:aws:iam::111122223333:policy/team/boundary",
            "arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
        ] {
            assert!(from_value::<BoundaryArn>(json!(good)).is_ok(), "{good}");
        }
        for bad in [
            "boundary",
            "arn:aws:iam::111122223333:role/boundary",
            "arn:aws:iam::111122223333:policy/",
            "arn:aws:iam::111122223333:policy/*",
            "arn:aws:iam::1234:policy/b",
            "arn:aws:iam:eu-west-2:111122223333:policy/b",
            "arn:evil:iam::111122223333:policy/b",
        ] {
            assert!(from_value::<BoundaryArn>(json!(bad)).is_err(), "{bad}");
        }
        for good in ["/", "/a/", "/team/voice-mail_1/"] {
            assert!(from_value::<RolePath>(json!(good)).is_ok(), "{good}");
        }
        for bad in
            ["", "a", "/a", "a/", "//", "/a//b/", "/*/", "/${x}/", "/a b/", &format!("/{}/", "a".repeat(511))]
        {
            assert!(from_value::<RolePath>(json!(bad)).is_err(), "{bad}");
        }
        for good in ["", "abc", "logs.example-1"] {
            assert!(from_value::<BucketName>(json!(good)).is_ok(), "{good}");
        }
        for bad in ["ab", "-abc", "abc-", "a..b", "Logs", "logs/x", &"a".repeat(64)] {
            assert!(from_value::<BucketName>(json!(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn versions_and_archives_shorten_no_promise() {
        let read = |lines: &str| {
            Params::from_yaml("p", &format!("version: 1\nregion: eu-west-2\ninstance: shop\n{lines}"))
        };
        for (lines, said) in [
            ("buckets: {versioning: true}\nretention: {transcripts_days: 15}", "16 days or more"),
            ("buckets: {archive_after_days: 90}", "expire after 90"),
            (
                "buckets: {versioning: true}\nretention: {transcripts_days: 16}\nlink_lifetime_hours: 384",
                "kept for 15 days",
            ),
        ] {
            let error = read(lines).unwrap_err().to_string();
            assert!(error.contains(said), "{lines}: {error}");
        }
        let for_ever =
            "buckets: {archive_after_days: 3652, versioning: true}\nretention: {recordings_days: 0}";
        assert_eq!(read(for_ever).map(|params| params.days_seen(0)).unwrap(), 0);
        assert!(read("buckets: {versioning: true}\nretention: {recordings_days: 1}").is_ok());
        let params = read("buckets: {archive_after_days: 89, versioning: true}").unwrap();
        assert_eq!(params.days_seen(90), 89);
        assert_eq!(read("").unwrap().days_seen(90), 90);
    }
}
