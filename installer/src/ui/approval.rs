//! How a person is asked.

use std::future::Future;
use std::io::{ErrorKind, IsTerminal as _};
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
    /// Asks, and waits for the answer.
    fn approve<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>>;
}

/// Where nobody is asked: the program's output is not for people, or they are not shown what they would approve.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Approver for Nobody {
    fn approve<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
        Box::pin(std::future::ready(Answer::Nobody))
    }
}

/// The person at the terminal. Approvals have no default: Enter alone does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal;

impl Approver for Terminal {
    fn approve<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
        let question = question.to_owned();
        Box::pin(async move {
            // dialoguer would ask on the controlling terminal even where standard input is a file: nobody may be there.
            let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
            if ci || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
                return Answer::Nobody;
            }
            let _cursor = Cursor;
            let asked = tokio::task::spawn_blocking(move || {
                dialoguer::Confirm::new().with_prompt(question).interact()
            });
            match asked.await {
                Ok(Ok(true)) => Answer::Yes,
                Ok(Ok(false)) => Answer::No,
                Ok(Err(dialoguer::Error::IO(error))) if error.kind() == ErrorKind::NotConnected => {
                    Answer::Nobody
                }
                _ => Answer::Interrupted,
            }
        })
    }
}

/// dialoguer hides the cursor while it asks, and Ctrl-C ends the asking from outside.
struct Cursor;

impl Drop for Cursor {
    fn drop(&mut self) {
        // A terminal that cannot show its cursor never hid it.
        let _ = dialoguer::console::Term::stderr().show_cursor();
    }
}
