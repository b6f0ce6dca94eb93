//! What happened in a call, for people to read.

use std::fmt;

/// What happened in a call, in the order of time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversation {
    /// The happenings.
    pub entries: Vec<Entry>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Milliseconds since the call was answered.
    pub at_ms: u64,
    /// Who did it.
    pub who: Who,
    /// What they did.
    pub what: String,
}

/// Who does something in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The caller.
    Caller,
    /// What the caller hears.
    Prompt,
    /// The flow.
    Flow,
    /// The agent who has taken the call.
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
