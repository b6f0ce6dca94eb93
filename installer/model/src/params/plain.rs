//! Reads values from a tree, with errors in an administrator's words.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// A value to read.
pub(super) struct Plain(pub(super) Value);

/// Why a value cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct PlainError(String);

impl Error for PlainError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self(format!("found `{found}`, expected one of `{}`", expected.join("`, `")))
    }
}

/// What is wrong with a value of another type than the expected one.
pub(super) fn mismatch(found: &Value, expected: &str) -> String {
    let found = match found {
        Value::Null => "no value".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) => format!("the text {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "keys with values".to_owned(),
    };
    format!("found {found}, expected {expected}")
}

impl Plain {
    /// Reads a value if it has a type.
    fn read<'de, V: Visitor<'de>>(
        self,
        is: fn(&Value) -> bool,
        expected: &str,
        visitor: V,
    ) -> Result<V::Value, PlainError> {
        if is(&self.0) { self.deserialize_any(visitor) } else { Err(PlainError(mismatch(&self.0, expected))) }
    }
}

impl<'de> Deserializer<'de> for Plain {
    type Error = PlainError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PlainError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => number.deserialize_any(visitor).map_err(Error::custom),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(values) => visitor.visit_seq(SeqDeserializer::new(values.into_iter().map(Self))),
            Value::Object(keys) => {
                let keys = keys.into_iter().map(|(key, value)| (key, Self(value)));
                visitor.visit_map(MapDeserializer::new(keys))
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PlainError> {
        self.read(Value::is_boolean, "true or false", visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PlainError> {
        self.read(Value::is_string, "a text", visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PlainError> {
        self.read(Value::is_array, "a list", visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PlainError> {
        self.read(Value::is_object, "keys with values", visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PlainError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PlainError> {
        let text = String::deserialize(self)?;
        text.into_deserializer().deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf option unit unit_struct
        newtype_struct tuple tuple_struct identifier ignored_any
    }
}

impl IntoDeserializer<'_, PlainError> for Plain {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
