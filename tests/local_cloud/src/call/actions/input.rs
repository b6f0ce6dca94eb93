//! Keys that the caller presses when prompted. Speech is not recognized.

use std::time::Duration;

use flow_language::Action;
use serde_json::Value;

use super::speech::Spoken;
use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};
use crate::call::line::{Event, samples};
use crate::connect::Channel;

/// The default wait for the next key.
const BETWEEN_KEYS: u64 = 5;
/// The stored value if the caller enters nothing.
const NOTHING_ENTERED: &str = "Timeout";

impl Interpreter<'_> {
    pub(super) fn get_participant_input(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if self.channel != Channel::Voice {
            return Ok(failed("only a caller presses keys"));
        }
        let Some(limit) = self.number(action, "InputTimeLimitSeconds")? else {
            return Ok(failed("the time limit is no number"));
        };
        let first = match self.spoken(action)? {
            Spoken::Malformed => return Ok(failed("the SSML is not well-formed")),
            Spoken::Nothing => Event::Passed,
            Spoken::Prompt(prompt) => self.line.play(&prompt, true),
        };
        // The time limit begins at the end of the prompt.
        let first = match first {
            Event::Passed => self.listen(limit),
            event => event,
        };
        if action.parameters.get("StoreInput").and_then(Value::as_str) == Some("True") {
            return self.store_input(action, first);
        }
        Ok(match first {
            Event::Key(key) => Outcome::Result(key.to_string()),
            Event::Passed => Outcome::Failed("InputTimeLimitExceeded", format!("no key in {limit} s")),
            Event::HungUp | Event::Answered | Event::AgentLeft => Outcome::Done,
        })
    }

    fn listen(&mut self, seconds: u64) -> Event {
        let moment = self.line.now() + samples(Duration::from_secs(seconds));
        self.line.pass_until(moment)
    }

    /// Collects keys until there are enough, the caller ends them, or no more arrive.
    fn store_input(&mut self, action: &Action, first: Event) -> Result<Outcome, CallError> {
        let validation = action.parameters.get("InputValidation");
        if validation.is_some_and(|validation| validation.get("PhoneNumberValidation").is_some()) {
            return Err(self.unsupported(action, "the check of entered phone numbers"));
        }
        if action.parameters.contains_key("InputEncryption") {
            return Err(self.unsupported(action, "the encryption of entered keys"));
        }
        let setting = |group: &str, name: &str| {
            let value = action.parameters.get(group)?.get(name)?;
            value.as_str().map(str::to_owned)
        };
        let most = validation
            .and_then(|validation| {
                validation.pointer("/CustomValidation/MaximumLength")?.as_str()?.parse().ok()
            })
            .unwrap_or(20);
        let end = setting("DTMFConfiguration", "InputTerminationSequence").unwrap_or("#".to_owned());
        let may_cancel = setting("DTMFConfiguration", "DisableCancelKey").as_deref() != Some("True");
        let between_keys = setting("DTMFConfiguration", "InterdigitTimeLimitSeconds")
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or(BETWEEN_KEYS);
        let mut keys = String::new();
        let mut event = first;
        while let Event::Key(key) = event {
            if key == '*' && may_cancel {
                keys.clear();
            } else {
                keys.push(key);
            }
            if let Some(entered) = keys.strip_suffix(&end) {
                keys.truncate(entered.len());
                break;
            }
            if keys.len() >= most {
                break;
            }
            event = self.listen(between_keys);
        }
        self.local.stored_input = if keys.is_empty() { NOTHING_ENTERED.to_owned() } else { keys };
        Ok(Outcome::Done)
    }
}
