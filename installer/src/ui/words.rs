//! Text for terminals.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::place::completed;
use super::terminal::{BREAK, width};

/// The usual width of a terminal, also of output that goes to none.
pub(super) const WIDTH: usize = 80;
/// Narrower columns cannot be read, and longer lines are hard to.
const LIMITS: (usize, usize) = (40, 100);

static COLUMNS: AtomicUsize = AtomicUsize::new(WIDTH);

/// How many columns a line has.
pub(super) fn columns() -> usize {
    COLUMNS.load(Ordering::Relaxed)
}

/// Fits all lines to a terminal of this width.
pub(super) fn fit(columns: usize) {
    COLUMNS.store(columns.clamp(LIMITS.0, LIMITS.1), Ordering::Relaxed);
}

/// Breaks a text into lines as long as the terminal is wide, indenting all but the first, which already has `used` characters.
/// Commands in backquotes are never broken, nor are words longer than a line.
pub(super) fn wrap_words(text: &str, used: usize, indent: usize) -> String {
    wrap_words_to(columns(), &completed(text), used, indent)
}

fn wrap_words_to(columns: usize, text: &str, mut used: usize, indent: usize) -> String {
    let mut lines = String::new();
    let mut first = true;
    for word in words(text) {
        let length = width(word);
        if !first && used + 1 + length > columns {
            lines.push_str(BREAK);
            lines.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if !first {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
        first = false;
    }
    lines
}

/// Splits at whitespace outside backquotes.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '`';
        c.is_whitespace() && !quoted
    })
    .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::terminal::shown;

    #[test]
    fn lines_are_as_long_as_a_terminal_is_wide() {
        let text = "seven words that are long enough together ".repeat(6);
        let wrapped = shown(&wrap_words(&text, 10, 2));
        assert!(wrapped.lines().count() > 2);
        assert!(wrapped.lines().all(|line| line.chars().count() <= WIDTH), "{wrapped}");
        assert!(wrapped.lines().next().is_some_and(|line| line.chars().count() <= WIDTH - 10), "{wrapped}");
        assert!(wrapped.lines().skip(1).all(|line| line.starts_with("  s") || line.starts_with("  ")));
    }

    #[test]
    fn a_command_is_never_broken() {
        let command = "`aws cloudformation update-termination-protection --stack-name voicemail-express`";
        let wrapped =
            shown(&wrap_words(&format!("the stack is protected; run {command} and try again"), 0, 2));
        assert!(wrapped.lines().any(|line| line.contains(command)), "{wrapped}");
    }
}
