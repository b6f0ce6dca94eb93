//! What is written on: its width, its symbols, and the installation that commands are about.

use std::io::IsTerminal as _;

use super::place::Place;
use super::terminal::{Paint, paint};
use super::words::laid_out;

/// The usual width of a terminal, also of output that goes to none.
pub(super) const WIDTH: usize = 80;
/// Narrower columns cannot be read, and longer lines are hard to.
const LIMITS: (usize, usize) = (40, 100);

/// Our symbols, and what stands for them where only ASCII is shown.
const SYMBOLS: [(char, &str); 13] = [
    ('…', "..."),
    ('→', "->"),
    ('✗', "x"),
    ('–', "-"),
    ('“', "\""),
    ('”', "\""),
    ('’', "'"),
    ('↑', "Up"),
    ('↓', "Down"),
    ('◐', "|"),
    ('◓', "/"),
    ('◑', "-"),
    ('◒', "\\"),
];

/// What is written on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// How many columns a line has.
    pub(super) columns: usize,
    /// Whether it shows only ASCII.
    pub(super) is_ascii: bool,
    /// What commands in messages are about.
    pub(super) place: Place,
}

impl Page {
    /// A page of this width that shows everything.
    pub(super) fn of_columns(columns: usize) -> Self {
        Self { columns, is_ascii: false, place: Place::default() }
    }

    /// The terminal as it is now. Without one, a page of the usual width.
    pub(super) fn of_terminal(place: Place) -> Self {
        let is_there = std::io::stderr().is_terminal() || std::io::stdout().is_terminal();
        // A full line would wrap on some terminals.
        let columns =
            if is_there { usize::from(console::Term::stderr().size().1.saturating_sub(1)) } else { WIDTH };
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let is_ascii = shows_only_ascii(&variable);
        Self { columns: columns.clamp(LIMITS.0, LIMITS.1), is_ascii, place }
    }

    /// A formatted text as it is written.
    pub(super) fn painted(&self, text: &str, how: Paint) -> String {
        let text = match how {
            Paint::Bare => paint(text, how),
            how => paint(&laid_out(text, self.columns, |part| self.place.completed(part)), how),
        };
        self.symbols(text)
    }

    /// A text without symbols that the page does not show. Names keep their letters.
    pub(super) fn symbols(&self, text: String) -> String {
        if !self.is_ascii || text.is_ascii() {
            return text;
        }
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            match SYMBOLS.iter().find(|(symbol, _)| *symbol == c) {
                Some((_, ascii)) => shown.push_str(ascii),
                None => shown.push(c),
            }
        }
        shown
    }

    /// A formatted text without colors.
    #[cfg(test)]
    pub(super) fn plain(&self, text: &str) -> String {
        self.painted(text, Paint::Uncolored)
    }
}

/// Whether the environment says that other symbols would not be shown: by the terminal, or by the locale, whose first
/// set variable counts. Without any, as in many containers, terminals show them.
fn shows_only_ascii(variable: &impl Fn(&str) -> String) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(variable).into_iter().find(|value| !value.is_empty());
    let is_utf8 = |locale: String| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    };
    variable("TERM") == "dumb" || !locale.is_none_or(is_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_and_the_terminal_decide_about_symbols() {
        for (variables, only_ascii) in [
            (&[][..], false),
            (&[("LANG", "en_US.UTF-8")], false),
            (&[("LANG", "C")], true),
            (&[("LANG", "C.utf8"), ("LC_ALL", "POSIX")], true),
            (&[("LANG", "de_DE"), ("LC_CTYPE", "C.UTF-8")], false),
            (&[("LANG", "C.UTF-8"), ("TERM", "dumb")], true),
        ] {
            let value = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
            };
            assert_eq!(shows_only_ascii(&value), only_ascii, "{variables:?}");
        }
    }

    #[test]
    fn names_keep_their_letters() {
        let page = Page { is_ascii: true, ..Page::of_columns(80) };
        assert_eq!(page.plain("“Zoë” → 50 done…"), "\"Zoë\" -> 50 done...");
    }
}
