//! Approvals on the terminal.

use std::future::Future;
use std::io::{IsTerminal as _, Write as _};
use std::pin::Pin;

use super::page::Page;
use super::place::Place;
#[cfg(unix)]
use super::prompt::forget_what_was_typed;
use super::prompt::{asking, look};
use super::terminal::{clean, clean_report};

use vmx_engine::approver::{Answer, Approver};

/// Prompts on the terminal. Approvals have no default: Enter alone does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal;

impl Approver for Terminal {
    fn is_there(&self) -> bool {
        // The prompt would be on the controlling terminal even if standard input is a file.
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        !ci && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    fn approve<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
        let question = Page::of_terminal(Place::default()).symbols(clean(question).into_owned());
        Box::pin(async move {
            if !self.is_there() {
                return Answer::Nobody;
            }
            let asked = asking(move || {
                #[cfg(unix)]
                forget_what_was_typed(&std::io::stdin())?;
                let confirm = inquire::Confirm::new(&question).with_help_message("y or n, and Enter");
                confirm.with_render_config(look()).prompt_skippable()
            });
            match asked.await {
                Ok(Ok(Some(true))) => Answer::Yes,
                // Esc is no approval.
                Ok(Ok(Some(false) | None)) => Answer::No,
                _ => Answer::Interrupted,
            }
        })
    }

    fn line<'a>(&'a self, question: &'a str) -> Pin<Box<dyn Future<Output = Option<String>> + 'a>> {
        Box::pin(async move {
            if !self.is_there() {
                return None;
            }
            // Before the question appears, because an answer can follow immediately.
            #[cfg(unix)]
            forget_what_was_typed(&std::io::stdin()).ok()?;
            let shown = Page::of_terminal(Place::default()).symbols(clean_report(question));
            write!(std::io::stderr(), "{shown}").ok()?;
            let read = tokio::task::spawn_blocking(|| {
                let mut line = String::new();
                std::io::stdin().read_line(&mut line).map(|bytes| (bytes > 0).then_some(line))
            });
            read.await.ok()?.ok()?
        })
    }
}
