//! Text that every receiver accepts.
//!
//! Attributes come from flows and callers, names from people, and some characters in them are always refused: Amazon
//! SQS accepts only those of XML 1.0, and behind a bus or a topic there is often a queue. So all text is cleaned in one
//! place: the package, before anything is made from it.

use std::collections::BTreeMap;

use vmx_contract::package::{Package, Recipient, Transcript};

/// Replaces a character that cannot be delivered.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The package with only characters that every receiver accepts.
pub(crate) fn clean(package: Package) -> Package {
    Package {
        instance_arn: text(package.instance_arn),
        from: package.from.map(text),
        recipient: match package.recipient {
            Recipient::Queue { arn, id, name } => {
                Recipient::Queue { arn: text(arn), id: text(id), name: text(name) }
            }
            Recipient::Agent { id, username, name, queue_arn } => Recipient::Agent {
                id: text(id),
                username: text(username),
                name: text(name),
                queue_arn: text(queue_arn),
            },
        },
        language: text(package.language),
        transcript: match package.transcript {
            Transcript::Completed { text: words } => Transcript::Completed { text: text(words) },
            Transcript::Failed { reason } => Transcript::Failed { reason: text(reason) },
            other @ (Transcript::Empty | Transcript::Late) => other,
        },
        summary: package.summary.map(text),
        attributes: package
            .attributes
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect::<BTreeMap<_, _>>(),
        ..package
    }
}

/// A text without refused characters.
pub(crate) fn text(text: String) -> String {
    if text.chars().any(is_refused) {
        text.chars().map(|c| if is_refused(c) { REPLACEMENT } else { c }).collect()
    } else {
        text
    }
}

/// Controls except tab and line ends, and Unicode noncharacters, of which SQS refuses U+FFFE and U+FFFF. Sources: the
/// Amazon SQS API reference, SendMessage; The Unicode Standard, 23.7.
pub(crate) fn is_refused(c: char) -> bool {
    let is_no_character = |code: u32| code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code);
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || is_no_character(u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::task::tests::package;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_refused_is_replaced() {
        assert_eq!(text("Zoë\t\r\n👋 שלום\u{202E}".to_owned()), "Zoë\t\r\n👋 שלום\u{202E}");
        for refused in
            ["\u{0}", "\u{8}", "\u{7F}", "\u{85}", "\u{FFFE}", "\u{FFFF}", "\u{FDD0}", "\u{10FFFF}"]
        {
            assert_eq!(text(format!("a{refused}b")), "a\u{FFFD}b", "{refused:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_of_a_package_is_refused(evil in any::<String>(), name in "[\\x00-\\x1f\u{FFFE}\u{FFFF}a]{0,9}") {
            let mut hostile = package(&evil, "https://example.com/r");
            hostile.from = Some(evil.clone());
            hostile.summary = Some(name.clone());
            hostile.attributes.insert(name.clone(), evil.clone());
            hostile.recipient = Recipient::Agent {
                id: name.clone(), username: evil.clone(), name: name.clone(), queue_arn: evil.clone(),
            };
            for transcript in [Transcript::Completed { text: evil.clone() }, Transcript::Failed { reason: evil }] {
                let clean = clean(Package { transcript, ..hostile.clone() });
                // JSON escapes controls, so that what is looked at is what it stands for.
                let texts = texts(&serde_json::to_value(&clean).unwrap_or_default());
                prop_assert!(texts.iter().all(|text| !text.chars().any(is_refused)), "{texts:?}");
            }
        }
    }

    /// Every name and every text in JSON.
    fn texts(json: &serde_json::Value) -> Vec<String> {
        match json {
            serde_json::Value::String(text) => vec![text.clone()],
            serde_json::Value::Array(all) => all.iter().flat_map(texts).collect(),
            serde_json::Value::Object(all) => {
                all.iter().flat_map(|(name, value)| [vec![name.clone()], texts(value)].concat()).collect()
            }
            _ => Vec::new(),
        }
    }
}
