//! The terminal while a prompt is open: its look, its settings, and how it is given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use inquire::ui::{Attributes, Color, ErrorMessageRenderConfig, RenderConfig, StyleSheet, Styled};

use super::terminal::is_colored;

/// What the prompts look like: `>` marks the active line, with colors or without.
pub(super) fn look() -> RenderConfig<'static> {
    let look = RenderConfig::empty().with_canceled_prompt_indicator(Styled::new("back"));
    if !is_colored(&std::io::stderr()) {
        return look;
    }
    // No bright colors: a light background hides them.
    let (green, cyan) = (Color::DarkGreen, Color::DarkCyan);
    let error = ErrorMessageRenderConfig::empty().with_prefix(Styled::new("!").with_fg(Color::DarkRed));
    look.with_prompt_prefix(Styled::new("?").with_fg(green))
        .with_answered_prompt_prefix(Styled::new("?").with_fg(green))
        .with_answer(StyleSheet::new().with_attr(Attributes::BOLD))
        .with_highlighted_option_prefix(Styled::new(">").with_fg(cyan))
        .with_selected_option(Some(StyleSheet::new().with_fg(cyan)))
        .with_selected_checkbox(Styled::new("[x]").with_fg(green))
        .with_error_message(error)
}

/// Discards what was typed before the question: it is not an answer.
#[cfg(unix)]
pub(super) fn forget_what_was_typed(terminal: &impl std::os::fd::AsFd) -> std::io::Result<()> {
    Ok(rustix::termios::tcflush(terminal, rustix::termios::QueueSelector::IFlush)?)
}

/// The terminal's settings, to restore them. None without a terminal.
#[cfg(unix)]
struct Settings(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Settings {
    fn now() -> Self {
        Self(rustix::termios::tcgetattr(std::io::stdin()).ok())
    }

    /// Applies them. A closed terminal needs nothing.
    fn set(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(settings) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, settings);
        }
    }
}

/// Stops the terminal from echoing keys until dropped. Keys pressed ahead still answer the next question, but would
/// show as `^[[B` among the lines in between.
#[must_use]
pub(crate) struct Unechoed {
    #[cfg(unix)]
    settings: Settings,
}

impl Unechoed {
    pub(crate) fn begin() -> Self {
        #[cfg(unix)]
        {
            let settings = Settings::now();
            let mut unechoed = settings.0.clone();
            if let Some(settings) = &mut unechoed {
                settings.local_modes.remove(rustix::termios::LocalModes::ECHO);
            }
            Settings(unechoed).set();
            Self { settings }
        }
        #[cfg(not(unix))]
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Unechoed {
    fn drop(&mut self) {
        self.settings.set();
    }
}

/// Asks on its own thread. The terminal is restored however that ends, Ctrl-C included.
pub(super) async fn asking<T: Send + 'static>(
    ask: impl FnOnce() -> T + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    let asking = Asking::begin();
    let answered = Arc::clone(&asking.answered);
    let asked = tokio::task::spawn_blocking(move || {
        let answer = ask();
        answered.store(true, Ordering::Release);
        answer
    });
    asked.await
}

/// An open prompt: it hides the cursor and reads single keys.
struct Asking {
    answered: Arc<AtomicBool>,
    #[cfg(unix)]
    settings: Settings,
}

impl Asking {
    fn begin() -> Self {
        Self {
            answered: Arc::default(),
            #[cfg(unix)]
            settings: Settings::now(),
        }
    }

    /// Ctrl-C may come while the prompt is being drawn. The prompt would then change the terminal after it was
    /// restored, so wait for that.
    #[cfg(unix)]
    fn give_back(&self) {
        use rustix::termios::{LocalModes, tcgetattr};
        if self.settings.0.is_none() {
            return;
        }
        let has_taken_it = || {
            let now = tcgetattr(std::io::stdin());
            now.is_ok_and(|now| !now.local_modes.contains(LocalModes::ICANON))
        };
        let end = Instant::now() + Duration::from_millis(500);
        while !self.answered.load(Ordering::Acquire) && !has_taken_it() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.settings.set();
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        #[cfg(unix)]
        self.give_back();
        // A terminal that cannot show its cursor never hid it.
        let _ = console::Term::stderr().show_cursor();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::fs::File;
    use std::io::Write as _;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    #[test]
    fn what_was_typed_ahead_answers_nothing() {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
        let terminal = File::options().read(true).write(true).open(name).unwrap();
        let can_be_read = |wait: i64| {
            let wait = Timespec { tv_sec: wait, tv_nsec: 0 };
            poll(&mut [PollFd::new(&terminal, PollFlags::IN)], Some(&wait)).unwrap() == 1
        };
        File::from(person.try_clone().unwrap()).write_all(b"y\n").unwrap();
        assert!(can_be_read(10));
        forget_what_was_typed(&terminal).unwrap();
        assert!(!can_be_read(0));
    }
}
