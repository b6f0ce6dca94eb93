//! The terminal: views and prompts. Nothing else writes to it.

mod approval;
mod ask;
mod capacity;
mod help;
mod human;
mod journal;
mod json;
mod migration;
mod operating;
mod page;
mod patience;
mod place;
mod plan;
mod prompt;
pub mod report;
mod status;
mod survey;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod tone;
mod trace;
mod tree;
pub mod voicemails;
mod words;

use crate::error::Failure;
use crate::event::EventView;

pub use approval::Terminal;
pub use human::{Human, Output, Volume};
pub use journal::Journal;
pub use json::Json;
pub use patience::Patience;
pub use place::Place;
pub(crate) use prompt::Unechoed;

/// The program's own view, which also shows the result.
pub trait ProgramView: EventView + Send {
    /// Shows how the run ended.
    fn ended(&self, ended: Result<(), &Failure>);
}
