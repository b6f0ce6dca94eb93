//! A prompt's words and length.

use std::time::Duration;

/// The length of a word: 150 words a minute.
const WORD: Duration = Duration::from_millis(400);
/// A longer word counts as several of this many characters, as does text without spaces.
const CHARACTERS_PER_WORD: usize = 8;
/// The length of a beep.
const BEEP: Duration = Duration::from_millis(500);
/// The assumed length of a recorded prompt.
const RECORDED: Duration = Duration::from_secs(3);
/// The maximum pause of one SSML tag, by Amazon Polly's limits.
const LONGEST_BREAK: Duration = Duration::from_secs(10);

/// A prompt, ready to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) beep: bool,
    pub(super) length: Duration,
}

impl Prompt {
    pub(super) fn of_text(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { length: speaking_time(&text), beep: false, text }
    }

    /// A recorded prompt, by its ARN or address.
    pub(super) fn of_recording(name: &str) -> Self {
        Self { text: format!("[recording {name}]"), beep: false, length: RECORDED }
    }

    /// A prompt in SSML; `None` if it is malformed, which the service refuses to speak.
    ///
    /// An expletive becomes a beep.
    pub(super) fn of_ssml(ssml: &str) -> Option<Self> {
        let mut open: Vec<(String, bool)> = Vec::new();
        let mut text = String::new();
        let mut pauses = Duration::ZERO;
        let mut beep = false;
        let mut rest = ssml;
        while let Some(start) = rest.find('<') {
            let (words, after) = rest.split_at(start);
            let (tag, after) = after.strip_prefix('<')?.split_once('>')?;
            add_words(&mut text, words, &open)?;
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                let (opened, _) = open.pop()?;
                if opened != name.trim() {
                    return None;
                }
                continue;
            }
            let closed = tag.ends_with('/');
            let tag = tag.trim_end_matches('/');
            let name = tag.split_whitespace().next()?;
            let is_beep = name == "say-as" && attribute(tag, "interpret-as") == Some("expletive");
            if is_beep && !beep {
                text.push_str(" [beep] ");
            }
            beep |= is_beep;
            if name == "break" {
                pauses += pause(attribute(tag, "time"))?;
            }
            if !closed {
                open.push((name.to_owned(), is_beep));
            }
        }
        add_words(&mut text, rest, &open)?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let spoken = text.replace("[beep]", "");
        let sounding = if beep { BEEP } else { Duration::ZERO };
        open.is_empty().then(|| Self { length: speaking_time(&spoken) + pauses + sounding, beep, text })
    }
}

/// Adds words, unless a beep replaces them.
fn add_words(text: &mut String, words: &str, open: &[(String, bool)]) -> Option<()> {
    if open.iter().any(|(_, is_beep)| *is_beep) {
        return Some(());
    }
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';')?;
        text.push_str(before);
        text.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        });
        rest = after;
    }
    text.push_str(rest);
    Some(())
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = tag.split_once(&format!(" {name}="))?;
    let quote = after.chars().next().filter(|quote| "\"'".contains(*quote))?;
    after.get(1..)?.split_once(quote).map(|(value, _)| value)
}

fn pause(time: Option<&str>) -> Option<Duration> {
    let Some(time) = time else {
        return Some(Duration::from_millis(500));
    };
    let (number, unit) = match time.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (time.strip_suffix('s')?, 1.0),
    };
    let length = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()?;
    (length <= LONGEST_BREAK).then_some(length)
}

fn speaking_time(text: &str) -> Duration {
    let words: usize =
        text.split_whitespace().map(|word| word.chars().count().div_ceil(CHARACTERS_PER_WORD)).sum();
    WORD * u32::try_from(words).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn words_take_time() {
        assert_eq!(Prompt::of_text("Leave a  message").length, WORD * 3);
        assert_eq!(Prompt::of_text("メッセージをどうぞお願いします").length, WORD * 2);
        assert_eq!(Prompt::of_text("").length, Duration::ZERO);
    }

    #[test]
    fn an_expletive_is_a_beep() {
        let prompt = Prompt::of_ssml(
            "<speak>After the tone &amp; not before. <break time=\"1s\"/><say-as interpret-as=\"expletive\">beep</say-as></speak>",
        )
        .unwrap();
        assert_eq!(prompt.text, "After the tone & not before. [beep]");
        assert!(prompt.beep);
        assert_eq!(prompt.length, WORD * 6 + Duration::from_secs(1) + BEEP);
    }

    proptest::proptest! {
        #[test]
        fn no_ssml_is_too_strange(ssml in "(<|>|/|&|;|amp|break|say-as| time=\"| interpret-as='expletive'|\"|1s|9e99s|ü){0,20}") {
            let _ = Prompt::of_ssml(&ssml);
        }
    }

    #[test]
    fn ssml_that_is_not_well_formed_is_refused() {
        for ssml in [
            "<speak>",
            "</speak>",
            "<speak><p>a</speak></p>",
            "a < b",
            "<speak>&nbsp;</speak>",
            "<speak>&amp</speak>",
            "<break time=\"soon\"/>",
            "<break time=\"11s\"/>",
            "<>",
        ] {
            assert_eq!(Prompt::of_ssml(ssml), None, "{ssml}");
        }
    }
}
