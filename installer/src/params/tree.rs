//! YAML as a tree of keys and values, before anything is known of their types.
//!
//! The YAML library gives `~` as the text `~` to whoever asks for a text. Asked for whatever is there, it tells the
//! truth: hence this detour.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What marks the error about a key that stands there twice; the key follows.
const TWICE: &str = "twice: ";

/// Reads a tree.
///
/// # Errors
/// When the text is not YAML, or has features that are of no use here: tags, keys that are no texts.
pub(super) fn parse(text: &str) -> Result<Value, serde_yaml::Error> {
    Tree.deserialize(serde_yaml::Deserializer::from_str(text))
}

/// The key that stands there twice, if that is what the error of [`parse`] is about.
pub(super) fn twice(error: &serde_yaml::Error) -> Option<String> {
    let message = error.to_string();
    let (_, rest) = message.split_once(TWICE)?;
    rest.split_once('`').and_then(|(_, rest)| rest.split_once('`')).map(|(key, _)| key.to_owned())
}

struct Tree;

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false, a list, or keys with values")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        // `.nan` and `.inf` are no numbers to any parameter; as texts they are refused where they stand.
        Ok(Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _tagged: A) -> Result<Value, A::Error> {
        Err(A::Error::custom("a value with a tag, such as `!Ref`, means nothing here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Tree)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = keys.next_key_seed(NewKey(&map))? {
            let value = keys.next_value_seed(Tree)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// A key that is not in the map yet. It fails while the key is read, so that the error carries the key's place.
struct NewKey<'a>(&'a Map<String, Value>);

impl<'de> DeserializeSeed<'de> for NewKey<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NewKey<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<String, E> {
        if self.0.contains_key(key) {
            return Err(E::custom(format_args!("{TWICE}`{key}`")));
        }
        Ok(key.to_owned())
    }
}
