//! The ARNs of a voicemail.
//!
//! Anyone who edits a flow can write contact attributes, and through a flow so can a caller. An ARN in an attribute is
//! therefore only trusted if it belongs to the instance of the contact record.

use std::fmt;

/// The ARN of an Amazon Connect instance:
/// `arn:<partition>:connect:<region>:<account>:instance/<instance id>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InstanceArn {
    text: String,
    id_start: usize,
}

/// A voicemail's recipient, by ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipientArn {
    /// A queue: `<instance arn>/queue/<queue id>`.
    Queue {
        /// The queue's id within its instance.
        queue_id: String,
    },
    /// One agent's own queue: `<instance arn>/queue/agent/<user id>`.
    Agent {
        /// The agent's user id within the instance.
        user_id: String,
    },
}

/// An unexpected ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// The text is not an ARN of the expected kind.
    #[error("`{}` is not the ARN of {expected}", shown(.text))]
    Shape {
        /// What was found.
        text: String,
        /// What was expected, with its article.
        expected: &'static str,
    },
    /// The resource belongs to another instance, account or region.
    #[error("`{}` does not belong to the instance `{instance}`", shown(.text))]
    Foreign {
        /// What was found.
        text: String,
        /// The expected instance.
        instance: String,
    },
}

impl InstanceArn {
    /// Reads an instance's ARN.
    ///
    /// # Errors
    /// [`ArnError::Shape`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        let shape = || ArnError::Shape { text: text.to_owned(), expected: "an Amazon Connect instance" };
        let [service, region, account, resource] = split(text).ok_or_else(shape)?;
        let id = resource.strip_prefix("instance/").ok_or_else(shape)?;
        let sound = service == "connect" && !region.is_empty() && is_account(account) && is_id(id);
        sound.then(|| Self { text: text.to_owned(), id_start: text.len() - id.len() }).ok_or_else(shape)
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The instance's id, a UUID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.text[self.id_start..]
    }

    /// The account that owns the instance, twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        self.text.split(':').nth(4).unwrap_or_default()
    }

    /// The instance's region.
    #[must_use]
    pub fn region(&self) -> &str {
        self.text.split(':').nth(3).unwrap_or_default()
    }

    /// Reads the ARN of a queue, or of an agent's own queue, of this instance.
    ///
    /// # Errors
    /// [`ArnError::Foreign`] for a queue of another instance, [`ArnError::Shape`] for anything else.
    pub fn recipient(&self, text: &str) -> Result<RecipientArn, ArnError> {
        let shape = || ArnError::Shape { text: text.to_owned(), expected: "a queue" };
        let (instance, queue) = text.split_once("/queue/").ok_or_else(shape)?;
        let instance = Self::parse(instance).map_err(|_| shape())?;
        if instance != *self {
            return Err(ArnError::Foreign { text: text.to_owned(), instance: self.text.clone() });
        }
        match queue.strip_prefix("agent/") {
            Some(user_id) if is_id(user_id) => Ok(RecipientArn::Agent { user_id: user_id.to_owned() }),
            None if is_id(queue) => Ok(RecipientArn::Queue { queue_id: queue.to_owned() }),
            _ => Err(shape()),
        }
    }

    /// Checks that a Kinesis Video Stream's ARN belongs to this instance's partition, account and region. The
    /// function's role limits which of these streams it can read.
    ///
    /// # Errors
    /// [`ArnError::Foreign`] for another account's or region's stream, [`ArnError::Shape`] for anything else.
    pub fn check_media_stream(&self, text: &str) -> Result<(), ArnError> {
        match split(text) {
            Some(["kinesisvideo", region, account, resource]) if is_stream(resource) => {
                let partition = |arn: &str| arn.split(':').nth(1).map(str::to_owned);
                let own = (self.region(), self.account()) == (region, account);
                if own && partition(text) == partition(&self.text) {
                    Ok(())
                } else {
                    Err(ArnError::Foreign { text: text.to_owned(), instance: self.text.clone() })
                }
            }
            _ => Err(ArnError::Shape { text: text.to_owned(), expected: "a Kinesis Video Stream" }),
        }
    }
}

