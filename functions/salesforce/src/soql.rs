//! Texts in queries.

/// A text as a quoted SOQL literal, including its quotes. Nothing in it can end the literal.
///
/// Quotes, backslashes and control characters are escaped. Source: the SOQL and SOSL Reference, *Quoted String Escape
/// Sequences*. It is for comparisons with `=`; a pattern of `LIKE` would need more.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{c}' => quoted.push_str("\\f"),
            // Unicode line separators are as bad as control characters.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_reserved_is_escaped() {
        for (text, literal) in [
            ("zoe@example.com", "'zoe@example.com'"),
            ("O'Brien", r"'O\'Brien'"),
            (r"\' OR Name LIKE '%", r"'\\\' OR Name LIKE \'%'"),
            ("a\"b", r#"'a\"b'"#),
            ("a\nb\r\tc\u{c}", r"'a\nb\r\tc\f'"),
            ("\u{0}\u{7f}\u{85}\u{2028}", r"'\u0000\u007f\u0085\u2028'"),
            ("Zoë 🦀", "'Zoë 🦀'"),
        ] {
            assert_eq!(quote(text), literal);
        }
    }

    /// What a reader of literals makes of the text: its meaning, and what is left behind the closing quote.
    fn read(literal: &str) -> Option<(String, &str)> {
        let mut meaning = String::new();
        let mut chars = literal.strip_prefix('\'')?.chars();
        loop {
            match chars.next()? {
                '\'' => return Some((meaning, chars.as_str())),
                '\\' => match chars.next()? {
                    'n' => meaning.push('\n'),
                    'r' => meaning.push('\r'),
                    't' => meaning.push('\t'),
                    'f' => meaning.push('\u{c}'),
                    'u' => {
                        let code: String = chars.by_ref().take(4).collect();
                        meaning.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
                    }
                    c @ ('\'' | '"' | '\\') => meaning.push(c),
                    _ => return None,
                },
                c if c.is_control() => return None,
                c => meaning.push(c),
            }
        }
    }

    proptest! {
        #[test]
        fn a_literal_means_its_text_and_ends_where_it_ends(text in any::<String>()) {
            let literal = quote(&text);
            prop_assert_eq!(read(&literal), Some((text, "")));
        }
    }
}
