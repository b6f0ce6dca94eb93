//! Who gets alarms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vmx_contract::email;

use super::arns::name_in;

/// Who gets alarms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Alarms {
    /// The SNS topic for alarms: new creates one; an ARN uses one in this account and region. Empty: no notifications.
    pub topic: Topic,
    /// Email addresses to subscribe to a new topic. Each has to confirm.
    pub emails: Emails,
}

/// The keyword for a topic of the stack.
const NEW: &str = "new";

/// Where alarms go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, with = "String")]
pub enum Topic {
    /// Nowhere.
    #[default]
    None,
    /// A new topic of the stack.
    New,
    /// The topic with this ARN.
    Arn(String),
}

impl Topic {
    /// The ARN of an existing topic.
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        match self {
            Self::Arn(arn) => Some(arn),
            Self::None | Self::New => None,
        }
    }

    /// Partition, region and account of an existing topic.
    #[must_use]
    pub fn place(&self) -> Option<[&str; 3]> {
        let mut parts = self.arn()?.split(':');
        let (_, partition, _, region, account) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some([partition, region, account])
    }
}

impl TryFrom<String> for Topic {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "" => Ok(Self::None),
            NEW => Ok(Self::New),
            arn if is_topic(arn) => Ok(Self::Arn(text)),
            _ => Err(format!("`{text}` is neither new nor the ARN of an SNS topic")),
        }
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::None => Self::new(),
            Topic::New => NEW.to_owned(),
            Topic::Arn(arn) => arn,
        }
    }
}

/// Alarms publish to standard topics only. Source: the Amazon CloudWatch user guide, "Notify users on alarm changes".
fn is_topic(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name_in(text, "sns", "").is_some_and(|name| name.bytes().all(plain))
}

/// The most addresses; more belong on a mailing list.
const MOST_EMAILS: usize = 20;

/// Email addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
#[schemars(inline, with = "Vec<String>")]
pub struct Emails(Vec<String>);

impl Emails {
    /// The addresses.
    #[must_use]
    pub fn get(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Emails {
    type Error = String;

    fn try_from(addresses: Vec<String>) -> Result<Self, String> {
        if addresses.len() > MOST_EMAILS {
            let found = addresses.len();
            return Err(format!("{found} addresses are too many; at most {MOST_EMAILS} are allowed"));
        }
        if let Some(bad) = addresses.iter().find(|address| email::domain(address).is_none()) {
            return Err(format!("`{bad}` is not an email address such as operations@example.com"));
        }
        match addresses.iter().enumerate().find(|(n, address)| addresses[..*n].contains(address)) {
            Some((_, twice)) => Err(format!("{twice} is listed twice")),
            None => Ok(Self(addresses)),
        }
    }
}

impl From<Emails> for Vec<String> {
    fn from(emails: Emails) -> Self {
        emails.0
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{from_value, json, to_value};

    const ARN: &str = "arn:aws:sns:eu-west-2:111122223333:operations";

    #[test]
    fn a_topic_is_none_new_or_somebodys() {
        for text in ["", "new", ARN] {
            let alarms: Alarms = from_value(json!({"topic": text})).unwrap();
            assert_eq!(to_value(&alarms).unwrap(), json!({"topic": text, "emails": []}));
        }
        assert_eq!(
            Topic::try_from(ARN.to_owned()).unwrap().place(),
            Some(["aws", "eu-west-2", "111122223333"])
        );
        for bad in [
            "old",
            &format!("{ARN}.fifo"),
            &format!("{ARN}:sub"),
            "arn:aws:sns:::x",
            "arn:aws:sqs:eu-west-2:111122223333:q",
        ] {
            let error = Topic::try_from(bad.to_owned()).unwrap_err();
            assert!(error.contains("neither new nor the ARN"), "{error}");
        }
    }

    #[test]
    fn addresses_are_checked() {
        for (bad, said) in [
            (json!(["Ops <ops@example.com>"]), "not an email address"),
            (json!(["a@example.com", "a@example.com"]), "twice"),
            (json!((0..21).map(|n| format!("a{n}@example.com")).collect::<Vec<_>>()), "too many"),
        ] {
            let error = from_value::<Emails>(bad).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
