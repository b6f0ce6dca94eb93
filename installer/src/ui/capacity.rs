//! The capacity and cost of voicemail rates.

use super::table::Table;
use super::tone::Tone;
use super::words::wrapped;
use vmx_model::capacity::{Layout, Stream, Use, assumed};
use vmx_model::plan::{PRICES_OF, PRICES_YEAR, Rate};

/// A table of rates, and what the expected one needs.
pub(super) fn lines(rates: &[Rate]) -> Vec<(Tone, String)> {
    let mut lines = Vec::new();
    let Some(expected) = rates.iter().find(|rate| rate.expected) else { return lines };
    let mut table = Table::headed(&["an hour", "$ a month", "first AWS quota reached"], &[0, 1]).indented(2);
    let mut tones = vec![Tone::Plain];
    for rate in rates {
        let mark = if rate.expected { "> " } else { "" };
        let quota = rate.capacity.uses.first().map(quota).unwrap_or_default();
        table.row([format!("{mark}{}", rate.capacity.per_hour), format!("{:.0}", rate.usd), quota]);
        let is_short = rate.capacity.in_the_way().next().is_some();
        tones.push(if is_short { Tone::Loud } else { Tone::Plain });
    }
    lines.push((Tone::Heading, "voicemails in the busiest hour, and what they need:".to_owned()));
    lines.extend(tones.into_iter().zip(table.lines()));
    let mut told = |text: &str| lines.push((Tone::Plain, format!("  {}", wrapped(text, 2))));
    told(&laid_out(expected.capacity.per_hour, &expected.capacity.layout));
    told(&format!(
        "The default AWS quotas of November 2026 are enough for {} an hour.",
        expected.capacity.suffices_until()
    ));
    for one in expected.capacity.in_the_way() {
        told(&request(one));
    }
    told(&format!(
        "A month is {} such hours, at list prices of {PRICES_OF} of {PRICES_YEAR}; see the assumptions in \
         docs/capacity.md.",
        assumed::BUSY_HOURS_A_MONTH
    ));
    lines
}

/// What to request of a quota that is too low.
pub(super) fn request(used: &Use) -> String {
    format!("Request {} {} ({}).", number(used.ask), used.what, used.at)
}

fn quota(used: &Use) -> String {
    if used.is_full() {
        return format!("{}: {} needed, {} available", used.what, number(used.needed), number(used.there));
    }
    format!("{:.0} % of the {}", used.share() * 100.0, used.what)
}

/// Rounds a number, so that it does not look more exact than it is.
fn number(value: f64) -> String {
    if value < 10.0 && value.fract() > 0.05 { format!("{value:.1}") } else { format!("{:.0}", value.ceil()) }
}

fn laid_out(per_hour: u32, layout: &Layout) -> String {
    let stream = match layout.stream {
        Stream::OneShard => "a stream of one shard",
        Stream::OnDemand => "an on-demand stream",
    };
    format!(
        "Sized for {per_hour} an hour: {stream}, {} concurrent batches per shard; {} concurrent functions \
         retry failed recordings, {} start transcription jobs, {} deliver.",
        layout.lanes, layout.again, layout.transcribe, layout.deliver
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::WIDTH;
    use crate::ui::terminal::shown;
    use vmx_model::capacity::{Capacity, RATES};

    #[test]
    fn a_rate_that_does_not_fit_says_what_to_ask_for() {
        let rate = |per_hour| Rate {
            capacity: Capacity::of(per_hour, true),
            usd: f64::from(per_hour) * 7.0,
            expected: per_hour == 200_000,
        };
        let text: Vec<String> = lines(&RATES.map(rate)).into_iter().map(|(_, line)| shown(&line)).collect();
        let text = text.join("\n");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        insta::assert_snapshot!("much_is_expected", text);
        assert!(lines(&[]).is_empty());
    }
}
