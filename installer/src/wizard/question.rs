//! A question, and who answers it.

use std::future::Future;
use std::pin::Pin;

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The title: a few words.
    pub title: String,
    /// Why it matters: one or two lines.
    pub why: String,
    /// The default: what Enter alone answers.
    pub default: Option<String>,
    /// How it is answered.
    pub kind: Kind,
    /// Whether it has a previous question.
    pub can_go_back: bool,
}

/// How a question is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// With one of these.
    Choose(Vec<Choice>),
    /// With any of these. The answer has their values, separated by commas.
    ChooseMany(Vec<Choice>),
    /// With text.
    Text {
        /// Whether an empty text is an answer.
        may_be_empty: bool,
    },
}

/// One of the possible answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its value.
    pub value: String,
    /// Its label.
    pub label: String,
}

impl Choice {
    pub(crate) fn new(value: &str, label: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned() }
    }
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer: the text or the chosen value.
    Answer(String),
    /// Back to the previous question.
    Back,
    /// Ctrl-C.
    Interrupted,
}

/// Answers questions.
pub trait Asker: Sync {
    /// Asks, and waits for the reply.
    fn ask<'a>(&'a self, question: &'a Question) -> Pin<Box<dyn Future<Output = Reply> + 'a>>;
}
