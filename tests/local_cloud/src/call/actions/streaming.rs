//! Media streaming: from when to when, and of whom.

use flow_language::Action;
use serde_json::Value;

use crate::call::error::CallError;
use crate::call::interpreter::{Interpreter, Outcome, failed};
use crate::connect::Channel;

/// Streaming that is on.
#[derive(Debug, Clone, Copy)]
pub(in crate::call) struct Streaming {
    /// Since when, in samples.
    from: u64,
    /// Whether what the customer hears is streamed as well.
    both: bool,
}

/// Streaming that was on.
#[derive(Debug, Clone, Copy)]
pub(in crate::call) struct Streamed {
    /// From when, in samples.
    pub(in crate::call) from: u64,
    /// Until when.
    pub(in crate::call) until: u64,
    /// Whether what the customer heard was streamed as well.
    pub(in crate::call) both: bool,
}

impl Interpreter<'_> {
    pub(super) fn update_streaming(&mut self, action: &Action) -> Result<Outcome, CallError> {
        if self.channel != Channel::Voice {
            return Ok(failed("only a call has media"));
        }
        if action.parameters.get("MediaStreamingState").and_then(Value::as_str) != Some("Enabled") {
            self.stop_streaming();
            return Ok(Outcome::Done);
        }
        let directions = |participant: &Value| -> Vec<String> {
            let directions = participant.get("MediaDirections").and_then(Value::as_array);
            let directions = directions.into_iter().flatten();
            directions.filter_map(|direction| direction.as_str().map(str::to_owned)).collect()
        };
        let participants = action.parameters.get("Participants").and_then(Value::as_array);
        let customer = participants.into_iter().flatten().find(|participant| {
            participant.get("ParticipantType").and_then(Value::as_str) == Some("Customer")
        });
        let directions = customer.map(directions).unwrap_or_default();
        if !directions.iter().any(|direction| direction == "From") {
            return Err(self.unsupported(action, "streaming that leaves out what the customer says"));
        }
        if self.connect.centre().media_streams().is_none() {
            return Ok(failed("the instance has no storage configuration for media streams"));
        }
        if self.streaming.is_none() {
            self.note("media streaming starts");
            self.streaming = Some(Streaming {
                from: self.line.now(),
                both: directions.iter().any(|direction| direction == "To"),
            });
        }
        Ok(Outcome::Done)
    }

    /// Ends streaming, if it is on: the flow says so, or the call is over.
    pub(in crate::call) fn stop_streaming(&mut self) {
        if let Some(Streaming { from, both }) = self.streaming.take() {
            let until = self.line.now();
            self.streamed.push(Streamed { from, until, both });
            self.note("media streaming stops");
        }
    }
}
