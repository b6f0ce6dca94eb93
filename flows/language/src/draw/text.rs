//! Texts in a drawing: cut to the available space, and harmless.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Breaks a text into lines of so many columns, and ends it with an ellipsis if there are too few lines. East Asian
/// characters take two columns.
pub(super) fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut words = text.split_whitespace().flat_map(|word| pieces(word, columns));
    for word in words.by_ref() {
        let gap = usize::from(!line.is_empty());
        if line.width() + gap + word.width() <= columns {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(&word);
            continue;
        }
        lines.push(std::mem::replace(&mut line, word));
        if lines.len() == most {
            break;
        }
    }
    if lines.len() < most {
        if !line.is_empty() {
            lines.push(line);
        }
        return lines;
    }
    // Words are left over.
    if let Some(last) = lines.last_mut() {
        while last.width() + 1 > columns {
            last.pop();
        }
        last.push('…');
    }
    lines
}

/// A word in pieces that fit on a line, preferably broken after punctuation.
fn pieces(word: &str, columns: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for character in word.chars() {
        if piece.width() + character.width().unwrap_or(0) > columns {
            let sign = piece
                .char_indices()
                .rev()
                .find(|(_, c)| !c.is_alphanumeric())
                .map(|(at, c)| at + c.len_utf8());
            let rest =
                sign.filter(|at| *at > piece.len() / 2).map(|at| piece.split_off(at)).unwrap_or_default();
            pieces.push(std::mem::replace(&mut piece, rest));
        }
        piece.push(character);
    }
    pieces.push(piece);
    pieces
}

/// A text for HTML and SVG, between tags and in quoted attributes. Control characters, which documents must not
/// contain, are replaced.
#[must_use]
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(' '),
            control if control.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 7, 3), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 7, 2), ["one two", "three…"]);
        assert_eq!(wrap("arn:aws:connect", 9, 3), ["arn:aws:", "connect"]);
        assert_eq!(wrap("日本語です", 4, 2), ["日本", "語…"]);
        assert_eq!(wrap(" ", 4, 2), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_no_word_is_lost_without_a_sign(text in any::<String>(), columns in 2_usize..40, most in 1_usize..5) {
            let lines = wrap(&text, columns, most);
            prop_assert!(lines.len() <= most);
            prop_assert!(lines.iter().all(|line| line.width() <= columns));
            let compact = |text: &str| text.split_whitespace().collect::<String>();
            let said = compact(&lines.concat());
            let cut = said.strip_suffix('…').is_some_and(|said| compact(&text).starts_with(said));
            prop_assert!(cut || said == compact(&text), "{lines:?}");
        }

        #[test]
        fn what_is_escaped_is_only_text(text in any::<String>()) {
            let escaped = escape(&text);
            let has_sign = escaped.contains(['<', '>', '"', '\'']) || escaped.chars().any(char::is_control);
            prop_assert!(!has_sign);
        }
    }
}
