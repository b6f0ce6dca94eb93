//! Voicemails in a table, and as comma-separated values for spreadsheets.

use vmx_contract::mode::Mode;
use vmx_contract::state::Outcome;
use vmx_engine::voicemails::{Copied, Exported, FoundVoicemail, State};

use super::status::moment;
use super::table::Table;
use super::terminal::{BOLD, BREAK, GREEN, MAGENTA, PLAIN, RED};
use super::words::wrapped;

/// In place of what is not there or not known.
const NONE: &str = "–";

/// What became of a voicemail.
pub(super) fn state(state: State) -> &'static str {
    match state {
        State::InProgress => "in progress",
        State::Stuck => "stuck",
        State::Ended(Outcome::Delivered) => "delivered",
        State::Ended(Outcome::Cancelled) => "an agent answered",
        State::Ended(Outcome::NothingSaid) => "nothing said",
        State::Ended(Outcome::Dropped) => "dropped: no speech",
        State::Ended(Outcome::GivenUp) => "given up",
        State::Ended(Outcome::Earlier) => "by the earlier system",
        State::Deleted => "deleted",
    }
}

/// The modes that have delivered a voicemail.
pub(super) fn modes(modes: &[Mode]) -> String {
    if modes.is_empty() {
        return NONE.to_owned();
    }
    modes.iter().copied().map(mode).collect::<Vec<_>>().join(", ")
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Task => "task",
        Mode::GuidedTask => "guided task",
        Mode::Email => "email",
        Mode::Sfcase => "Salesforce case",
        Mode::Sfother => "Salesforce record",
        Mode::Other => "event",
    }
}

/// The voicemails, and how many more there may be.
pub(super) fn list(voicemails: &[FoundVoicemail], more: usize) -> String {
    if voicemails.is_empty() {
        return "no voicemails in that time; `--since 30d` looks further back".to_owned();
    }
    let mut table = Table::headed(&["received", "from", "length", "for", "state"], &[2]);
    for one in voicemails {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| NONE.to_owned());
        let color = match one.state {
            State::InProgress => MAGENTA,
            State::Stuck | State::Ended(Outcome::GivenUp) => RED,
            State::Ended(Outcome::Delivered) => GREEN,
            State::Ended(_) | State::Deleted => PLAIN,
        };
        let length =
            one.seconds.map_or_else(|| NONE.to_owned(), |all| format!("{}:{:02}", all / 60, all % 60));
        table.row([
            moment(one.at),
            text(&one.caller),
            length,
            text(&one.recipient),
            format!("{color}{}{PLAIN}", state(one.state)),
        ]);
    }
    let mut lines = table.lines();
    // Below its row: beside it there is no room on a terminal.
    for (number, one) in voicemails.iter().enumerate() {
        lines.insert(2 * (number + 1), format!("  {}", one.id));
    }
    if more > 0 {
        lines.push(format!("{BOLD}{more} older ones{PLAIN} were not looked at: see them with --limit"));
    }
    lines.join(BREAK)
}

/// What became of a recording that was to be held or released.
pub(super) fn held(voicemail: &str, is_held: bool, is_changed: bool) -> String {
    let what = match (is_held, is_changed) {
        (true, true) => "is on hold: its recording is kept until you release it",
        (true, false) => "was on hold already: its recording is kept until you release it",
        (false, true) => "is released: its recording is kept as long as any other",
        (false, false) => "was not on hold: its recording is kept as long as any other",
    };
    wrapped(&format!("voicemail {BOLD}{voicemail}{PLAIN} {what}"), 2)
}

/// A voicemail that is about to be deleted.
pub(super) fn deleting(voicemail: &str, has_recording: bool, delivered_by: &[Mode]) -> String {
    let recording = if has_recording { "with its recording" } else { "without a recording" };
    let delivered = if delivered_by.is_empty() {
        "not delivered".to_owned()
    } else {
        format!("delivered as {}", modes(delivered_by))
    };
    wrapped(&format!("voicemail {BOLD}{voicemail}{PLAIN}: {recording}, {delivered}"), 2)
}

/// The voicemails as comma-separated values, a line of headings first.
#[must_use]
pub fn csv(voicemails: &[FoundVoicemail]) -> String {
    // Nothing can fail in memory.
    written(&HEADINGS, voicemails.iter().map(row)).unwrap_or_default()
}

const HEADINGS: [&str; 7] = ["id", "at", "caller", "recipient", "seconds", "state", "modes"];

