//! Dead letters, log lines and deployments, for people.

use jiff::Timestamp;

use super::table::Table;
use super::terminal::{BOLD, BREAK, MAGENTA, PLAIN, RED};
use super::words::wrapped;
use vmx_engine::deployments::Past;
use vmx_engine::logs::LogLine;
use vmx_engine::redrive::waiting::Waiting;

/// How many dead letters wait, on lines of so many columns.
pub(super) fn dead_letters(waiting: &[Waiting], columns: usize) -> String {
    let mut table = Table::headed(&["step", "dead letters", "queue"], &[1]);
    for Waiting { step, count, in_flight, queue } in waiting {
        let color = if *count > 0 { RED } else { PLAIN };
        let queue = cut(queue, columns - 26);
        let more = if *in_flight > 0 { format!(" ({in_flight} more in flight)") } else { String::new() };
        table.row([step.as_str().to_owned(), format!("{color}{count}{PLAIN}"), format!("{queue}{more}")]);
    }
    table.lines().join(BREAK)
}

/// The result for the dead letters of a step, or for other waiting work.
pub(super) fn redriven(what: &str, moved: usize, ended: usize, kept: &[String]) -> String {
    let mut text = format!("{what}: {moved} retried");
    if ended > 0 {
        text += &format!(", {ended} removed because their voicemails have ended");
    }
    for reason in kept {
        text += &format!("{BREAK}{MAGENTA}kept{PLAIN}: {}", wrapped(reason, 2));
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
        text += &format!("{BREAK}{MAGENTA}kept{PLAIN}: {}", wrapped(reason, 2));
    }
    text
}

/// A line of a function's log. It is not wrapped, for people who search in it.
pub(super) fn logged(line: &LogLine) -> String {
    let level = line.level.as_deref().unwrap_or("-");
    let color = match level {
        "ERROR" => RED,
        "WARN" => MAGENTA,
        _ => PLAIN,
    };
    let at = line.logged_at.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{at} {:<15} {color}{level:<5}{PLAIN} {}", line.function.crate_name(), line.text)
}

/// The deployments to choose from.
pub(super) fn deployments(deployments: &[Past], to: &str) -> String {
    let mut text = "deployments, newest first:".to_owned();
    for (place, past) in deployments.iter().enumerate() {
        let mark = match place {
            0 if past.time == to => "  (installed now, and the target)",
            0 => "  (installed now)",
            _ if past.time == to => "  (the target of this rollback)",
            _ => "",
        };
        text += &format!("{BREAK}  {BOLD}{}{PLAIN}{mark}", past.time);
        let mut known = Vec::new();
        if !past.version.is_empty() {
            let who = past.principal.rsplit(':').next().unwrap_or_default();
            known.push(format!("version {}, by {who}", past.version));
        }
        if !past.changes.is_empty() {
            known.push(format!("changed {}", past.changes.join(", ")));
        }
        for known in known {
            text += &format!("{BREAK}    {}", wrapped(&known, 6));
        }
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
