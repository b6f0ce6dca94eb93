//! The settings of Salesforce records: written by the installer, read by the packager.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest API name: a namespace of 15, a name of 40, and their separators and suffix. Source: Salesforce Help,
/// *Custom Fields* and *Register a Namespace*.
const LONGEST_NAME: usize = 64;

/// The API name of an object or a field, such as `Case` or `VMX_Contact_Id__c`. It is safe in paths and queries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiName(String);

/// A text that is not an API name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{shown}` is not the API name of a Salesforce object or field: a letter, then letters, digits and single \
     underscores, such as VMX_Contact_Id__c"
)]
pub struct ApiNameError {
    shown: String,
}

impl ApiName {
    /// Reads an API name.
    ///
    /// # Errors
    /// [`ApiNameError`] for anything that cannot be an object's or a field's name.
    pub fn parse(text: &str) -> Result<Self, ApiNameError> {
        let sound = text.len() <= LONGEST_NAME
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && !text.ends_with('_')
            && !text.contains("___")
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let shown = || text.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        sound.then(|| Self(text.to_owned())).ok_or_else(|| ApiNameError { shown: shown() })
    }

    /// The object `Case`.
    #[must_use]
    pub fn case() -> Self {
        Self("Case".to_owned())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ApiName {
    type Error = ApiNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ApiName> for String {
    fn from(name: ApiName) -> Self {
        name.0
    }
}

/// A version of the REST API, such as `66.0`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiVersion(String);

/// A text that is not a REST API version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` is not a Salesforce REST API version, such as 66.0; the oldest supported version is 46.0")]
pub struct ApiVersionError {
    shown: String,
}

impl ApiVersion {
    /// The oldest version whose upsert response says what it did.
    const OLDEST: u32 = 46;

    /// The version of Spring '26.
    #[must_use]
    pub fn spring_26() -> Self {
        Self("66.0".to_owned())
    }

    /// Reads a version, with or without the leading `v`.
    ///
    /// # Errors
    /// [`ApiVersionError`] for anything but a number from 46 on, a point and a zero.
    pub fn parse(text: &str) -> Result<Self, ApiVersionError> {
        let digits = text.strip_prefix('v').unwrap_or(text).strip_suffix(".0");
        let sound = |digits: &&str| digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.filter(sound).and_then(|digits| digits.parse::<u32>().ok());
        let shown = || text.chars().filter(|c| !c.is_control()).take(16).collect();
        number
            .filter(|number| *number >= Self::OLDEST)
            .map(|number| Self(format!("{number}.0")))
            .ok_or_else(|| ApiVersionError { shown: shown() })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ApiVersion {
    type Error = ApiVersionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ApiVersion> for String {
    fn from(version: ApiVersion) -> Self {
        version.0
    }
}

/// All Salesforce settings of an installation. They are stored as JSON in [`crate::environment::SALESFORCE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// ARN of the secret with the credentials.
    pub secret_arn: String,
    /// Version of the REST API.
    pub api_version: ApiVersion,
    /// The field for the voicemail's contact ID: an external ID, unique.
    pub external_id_field: ApiName,
    /// Priority of a case whose call sets none; empty: Salesforce's own default.
    pub default_priority: String,
    /// The field for the callback number; none: not written.
    pub callback_number_field: Option<ApiName>,
    /// The field for the contact's attributes as JSON; none: not written.
    pub attributes_field: Option<ApiName>,
    /// The field for the playback link; none: not written.
    pub link_field: Option<ApiName>,
    /// The custom object of the mode `sfother`, if it is installed.
    pub object: Option<Object>,
}

/// The custom object of the mode `sfother`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its name.
    pub name: ApiName,
    /// The field for the transcript.
    pub transcript_field: ApiName,
    /// The field for the line shown in lists; none: not written.
    pub subject_field: Option<ApiName>,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_those_that_salesforce_gives() {
        for name in ["Case", "VMX_Contact_Id__c", "ns__Voicemail__c", "Name", "A1"] {
            assert_eq!(ApiName::parse(name).unwrap().as_str(), name);
        }
        for name in
            ["", "_a", "1a", "a_", "a___c", "a b", "a'b", "a/b", "a;b", "é__c", &"a".repeat(65), "a\n"]
        {
            assert!(ApiName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn versions_are_numbers_that_still_work() {
        for (text, version) in [("66.0", "66.0"), ("v68.0", "68.0"), ("46.0", "46.0")] {
            assert_eq!(ApiVersion::parse(text).unwrap().to_string(), version);
        }
        for text in ["", "66", "45.0", "66.1", "v", "../66.0", "+66.0", "9999.0"] {
            assert!(ApiVersion::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_settings_json_leads_back_and_checks_names() {
        let json = serde_json::json!({
            "secret_arn": "arn", "api_version": "66.0", "external_id_field": "VMX_Contact_Id__c",
            "default_priority": "Medium", "callback_number_field": "VMX_Callback__c", "attributes_field": null,
            "link_field": null,
            "object": {"name": "Voicemail__c", "transcript_field": "T__c", "subject_field": null},
        });
        let read: Settings = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
        let mut bad = json;
        bad["link_field"] = "x/../y".into();
        assert!(serde_json::from_value::<Settings>(bad).unwrap_err().to_string().contains("x/../y"));
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_place(text in any::<String>()) {
            if let Ok(name) = ApiName::parse(&text) {
                prop_assert!(name.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
            }
        }
    }
}
