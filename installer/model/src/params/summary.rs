//! Which voicemails to summarize, and with which Amazon Bedrock model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::checked::checked;
use super::{Params, Region};

/// Which voicemails to summarize, and with which Amazon Bedrock model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Summary {
    /// Which voicemails to summarize. A call can choose with its attribute vm_genai_summary, unless this is never.
    pub when: When,
    /// The ID of an Amazon Bedrock model or inference profile. default: Amazon Nova Lite, if the region has it.
    pub model: Model,
}

/// Which voicemails to summarize.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum When {
    /// None, and no permissions for it.
    #[default]
    Never,
    /// If the call requests it.
    PerCall,
    /// Unless the call declines it.
    Always,
}

impl When {
    /// As the function reads it. Empty for never.
    #[must_use]
    pub fn setting(self) -> Option<&'static str> {
        match self {
            Self::Never => None,
            Self::PerCall => Some("per_call"),
            Self::Always => Some("always"),
        }
    }
}

checked!(
    /// A model's ID, or `default`. Source: the Amazon Bedrock API reference, Converse: a base model's id has a provider
    /// and a name.
    Model,
    |id| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".:-".contains(&byte);
        let sound = id.len() <= 140
            && id.split('.').count() >= 2
            && id.split('.').all(|part| !part.is_empty())
            && id.bytes().all(known);
        id == DEFAULT || sound
    },
    "a model or inference profile ID, such as eu.amazon.nova-lite-v1:0"
);

/// The keyword for the region's default model.
const DEFAULT: &str = "default";
/// The default model: a small one that supports many languages.
const NOVA_LITE: &str = "amazon.nova-lite-v1:0";
/// The prefixes of AWS's inference profiles, by where requests may go. Source: the Amazon Bedrock user guide,
/// "Supported Regions and models for inference profiles".
const GEOGRAPHIES: [&str; 8] = ["apac", "au", "ca", "eu", "global", "jp", "us", "us-gov"];

/// A model that can be invoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvokedModel {
    /// The ID to invoke.
    pub id: String,
    /// The foundation model's ID, which differs from `id` for an inference profile.
    pub foundation: String,
}

impl Model {
    /// What to invoke in a region. Empty if the region has no default model.
    #[must_use]
    pub fn in_region(&self, region: &Region) -> Option<InvokedModel> {
        let id = if self.0 == DEFAULT { default_id(region.as_str())? } else { self.0.clone() };
        let foundation = match id.split_once('.') {
            Some((geography, model)) if GEOGRAPHIES.contains(&geography) => model.to_owned(),
            _ => id.clone(),
        };
        Some(InvokedModel { id, foundation })
    }
}

/// The inference profile of Amazon Nova Lite for a region, so that requests stay in its geography. Source: the Amazon
/// Bedrock user guide, "Supported Regions and models for batch inference", as of November 2026.
fn default_id(region: &str) -> Option<String> {
    match region {
        "us-gov-west-1" => Some(NOVA_LITE.to_owned()),
        "us-east-1" | "us-east-2" | "us-west-2" => Some(format!("us.{NOVA_LITE}")),
        "eu-central-1" | "eu-north-1" | "eu-south-1" | "eu-south-2" | "eu-west-1" | "eu-west-3" => {
            Some(format!("eu.{NOVA_LITE}"))
        }
        "ap-northeast-1" | "ap-northeast-2" | "ap-south-1" | "ap-southeast-1" | "ap-southeast-2" => {
            Some(format!("apac.{NOVA_LITE}"))
        }
        _ => None,
    }
}

impl Default for Model {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl Params {
    /// The model for summaries. Empty without summaries.
    #[must_use]
    pub fn summarizing_model(&self) -> Option<InvokedModel> {
        self.summary.when.setting().and_then(|_| self.summary.model.in_region(&self.region))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn invoked(model: &str, region: &str) -> Option<(String, String)> {
        let model = Model::try_from(model.to_owned()).unwrap();
        model.in_region(&Region::parse(region).unwrap()).map(|model| (model.id, model.foundation))
    }

    #[test]
    fn the_default_stays_in_the_regions_geography() {
        for (region, id) in [
            ("us-east-1", "us.amazon.nova-lite-v1:0"),
            ("eu-central-1", "eu.amazon.nova-lite-v1:0"),
            ("ap-southeast-2", "apac.amazon.nova-lite-v1:0"),
            ("us-gov-west-1", "amazon.nova-lite-v1:0"),
        ] {
            assert_eq!(invoked("default", region), Some((id.to_owned(), NOVA_LITE.to_owned())));
        }
        assert_eq!(invoked("default", "af-south-1"), None);
    }

    #[test]
    fn a_models_id_is_told_from_a_profiles() {
        for (id, foundation) in [
            ("eu.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0"),
            ("us-gov.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
            ("amazon.nova-micro-v1:0", "amazon.nova-micro-v1:0"),
        ] {
            assert_eq!(invoked(id, "eu-west-2"), Some((id.to_owned(), foundation.to_owned())));
        }
        for bad in ["", "nova", "a..b", "arn:aws:bedrock:x", "amazon.*", "amazon.nova\n", "${a}.b"] {
            assert!(Model::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
