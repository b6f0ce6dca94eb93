//! Prompts to the caller.

use flow_language::Action;
use serde_json::{Map, Value};

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Listener, Outcome, failed};
use crate::call::prompt::Prompt;
use crate::connect::Channel;

/// The prompt in a block's parameters.
pub(super) enum Spoken {
    Nothing,
    Prompt(Prompt),
    /// Speech that the service would not synthesize.
    Malformed,
}

impl Interpreter<'_> {
    pub(super) fn spoken(&self, action: &Action) -> Result<Spoken, CallError> {
        self.prompt_in(action, &action.parameters)
    }

    /// The prompt described by an object: a block's parameters or one of several messages.
    pub(super) fn prompt_in(
        &self,
        action: &Action,
        described: &Map<String, Value>,
    ) -> Result<Spoken, CallError> {
        let text = |name: &str| match described.get(name).and_then(Value::as_str) {
            Some(text) => self.resolve(action, text).map(Some),
            None => Ok(None),
        };
        if let Some(text) = text("Text")? {
            return Ok(Spoken::Prompt(Prompt::of_text(&text)));
        }
        if let Some(ssml) = text("SSML")? {
            return Ok(Prompt::of_ssml(&ssml).map_or(Spoken::Malformed, Spoken::Prompt));
        }
        if let Some(prompt) = text("PromptId")? {
            return Ok(Spoken::Prompt(Prompt::of_recording(&prompt)));
        }
        match described.get("Media").and_then(|media| media.get("Uri")) {
            Some(uri) => Ok(Spoken::Prompt(Prompt::of_recording(uri.as_str().unwrap_or_default()))),
            None => Ok(Spoken::Nothing),
        }
    }

    pub(super) fn message_participant(&mut self, action: &Action) -> Result<Outcome, CallError> {
        match self.spoken(action)? {
            Spoken::Malformed => return Ok(failed("the SSML is not well-formed")),
            // A task hears nothing; the service continues anyway.
            _ if self.channel != Channel::Voice => {}
            Spoken::Nothing => {}
            Spoken::Prompt(prompt) if self.listener == Listener::Agent => {
                self.line.whisper(&prompt);
            }
            Spoken::Prompt(prompt) => {
                self.line.play(&prompt, false);
            }
        }
        Ok(Outcome::Done)
    }

    pub(super) fn update_voice(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if let Some(voice) = self.text(action, "TextToSpeechVoice")? {
            self.note(format!("speaks with the voice {voice}"));
        }
        Ok(Outcome::Done)
    }
}
