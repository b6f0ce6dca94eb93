//! The delivery modes of an installation.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use vmx_contract::mode::Mode;

/// Their names.
pub(super) fn names() -> [&'static str; Mode::ALL.len()] {
    Mode::ALL.map(Mode::as_str)
}

fn read(text: &str) -> Result<Mode, String> {
    let unknown = || format!("`{text}` is not a delivery mode; use one of {}", names().join(", "));
    Mode::parse(text).ok_or_else(unknown)
}

/// The delivery modes that voicemails can use: at least one, without duplicates, in the order of [`Mode`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Modes(Vec<Mode>);

impl Modes {
    /// The modes.
    #[must_use]
    pub fn get(&self) -> &[Mode] {
        &self.0
    }

    /// Whether a mode is among them.
    #[must_use]
    pub fn has(&self, mode: Mode) -> bool {
        self.0.contains(&mode)
    }
}

impl Default for Modes {
    fn default() -> Self {
        Self(vec![Mode::Task])
    }
}

impl TryFrom<Vec<String>> for Modes {
    type Error = String;

    fn try_from(words: Vec<String>) -> Result<Self, String> {
        let mut modes = words.iter().map(|word| read(word)).collect::<Result<Vec<_>, _>>()?;
        modes.sort_unstable();
        modes.dedup();
        if modes.is_empty() {
            return Err("the list is empty; a voicemail needs at least one delivery mode".to_owned());
        }
        Ok(Self(modes))
    }
}

impl From<Modes> for Vec<String> {
    fn from(modes: Modes) -> Self {
        modes.0.into_iter().map(|mode| mode.as_str().to_owned()).collect()
    }
}

/// One delivery mode, by name.
pub(super) mod one {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(mode.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn modes_are_read_in_any_order_and_an_unknown_one_is_named() {
        let modes: Modes = from_value(json!(["Email", "task", "email"])).unwrap();
        assert_eq!(modes.get(), [Mode::Task, Mode::Email]);
        assert!(modes.has(Mode::Email) && !modes.has(Mode::Other));
        assert_eq!(serde_json::to_value(&modes).unwrap(), json!(["task", "email"]));
        for (bad, why) in [(json!([]), "empty"), (json!(["pigeon"]), "use one of task")] {
            let message = from_value::<Modes>(bad).unwrap_err().to_string();
            assert!(message.contains(why), "{message}");
        }
    }
}
