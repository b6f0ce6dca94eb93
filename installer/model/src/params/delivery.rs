//! The settings of some delivery modes.

use std::iter::successors;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vmx_contract::email::{self, EmailSettings};
use vmx_contract::other::{OtherSettings, Target};

use super::checked::checked;
use super::{SecretArn, Whole};

/// Settings of the delivery mode `email`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Email {
    /// The sender: an address that Amazon SES has verified, or one in a verified domain. Empty: the mode is not used.
    pub from: Address,
    /// The recipient of voicemails whose agent or queue has no address.
    pub to: Address,
    /// Domains that the attribute vm_email_to may send to, in addition to those of `from` and `to`.
    pub allowed_domains: Domains,
    /// When to attach the recording: never, or when it is small.
    pub attach_recording: AttachRecording,
    /// The largest recording to attach, in kilobytes. One minute is about 938 kB.
    pub attach_at_most_kb: Whole<1, 20_000>,
    /// The SES configuration set, for tracking bounces. Empty: none.
    pub configuration_set: PlainName,
}

impl Default for Email {
    fn default() -> Self {
        Self {
            from: Address::default(),
            to: Address::default(),
            allowed_domains: Domains::default(),
            attach_recording: AttachRecording::Never,
            attach_at_most_kb: const { Whole::of(5000) },
            configuration_set: PlainName::default(),
        }
    }
}

impl Email {
    /// The settings as the function reads them.
    #[must_use]
    pub fn settings(&self) -> EmailSettings {
        EmailSettings {
            from: self.from.as_str().to_owned(),
            to: self.to.as_str().to_owned(),
            allowed_domains: self.allowed_domains.0.clone(),
            attach_at_most_kb: match self.attach_recording {
                AttachRecording::Never => 0,
                AttachRecording::WhenSmall => self.attach_at_most_kb.get(),
            },
            configuration_set: given(self.configuration_set.as_str()),
        }
    }

    /// The domain of the sender and those above it, nearest first. Verifying one verifies those below it. Source: the
    /// Amazon SES developer guide, "Creating and verifying identities".
    pub fn sender_domains(&self) -> impl Iterator<Item = &str> {
        let domains = successors(email::domain(self.from.as_str()), |domain| Some(domain.split_once('.')?.1));
        domains.take_while(|domain| email::is_domain(domain))
    }
}

/// When to attach recordings to emails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum AttachRecording {
    /// The email has only a link.
    Never,
    /// A recording up to the limit is attached.
    WhenSmall,
}

/// Settings of the delivery mode `other`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Other {
    /// The EventBridge event bus in this account.
    pub event_bus: PlainName,
    /// Where the package goes in addition to the event: the ARN of a Lambda function, SQS queue or SNS topic in this
    /// account, or an https:// address. Empty: nowhere.
    pub target: TargetRef,
    /// The ARN of the Secrets Manager secret whose text signs the requests to an https:// address.
    pub secret: SecretArn,
}

impl Default for Other {
    fn default() -> Self {
        Self {
            event_bus: PlainName("default".to_owned()),
            target: TargetRef::default(),
            secret: SecretArn::default(),
        }
    }
}

impl Other {
    /// The settings as the function reads them.
    #[must_use]
    pub fn settings(&self) -> OtherSettings {
        let event_bus = given(self.event_bus.as_str()).unwrap_or_else(|| "default".to_owned());
        let target = given(self.target.as_str());
        OtherSettings { event_bus, target, secret: given(self.secret.as_str()) }
    }

    /// Whether the target is an address whose requests are signed.
    #[must_use]
    pub fn is_webhook(&self) -> bool {
        matches!(Target::parse(self.target.as_str()), Ok(Target::Webhook(_)))
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

checked!(
    /// A plain email address; empty for none.
    #[derive(Default, JsonSchema)]
    #[schemars(inline, with = "String")]
    Address,
    |text| text.is_empty() || email::domain(text).is_some(),
    "an email address such as voicemail@example.com"
);
checked!(
    /// Name of an event bus or a configuration set; empty for none.
    #[derive(Default, JsonSchema)]
    #[schemars(inline, with = "String")]
    PlainName,
    |text| text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)),
    "a name of at most 64 letters, digits and -_."
);
checked!(
    /// Where packages go; empty for nowhere.
    #[derive(Default, JsonSchema)]
    #[schemars(inline, with = "String")]
    TargetRef,
    |text| text.is_empty() || Target::parse(text).is_ok(),
    "the ARN of a Lambda function, an SQS queue or an SNS topic, or an https:// address"
);

/// Names of domains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
#[schemars(inline, with = "Vec<String>")]
pub struct Domains(Vec<String>);

/// The most domains: the settings are stored in one environment variable.
const MOST_DOMAINS: usize = 40;

impl TryFrom<Vec<String>> for Domains {
    type Error = String;

    fn try_from(domains: Vec<String>) -> Result<Self, String> {
        if domains.len() > MOST_DOMAINS {
            return Err(format!(
                "{} domains are too many; at most {MOST_DOMAINS} are allowed",
                domains.len()
            ));
        }
        match domains.iter().find(|domain| !email::is_domain(domain)) {
            Some(bad) => Err(format!("`{bad}` is not a domain name, such as example.com")),
            None => Ok(Self(domains)),
        }
    }
}

impl From<Domains> for Vec<String> {
    fn from(domains: Domains) -> Self {
        domains.0
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn a_sender_belongs_to_every_domain_above_it() {
        let domains = |from: &str| {
            let email = Email { from: from_value(json!(from)).unwrap(), ..Email::default() };
            email.sender_domains().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(
            domains("v@mail.eu.example.com"),
            ["mail.eu.example.com", "eu.example.com", "example.com"]
        );
        assert_eq!(domains("v@example.com"), ["example.com"]);
        assert_eq!(domains(""), [""; 0]);
    }

    #[test]
    fn what_is_given_is_checked_and_named() {
        let secret = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:voicemail/hook-AbCdEf";
        assert_eq!(from_value::<SecretArn>(json!(secret)).unwrap().as_str(), secret);
        let refused = [
            from_value::<Address>(json!("A <a@example.com>")).unwrap_err(),
            from_value::<PlainName>(json!("a/b")).unwrap_err(),
            from_value::<TargetRef>(json!("http://example.com")).unwrap_err(),
            from_value::<SecretArn>(json!("hunter2")).unwrap_err(),
            from_value::<SecretArn>(json!(format!("{secret}*"))).unwrap_err(),
            from_value::<Domains>(json!(["*"])).unwrap_err(),
        ];
        for error in refused {
            assert!(error.to_string().contains(" is not "), "{error}");
        }
    }

    #[test]
    fn the_functions_settings_leave_out_what_is_not_given() {
        let email = Email { attach_recording: AttachRecording::WhenSmall, ..Email::default() };
        assert_eq!(email.settings().attach_at_most_kb, 5000);
        assert_eq!(Email::default().settings().attach_at_most_kb, 0);
        let other = serde_json::to_value(Other::default().settings()).unwrap();
        assert_eq!(other, json!({"eventBus": "default"}));
    }
}
