//! The message that reminds the packager of a due transcript.
//!
//! The watchdog may send it any number of times: it contains the due time, so copies are equivalent. The previous
//! version delayed it in the packager's queue; such messages are still accepted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::voicemail_id::VoicemailId;

/// The message's source. It has the form of an EventBridge event, like the others in the queue.
pub const SOURCE: &str = "vmx.transcriber";
/// Its detail type.
pub const DETAIL_TYPE: &str = "Transcript Due";
/// Announces when a transcript is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reminder {
    /// The voicemail to which the transcript belongs.
    #[serde(rename = "contactId")]
    pub id: VoicemailId,
    /// When to deliver the voicemail without the transcript.
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
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_message_says_when_it_is_due_and_is_read_again() {
        let id = VoicemailId::parse("00000000-0000-4000-8000-00000000c0de-2").unwrap();
        let reminder = Reminder { id, due_at: "2026-11-23T10:00:00Z".parse().unwrap() };
        for (now, is_due) in [("2026-11-23T09:59:59Z", false), ("2026-11-23T10:00:00Z", true)] {
            assert_eq!(reminder.is_due(now.parse().unwrap()), is_due, "{now}");
        }
        let body: serde_json::Value = serde_json::from_str(&reminder.to_body()).unwrap();
        assert_eq!(serde_json::from_value::<Reminder>(body["detail"].clone()).unwrap(), reminder);
    }

    #[test]
    fn a_message_of_the_version_before_is_understood() {
        let detail = r#"{"contactId":"00000000-0000-4000-8000-00000000c0de","dueAt":"2026-11-23T10:00:00Z"}"#;
        assert!(serde_json::from_str::<Reminder>(detail).unwrap().id.number().is_first());
    }
}
