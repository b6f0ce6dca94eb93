//! A contact's history, for people.

use super::terminal::{BOLD, BREAK, GREEN, PLAIN, RED, YELLOW};
use super::words::wrap_words;
use vmx_engine::trace::{Outcome, Trace};

/// What happened to a contact, one line per event. The failure that follows says if it is not delivered.
pub(super) fn trace(trace: &Trace) -> String {
    let mut lines = vec![format!("voicemail {BOLD}{}{PLAIN}", trace.contact)];
    let mut day = String::new();
    for moment in &trace.moments {
        let time = match moment.at {
            Some(at) => {
                let of = at.strftime("%Y-%m-%d, UTC").to_string();
                if of != day {
                    lines.push(of.clone());
                    day = of;
                }
                at.strftime("%H:%M:%S").to_string()
            }
            None => String::new(),
        };
        let color = if moment.bad { RED } else { PLAIN };
        let text = wrap_words(&moment.text, 24, 24);
        lines.push(format!("  {time:<8}  {:<12}{color}{text}{PLAIN}", moment.stage.as_str()));
    }
    for reason in &trace.unseen {
        lines.push(format!("{YELLOW}unknown{PLAIN}: {}", wrap_words(reason, 9, 2)));
    }
    let color = match trace.outcome {
        Outcome::Delivered => GREEN,
        Outcome::Ended => PLAIN,
        Outcome::UnderWay => YELLOW,
        Outcome::Stopped | Outcome::Unknown => return lines.join(BREAK),
    };
    lines.push(format!("{color}{}{PLAIN}", wrap_words(&trace.verdict, 0, 2)));
    lines.join(BREAK)
}

#[cfg(test)]
mod tests {
    use crate::ui::terminal;
    use crate::ui::words::WIDTH;
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
