//! A question, and whoever answers it.

use std::future::Future;
use std::pin::Pin;

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What it is about, in a few words.
    pub title: String,
    /// Why it matters, in a line or a few.
    pub why: String,
    /// What Enter alone answers.
    pub default: Option<String>,
    /// How it is answered.
    pub kind: Kind,
    /// Whether there is a question before it.
    pub can_go_back: bool,
}

/// How a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// By one of these.
    Choose(Vec<Choice>),
    /// By any of these: the answer is their values, with commas between them.
    ChooseMany(Vec<Choice>),
    /// By a text.
    Text {
        /// Whether nothing at all is an answer.
        may_be_empty: bool,
    },
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The answer.
    pub value: String,
    /// How it is shown.
    pub label: String,
}

impl Choice {
    pub(crate) fn new(value: &str, label: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned() }
    }
}

/// What a person replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer: the text, or the value of what was chosen.
    Answer(String),
    /// To the question before.
    Back,
    /// Ctrl-C.
    Interrupted,
}

/// Whoever can be asked.
pub trait Asker: Sync {
    /// Asks, and waits for the reply.
    fn ask<'a>(&'a self, question: &'a Question) -> Pin<Box<dyn Future<Output = Reply> + 'a>>;
}
