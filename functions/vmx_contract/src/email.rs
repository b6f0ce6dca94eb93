//! Email addresses, and the settings of the delivery mode `email`.
//!
//! An address may come from a contact attribute, and so from a caller. Only the plain form is accepted: no names,
//! quotes or comments that could break a header.

use serde::{Deserialize, Serialize};

/// The key prefix of custom templates in the code bucket.
pub const TEMPLATES_PREFIX: &str = "email-templates/";
/// The tags of a queue with the address for its voicemails, by precedence: ours, and that of Voicemail Express V3.
pub const QUEUE_TAGS: [&str; 2] = ["vm_queue_email", "vmx3_queue_email"];
/// The prefix of the address in a queue's description.
pub const QUEUE_DESCRIPTION: &str = "QVMB::";

/// The longest address. Source: RFC 5321, 4.5.3.1.3, without the angle brackets.
const LONGEST: usize = 254;
/// The longest part before the `@`. Source: RFC 5321, 4.5.3.1.1.
const LONGEST_LOCAL: usize = 64;

/// The settings of the mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmailSettings {
    /// The sender; other senders must be of its domain.
    pub from: String,
    /// The default recipient.
    pub to: String,
    /// Domains that a contact attribute can send to, in addition to those of `from` and `to`.
    pub allowed_domains: Vec<String>,
    /// The largest recording to attach, in kilobytes of 1,024 bytes; 0 for none.
    pub attach_at_most_kb: u32,
    /// The SES configuration set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration_set: Option<String>,
}

impl EmailSettings {
    /// Whether a contact attribute can choose this address as the sender.
    #[must_use]
    pub fn may_send_from(&self, address: &str) -> bool {
        domain(address).is_some_and(|asked| same(domain(&self.from), asked))
    }

    /// Whether a contact attribute can choose this address as the recipient.
    #[must_use]
    pub fn may_send_to(&self, address: &str) -> bool {
        let Some(asked) = domain(address) else { return false };
        let own = [domain(&self.from), domain(&self.to)];
        let listed = self.allowed_domains.iter().map(|domain| Some(domain.as_str()));
        own.into_iter().chain(listed).any(|known| same(known, asked))
    }
}

fn same(known: Option<&str>, asked: &str) -> bool {
    known.is_some_and(|known| known.eq_ignore_ascii_case(asked))
}

/// The domain of an address; `None` if it is not an address.
#[must_use]
pub fn domain(address: &str) -> Option<&str> {
    let (local, domain) = address.rsplit_once('@')?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let sound = address.len() <= LONGEST
        && (1..=LONGEST_LOCAL).contains(&local.len())
        && local.bytes().all(is_plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && is_domain(domain);
    sound.then_some(domain)
}

/// Whether a text is a domain name with at least one dot.
#[must_use]
pub fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

/// The address in a queue's description: the text after `QVMB::`, up to a space, comma or semicolon.
#[must_use]
pub fn in_description(description: &str) -> Option<&str> {
    let (_, rest) = description.split_once(QUEUE_DESCRIPTION)?;
    let end = |c: char| c.is_whitespace() || c == ',' || c == ';';
    rest.trim_start().split(end).next().filter(|address| domain(address).is_some())
}

/// Whether a text is a valid name of a custom template.
#[must_use]
pub fn is_template_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_addresses() {
        for good in ["a@example.com", "first.last+tag@sub.example.co.uk", "o'neill@example.com"] {
            assert!(domain(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@localhost",
            "a b@example.com",
            "a@example.com\r\nBcc: b@example.com",
            "A <a@example.com>",
            "\"a\"@example.com",
            "a@b@example.com",
            "a,b@example.com",
            ".a@example.com",
            "a..b@example.com",
            "a@-example.com",
            "zoë@example.com",
            &format!("{}@example.com", "x".repeat(65)),
        ] {
            assert_eq!(domain(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_attribute_reaches_allowed_domains_only() {
        let settings = EmailSettings {
            from: "voicemail@example.com".into(),
            to: "desk@example.org".into(),
            allowed_domains: vec!["example.net".into()],
            attach_at_most_kb: 0,
            configuration_set: None,
        };
        for good in ["a@example.com", "a@EXAMPLE.org", "a@example.net"] {
            assert!(settings.may_send_to(good), "{good}");
        }
        for bad in ["a@evil.example", "a@sub.example.com", "a@example.com.evil.example", "a"] {
            assert!(!settings.may_send_to(bad), "{bad}");
        }
        assert!(settings.may_send_from("team@example.com") && !settings.may_send_from("team@example.org"));
    }

    #[test]
    fn a_description_may_hold_an_address_and_a_template_has_a_plain_name() {
        assert_eq!(in_description("Support QVMB::desk@example.com; day"), Some("desk@example.com"));
        assert_eq!(in_description("QVMB::nobody"), None);
        assert_eq!(in_description("desk@example.com"), None);
        assert!(is_template_name("night-desk_2"));
        for bad in ["", "../x", "a/b", "a.html", "ä"] {
            assert!(!is_template_name(bad), "{bad}");
        }
    }
}
