//! The position of a key or a value in a YAML text.
//!
//! The YAML library knows all positions but reports them only in errors. So the text is read again along the path to
//! the key, and reading fails there on purpose.

use std::fmt;

use miette::SourceSpan;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The key whose inner keys an administrator chooses.
pub(super) const OPEN: &str = "tags";

/// What to locate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The key itself.
    Key,
    /// Its value.
    Value,
}

/// The position of a key, named with dots, or of its value.
pub(super) fn locate(text: &str, key: &str, part: Part) -> Option<SourceSpan> {
    let error =
        Search { path: &path(key), part }.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    place(text, &error)
}

/// The levels of a key that is named with dots. Keys that an administrator chooses may contain dots.
pub(super) fn path(key: &str) -> Vec<&str> {
    match key.split_once('.') {
        Some((OPEN, rest)) => vec![OPEN, rest],
        _ => key.split('.').collect(),
    }
}

/// The position in an error of the YAML library, to the end of its word.
pub(super) fn place(text: &str, error: &serde_yaml::Error) -> Option<SourceSpan> {
    let start = error.location()?.index().min(text.len());
    let start = (0..=start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let rest = &text[start..];
    let line = rest.lines().next().unwrap_or_default();
    let word = line.find(": ").or_else(|| line.strip_suffix(':').map(str::len)).unwrap_or(line.len());
    let word = line[..word].split(" #").next().unwrap_or_default().trim_end();
    Some((start, word.len()).into())
}

struct Search<'a> {
    path: &'a [&'a str],
    part: Part,
}

/// Fails on any value.
const FOUND: &str = "found";

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FOUND)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut keys: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else {
            return Err(A::Error::custom(FOUND));
        };
        let is_last_key = rest.is_empty() && self.part == Part::Key;
        while let Some(is_it) = keys.next_key_seed(Key { name: first, fail: is_last_key })? {
            if is_it {
                keys.next_value_seed(Search { path: rest, part: self.part })?;
            } else {
                keys.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _list: A) -> Result<(), A::Error> {
        Err(A::Error::custom(FOUND))
    }
}

/// Compares a key with a name, and fails on it if requested.
struct Key<'a> {
    name: &'a str,
    fail: bool,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        match key == self.name {
            true if self.fail => Err(E::custom(FOUND)),
            is_it => Ok(is_it),
        }
    }
}
