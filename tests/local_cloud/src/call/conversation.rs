//! A readable log of a call.

use std::fmt;

/// The events of a call, in time order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversation {
    /// The events.
    pub entries: Vec<Entry>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Milliseconds since the call was answered.
    pub at_ms: u64,
    /// Who did it.
    pub who: Who,
    /// What they did.
    pub what: String,
}

/// The actors in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The caller.
    Caller,
    /// The prompts to the caller.
    Prompt,
    /// The flow.
    Flow,
    /// The agent who took the call.
    Agent,
}

impl Conversation {
    pub(super) fn add(&mut self, at_ms: u64, who: Who, what: impl Into<String>) {
        let what = what.into();
        self.entries.push(Entry { at_ms, who, what });
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { at_ms, who, what } in &self.entries {
            let (minutes, seconds, tenths) = (at_ms / 60_000, at_ms / 1000 % 60, at_ms / 100 % 10);
            let who = match who {
                Who::Caller => "caller",
                Who::Prompt => "prompt",
                Who::Flow => "flow",
                Who::Agent => "agent",
            };
            writeln!(formatter, "{minutes:02}:{seconds:02}.{tenths}  {who:<6}  {what}")?;
        }
        Ok(())
    }
}
