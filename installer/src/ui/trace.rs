//! A contact's history, for people.

use jiff::Timestamp;

use super::table::Table;
use super::terminal::{BOLD, BREAK, GREEN, MAGENTA, PLAIN, RED};
use super::words::wrapped;
use vmx_engine::trace::{Outcome, Trace};

/// What happened to a contact, one line per event. The failure that follows says if it is not delivered.
pub(super) fn trace(trace: &Trace) -> String {
    let day = |at: &Timestamp| at.strftime("%Y-%m-%d, UTC").to_string();
    let mut lines = vec![format!("voicemail {BOLD}{}{PLAIN}", trace.contact)];
    // One table: each day's heading stands before its first moment.
    let (mut table, mut days) = (Table::plain().indented(2), Vec::new());
    for moment in &trace.moments {
        let at = moment.at.as_ref();
        days.push(at.map(day));
        let time = at.map(|at| at.strftime("%H:%M:%S").to_string()).unwrap_or_default();
        let color = if moment.bad { RED } else { PLAIN };
        table.row([time, moment.stage.as_str().to_owned(), format!("{color}{}{PLAIN}", moment.text)]);
    }
    let mut last = None;
    for (line, day) in table.lines().into_iter().zip(days) {
        if day.is_some() && day != last {
            lines.extend(day.clone());
            last = day;
        }
        lines.push(line);
    }
    for reason in &trace.unseen {
        lines.push(format!("{MAGENTA}unknown{PLAIN}: {}", wrapped(reason, 2)));
    }
    let color = match trace.outcome {
        Outcome::Delivered => GREEN,
        Outcome::Ended => PLAIN,
        Outcome::UnderWay => MAGENTA,
        Outcome::Stopped | Outcome::Unknown => return lines.join(BREAK),
    };
    lines.push(format!("{color}{}{PLAIN}", wrapped(&trace.verdict, 2)));
    lines.join(BREAK)
}

#[cfg(test)]
mod tests {
    use crate::ui::page::WIDTH;
    use crate::ui::terminal;
    use vmx_engine::status::Seen;
    use vmx_engine::trace::sample::{CONTACT, delivered, refused};
    use vmx_engine::trace::{Clues, story};

    fn shown(clues: &Clues) -> String {
        let text = terminal::shown(&super::trace(&story(CONTACT, clues)));
        // A command is never broken.
        let fits = |line: &str| line.chars().count() <= WIDTH || line.contains('`');
        assert!(text.lines().all(fits), "{text}");
        text
    }

    #[test]
    fn a_delivered_voicemail() {
        insta::assert_snapshot!(shown(&delivered()));
    }

    #[test]
    fn a_voicemail_that_stopped() {
        insta::assert_snapshot!(shown(&refused()));
    }

    #[test]
    fn a_recording_and_nothing_more() {
        let clues =
            Clues { transcript: Seen::Missing, delivery: Seen::Missing, log: Vec::new(), ..delivered() };
        insta::assert_snapshot!(shown(&clues));
    }
}
