//! Text from outside: callers, administrators and services can put anything into it.

/// A text without control characters, shortened to a number of characters.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let mut line: String = text.chars().take(longest).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(longest).is_some() {
        line.push('…');
    }
    line
}
