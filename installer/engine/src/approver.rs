//! Whoever approves of changes.

use std::future::Future;
use std::pin::Pin;

/// What a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Leave it.
    No,
    /// Ctrl-C.
    Interrupted,
    /// There is nobody to ask.
    Nobody,
}

/// Whoever can approve of changes.
pub trait Approver {
    /// Whether there is somebody to ask.
    fn is_there(&self) -> bool;

    /// Asks, and waits for the answer.
    fn approve<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>>;

    /// Asks for a line, ended by Enter; `None` where there is nobody to ask. The terminal stays as it is, so that the
    /// waiting can be given up at any moment.
    fn line<'a>(&'a self, _question: &'a str) -> Pin<Box<dyn Future<Output = Option<String>> + 'a>> {
        Box::pin(std::future::ready(None))
    }
}

/// Never prompts: the output is not for people, or they are not shown what they would approve.
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
