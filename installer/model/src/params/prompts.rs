//! What callers hear, in one language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vmx_contract::mode::Mode;

use super::checked::checked;
use super::{Prompt, PromptError};

/// The keyword for the built-in text.
const BUILT_IN: &str = "default";

/// What callers hear in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(inline)]
pub struct Prompts {
    /// The Amazon Polly voice.
    pub voice: Voice,
    /// The voice's engine.
    pub engine: Engine,
    /// Before the beep.
    pub greeting: Wording,
    /// The tone before recording starts.
    pub beep: Wording,
    /// After the message.
    pub goodbye: Wording,
    /// When no message can be taken, before the caller returns to the queue.
    pub apology: Wording,
    /// When the caller has already left three messages during the call.
    pub too_many: Wording,
    /// When the queue is full too, before the call ends.
    pub queue_full: Wording,
    /// In the queue, in a loop: text, or the ARN of a prompt with music.
    pub waiting: Wording,
    /// In the queue, at intervals: 1 leaves a message, any other key declines.
    pub offer: Wording,
    /// When an agent takes the call.
    pub connecting: Wording,
    /// On the test line: 1 leaves a message for the queue.
    pub test_queue: Wording,
    /// On the test line: 2 leaves a message for an agent.
    pub test_agent: Wording,
    /// On the test line: 3 waits in the queue.
    pub test_in_queue: Wording,
    /// On the test line: 1 delivers the message as a task.
    pub test_task: Wording,
    /// On the test line: 2 delivers the message as a guided task.
    pub test_guided_task: Wording,
    /// On the test line: 3 delivers the message by email.
    pub test_email: Wording,
    /// On the test line: 4 delivers the message as a Salesforce case.
    pub test_sfcase: Wording,
    /// On the test line: 5 delivers the message as a Salesforce record.
    pub test_sfother: Wording,
    /// On the test line: 6 delivers the message your own way.
    pub test_other: Wording,
}

impl Prompts {
    /// All prompts, by key.
    pub fn wordings(&self) -> impl Iterator<Item = (&'static str, &Wording)> {
        [
            ("greeting", &self.greeting),
            ("beep", &self.beep),
            ("goodbye", &self.goodbye),
            ("apology", &self.apology),
            ("too_many", &self.too_many),
            ("queue_full", &self.queue_full),
            ("waiting", &self.waiting),
            ("offer", &self.offer),
            ("connecting", &self.connecting),
            ("test_queue", &self.test_queue),
            ("test_agent", &self.test_agent),
            ("test_in_queue", &self.test_in_queue),
            (mode_prompt(Mode::Task), &self.test_task),
            (mode_prompt(Mode::GuidedTask), &self.test_guided_task),
            (mode_prompt(Mode::Email), &self.test_email),
            (mode_prompt(Mode::Sfcase), &self.test_sfcase),
            (mode_prompt(Mode::Sfother), &self.test_sfother),
            (mode_prompt(Mode::Other), &self.test_other),
        ]
        .into_iter()
    }
}

/// The key of the test line's prompt for a mode.
#[must_use]
pub fn mode_prompt(mode: Mode) -> &'static str {
    match mode {
        Mode::Task => "test_task",
        Mode::GuidedTask => "test_guided_task",
        Mode::Email => "test_email",
        Mode::Sfcase => "test_sfcase",
        Mode::Sfother => "test_sfother",
        Mode::Other => "test_other",
    }
}

/// A custom prompt, or the built-in text of the language, written as `default`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Wording {
    /// The built-in text.
    #[default]
    BuiltIn,
    /// A custom prompt.
    Given(Prompt),
}

impl TryFrom<String> for Wording {
    type Error = PromptError;

    fn try_from(text: String) -> Result<Self, PromptError> {
        if text == BUILT_IN { Ok(Self::BuiltIn) } else { Prompt::parse(&text).map(Self::Given) }
    }
}

impl From<Wording> for String {
    fn from(wording: Wording) -> Self {
        match wording {
            Wording::BuiltIn => BUILT_IN.to_owned(),
            Wording::Given(prompt) => prompt.into(),
        }
    }
}

checked!(
    /// An Amazon Polly voice, or `default`: the language's own.
    Voice,
    |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic()),
    "an Amazon Polly voice name, such as Joanna: one word of letters"
);

impl Voice {
    /// The voice, unless it is the language's own.
    #[must_use]
    pub fn given(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|name| *name != BUILT_IN)
    }
}

impl Default for Voice {
    fn default() -> Self {
        Self(BUILT_IN.to_owned())
    }
}

/// An Amazon Polly engine. Not every voice supports every engine, and only standard is certain to support every SSML tag,
/// including the beep's. Source: Amazon Polly's developer guide, supported SSML tags.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Engine {
    /// Available in every region.
    #[default]
    Standard,
    /// More natural.
    Neural,
    /// The most natural.
    Generative,
}

impl Engine {
    /// The engine's name in the flow language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
