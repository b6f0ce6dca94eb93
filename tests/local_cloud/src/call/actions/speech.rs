//! What the caller hears.

use flow_language::Action;

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};
use crate::call::prompt::Prompt;
use crate::connect::Channel;

/// What a block's parameters say about its prompt.
pub(super) enum Spoken {
    Nothing,
    Prompt(Prompt),
    /// Speech that the service would refuse to synthesise.
    Malformed,
}

impl Interpreter<'_> {
    pub(super) fn spoken(&self, action: &Action) -> Result<Spoken, CallError> {
        if let Some(text) = self.text(action, "Text")? {
            return Ok(Spoken::Prompt(Prompt::of_text(&text)));
        }
        if let Some(ssml) = self.text(action, "SSML")? {
            return Ok(Prompt::of_ssml(&ssml).map_or(Spoken::Malformed, Spoken::Prompt));
        }
        if let Some(prompt) = self.text(action, "PromptId")? {
            return Ok(Spoken::Prompt(Prompt::of_recording(&prompt)));
        }
        match action.parameters.get("Media").and_then(|media| media.get("Uri")) {
            Some(uri) => Ok(Spoken::Prompt(Prompt::of_recording(uri.as_str().unwrap_or_default()))),
            None => Ok(Spoken::Nothing),
        }
    }

    pub(super) fn message_participant(&mut self, action: &Action) -> Result<Outcome, CallError> {
        Ok(match self.spoken(action)? {
            Spoken::Malformed => failed("the SSML is not well-formed"),
            // A task hears nothing; the service goes on all the same.
            _ if self.channel == Channel::Task => Outcome::Done,
            Spoken::Nothing => Outcome::Done,
            Spoken::Prompt(prompt) => {
                self.line.play(&prompt, false);
                Outcome::Done
            }
        })
    }

    pub(super) fn update_voice(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if let Some(voice) = self.text(action, "TextToSpeechVoice")? {
            self.note(format!("speaks with the voice {voice}"));
        }
        Ok(Outcome::Done)
    }
}
