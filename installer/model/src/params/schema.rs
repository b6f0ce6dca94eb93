//! The JSON Schema of `params.yaml`, generated from the model.
//!
//! The model's types give its structure, and their comments its descriptions. Types with checks define here what a
//! schema can express of them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};
use vmx_contract::language;
use vmx_contract::staff::Words;

use super::limits::LOG_DAYS;
use super::read::{REQUIRED, defaults};
use super::{
    AgentRef, ApiVersionName, BoundaryArn, BucketName, Candidates, EarlierStack, FieldName, InstanceRef,
    KeyArn, Language, LanguageTag, LogDays, Model, Modes, Params, Prompts, QueueRef, Region, RolePath,
    SecretArn, Silent, StackName, Tags, TimeZone, VERSION, Voice, Whole, Wording,
};

/// The schema, JSON Schema draft 2020-12, for editors and for programs that write `params.yaml`.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Params).to_value();
    let Value::Object(root) = &mut schema else { return schema };
    root.insert("title".into(), "Parameters of Voicemail Express".into());
    complete(root, &defaults());
    root.insert("required".into(), REQUIRED.to_vec().into());
    schema
}

/// Adds the defaults, which make keys optional.
fn complete(schema: &mut Map<String, Value>, defaults: &Map<String, Value>) {
    schema.remove("required");
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (key, property) in properties {
        let (Value::Object(property), Some(default)) = (property, defaults.get(key)) else { continue };
        match default {
            Value::Object(defaults) if property.contains_key("properties") => complete(property, defaults),
            _ if REQUIRED.contains(&key.as_str()) => {}
            default => {
                property.insert("default".into(), default.clone());
            }
        }
    }
}

/// Defines a type's schema. It is inlined, so that editors show it in place.
macro_rules! takes {
    ($name:ty, $schema:expr $(, $($of:tt)*)?) => {
        impl$(<$($of)*>)? JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

takes!(
    Whole<MIN, MAX>,
    json_schema!({"type": "integer", "minimum": MIN, "maximum": MAX}),
    const MIN: u32,
    const MAX: u32
);
takes!(
    SecretArn,
    json_schema!({"type": "string", "pattern": "^(arn:aws[a-z-]*:secretsmanager:[^:]+:[0-9]{12}:secret:.+)?$"})
);
takes!(KeyArn, json_schema!({"type": "string", "pattern": "^(arn:aws[a-z-]*:kms:[^:]+:[0-9]{12}:key/.+)?$"}));
takes!(FieldName, json_schema!({"type": "string", "pattern": "^([A-Za-z][A-Za-z0-9_]*)?$"}));
takes!(ApiVersionName, json_schema!({"type": "string", "pattern": "^v?[0-9]{2,3}\\.0$"}));
takes!(
    BoundaryArn,
    json_schema!({"type": "string", "pattern": "^(arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9/_+=,.@-]+)?$"})
);
takes!(RolePath, json_schema!({"type": "string", "pattern": "^/([A-Za-z0-9_+=,.@-]+/)*$"}));
takes!(BucketName, json_schema!({"type": "string", "pattern": "^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$"}));
takes!(LogDays, json_schema!({"type": "integer", "enum": LOG_DAYS}));
takes!(Region, json_schema!({"type": "string", "pattern": "^[a-z]{1,3}(-[a-z]+)+-[0-9]$"}));
takes!(
    StackName,
    json_schema!({"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "maxLength": StackName::LONGEST})
);
takes!(
    InstanceRef,
    json_schema!({"type": "string", "pattern": "^(arn:[a-z-]+:connect:.+:instance/.+|[0-9A-Za-z-]{1,45})$"})
);
takes!(QueueRef, json_schema!({"type": "string", "minLength": 1, "maxLength": 256}));
takes!(Language, json_schema!({"type": "string", "enum": language::CODES.as_slice()}));
takes!(
    LanguageTag,
    json_schema!({
        "type": "string",
        "pattern": "^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8})*$",
        "maxLength": LanguageTag::LONGEST,
        "examples": Words::all().map(|words| words.tag).collect::<Vec<_>>(),
    })
);
takes!(TimeZone, json_schema!({"type": "string", "pattern": "^[A-Za-z0-9_+/-]+$", "maxLength": 64}));
takes!(Wording, json_schema!({"type": "string", "pattern": "\\S", "maxLength": 6000}));
takes!(Voice, json_schema!({"type": "string", "pattern": "^[A-Za-z]+$"}));
takes!(
    Modes,
    json_schema!({
        "type": "array",
        "items": {"type": "string", "enum": super::modes::names()},
        "minItems": 1,
        "uniqueItems": true,
    })
);
takes!(AgentRef, json_schema!({"type": "string"}));
takes!(EarlierStack, json_schema!({"type": "string", "pattern": "^([A-Za-z][A-Za-z0-9-]{0,127})?$"}));
takes!(
    Candidates,
    json_schema!({
        "type": "array",
        "items": {"type": "string", "enum": language::CODES.as_slice()},
        "uniqueItems": true,
        "maxItems": 5,
    })
);
takes!(
    Model,
    json_schema!({
        "type": "string",
        "pattern": r"^(default|[a-z0-9:-]+(\.[a-z0-9:-]+)+)$",
        "maxLength": 140,
    })
);
takes!(
    Tags,
    json_schema!({
        "type": "object",
        "maxProperties": 40,
        "propertyNames": {"minLength": 1, "maxLength": 128, "not": {"pattern": "^([aA][wW][sS]|[vV][mM][xX]):"}},
        "additionalProperties": {"type": "string", "maxLength": 256},
    })
);

/// The file's version: the only one.
pub(super) fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "integer", "const": VERSION})
}

/// The choices of [`Params::silent`].
pub(super) fn silent(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": Silent::ALL.map(Silent::as_str)})
}

/// The delivery modes.
pub(super) fn mode(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": super::modes::names()})
}

/// The other languages, with the default one's keys.
pub(super) fn languages(generator: &mut SchemaGenerator) -> Schema {
    let prompts = Prompts::json_schema(generator);
    json_schema!({
        "type": "object",
        "propertyNames": {"enum": language::CODES.as_slice()},
        "additionalProperties": prompts,
    })
}

/// Custom vocabularies by language.
pub(super) fn vocabularies(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": {"enum": language::CODES.as_slice()},
        "additionalProperties": {"type": "string", "pattern": "^[0-9A-Za-z._-]{1,200}$"},
    })
}

/// The prefixes of contact attributes.
pub(super) fn prefix(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "enum": super::names::prefix::NAMES})
}
