//! The response to a contact flow: flat strings, which a guide shows and blocks compare.

use std::time::Duration;

use serde_json::{Map, Value};
use tracing::{error, info, warn};
use vmx_contract::voicemail_id::VoicemailId;
use vmx_lambda::failure::Failure;

use crate::config::{Clients, Config};
use crate::page::Facts;
use crate::store::{self, Purpose};

/// The largest response that Amazon Connect accepts, in bytes of UTF-8, minus what it adds. Source: Amazon Connect
/// administrator guide, "Invoke a Lambda function": 32 KB.
const MOST_BYTES: usize = 31 * 1024;
/// Marks cut text.
const CUT: &str = "…";
/// How long the recording can be played, in minutes, by default.
const MINUTES: u64 = 30;
/// The longest that a flow can set: about as long as a function's credentials can be relied on.
const MOST_MINUTES: u64 = 60;
/// The keys of every response, in addition to `status`.
const KEYS: [&str; 8] =
    ["audio_url", "transcript", "summary", "caller", "recipient", "received_at", "duration", "notes"];

/// A block's request.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// The instance, from Amazon Connect.
    pub(crate) instance_arn: &'a str,
    /// The parameter `contact_id`: the voicemail's name, which for the first message is its contact's ID.
    pub(crate) id: &'a str,
    /// The parameter `minutes`: how long the recording can be played.
    pub(crate) minutes: Option<&'a str>,
}

/// Responds to a block. `status` is `found`, `unknown`, `refused` or `unavailable`. Missing values are empty; but for a
/// found voicemail, summary and notes say so, because a guide has the same rows for every voicemail.
pub(crate) async fn answer(clients: &Clients, config: &Config, question: &Question<'_>) -> Value {
    let words = config.words;
    if question.instance_arn != config.instance.as_str() {
        warn!("refused: a flow of another instance");
        return short("refused", words.flow_refused);
    }
    let Ok(id) = VoicemailId::parse(question.id) else {
        warn!("a flow's parameter contact_id is missing or is not a voicemail's ID");
        return short("unknown", words.flow_names_none);
    };
    match find(clients, config, &id, minutes(question.minutes)).await {
        Ok(Some(found)) => {
            info!(contact_id = %id, what = "guide", outcome = "shown", "voicemail shown");
            found
        }
        Ok(None) => {
            info!(contact_id = %id, what = "guide", outcome = "nothing is stored", "voicemail shown");
            short("unknown", words.not_stored)
        }
        Err(failure) => {
            error!(contact_id = %id, what = "guide", %failure, "cannot show the voicemail");
            short("unavailable", words.unavailable)
        }
    }
}

async fn find(
    clients: &Clients,
    config: &Config,
    id: &VoicemailId,
    lifetime: Duration,
) -> Result<Option<Value>, Failure> {
    let (kept, has_recording) =
        tokio::join!(store::kept(clients, config, id), store::has_recording(clients, config, id),);
    let (Some(kept), has_recording) = (kept?, has_recording?) else { return Ok(None) };
    let words = config.words;
    let facts = Facts::of(&kept, words);
    let mut notes = facts.notes.join(" ");
    let mut audio_url = String::new();
    if has_recording {
        let url = store::presigned(clients, config, id, Purpose::Listen, lifetime).await;
        audio_url =
            url.map_err(|reason| Failure::broken_off("presigning a URL", &std::io::Error::other(reason)))?;
    } else {
        notes = format!("{} {notes}", words.recording_expired).trim_end().to_owned();
    }
    let mut texts = empty("found");
    for (key, text) in [
        ("audio_url", audio_url),
        ("transcript", facts.transcript),
        ("summary", facts.summary.unwrap_or_else(|| words.none.to_owned())),
        ("caller", facts.caller),
        ("recipient", facts.recipient),
        ("received_at", facts.received),
        ("duration", facts.length),
        ("notes", if notes.is_empty() { words.none.to_owned() } else { notes }),
    ] {
        texts.insert(key.to_owned(), text.into());
    }
    Ok(Some(fitted(texts)))
}

/// How long the recording can be played, as the flow sets it.
fn minutes(asked: Option<&str>) -> Duration {
    let minutes = asked.and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(MINUTES);
    Duration::from_mins(minutes.clamp(1, MOST_MINUTES))
}

/// A response with only a note.
fn short(status: &str, note: &str) -> Value {
    let mut texts = empty(status);
    texts.insert("notes".to_owned(), note.into());
    Value::Object(texts)
}

fn empty(status: &str) -> Map<String, Value> {
    let texts = KEYS.into_iter().map(|key| (key, "")).chain([("status", status)]);
    texts.map(|(key, text)| (key.to_owned(), text.into())).collect()
}

/// A response that Amazon Connect accepts: if it is too long, the transcript is cut first, and never the link.
fn fitted(mut texts: Map<String, Value>) -> Value {
    for key in ["transcript", "summary", "caller", "recipient"] {
        let over = bytes(&texts).saturating_sub(MOST_BYTES);
        let text = texts.get(key).and_then(Value::as_str).unwrap_or_default();
        if over == 0 || text.is_empty() {
            continue;
        }
        let room = escaped(text).saturating_sub(over + CUT.len());
        let mut used = 0;
        let kept: String = text
            .chars()
            .take_while(|c| {
                used += escaped(c.encode_utf8(&mut [0; 4])) - 2;
                used + 2 <= room
            })
            .chain(CUT.chars())
            .collect();
        texts.insert(key.to_owned(), kept.into());
    }
    Value::Object(texts)
}

fn bytes(texts: &Map<String, Value>) -> usize {
    serde_json::to_string(texts).map_or(0, |json| json.len())
}

/// Bytes of a text in JSON, with its quotes.
fn escaped(text: &str) -> usize {
    serde_json::to_string(text).map_or(0, |json| json.len())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_flow_can_say_for_how_long() {
        for (asked, expected) in
            [(None, 30), (Some("5"), 5), (Some("0"), 1), (Some("999"), 60), (Some("x"), 30)]
        {
            assert_eq!(minutes(asked), Duration::from_mins(expected), "{asked:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_was_said_fits(piece in "\\PC{1,40}|\u{1}{1,9}|\"{1,9}", times in 1_usize..4000, name in "\\PC{0,300}") {
            let mut texts = empty("found");
            texts.insert("audio_url".into(), "https://example.com/".into());
            texts.insert("transcript".into(), piece.repeat(times).into());
            texts.insert("recipient".into(), name.into());
            let before = texts.clone();
            let fits = bytes(&before) <= MOST_BYTES;
            let Value::Object(after) = fitted(texts) else { unreachable!() };
            prop_assert!(bytes(&after) <= MOST_BYTES);
            prop_assert_eq!(&after["audio_url"], &before["audio_url"]);
            if fits {
                prop_assert_eq!(after, before);
            } else {
                prop_assert!(after["transcript"].as_str().unwrap().ends_with(CUT));
            }
        }
    }
}
