//! The settings of the delivery mode `other`, and the event that it sends.

use serde::{Deserialize, Serialize};

use crate::arn::is_account;

/// The source of the event.
pub const SOURCE: &str = "voicemail-express";
/// The detail type of the event; its detail is the package.
pub const DETAIL_TYPE: &str = "Voicemail Delivered";

/// The settings of the mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OtherSettings {
    /// Name of the event bus.
    pub event_bus: String,
    /// Where the package goes in addition to the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// ARN of the secret with the key that signs webhooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// The possible targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A Lambda function, by its ARN.
    Lambda(&'a str),
    /// An SQS queue.
    Sqs {
        /// Its ARN.
        arn: &'a str,
        /// The account that owns it.
        account: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// An SNS topic, by its ARN.
    Sns(&'a str),
    /// An HTTPS address; plain HTTP on loopback, for a local cloud.
    Webhook(&'a str),
}

impl<'a> Target<'a> {
    /// Reads a target.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse(text: &'a str) -> Result<Self, &'static str> {
        const EXPECTED: &str =
            "the ARN of a Lambda function, an SQS queue or an SNS topic, or an https:// address";
        if text.len() > 2048 || !text.bytes().all(|b| b.is_ascii_graphic()) || text.contains(['"', '\\', '$'])
        {
            return Err(EXPECTED);
        }
        if let Some(rest) = text.strip_prefix("https://") {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            return if host.is_empty() || host.contains('@') {
                Err(EXPECTED)
            } else {
                Ok(Self::Webhook(text))
            };
        }
        if text.starts_with("http://127.0.0.1:") {
            return Ok(Self::Webhook(text));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts[..] else { return Err(EXPECTED) };
        let plain = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || b == b'.')
        };
        if arn != "arn" || !partition.starts_with("aws") || region.is_empty() || !is_account(account) {
            return Err(EXPECTED);
        }
        match service {
            "lambda" if resource.strip_prefix("function:").is_some_and(|name| name.split(':').all(plain)) => {
                Ok(Self::Lambda(text))
            }
            "sqs" if plain(resource) => Ok(Self::Sqs { arn: text, account, name: resource }),
            "sns" if plain(resource) => Ok(Self::Sns(text)),
            _ => Err(EXPECTED),
        }
    }

    /// Partition, region and account of an ARN; `None` for a webhook.
    #[must_use]
    pub fn place(self) -> Option<[&'a str; 3]> {
        let (Self::Lambda(arn) | Self::Sqs { arn, .. } | Self::Sns(arn)) = self else { return None };
        let mut parts = arn.split(':');
        Some([parts.nth(1)?, parts.nth(1)?, parts.next()?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart_and_anything_else_is_refused() {
        let queue = "arn:aws:sqs:eu-west-2:111122223333:voicemails.fifo";
        assert_eq!(
            Target::parse(queue),
            Ok(Target::Sqs { arn: queue, account: "111122223333", name: "voicemails.fifo" })
        );
        let place = Target::parse(queue).map(Target::place);
        assert_eq!(place, Ok(Some(["aws", "eu-west-2", "111122223333"])));
        let function = "arn:aws:lambda:eu-west-2:111122223333:function:crm:live";
        assert_eq!(Target::parse(function), Ok(Target::Lambda(function)));
        let topic = "arn:aws:sns:eu-west-2:111122223333:topic";
        assert_eq!(Target::parse(topic), Ok(Target::Sns(topic)));
        for good in ["https://crm.example.com/hook?x=1", "http://127.0.0.1:8080/"] {
            assert_eq!(Target::parse(good), Ok(Target::Webhook(good)));
        }
        for bad in [
            "",
            "http://crm.example.com/",
            "http://127.0.0.1.example.com/",
            "https://user@example.com/",
            "https:///x",
            "https://example.com/a b",
            "arn:aws:s3:::bucket",
            "arn:aws:sqs:eu-west-2:1111:q",
            "arn:aws:sqs:eu-west-2:111122223333:q/*",
            "arn:aws:lambda:eu-west-2:111122223333:layer:x",
        ] {
            assert!(Target::parse(bad).is_err(), "{bad}");
        }
    }
}
