//! Contact records as messages of the retry queue, in a form that people can read.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::IgnoredAny;

/// The prefix of a record in Base64. No JSON starts like this.
const BASE64: &str = "base64:";

/// Encodes a contact record as a message. Characters that SQS refuses are escaped: in JSON they occur only in strings,
/// where the escape is equivalent. Anything but JSON is sent in Base64.
#[must_use]
pub fn to_body(record: &[u8]) -> String {
    match std::str::from_utf8(record) {
        Ok(text) if !text.is_empty() && text.chars().all(is_allowed) => text.to_owned(),
        Ok(text) if serde_json::from_str::<IgnoredAny>(text).is_ok() => escaped(text),
        _ => format!("{BASE64}{}", BASE64_STANDARD.encode(record)),
    }
}

/// Decodes the contact record in a message.
#[must_use]
pub fn of_body(body: &str) -> Cow<'_, [u8]> {
    let decoded = body.strip_prefix(BASE64).and_then(|text| BASE64_STANDARD.decode(text).ok());
    decoded.map_or(Cow::Borrowed(body.as_bytes()), Cow::Owned)
}

/// Whether SQS allows the character. Source: the SQS API reference, SendMessage.
#[must_use]
pub fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Every character escaped here fits in four hex digits.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if is_allowed(c) {
            text.push(c);
        } else {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn a_record_stays_as_it_is_unless_sqs_refuses_it() {
        for (record, body) in [
            (&b"{ \"a\":\t1 }"[..], "{ \"a\":\t1 }"),
            ("{\"a\":\"x\u{fffe}\u{ffff}\u{10000}\"}".as_bytes(), "{\"a\":\"x\\ufffe\\uffff\u{10000}\"}"),
            (b"", "base64:"),
            (&[0xff, 0], "base64:/wA="),
            ("no JSON \u{fffe}".as_bytes(), "base64:bm8gSlNPTiDvv74="),
        ] {
            assert_eq!(to_body(record), body);
        }
        assert_eq!(of_body("base64:no, it is not").as_ref(), b"base64:no, it is not");
    }

    proptest! {
        #[test]
        fn what_a_record_says_is_not_changed(name: String, value in "\\PC{0,9}[\u{fffd}-\u{10000}\"\\\\]{0,5}") {
            let record = json!({name: value});
            let body = to_body(record.to_string().as_bytes());
            prop_assert!(body.chars().all(is_allowed));
            prop_assert_eq!(serde_json::from_slice::<Value>(&of_body(&body)).unwrap(), record);
        }

        #[test]
        fn what_is_no_record_is_not_changed_at_all(bytes: Vec<u8>) {
            let body = to_body(&bytes);
            prop_assert!(body.chars().all(is_allowed));
            let read = of_body(&body).into_owned();
            prop_assert_eq!(read, bytes);
        }
    }
}
