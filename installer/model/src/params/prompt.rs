//! What a caller hears: plain text, SSML, or a recorded prompt.

mod ssml;

use serde::{Deserialize, Serialize};

/// A prompt: one text in `params.yaml`, whose format decides its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Prompt {
    /// Plain text.
    Text(String),
    /// Speech synthesis markup, `<speak>…</speak>`.
    Ssml(String),
    /// ARN of a prompt in the instance, `arn:…:prompt/…`.
    Recorded(String),
}

/// A text that is not a valid prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Empty.
    #[error("a prompt must not be empty: Amazon Connect refuses empty text")]
    Empty,
    /// Too long.
    #[error("the prompt has {found} characters; the limit is {longest}")]
    TooLong {
        /// Its length.
        found: usize,
        /// The limit.
        longest: usize,
    },
    /// Starts as SSML but is not well-formed. The service would skip it, and callers would hear nothing.
    #[error("the prompt starts as SSML, but {0}")]
    Ssml(#[from] ssml::SsmlError),
    /// A character that cannot be spoken.
    #[error("the prompt contains the control character {0:?}")]
    Control(char),
}

/// The most characters that Amazon Polly speaks at once, with SSML tags and without. Source: quotas of Amazon Polly,
/// `SynthesizeSpeech`.
const LONGEST_SSML: usize = 6000;
const LONGEST_TEXT: usize = 3000;

impl Prompt {
    /// Reads a prompt.
    ///
    /// # Errors
    /// [`PromptError`] with the fix.
    pub fn parse(text: &str) -> Result<Self, PromptError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(PromptError::Empty);
        }
        if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(PromptError::Control(control));
        }
        let (prompt, longest) = if trimmed.starts_with("<speak>") || trimmed.starts_with("<speak ") {
            ssml::check(trimmed)?;
            (Self::Ssml(trimmed.to_owned()), LONGEST_SSML)
        } else if trimmed.starts_with("arn:")
            && trimmed.contains("/prompt/")
            && !trimmed.contains(char::is_whitespace)
        {
            (Self::Recorded(trimmed.to_owned()), LONGEST_TEXT)
        } else {
            (Self::Text(text.to_owned()), LONGEST_TEXT)
        };
        let found = prompt.as_str().chars().count();
        if found > longest {
            return Err(PromptError::TooLong { found, longest });
        }
        Ok(prompt)
    }

    /// The text, markup or ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Ssml(text) | Self::Recorded(text) => text,
        }
    }

    /// The parameter of a `MessageParticipant` block for this prompt.
    #[must_use]
    pub fn parameter(&self) -> &'static str {
        match self {
            Self::Text(_) => "Text",
            Self::Ssml(_) => "SSML",
            Self::Recorded(_) => "PromptId",
        }
    }
}

impl TryFrom<String> for Prompt {
    type Error = PromptError;

    fn try_from(text: String) -> Result<Self, PromptError> {
        Self::parse(&text)
    }
}

impl From<Prompt> for String {
    fn from(prompt: Prompt) -> Self {
        prompt.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_says_what_a_prompt_is() {
        let arn = "arn:aws:connect:us-east-1:111122223333:instance/i/prompt/p";
        for (text, parameter) in [
            ("Hello.", "Text"),
            ("2 < 3 & \"quotes\" {{ braces }}", "Text"),
            ("<speak>Hello</speak>\n", "SSML"),
            ("<speaker> is on", "Text"),
            (arn, "PromptId"),
            ("arn: is how it begins", "Text"),
        ] {
            assert_eq!(Prompt::parse(text).map(|prompt| prompt.parameter()), Ok(parameter), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_spoken_is_refused() {
        assert_eq!(Prompt::parse(" \n"), Err(PromptError::Empty));
        assert!(matches!(Prompt::parse("<speak>Hello"), Err(PromptError::Ssml(_))));
        assert_eq!(Prompt::parse("a\u{0}b"), Err(PromptError::Control('\u{0}')));
        assert!(matches!(Prompt::parse(&"a".repeat(3001)), Err(PromptError::TooLong { .. })));
    }
}
