//! Tags of everything that is installed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Tags by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Tags(BTreeMap<String, String>);

/// How many tags an administrator can set: AWS allows 50, and some are the installer's own.
const MOST: usize = 40;

impl Tags {
    /// The tags.
    #[must_use]
    pub fn get(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = String;

    fn try_from(tags: BTreeMap<String, String>) -> Result<Self, String> {
        if tags.len() > MOST {
            return Err(format!("{} tags are too many; at most {MOST} are allowed", tags.len()));
        }
        // Allowed by every service that is tagged here.
        let known = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
        for (key, value) in &tags {
            let lower = key.to_ascii_lowercase();
            if ["aws:", "vmx:"].iter().any(|reserved| lower.starts_with(reserved)) {
                return Err(format!(
                    "the tag `{key}` is reserved: aws: belongs to AWS and vmx: to the installer"
                ));
            }
            if !(1..=128).contains(&key.chars().count()) || !key.chars().all(known) {
                return Err(format!(
                    "`{key}` is not a valid tag key: use 1 to 128 letters, digits, spaces and _.:/=+-@"
                ));
            }
            if value.chars().count() > 256 || !value.chars().all(known) {
                return Err(format!(
                    "the tag `{key}` has an invalid value: use at most 256 letters, digits, spaces and \
                     _.:/=+-@"
                ));
            }
        }
        Ok(Self(tags))
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        tags.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, value: &str) -> Result<Tags, String> {
        Tags::try_from(BTreeMap::from([(key.to_owned(), value.to_owned())]))
    }

    #[test]
    fn tags_that_aws_refuses_are_refused_here() {
        assert!(read("team", "contact center").is_ok());
        for (key, value) in
            [("aws:x", ""), ("VMX:stack", ""), ("", ""), ("a", "b\n"), ("a*", "b"), ("a", &"b".repeat(257))]
        {
            assert!(read(key, value).is_err(), "{key}={value}");
        }
        let many = (0..=MOST).map(|n| (n.to_string(), String::new())).collect::<BTreeMap<_, _>>();
        assert!(Tags::try_from(many).is_err());
    }
}
