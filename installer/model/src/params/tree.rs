//! YAML as a tree of keys and values, before their types are known.
//!
//! The YAML library reads `~` as the text `~` if text is requested, but correctly if any value is: hence this tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Marks the error about a duplicated key; the key follows.
const TWICE: &str = "twice: ";
/// Marks the error about too deep nesting.
const TOO_DEEP: &str = "this is nested too deeply";
/// How deep lists and keys may be nested: several times what parameters need.
const DEEPEST: usize = 32;
/// How many lists and keys may be open in the quick check, which counts brackets in text as lists.
const DEEPEST_AT_A_GLANCE: usize = 128;

/// Reads a tree.
///
/// # Errors
/// If the text is not YAML, or has unsupported features: tags, keys that are not text.
pub(super) fn parse(text: &str) -> Result<Value, serde_yaml::Error> {
    // The YAML library would reject it too, but only after minutes: its time grows with the square of the depth.
    if opens_too_many(text) {
        return Err(serde_yaml::Error::custom(TOO_DEEP));
    }
    Tree { depth: 0 }.deserialize(serde_yaml::Deserializer::from_str(text))
}

/// Whether the error of [`parse`] is about too deep nesting.
pub(super) fn is_too_deep(error: &serde_yaml::Error) -> bool {
    let message = error.to_string();
    message.contains(TOO_DEEP) || message.contains("recursion limit exceeded")
}

/// Whether more lists and keys are open than parameters can have, in one pass over the text.
fn opens_too_many(text: &str) -> bool {
    let mut open = 0_usize;
    for line in text.lines() {
        let mut rest = line.trim_start();
        let mut entries = 0;
        while let Some(inner) = rest.strip_prefix("- ").or_else(|| rest.strip_prefix("? ")) {
            entries += 1;
            rest = inner.trim_start();
        }
        if entries > DEEPEST_AT_A_GLANCE {
            return true;
        }
        for byte in rest.bytes() {
            match byte {
                b'[' | b'{' => open += 1,
                b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEEPEST_AT_A_GLANCE {
                return true;
            }
        }
    }
    false
}

/// The duplicated key, if the error of [`parse`] is about one.
pub(super) fn twice(error: &serde_yaml::Error) -> Option<String> {
    let message = error.to_string();
    let (_, rest) = message.split_once(TWICE)?;
    rest.split_once('`').and_then(|(_, rest)| rest.split_once('`')).map(|(key, _)| key.to_owned())
}

/// Reads any value, up to a depth.
#[derive(Clone, Copy)]
struct Tree {
    depth: usize,
}

impl Tree {
    /// One level deeper.
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth >= DEEPEST { Err(E::custom(TOO_DEEP)) } else { Ok(Self { depth: self.depth + 1 }) }
    }
}

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
        // `.nan` and `.inf` are not numbers for any parameter; as text they are refused in place.
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
        Err(A::Error::custom("YAML tags such as `!Ref` are not supported here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let (inner, mut values) = (self.inner()?, Vec::new());
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<Value, A::Error> {
        let (inner, mut map) = (self.inner()?, Map::new());
        while let Some(key) = keys.next_key_seed(NewKey(&map))? {
            let value = keys.next_value_seed(inner)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// A key that is not in the map yet. It fails while reading the key, so that the error has the key's position.
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_is_nested_deeply_is_refused_at_once() {
        for n in [40, 200, 100_000] {
            let closed = format!("{}{}", "[".repeat(n), "]".repeat(n));
            let lines = (0..n.min(1000)).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
            for text in [
                "[".repeat(n),
                closed,
                "{a: ".repeat(n),
                "- ".repeat(n),
                "? ".repeat(n),
                lines,
                format!("a: |\n  [ is text\nb: {}", "[".repeat(n)),
            ] {
                let error = parse(&text).unwrap_err();
                assert!(n == 40 || is_too_deep(&error), "{n} {:.20}: {error}", text);
            }
        }
        let nested = format!("{}x{}", "[".repeat(20), "]".repeat(20));
        assert!(parse(&nested).is_ok());
        let unclosed = format!("a: 'many {}'", "[ ".repeat(50));
        assert_eq!(parse(&unclosed).unwrap()["a"].as_str().map(str::len), Some(105));
    }
}
