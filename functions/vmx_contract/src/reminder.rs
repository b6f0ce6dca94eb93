//! A message that reminds the packager of a transcript that is due.
//!
//! A delayed message of Amazon SQS waits fifteen minutes at most. A reminder of something later is sent again and again
//! until it is due; it says by itself when that is, so that any number of copies mean the same.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::objects::ContactId;

/// What the reminder calls its sender; the message has the form of an EventBridge event, as its neighbours do.
pub const SOURCE: &str = "vmx.transcriber";
/// What kind of event it is.
pub const DETAIL_TYPE: &str = "Transcript Due";
/// The longest delay of a message, in seconds. Source: the SQS API reference, SendMessage.
pub const LONGEST_DELAY_SECONDS: i64 = 900;

/// Says when a transcript is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reminder {
    /// The contact whose transcript it is.
    pub contact_id: ContactId,
    /// When the voicemail is delivered without it.
    pub due_at: Timestamp,
}

impl Reminder {
    /// The message's body.
    #[must_use]
    pub fn to_body(&self) -> String {
        serde_json::json!({"source": SOURCE, "detail-type": DETAIL_TYPE, "detail": self}).to_string()
    }

    /// Whether the transcript is due.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_at <= now
    }

    /// For how many seconds the message is to be delayed: until the transcript is due, or as long as a message can be.
    #[must_use]
    pub fn delay_seconds(&self, now: Timestamp) -> i32 {
        let left = self.due_at.duration_since(now) + SignedDuration::from_nanos(999_999_999);
        i32::try_from(left.as_secs().clamp(0, LONGEST_DELAY_SECONDS)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_reminder_waits_until_it_is_due_or_as_long_as_it_can() {
        let contact_id = ContactId::parse("00000000-0000-4000-8000-00000000c0de").unwrap();
        let reminder = Reminder { contact_id, due_at: "2026-11-23T10:00:00Z".parse().unwrap() };
        for (now, delay) in [
            ("2026-11-23T09:00:00Z", 900),
            ("2026-11-23T09:45:00Z", 900),
            ("2026-11-23T09:59:58.5Z", 2),
            ("2026-11-23T10:00:00Z", 0),
            ("2026-11-24T10:00:00Z", 0),
        ] {
            let now = now.parse().unwrap();
            assert_eq!(reminder.delay_seconds(now), delay, "{now}");
            assert_eq!(reminder.is_due(now), delay == 0, "{now}");
        }
    }
}