fn row(one: &FoundVoicemail) -> [String; HEADINGS.len()] {
    let modes: Vec<&str> = one.modes.iter().map(|mode| mode.as_str()).collect();
    let text = |text: &Option<String>| safe(text.as_deref().unwrap_or_default());
    [
        one.id.clone(),
        one.at.to_string(),
        text(&one.caller),
        text(&one.recipient),
        one.seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
        one.state.as_str().to_owned(),
        modes.join(" "),
    ]
}

fn written<R: IntoIterator<Item: AsRef<[u8]>>>(
    headings: &[&str],
    rows: impl Iterator<Item = R>,
) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(headings)?;
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The list of exported voicemails: what [`csv()`] says, and their files.
#[must_use]
pub fn manifest(exported: &[Exported]) -> String {
    let row = |one: &Exported| {
        let file = |copied: &Option<Copied>| {
            let copied = copied.as_ref();
            [copied.map(|file| file.name.clone()), copied.map(|file| file.sha256.clone())]
                .map(Option::unwrap_or_default)
        };
        [row(&one.voicemail).to_vec(), file(&one.recording).to_vec(), file(&one.package).to_vec()].concat()
    };
    let files = ["recording", "recording_sha256", "package", "package_sha256"];
    written(&[&HEADINGS[..], &files].concat(), exported.iter().map(row)).unwrap_or_default()
}

/// A text that no spreadsheet takes for a formula. Names and numbers come from callers and from AWS.
fn safe(text: &str) -> String {
    let is_number = text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    if !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::ui::page::Page;

    fn two() -> Vec<FoundVoicemail> {
        let one = |id: &str, state, recipient: Option<&str>| FoundVoicemail {
            id: format!("00000000-0000-4000-8000-00000000c0d{id}"),
            at: "2026-11-23T10:00:00Z".parse().unwrap(),
            recipient: recipient.map(str::to_owned),
            caller: Some("+15555550123".into()),
            seconds: Some(75),
            state,
            modes: vec![Mode::Task, Mode::Email],
        };
        vec![
            one("1", State::Ended(Outcome::Delivered), Some("=cmd|' /C calc'!A0, \"Sales\"")),
            FoundVoicemail { caller: None, seconds: None, modes: vec![], ..one("2", State::Stuck, None) },
        ]
    }

    #[test]
    fn a_row_fits_a_terminal_and_its_id_can_be_copied() {
        let mut found = two();
        found[0].recipient = Some("Customer Support".into());
        let shown = Page::of_columns(80).plain(&list(&found, 3));
        insta::assert_snapshot!(shown, @r"
        received              from          length  for               state
        2026-11-23 10:00 UTC  +15555550123    1:15  Customer Support  delivered
          00000000-0000-4000-8000-00000000c0d1
        2026-11-23 10:00 UTC  –                  –  –                 stuck
          00000000-0000-4000-8000-00000000c0d2
        3 older ones were not looked at: see them with --limit
        ");
        assert!(Page::of_columns(80).plain(&list(&[], 0)).contains("no voicemails"));
    }

    #[test]
    fn a_spreadsheet_computes_nothing() {
        insta::assert_snapshot!(csv(&two()), @r#"
        id,at,caller,recipient,seconds,state,modes
        00000000-0000-4000-8000-00000000c0d1,2026-11-23T10:00:00Z,+15555550123,"'=cmd|' /C calc'!A0, ""Sales""",75,delivered,task email
        00000000-0000-4000-8000-00000000c0d2,2026-11-23T10:00:00Z,,,,stuck,
        "#);
        let [one, two] = <[_; 2]>::try_from(two()).unwrap();
        let copied = Some(Copied { name: format!("{}.wav", one.id), sha256: "00ff".into() });
        let exported = [
            Exported { voicemail: one, recording: copied, package: None },
            Exported { voicemail: two, recording: None, package: None },
        ];
        insta::assert_snapshot!(manifest(&exported), @r#"
        id,at,caller,recipient,seconds,state,modes,recording,recording_sha256,package,package_sha256
        00000000-0000-4000-8000-00000000c0d1,2026-11-23T10:00:00Z,+15555550123,"'=cmd|' /C calc'!A0, ""Sales""",75,delivered,task email,00000000-0000-4000-8000-00000000c0d1.wav,00ff,,
        00000000-0000-4000-8000-00000000c0d2,2026-11-23T10:00:00Z,,,,stuck,,,,,
        "#);
        for (text, expected) in
            [("+15555550123", "+15555550123"), ("+1-1", "'+1-1"), ("@x", "'@x"), ("a=b", "a=b")]
        {
            assert_eq!(safe(text), expected);
        }
    }
}
