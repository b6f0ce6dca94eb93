//! Approvals of changes.

use std::future::Future;
use std::pin::Pin;

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Continue.
    Yes,
    /// Stop.
    No,
    /// Ctrl-C.
    Interrupted,
    /// There is no terminal to prompt on.
    Nobody,
}

/// Approves changes.
pub trait Approver {
    /// Whether there is somebody to ask.
    fn is_there(&self) -> bool;

    /// Asks, and waits for the answer.
    fn approve<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>>;

    /// Asks for a line, ended by Enter, or returns `None` if nobody can be asked. Leaves the terminal's settings, so
    /// that waiting can be stopped at any time.
    fn line<'a>(&'a self, _question: &'a str) -> Pin<Box<dyn Future<Output = Option<String>> + 'a>> {
        Box::pin(std::future::ready(None))
    }
}

/// Never prompts: the output is not for people, or does not show what they would approve.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Approver for Nobody {
    fn is_there(&self) -> bool {
        false
    }

    fn approve<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
        Box::pin(std::future::ready(Answer::Nobody))
    }
}
