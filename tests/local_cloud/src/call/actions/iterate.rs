//! The prompts of a queue, played repeatedly.

use std::time::Duration;

use flow_language::Action;
use serde_json::Value;

use super::speech::Spoken;
use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};
use crate::call::line::{Event, samples};
use crate::call::prompt::Prompt;
use crate::connect::Channel;

impl Interpreter<'_> {
    /// Plays messages in a loop until somebody hangs up, an agent takes the call, or it is time for an interruption.
    /// Afterward, it restarts with the first message.
    pub(super) fn message_iteratively(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if self.channel != Channel::Voice {
            return Ok(failed("only a caller hears prompts"));
        }
        if self.text(action, "ContinueMessagingDuringInterrupt")?.is_some_and(|value| value != "False") {
            return Err(self.unsupported(action, "prompts that go on during an interruption"));
        }
        let mut prompts: Vec<Prompt> = Vec::new();
        for message in action.parameters.get("Messages").and_then(Value::as_array).into_iter().flatten() {
            match message.as_object().map(|message| self.prompt_in(action, message)).transpose()? {
                Some(Spoken::Prompt(prompt)) => prompts.push(prompt),
                Some(Spoken::Malformed) => return Ok(failed("the SSML of a message is not well-formed")),
                Some(Spoken::Nothing) | None => return Ok(failed("a message says nothing")),
            }
        }
        let until = match self.text(action, "InterruptFrequencySeconds")? {
            None => u64::MAX,
            Some(seconds) => match seconds.trim().parse() {
                Ok(seconds) => self.line.now() + samples(Duration::from_secs(seconds)),
                Err(_) => return Ok(failed("the time between interruptions is no number")),
            },
        };
        self.line.keep_waiting(true);
        let event = self.play_over_and_over(&prompts, until);
        self.line.keep_waiting(false);
        if event != Event::Passed {
            return Ok(Outcome::Done);
        }
        self.note("the prompts are interrupted");
        self.interrupted = Some(action.identifier.clone());
        Ok(Outcome::Result("MessagesInterrupted".to_owned()))
    }

    fn play_over_and_over(&mut self, prompts: &[Prompt], until: u64) -> Event {
        // Messages without words would loop forever without any time passing.
        if prompts.iter().all(|prompt| prompt.length.is_zero()) {
            return self.line.pass_without_keys(until);
        }
        for prompt in prompts.iter().cycle() {
            if self.line.leave_if_done() {
                return Event::HungUp;
            }
            let event = self.line.play_until(prompt, false, until);
            if event != Event::Passed || self.line.now() >= until {
                return event;
            }
        }
        Event::Passed
    }
}
