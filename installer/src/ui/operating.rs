//! Dead letters, for people.

use jiff::Timestamp;

use super::terminal::{BOLD, BREAK, PLAIN, RED, YELLOW};
use super::words::{columns, wrap_words};
use vmx_engine::redrive::waiting::Waiting;

/// How many dead letters wait.
pub(super) fn dead_letters(waiting: &[Waiting]) -> String {
    let mut text = format!("{BOLD}dead letters{PLAIN}");
    for Waiting { step, count, in_flight, queue } in waiting {
        let color = if *count > 0 { RED } else { PLAIN };
        let queue = cut(queue, columns() - 22);
        text += &format!("{BREAK}  {:<12}{color}{count:>6}{PLAIN}  {queue}", step.as_str());
        if *in_flight > 0 {
            text += &format!("{BREAK}  {:18}  {in_flight} more in flight", "");
        }
    }
    text
}

/// The result for the dead letters of a step, or for other waiting work.
pub(super) fn redriven(what: &str, moved: usize, ended: usize, kept: &[String]) -> String {
    let mut text = format!("{what}: {moved} retried");
    if ended > 0 {
        text += &format!(", {ended} removed because their voicemails have ended");
    }
    for reason in kept {
        text += &format!("{BREAK}{YELLOW}kept{PLAIN}: {}", wrap_words(reason, 6, 2));
    }
    text
}

/// A voicemail that is about to be given up.
pub(super) fn giving_up(
    voicemail: &str,
    since: Option<Timestamp>,
    recorded: Option<Timestamp>,
    letters: usize,
) -> String {
    let at = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let since = since.map_or("not listed".to_owned(), |since| format!("since {}", at(since)));
    let recorded = recorded.map_or("no recording".to_owned(), at);
    format!(
        "voicemail {BOLD}{voicemail}{PLAIN}{BREAK}  undelivered  {since}{BREAK}  recorded     {recorded}{BREAK}  \
         dead letters {letters}"
    )
}

/// What became of it.
pub(super) fn given_up(voicemail: &str, letters: usize, kept: &[String]) -> String {
    let letters = match letters {
        0 => String::new(),
        1 => ", 1 dead letter removed".to_owned(),
        letters => format!(", {letters} dead letters removed"),
    };
    let mut text = format!("{voicemail}: given up{letters}");
    for reason in kept {
        text += &format!("{BREAK}{YELLOW}kept{PLAIN}: {}", wrap_words(reason, 6, 2));
    }
    text
}

/// Shortens a text at its start, because queue names differ at their end.
fn cut(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(length + 1 - width)).collect()
}
