//! Reads a template.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use serde_yaml::Value as Yaml;

/// A template that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not read the template: {0}")]
pub struct TemplateError(String);

/// A template's resources.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Template {
    /// By logical ID.
    pub resources: BTreeMap<String, Resource>,
}

/// A resource of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// Its properties, with references as text.
    pub properties: Value,
    /// Its `DeletionPolicy`; `Delete` by default.
    pub when_deleted: String,
    /// Its `UpdateReplacePolicy`.
    pub when_replaced: String,
}

impl Template {
    /// Reads a template, YAML or JSON. `parameters` replace their references.
    ///
    /// # Errors
    /// [`TemplateError`] if the text is not a template.
    pub fn read(text: &str, parameters: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let yaml: Yaml = serde_yaml::from_str(text).map_err(|error| TemplateError(error.to_string()))?;
        let value = plain(yaml, parameters);
        let Some(resources) = value.get("Resources").and_then(Value::as_object) else {
            return Err(TemplateError("it has no Resources".to_owned()));
        };
        let read = |(name, resource): (&String, &Value)| {
            let text = |key: &str| resource.get(key).and_then(Value::as_str).map(str::to_owned);
            let resource_type = text("Type").ok_or_else(|| TemplateError(format!("{name} has no Type")))?;
            let kept = |key| text(key).unwrap_or_else(|| "Delete".to_owned());
            let read = Resource {
                resource_type,
                properties: resource.get("Properties").cloned().unwrap_or_default(),
                when_deleted: kept("DeletionPolicy"),
                when_replaced: kept("UpdateReplacePolicy"),
            };
            Ok((name.clone(), read))
        };
        Ok(Self { resources: resources.iter().map(read).collect::<Result<_, _>>()? })
    }
}

/// A value without CloudFormation's tags.
fn plain(yaml: Yaml, parameters: &BTreeMap<String, String>) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            function(name.trim_start_matches('!'), plain(tagged.value, parameters), parameters)
        }
        Yaml::Mapping(mapping) => {
            let members: Map<String, Value> = mapping
                .into_iter()
                .map(|(key, value)| (text_of(&plain(key, parameters)), plain(value, parameters)))
                .collect();
            let only = (members.len() == 1).then(|| members.iter().next()).flatten();
            match only.and_then(|(key, value)| Some((long_name(key)?.to_owned(), value.clone()))) {
                Some((name, value)) => function(&name, value, parameters),
                None => Value::Object(members),
            }
        }
        Yaml::Sequence(items) => items.into_iter().map(|item| plain(item, parameters)).collect(),
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

/// The long form of a function's short name.
fn long_name(key: &str) -> Option<&str> {
    if key == "Ref" { Some(key) } else { key.strip_prefix("Fn::") }
}

fn function(name: &str, argument: Value, parameters: &BTreeMap<String, String>) -> Value {
    match (name, &argument) {
        ("Ref", Value::String(referred)) => parameters
            .get(referred)
            .map_or_else(|| Value::String(format!("${{{referred}}}")), |value| Value::String(value.clone())),
        ("GetAtt", Value::String(attribute)) => Value::String(format!("${{{attribute}}}")),
        ("GetAtt", Value::Array(parts)) => {
            let parts: Vec<_> = parts.iter().map(text_of).collect();
            Value::String(format!("${{{}}}", parts.join(".")))
        }
        ("Sub", Value::String(text)) => {
            let known = |text: String, (name, value): (&String, &String)| {
                text.replace(&format!("${{{name}}}"), value)
            };
            Value::String(parameters.iter().fold(text.clone(), known))
        }
        // A function that our templates do not use is compared as written.
        _ => Value::Object(Map::from_iter([(format!("Fn::{name}"), argument)])),
    }
}

/// A scalar as text; anything else as JSON.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Template {
        let parameters = BTreeMap::from([("Code".to_owned(), "functions/a.zip".to_owned())]);
        Template::read(text, &parameters).unwrap()
    }

    #[test]
    fn short_and_long_forms_are_the_same() {
        let short = "Resources:\n  A:\n    Type: AWS::X::Y\n    Properties:\n      R: !Ref B\n      C: !Ref Code\n      G: !GetAtt B.Arn\n      S: !Sub \"${B.Arn}/${Code}\"\n";
        let long = r#"{"Resources": {"A": {"Type": "AWS::X::Y", "Properties": {
            "R": {"Ref": "B"}, "C": {"Ref": "Code"}, "G": {"Fn::GetAtt": ["B", "Arn"]},
            "S": {"Fn::Sub": "${B.Arn}/${Code}"}}}}}"#;
        assert_eq!(read(short), read(long));
        let properties = &read(short).resources["A"].properties;
        assert_eq!(
            *properties,
            json!({"R": "${B}", "C": "functions/a.zip", "G": "${B.Arn}", "S": "${B.Arn}/functions/a.zip"})
        );
    }

    #[test]
    fn other_functions_are_kept() {
        let template =
            read("Resources:\n  A:\n    Type: T\n    Properties:\n      J: !Join [\"\", [a, !Ref B]]\n");
        assert_eq!(template.resources["A"].properties, json!({"J": {"Fn::Join": ["", ["a", "${B}"]]}}));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in ["", "[", "Description: x", "Resources:\n  A: {}"] {
            assert!(Template::read(text, &BTreeMap::new()).is_err(), "{text}");
        }
    }
}