impl fmt::Display for InstanceArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Service, region, account and resource of an ARN.
fn split(text: &str) -> Option<[&str; 4]> {
    let mut parts = text.splitn(6, ':');
    let (Some("arn"), Some(partition)) = (parts.next(), parts.next()) else {
        return None;
    };
    if !partition.starts_with("aws") {
        return None;
    }
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// Whether a text is an account's ID: twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a resource is a stream: `stream/<name>/<creation time>`. Source: the Kinesis Video Streams API reference,
/// StreamARN.
fn is_stream(resource: &str) -> bool {
    let parts = resource.strip_prefix("stream/").and_then(|rest| rest.split_once('/'));
    parts.is_some_and(|(name, made)| {
        let is_in_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
        (1..=256).contains(&name.len())
            && name.bytes().all(is_in_name)
            && (1..=20).contains(&made.len())
            && made.bytes().all(|b| b.is_ascii_digit())
    })
}

/// The text came from outside: only its start is repeated, without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// IDs of instances, queues and users are UUIDs. The exact grouping is not checked.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    const INSTANCE: &str =
        "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-0000000000aa";

    #[test]
    fn an_instance_knows_its_parts() {
        let arn = InstanceArn::parse(INSTANCE).unwrap();
        assert_eq!(
            (arn.id(), arn.account(), arn.region()),
            ("00000000-0000-4000-8000-0000000000aa", "111122223333", "eu-west-2")
        );
    }

    #[test]
    fn queues_and_agents_of_the_instance_are_recipients() {
        let arn = InstanceArn::parse(INSTANCE).unwrap();
        assert_eq!(
            arn.recipient(&format!("{INSTANCE}/queue/q-1")).unwrap(),
            RecipientArn::Queue { queue_id: "q-1".into() }
        );
        assert_eq!(
            arn.recipient(&format!("{INSTANCE}/queue/agent/u-1")).unwrap(),
            RecipientArn::Agent { user_id: "u-1".into() }
        );
    }

    #[test]
    fn anything_else_is_refused() {
        let arn = InstanceArn::parse(INSTANCE).unwrap();
        let other = INSTANCE.replace("111122223333", "444455556666");
        assert!(matches!(arn.recipient(&format!("{other}/queue/q-1")), Err(ArnError::Foreign { .. })));
        for text in [
            "",
            "q-1",
            "arn:aws:s3:::bucket",
            &format!("{INSTANCE}/queue/"),
            &format!("{INSTANCE}/queue/../x"),
        ] {
            assert!(matches!(arn.recipient(text), Err(ArnError::Shape { .. })), "{text}");
        }
        for text in [
            "",
            "arn:aws:connect",
            &format!("{INSTANCE}/queue/q"),
            "arn:evil:connect:r:111122223333:instance/i",
        ] {
            assert!(InstanceArn::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_streams_of_the_same_account_and_region_are_read() {
        let arn = InstanceArn::parse(INSTANCE).unwrap();
        let stream =
            "arn:aws:kinesisvideo:eu-west-2:111122223333:stream/vm-connect-x-contact-1/1700000000000";
        assert_eq!(arn.check_media_stream(stream), Ok(()));
        for other in ["eu-west-1:111122223333", "eu-west-2:444455556666"] {
            let foreign = stream.replace("eu-west-2:111122223333", other);
            assert!(matches!(arn.check_media_stream(&foreign), Err(ArnError::Foreign { .. })));
        }
        let other_partition = stream.replace("arn:aws:", "arn:aws-cn:");
        assert!(matches!(arn.check_media_stream(&other_partition), Err(ArnError::Foreign { .. })));
        let name = |name: &str| stream.replace("vm-connect-x-contact-1", name);
        for text in [
            INSTANCE,
            &name(""),
            &name("../x"),
            &name("x/y"),
            &name("x\r\ny"),
            &name("*"),
            &name(&"x".repeat(257)),
            &format!("{stream}9999999999"),
            &format!("{stream}/"),
            &stream.replace("/1700000000000", ""),
        ] {
            assert!(matches!(arn.check_media_stream(text), Err(ArnError::Shape { .. })), "{text}");
        }
    }

    #[test]
    fn an_error_repeats_little_of_what_came_from_outside() {
        let arn = InstanceArn::parse(INSTANCE).unwrap();
        let error = arn.check_media_stream(&"x\u{1b}[2J\r\n".repeat(100_000)).unwrap_err().to_string();
        assert!(error.len() < 500 && !error.chars().any(char::is_control), "{}", error.len());
    }
}
