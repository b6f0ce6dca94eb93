//! The earlier system that an installation replaces.

use super::checked::checked;

checked!(
    /// The name of an earlier system's stack; empty for none.
    #[derive(Default)]
    EarlierStack,
    |text| {
        let is_known = |c: char| c.is_ascii_alphanumeric() || c == '-';
        text.is_empty()
            || (text.len() <= 128
                && text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(is_known))
    },
    "the name of a stack: letters, digits and hyphens, starting with a letter"
);

impl EarlierStack {
    /// The name, if there is one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        Some(self.as_str()).filter(|name| !name.is_empty())
    }
}
