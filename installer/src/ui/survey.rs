//! What an instance already has, as a table.

use super::table::Table;
use vmx_engine::discover::survey::{Calls, Part, RoutingProfile, Survey};

/// How many names to show.
const NAMES: usize = 4;

/// Lines to show.
pub(super) fn lines(survey: &Survey) -> Vec<String> {
    let or = |part: &Part<Option<String>>, none: &str| {
        part.clone().map_or_else(|why| why, |found| found.unwrap_or_else(|| none.to_owned()))
    };
    let rows = [
        ("contact records", or(&survey.contact_records, "not streamed yet: a stream will be created")),
        ("media streams", or(&survey.media_streams, "not set up yet: will be set up")),
        ("call recordings", or(&survey.call_recordings, "no bucket")),
        ("queues", counted(&survey.queues)),
        ("calls", calls(&survey.calls)),
        ("routing profiles", profiles(&survey.routing_profiles)),
        ("users", number(&survey.users)),
        ("numbers", number(&survey.numbers)),
        ("installed here", stacks(&survey.installations)),
        ("earlier systems", stacks(&survey.ancestors)),
    ];
    let mut table = Table::plain().indented(2);
    rows.into_iter().for_each(|(name, value)| table.row([name.to_owned(), value]));
    table.lines()
}

fn calls(part: &Part<Option<Calls>>) -> String {
    match part {
        Ok(Some(Calls { handled, abandoned })) => {
            format!("in the busiest hour of the last week: {handled} handled, {abandoned} abandoned")
        }
        Ok(None) => "none in the last week".to_owned(),
        Err(why) => why.clone(),
    }
}

fn number(part: &Part<usize>) -> String {
    part.as_ref().map_or_else(Clone::clone, ToString::to_string)
}

fn counted(part: &Part<Vec<String>>) -> String {
    part.as_ref().map_or_else(Clone::clone, |names| format!("{}: {}", names.len(), some(names)))
}

fn stacks(part: &Part<Vec<String>>) -> String {
    part.as_ref()
        .map_or_else(Clone::clone, |names| if names.is_empty() { "none".into() } else { some(names) })
}

fn profiles(part: &Part<Vec<RoutingProfile>>) -> String {
    part.as_ref().map_or_else(Clone::clone, |profiles| {
        let one = |profile: &RoutingProfile| match &profile.channels {
            Some(channels) => format!("{} ({})", profile.name, channels.join(", ").to_lowercase()),
            None => profile.name.clone(),
        };
        format!("{}: {}", profiles.len(), some(&profiles.iter().map(one).collect::<Vec<_>>()))
    })
}

/// The first names, and how many more there are.
fn some(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES);
    let shown = names[..names.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::terminal::BREAK;

    #[test]
    fn a_survey_fits_a_terminal() {
        let survey = Survey {
            instance: "shop".into(),
            contact_records: Ok(None),
            media_streams: Ok(Some(format!("video streams {}…, kept 24 h, key k", "calls-".repeat(9)))),
            call_recordings: Err(
                "unknown: you have no permission to see where call recordings are kept".into()
            ),
            queues: Ok((1..=9).map(|n| format!("Queue {n}")).collect()),
            calls: Ok(Some(Calls { handled: 1240, abandoned: 130 })),
            senders: Ok(Vec::new()),
            users: Ok(12),
            routing_profiles: Ok(vec![RoutingProfile {
                name: "Basic".into(),
                channels: Some(vec!["VOICE".into()]),
            }]),
            numbers: Ok(1),
            installations: Ok(Vec::new()),
            ancestors: Ok(vec!["VMX3".into()]),
        };
        let text = crate::ui::terminal::shown(&lines(&survey).join(BREAK));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for part in
            ["9: Queue 1, Queue 2, Queue 3, Queue 4 and 5 more", "Basic (voice)", "you have no permission"]
        {
            assert!(text.contains(part), "{text}");
        }
    }
}
