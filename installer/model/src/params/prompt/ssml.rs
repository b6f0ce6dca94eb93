//! Whether a text is well-formed enough to be spoken as SSML.
//!
//! The speech service checks the elements themselves. The usual mistakes are in the XML: an unclosed element, or a bare
//! ampersand.

/// What is wrong with a text that starts as SSML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SsmlError {
    /// A `<` without its `>`.
    #[error("a `<` has no `>`; write &lt; for a literal <")]
    OpenTag,
    /// An ampersand that starts no entity.
    #[error("an `&` is not escaped; write &amp; for a literal &")]
    Ampersand,
    /// An unclosed element.
    #[error("<{0}> is not closed")]
    NotClosed(String),
    /// A closing tag without its opening tag.
    #[error("</{0}> has no opening tag")]
    NotOpened(String),
    /// Text after the end.
    #[error("there is text after </speak>")]
    Trailing,
}

/// Checks that elements are closed in order, within one root element, and that every `&` is escaped.
pub(super) fn check(text: &str) -> Result<(), SsmlError> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (words, tag) = rest.split_once('<').map_or((rest, None), |(words, tag)| (words, Some(tag)));
        check_ampersands(words)?;
        let Some(tag) = tag else { break };
        let end = tag_end(tag).ok_or(SsmlError::OpenTag)?;
        let (inside, after) = (&tag[..end], &tag[end + 1..]);
        check_ampersands(inside)?;
        let name = |text: &'_ str| {
            text.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default().len()
        };
        if let Some(closed) = inside.strip_prefix('/') {
            let closed = closed.trim_end();
            match open.pop() {
                Some(opened) if opened == closed => {}
                Some(opened) => return Err(SsmlError::NotClosed(opened.to_owned())),
                None => return Err(SsmlError::NotOpened(closed.to_owned())),
            }
            if open.is_empty() && !after.is_empty() {
                return Err(SsmlError::Trailing);
            }
        } else if !inside.ends_with('/') && !inside.starts_with(['!', '?']) {
            open.push(&inside[..name(inside)]);
        }
        rest = after;
    }
    open.pop().map_or(Ok(()), |name| Err(SsmlError::NotClosed(name.to_owned())))
}

/// The end of the tag: the first `>` outside quotes.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '>' => return Some(at),
            None if c == '<' => return None,
            None => {}
        }
    }
    None
}

fn check_ampersands(text: &str) -> Result<(), SsmlError> {
    let is_entity = |after: &str| {
        after.split_once(';').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
        })
    };
    text.split('&').skip(1).all(is_entity).then_some(()).ok_or(SsmlError::Ampersand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_ssml_passes() {
        for text in [
            "<speak>Hello</speak>",
            "<speak>One <break time=\"1s\"/> two <emphasis level='strong'>three</emphasis> &amp; &#52;</speak >",
            "<speak xml:lang=\"de-DE\"><prosody rate=\"a > b\">Hallo</prosody><!-- note --></speak>",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_people_get_wrong_is_named() {
        for (text, error) in [
            ("<speak>Salt & pepper</speak>", SsmlError::Ampersand),
            ("<speak>Hello", SsmlError::NotClosed("speak".into())),
            ("<speak><p>Hello</speak>", SsmlError::NotClosed("p".into())),
            ("<speak>1 < 2</speak>", SsmlError::OpenTag),
            ("<speak>Hello</speak></p>", SsmlError::Trailing),
            ("</p>", SsmlError::NotOpened("p".into())),
        ] {
            assert_eq!(check(text), Err(error), "{text}");
        }
    }
}
