//! What a message or log line is about, and what Lambda stored of contact records that it gave up.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use vmx_contract::objects::{ContactId, LETTERS_PREFIX};
use vmx_contract::retry;
use vmx_contract::voicemail_id::VoicemailId;

use crate::cloud::CloudError;
use crate::state_bucket::{AT_ONCE, Bucket, Listed};
use vmx_model::parts::Step;

/// The most pages of letters to read.
const PAGES: usize = 2;

/// Whether a text names a voicemail, not just its contact or another message of the contact.
pub(crate) fn names(text: &str, id: &VoicemailId) -> bool {
    let name = id.to_string();
    text.match_indices(&name).any(|(at, _)| {
        let rest = &text.as_bytes()[at + name.len()..];
        !(rest.first() == Some(&b'-') && rest.get(1).is_some_and(u8::is_ascii_digit))
    })
}

/// Whether a text names a contact, and no other message of it.
pub(crate) fn names_contact(text: &str, id: &VoicemailId) -> bool {
    names(text, id) || names(text, &VoicemailId::from(id.contact().clone()))
}

/// Whether a step's dead letter is about a voicemail. A contact record is about every message of its contact.
pub(crate) fn is_about(body: &str, step: Step, id: &VoicemailId) -> bool {
    match step {
        Step::Record => names_contact(&String::from_utf8_lossy(&retry::of_body(body)), id),
        Step::Transcribe | Step::Deliver => names(body, id),
    }
}

/// What Lambda stores in S3 when it gives up records of a stream: the whole event as text. Source: the AWS Lambda
/// developer guide, "Capturing records of failed invocations".
#[derive(Deserialize)]
struct Letter {
    payload: Option<Value>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    kinesis: Data,
}

#[derive(Deserialize)]
struct Data {
    data: String,
}

/// A letter's records, or `None` if it has only their position in the stream.
///
/// # Errors
/// Why it cannot be read, as text.
pub(crate) fn records(letter: &[u8]) -> Result<Option<Vec<Vec<u8>>>, String> {
    let unreadable = |error: &dyn Display| format!("unreadable: {error}");
    let letter: Letter = serde_json::from_slice(letter).map_err(|error| unreadable(&error))?;
    let payload: Payload = match letter.payload {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => serde_json::from_str(&text).map_err(|error| unreadable(&error))?,
        Some(payload) => serde_json::from_value(payload).map_err(|error| unreadable(&error))?,
    };
    let decode = |record: Record| STANDARD.decode(record.kinesis.data).map_err(|error| unreadable(&error));
    payload.records.into_iter().map(decode).collect::<Result<_, _>>().map(Some)
}

/// When Lambda gave up on this contact's records, oldest first, and whether every letter was read.
pub(super) async fn about(
    bucket: Bucket<'_>,
    contact: &ContactId,
) -> Result<(Vec<Timestamp>, bool), CloudError> {
    let listing = bucket.list(LETTERS_PREFIX, PAGES).await?;
    let looked = stream::iter(listing.objects).map(|object| holds(bucket, object, contact));
    let looked: Vec<_> = looked.buffer_unordered(AT_ONCE).collect().await;
    let mut found = Vec::new();
    for at in looked {
        found.extend(at?);
    }
    found.sort_unstable();
    Ok((found, !listing.more))
}

async fn holds(
    bucket: Bucket<'_>,
    object: Listed,
    contact: &ContactId,
) -> Result<Option<Timestamp>, CloudError> {
    let Some(letter) = bucket.bytes(&object.key).await? else { return Ok(None) };
    let name = contact.as_str().as_bytes();
    let has_it = |record: &Vec<u8>| record.windows(name.len()).any(|part| part == name);
    let is_about = records(&letter.content).is_ok_and(|records| records.iter().flatten().any(has_it));
    Ok(is_about.then_some(object.at))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::json;

    const CONTACT: &str = "00000000-0000-4000-8000-00000000c0de";

    fn id(text: &str) -> VoicemailId {
        VoicemailId::parse(text).unwrap()
    }

    #[test]
    fn a_text_about_another_message_is_not_about_this_one() {
        let (first, second) = (id(CONTACT), id(&format!("{CONTACT}-2")));
        for (text, is_first, is_second) in [
            (format!("{CONTACT}.wav"), true, false),
            (format!("{CONTACT}-2.wav"), false, true),
            (format!("{CONTACT}-2.wav and {CONTACT}"), true, true),
            (format!("{CONTACT}-"), true, false),
            ("nobody".to_owned(), false, false),
        ] {
            assert_eq!((names(&text, &first), names(&text, &second)), (is_first, is_second), "{text}");
        }
        assert!(names_contact(CONTACT, &second));
        assert!(!names_contact(&format!("{CONTACT}-3"), &second));
        let coded = format!("base64:{}", STANDARD.encode(format!("{{\"ContactId\":\"{CONTACT}\"}}")));
        assert!(is_about(&coded, Step::Record, &second) && !is_about(&coded, Step::Deliver, &second));
    }

    #[test]
    fn the_records_of_a_letter_are_read_from_a_text_and_from_an_object() {
        let event = json!({"Records": [
            {"kinesis": {"data": STANDARD.encode("one"), "sequenceNumber": "1"}, "eventSource": "aws:kinesis"},
            {"kinesis": {"data": STANDARD.encode([0xff, 0])}},
        ]});
        let both = Ok(Some(vec![b"one".to_vec(), vec![0xff, 0]]));
        for payload in [event.clone(), event.to_string().into()] {
            let letter = json!({"version": "1.0", "KinesisBatchInfo": {}, "payload": payload});
            assert_eq!(records(letter.to_string().as_bytes()), both);
        }
        assert_eq!(records(br#"{"KinesisBatchInfo":{}}"#), Ok(None));
        for bad in ["", "[]", r#"{"payload":"x"}"#, r#"{"payload":{"Records":[{"kinesis":{"data":"%"}}]}}"#] {
            assert!(records(bad.as_bytes()).unwrap_err().contains("unreadable"), "{bad}");
        }
    }
}
