//! What a person sees, and how a person is asked. The only part that writes to the terminal.

mod approval;
mod ask;
mod capacity;
mod human;
mod journal;
mod json;
mod operating;
mod plan;
mod status;
mod survey;
mod terminal;
#[cfg(test)]
mod tests;
mod tone;
mod trace;
mod tree;
mod words;

use crate::error::Failure;
use crate::event::EventView;

pub use approval::Terminal;
pub(crate) use approval::Unechoed;
pub use human::{Human, Volume};
pub use journal::Journal;
pub use json::Json;

/// The program's own view: it has the last word.
pub trait ProgramView: EventView {
    /// Tells how the run ended.
    fn ended(&self, ended: Result<(), &Failure>);
}
