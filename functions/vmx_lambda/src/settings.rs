//! A function's settings: the environment variables of [`vmx_contract::environment`].

use std::collections::HashMap;
use std::fmt;

/// The environment variables of a function.
#[derive(Debug, Clone)]
pub struct Settings {
    variables: HashMap<String, String>,
}

/// A setting that is missing or invalid. Its debug form is its message, because `main` prints that.
#[derive(PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The variable is not set, or empty.
    #[error("the environment variable {name} is not set; the stack sets it: run `vmx-install` again")]
    Missing {
        /// The variable.
        name: &'static str,
    },
    /// The variable's value is invalid.
    #[error(
        "the environment variable {name} is `{value}`, which is not {expected}; correct it in the parameters and run `vmx-install` again"
    )]
    Unusable {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is expected, with its article.
        expected: &'static str,
    },
}

impl fmt::Debug for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Settings {
    /// The settings of this process.
    #[must_use]
    pub fn from_environment() -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { variables: std::env::vars_os().filter_map(unicode).collect() }
    }

    /// A setting as text.
    ///
    /// # Errors
    /// [`SettingError::Missing`] if it is absent or empty.
    pub fn text(&self, name: &'static str) -> Result<String, SettingError> {
        self.optional(name).map(str::to_owned).ok_or(SettingError::Missing { name })
    }

    /// A setting as another type.
    ///
    /// # Errors
    /// [`SettingError::Missing`], or [`SettingError::Unusable`] with `expected` if `read` refuses the value.
    pub fn read<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, SettingError> {
        let value = self.text(name)?;
        read(&value).ok_or(SettingError::Unusable { name, value, expected })
    }

    /// An optional setting.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Settings {
    fn from(pairs: [(&str, &str); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Settings {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(pairs: T) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self { variables: pairs.into_iter().map(owned).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_variable_and_the_remedy() {
        let settings = Settings::from([("EMPTY", ""), ("WORD", "seven")]);
        for name in ["EMPTY", "ABSENT"] {
            assert_eq!(settings.text(name), Err(SettingError::Missing { name }));
        }
        let number = settings.read("WORD", "a number", |text| text.parse::<u32>().ok());
        let message = number.map_or_else(|error| format!("{error:?}"), |_| String::new());
        assert!(message.contains("WORD is `seven`, which is not a number"), "{message}");
    }
}
