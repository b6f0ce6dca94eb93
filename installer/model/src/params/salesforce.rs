//! Salesforce records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vmx_contract::mode::Mode;
use vmx_contract::salesforce::{self as contract, ApiName, ApiVersion};

use super::{KeyArn, SecretArn};

/// Salesforce records, for the modes sfcase and sfother.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Salesforce {
    /// The ARN of the Secrets Manager secret with the credentials.
    pub secret_arn: SecretArn,
    /// The ARN of the customer managed key that encrypts the secret. Empty: the AWS managed key.
    pub secret_key_arn: KeyArn,
    /// The version of the Salesforce REST API.
    pub api_version: ApiVersionName,
    /// The field for the voicemail's contact ID: text, external ID, unique.
    pub external_id_field: FieldName,
    /// The priority of a case whose call sets none. Empty: the Salesforce default.
    pub default_priority: String,
    /// The field for the callback number. Empty: not written.
    pub callback_number_field: FieldName,
    /// The field for the contact's attributes, as JSON. Empty: not written.
    pub attributes_field: FieldName,
    /// The field for the playback link. Empty: not written.
    pub link_field: FieldName,
    /// For sfother: the custom object.
    pub object: FieldName,
    /// For sfother: the object's field for the transcript.
    pub transcript_field: FieldName,
    /// For sfother: the object's field for a line such as `Voicemail from … for …`. Empty: not written.
    pub subject_field: FieldName,
}

impl Default for Salesforce {
    fn default() -> Self {
        let field =
            |name| ApiName::parse(name).map_or_else(|_| FieldName::default(), |name| FieldName(Some(name)));
        Self {
            secret_arn: SecretArn::default(),
            secret_key_arn: KeyArn::default(),
            api_version: ApiVersionName::default(),
            external_id_field: field("VMX_Contact_Id__c"),
            default_priority: "Medium".to_owned(),
            callback_number_field: FieldName::default(),
            attributes_field: FieldName::default(),
            link_field: FieldName::default(),
            object: FieldName::default(),
            transcript_field: FieldName::default(),
            subject_field: FieldName::default(),
        }
    }
}

impl Salesforce {
    /// The packager's settings if a Salesforce mode is used, without the secret.
    #[must_use]
    pub fn settings_for(&self, modes: &[Mode]) -> Option<contract::Settings> {
        if !modes.contains(&Mode::Sfcase) && !modes.contains(&Mode::Sfother) {
            return None;
        }
        let object = self.object.0.clone().zip(self.transcript_field.0.clone());
        Some(contract::Settings {
            secret_arn: Some(self.secret_arn.as_str()).filter(|arn| !arn.is_empty())?.to_owned(),
            api_version: self.api_version.0.clone(),
            external_id_field: self.external_id_field.0.clone()?,
            default_priority: self.default_priority.clone(),
            callback_number_field: self.callback_number_field.0.clone(),
            attributes_field: self.attributes_field.0.clone(),
            link_field: self.link_field.0.clone(),
            object: object.map(|(name, transcript_field)| contract::Object {
                name,
                transcript_field,
                subject_field: self.subject_field.0.clone(),
            }),
        })
    }
}

/// The API name of a field or an object; empty for none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FieldName(Option<ApiName>);

/// A version of the REST API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ApiVersionName(ApiVersion);

impl FieldName {
    /// Whether it names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl TryFrom<String> for FieldName {
    type Error = contract::ApiNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() { Ok(Self(None)) } else { ApiName::parse(&text).map(|name| Self(Some(name))) }
    }
}

impl TryFrom<String> for ApiVersionName {
    type Error = contract::ApiVersionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        ApiVersion::parse(&text).map(Self)
    }
}

impl From<FieldName> for String {
    fn from(field: FieldName) -> Self {
        field.0.map(Self::from).unwrap_or_default()
    }
}

impl From<ApiVersionName> for String {
    fn from(version: ApiVersionName) -> Self {
        version.0.into()
    }
}

impl Default for ApiVersionName {
    /// Spring '26, which every organization has by now.
    fn default() -> Self {
        Self(ApiVersion::spring_26())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{from_value, json};

    const SECRET: &str = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:salesforce-AbCdEf";

    #[test]
    fn the_functions_settings_are_those_of_the_modes() {
        let mut salesforce = Salesforce::default();
        assert_eq!(salesforce.settings_for(&Mode::ALL), None);
        salesforce.secret_arn = SecretArn::try_from(SECRET.to_owned()).unwrap();
        assert_eq!(salesforce.settings_for(&[Mode::Sfcase]).unwrap().object, None);
        assert_eq!(salesforce.settings_for(&[Mode::Task]), None);
        salesforce.object = FieldName::try_from("Voicemail__c".to_owned()).unwrap();
        salesforce.transcript_field = FieldName::try_from("T__c".to_owned()).unwrap();
        let settings = salesforce.settings_for(&[Mode::Sfother]).unwrap();
        assert_eq!(settings.object.unwrap().name.as_str(), "Voicemail__c");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (key, value, said) in [
            ("secret_arn", "salesforce", "ARN of a secret"),
            ("secret_arn", "arn:aws:secretsmanager:eu-west-2:111122223333:secret:*", "ARN of a secret"),
            ("secret_arn", "arn:aws:kms:eu-west-2:111122223333:key/k", "ARN of a secret"),
            ("secret_key_arn", SECRET, "ARN of a key"),
            ("link_field", "Link; DROP", "API name"),
            ("api_version", "20.0", "oldest"),
        ] {
            let error = from_value::<Salesforce>(json!({key: value})).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
