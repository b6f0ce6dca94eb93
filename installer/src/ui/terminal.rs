//! The one way to the terminal.
//!
//! Formatted text contains names and text from AWS, the instance and callers. None of it may move the cursor, recolor
//! what follows or start a line that looks like ours. So views never write control characters: they mark colors and
//! line breaks with characters of their own. Only here are these marks turned into terminal codes, after all other
//! control characters are removed.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar as _;

/// The mark of bold text: a noncharacter, which no human text contains.
pub(super) const BOLD: &str = "\u{fdd0}";
/// The mark of red text.
pub(super) const RED: &str = "\u{fdd1}";
/// The mark of green text.
pub(super) const GREEN: &str = "\u{fdd2}";
/// The mark of magenta text. Yellow cannot be read on a light background.
pub(super) const MAGENTA: &str = "\u{fdd3}";
/// The mark that ends a color.
pub(super) const PLAIN: &str = "\u{fdd4}";
/// The mark of a line break.
pub(super) const BREAK: &str = "\u{fdd5}";
/// The mark of a column by which lines of a text to wrap are indented.
pub(super) const STEP: &str = "\u{fdd6}";
/// The mark that begins a text to wrap.
pub(super) const WRAP: &str = "\u{fdd7}";
/// The mark that ends it.
pub(super) const END: &str = "\u{fdd8}";

/// How to write a formatted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    /// With colors and line breaks.
    Colored,
    /// With line breaks.
    Uncolored,
    /// On one line, because its marks may be forged.
    Bare,
}

/// Whether an outside text contains marks, and could pretend to be formatted by us.
pub(super) fn has_marks(text: &str) -> bool {
    text.contains(is_mark)
}

/// Whether an output shows colors: a terminal without `NO_COLOR`.
pub(super) fn is_colored(output: &impl anstream::stream::RawStream) -> bool {
    anstream::AutoStream::choice(output) != anstream::ColorChoice::Never
}

/// A formatted text for the terminal.
pub(super) fn paint(text: &str, paint: Paint) -> String {
    let mut painted = String::with_capacity(text.len());
    for c in text.chars() {
        match (paint, c) {
            (Paint::Bare, c) if is_mark(c) => push_clean(&mut painted, c),
            (_, '\u{fdd5}') => painted.push('\n'),
            (Paint::Colored, c) if is_mark(c) => painted.push_str(sequence(c)),
            (_, c) => push_clean(&mut painted, c),
        }
    }
    painted
}

/// An outside name or text on one line, without control characters.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        push_clean(&mut cleaned, c);
    }
    Cow::Owned(cleaned)
}

/// Lines formatted and colored by a library, about a file with any content: its colors and line breaks stay.
pub(super) fn clean_report(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match color(rest) {
            Some(length) => {
                cleaned.push_str(&rest[..length]);
                rest = &rest[length..];
                continue;
            }
            None if c == '\n' => cleaned.push('\n'),
            None => push_clean(&mut cleaned, c),
        }
        rest = &rest[c.len_utf8()..];
    }
    cleaned
}

/// How many columns a text has once it is written. Marks have none, and an ideograph has two.
pub(super) fn width(text: &str) -> usize {
    let columns = |c: char| match c {
        // It becomes a space.
        c if is_space_instead(c) => 1,
        c if is_obeyed(c) => 0,
        c => c.width().unwrap_or_default(),
    };
    text.chars().map(columns).sum()
}

/// The length of the color that a text starts with.
fn color(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\x1b[")?;
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    (rest.as_bytes().get(digits) == Some(&b'm')).then_some(text.len() - rest.len() + digits + 1)
}

fn sequence(mark: char) -> &'static str {
    match mark {
        '\u{fdd0}' => "\x1b[1m",
        '\u{fdd1}' => "\x1b[31m",
        '\u{fdd2}' => "\x1b[32m",
        '\u{fdd3}' => "\x1b[35m",
        '\u{fdd4}' => "\x1b[0m",
        _ => "",
    }
}

fn is_mark(c: char) -> bool {
    ('\u{fdd0}'..='\u{fdd8}').contains(&c)
}

/// Replaces control characters with spaces, to keep words apart, and removes invisible modifiers.
fn push_clean(cleaned: &mut String, c: char) {
    if is_space_instead(c) {
        cleaned.push(' ');
    } else if !is_obeyed(c) {
        cleaned.push(c);
    }
}

/// Characters that keep words apart.
fn is_space_instead(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that control the terminal: controls, line separators, direction marks, invisible format characters, and
/// our own marks.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || is_mark(c)
        || matches!(
            c,
            '\u{061c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A formatted text on a terminal without colors.
#[cfg(test)]
pub(super) fn shown(text: &str) -> String {
    super::page::Page::of_columns(super::page::WIDTH).plain(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_marks_are_obeyed() {
        let name = "a\u{1b}[31mb\u{9b}2Jc\u{202e}d\ne\rf\u{7}g\u{200b}h\u{2028}i";
        let text = format!("{RED}wrong{PLAIN}: {name}{BREAK}next");
        assert_eq!(paint(&text, Paint::Colored), "\x1b[31mwrong\x1b[0m: a [31mb 2Jcd e f gh i\nnext");
        assert_eq!(paint(&text, Paint::Uncolored), "wrong: a [31mb 2Jcd e f gh i\nnext");
        assert_eq!(paint(&text, Paint::Bare), "wrong: a [31mb 2Jcd e f gh inext");
        assert_eq!(clean("ordinary “name”, 电话 ☎"), "ordinary “name”, 电话 ☎");
    }

    #[test]
    fn a_report_keeps_its_colors_and_lines_and_nothing_else() {
        assert_eq!(clean_report("\x1b[1;31mx\x1b[0m\n\x1b[2Jy\u{202e}"), "\x1b[1;31mx\x1b[0m\n [2Jy");
    }
}
