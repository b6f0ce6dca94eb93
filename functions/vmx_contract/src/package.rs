//! The voicemail package: everything that a delivery needs, as one JSON document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mode::Mode;
use crate::objects::ContactId;
use crate::voicemail::Warning;
use crate::voicemail_id::{MessageNumber, VoicemailId};

/// The version of the JSON format. It rises when a field is removed or changes its meaning, not for new fields.
pub const VERSION: u32 = 1;

/// One voicemail with all its data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    /// [`VERSION`].
    pub version: u32,
    /// The contact that left the voicemail.
    pub contact_id: ContactId,
    /// Its number among the contact's messages; absent for the first.
    #[serde(default, skip_serializing_if = "MessageNumber::is_first")]
    pub message: MessageNumber,
    /// ARN of the instance.
    pub instance_arn: String,
    /// The callback number.
    pub from: Option<String>,
    /// The recipient.
    pub recipient: Recipient,
    /// When the caller hung up, UTC.
    pub received_at: Timestamp,
    /// The time zone of the times that people see: a name from the IANA time zone database.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Length of the recording in ms.
    pub duration_ms: u64,
    /// Language code.
    pub language: String,
    /// The delivery modes.
    pub modes: Vec<Mode>,
    /// The transcript.
    pub transcript: Transcript,
    /// The summary; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The playback link; absent without links, and in the stored package, because the link is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playback: Option<Playback>,
    /// The contact's attributes.
    pub attributes: BTreeMap<String, String>,
    /// The warnings.
    pub warnings: Vec<Warning>,
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Package {
    /// The voicemail's name.
    #[must_use]
    pub fn id(&self) -> VoicemailId {
        VoicemailId::new(self.contact_id.clone(), self.message)
    }
}

/// The recipient of a voicemail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Recipient {
    /// A queue.
    Queue {
        /// Its ARN.
        arn: String,
        /// Its id.
        id: String,
        /// Its name, or its ID if the name could not be read.
        name: String,
    },
    /// An agent.
    Agent {
        /// The user's id.
        id: String,
        /// The username.
        username: String,
        /// The display name.
        name: String,
        /// ARN of the queue through which the voicemail came.
        queue_arn: String,
    },
}

impl Recipient {
    /// The display name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Queue { name, .. } | Self::Agent { name, .. } => name,
        }
    }
}

/// The result of the transcription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase")]
pub enum Transcript {
    /// It has words.
    Completed {
        /// The words.
        text: String,
    },
    /// It has no words.
    Empty,
    /// The transcription failed.
    Failed {
        /// Why, in Transcribe's words.
        reason: String,
    },
    /// The transcript was not ready in time.
    Late,
}

/// The link to a voicemail. Anyone who has it can listen: it is a secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Playback {
    /// The link.
    pub url: String,
    /// When it stops working.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Playback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playback").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::other::{DETAIL_TYPE, SOURCE};
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn the_json_form_is_as_documented() {
        let package = json!({
            "version": 1,
            "contactId": "00000000-0000-4000-8000-00000000c0de",
            "instanceArn": "arn:aws:connect:us-east-1:111122223333:instance/i",
            "from": "+15555550100",
            "recipient": {"type": "agent", "id": "u", "username": "zoe", "name": "Zoe", "queueArn": "arn"},
            "receivedAt": "2026-11-23T10:00:00Z",
            "timeZone": "Europe/Berlin",
            "durationMs": 1024,
            "language": "en-US",
            "modes": ["task", "guided_task"],
            "transcript": {"status": "completed", "text": "seven of clubs"},
            "playback": {"url": "https://example.com/secret", "expiresAt": "2026-11-24T10:00:00Z"},
            "attributes": {"vm_flag": "1"},
            "warnings": ["audio_gaps"],
        });
        let read: Package = serde_json::from_value(package.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), package);
        assert!(!format!("{read:?}").contains("secret"), "a playback link must not be logged");
        let mut whole = package.clone();
        whole["summary"] = json!("Zoe's card.");
        whole["message"] = json!(2);
        let read: Package = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), whole);
        let mut without_link = package.clone();
        without_link.as_object_mut().unwrap().remove("playback");
        let read: Package = serde_json::from_value(without_link.clone()).unwrap();
        assert_eq!((&read.playback, serde_json::to_value(&read).unwrap()), (&None, without_link.clone()));
        // The published schema has the same fields, and modes, and calls for those that are always there.
        let schema = include_str!("../../../docs/voicemail-delivered.schema.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let keys = |value: &serde_json::Value| -> BTreeSet<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(keys(&schema["properties"]), keys(&whole));
        assert_eq!(schema["properties"]["version"]["const"], VERSION);
        let later =
            MessageNumber::ALL.into_iter().filter(|number| !number.is_first()).map(MessageNumber::get);
        let message = &schema["properties"]["message"];
        assert_eq!(
            (&message["minimum"], &message["maximum"]),
            (&json!(later.clone().min()), &json!(later.max()))
        );
        // And so does the event that the guide shows.
        let guide = include_str!("../../../docs/delivery.md");
        let shown = guide.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let shown: serde_json::Value = serde_json::from_str(shown).unwrap();
        let read: Package = serde_json::from_value(shown["detail"].clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), shown["detail"]);
        assert_eq!((&shown["source"], &shown["detail-type"]), (&json!(SOURCE), &json!(DETAIL_TYPE)));
        let modes = Mode::ALL.map(Mode::as_str);
        assert_eq!(schema["properties"]["modes"]["items"]["enum"], json!(modes));
        let agent = &schema["properties"]["recipient"]["oneOf"][1];
        assert_eq!(keys(&agent["properties"]), keys(&package["recipient"]));
        assert_eq!(keys(&schema["properties"]["playback"]["properties"]), keys(&package["playback"]));
        for key in schema["required"].as_array().unwrap() {
            assert!(without_link.get(key.as_str().unwrap()).is_some(), "{key}");
        }
        let statuses = schema["properties"]["transcript"]["oneOf"].as_array().unwrap();
        let statuses: Vec<_> = statuses.iter().map(|one| &one["properties"]["status"]["const"]).collect();
        let reason = "x".to_owned();
        let all = [
            Transcript::Completed { text: "x".to_owned() },
            Transcript::Empty,
            Transcript::Failed { reason },
            Transcript::Late,
        ];
        let all = all.map(|transcript| serde_json::to_value(transcript).unwrap()["status"].clone());
        assert_eq!(statuses, all.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_transcript_without_words_has_a_status() {
        assert_eq!(serde_json::to_value(Transcript::Empty).unwrap(), json!({"status": "empty"}));
        assert_eq!(serde_json::to_value(Transcript::Late).unwrap(), json!({"status": "late"}));
    }
}
