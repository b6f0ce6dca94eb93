//! What a person sees, and how a person is asked. The only part that writes to the terminal.

mod approval;
mod human;
mod words;

pub use approval::{Answer, Approver, Terminal};
pub use human::Human;
pub use words::wrap_words;
