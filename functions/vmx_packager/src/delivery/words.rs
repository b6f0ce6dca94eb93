//! A package as text, for fields with limited length.

use vmx_contract::package::Package;
use vmx_contract::staff::{Words, fill, length};
use vmx_contract::voicemail::Warning;

/// Marks cut text.
const CUT: &str = "…";

/// The summary, the transcript, and then the facts: `link` says where to listen, `more` are additional warnings. At
/// most so many UTF-16 code units; only the transcript is cut.
pub(super) fn description(
    words: &Words,
    package: &Package,
    link: Option<&str>,
    more: &[Warning],
    most: usize,
) -> String {
    let values = [
        ("time", words.moment(package.received_at, &package.time_zone)),
        ("iso", package.received_at.to_string()),
        ("caller", words.caller_of(package).to_owned()),
        ("length", length(package)),
        ("recipient", package.recipient.name().to_owned()),
    ];
    let mut facts = "\n\n".to_owned()
        + &fill(words.facts, &values.each_ref().map(|(name, value)| (*name, value.as_str())));
    if let Some(link) = link {
        facts += "\n";
        facts += link;
    }
    for warning in package.warnings.iter().chain(more) {
        facts += "\n";
        facts += &fill(words.note_line, &[("note", words.warning(*warning))]);
    }
    let facts = cut(&facts, most);
    let mut room = most - facts.encode_utf16().count();
    let summary = package.summary.as_ref();
    let summary = summary.map(|summary| fill(words.summary_line, &[("summary", summary)]) + "\n\n");
    let summary = summary.filter(|summary| summary.encode_utf16().count() < room).unwrap_or_default();
    room -= summary.encode_utf16().count();
    summary + &cut(words.transcript_of(package), room) + &facts
}

/// A text of at most so many UTF-16 code units, which the service counts; a cut is marked.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub(CUT.encode_utf16().count());
    let kept = text.chars().take_while(|c| match room.checked_sub(c.len_utf16()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    });
    kept.chain(CUT.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_is_marked_and_within_bounds(text in "\\PC*", most in 1_usize..40) {
            let cut = cut(&text, most);
            prop_assert!(cut.encode_utf16().count() <= most);
            prop_assert!(cut == text || cut.ends_with(CUT));
        }
    }
}
