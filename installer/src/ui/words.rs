//! Text that is as wide as the terminal: where it is broken is decided where it is written.

use super::terminal::{BREAK, END, STEP, WRAP, width};

/// A text to break into lines as long as the terminal is wide, all but the first indented. Commands in backquotes are
/// never broken, nor are words longer than a line.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    format!("{}{WRAP}{text}{END}", STEP.repeat(indent))
}

/// A formatted text with its line breaks, for lines of so many columns. `complete` adds what commands need to be pasted.
pub(super) fn laid_out(text: &str, columns: usize, complete: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (inside, after))) =
        rest.split_once(WRAP).and_then(|(before, rest)| Some((before, rest.split_once(END)?)))
    {
        let shown = before.trim_end_matches(STEP);
        let indent = (before.len() - shown.len()) / STEP.len();
        out.push_str(shown);
        let used = width(out.rsplit(BREAK).next().unwrap_or_default());
        broken(&complete(inside), columns, used, indent, &mut out);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn broken(text: &str, columns: usize, mut used: usize, indent: usize, out: &mut String) {
    for (number, word) in words(text).enumerate() {
        let length = width(word);
        if number > 0 && used + 1 + length > columns {
            out.push_str(BREAK);
            out.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if number > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
    }
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
    use crate::ui::page::Page;
    use crate::ui::terminal::shown;

    #[test]
    fn lines_are_as_long_as_a_terminal_is_wide() {
        let text = wrapped(&"seven words that are long enough together ".repeat(6), 2);
        for columns in [60, 80] {
            let shown = Page::of_columns(columns).plain(&format!("{BREAK}0123456789{text}"));
            assert!(shown.lines().count() > 3);
            assert!(shown.lines().all(|line| line.chars().count() <= columns), "{shown}");
            assert!(shown.lines().skip(2).all(|line| line.starts_with("  ")), "{shown}");
        }
    }

    #[test]
    fn a_command_is_never_broken() {
        let command = "`aws cloudformation update-termination-protection --stack-name voicemail-express`";
        let text = shown(&wrapped(&format!("the stack is protected; run {command} and try again"), 2));
        assert!(text.lines().any(|line| line.contains(command)), "{text}");
    }
}
