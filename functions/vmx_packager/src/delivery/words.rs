//! A package as text, for fields with limited length.

use vmx_contract::package::Package;
use vmx_contract::voicemail::Warning;

/// Marks cut text.
const CUT: &str = "…";

/// The summary, the transcript, and then the facts: `link` says where to listen, `more` are additional warnings. At
/// most so many UTF-16 code units; only the transcript is cut.
pub(super) fn description(package: &Package, link: Option<&str>, more: &[Warning], most: usize) -> String {
    let seconds = package.duration_ms.div_ceil(1000);
    let mut facts = format!(
        "\n\nReceived {} ({}) from {}, {}:{:02} minutes, for {}.",
        package.in_words(package.received_at),
        package.received_at,
        package.from.as_deref().unwrap_or("an unknown number"),
        seconds / 60,
        seconds % 60,
        package.recipient.name(),
    );
    if let Some(link) = link {
        facts += "\n";
        facts += link;
    }
    for warning in package.warnings.iter().chain(more) {
        facts += "\nNote: ";
        facts += warning.text();
    }
    let facts = cut(&facts, most);
    let mut room = most - facts.encode_utf16().count();
    let summary = package.summary.as_ref().map(|summary| format!("Summary: {summary}\n\n"));
    let summary = summary.filter(|summary| summary.encode_utf16().count() < room).unwrap_or_default();
    room -= summary.encode_utf16().count();
    summary + &cut(package.transcript.text(), room) + &facts
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
