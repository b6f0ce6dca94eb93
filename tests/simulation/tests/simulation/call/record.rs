//! Connect's contact record for a call.
//! Source: the data model of contact records in the Amazon Connect administrator guide.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use vmx_contract::objects::ContactId;

use super::media::fragment_number;
use super::{Call, INSTANCE, Streamed};

/// One entry of `Recordings`: the parts of one stream that Connect combines.
struct Entry<'a>(Vec<&'a Streamed>);

impl Call {
    /// The record of a call that began at this time, with the current attributes. Connect may not know yet what was
    /// streamed.
    pub(crate) fn record(
        &self,
        began: Timestamp,
        with_recordings: bool,
        attributes: &BTreeMap<String, String>,
    ) -> Value {
        let at = |ms: u64| second(began, ms);
        let agent = self.agent.map(|agent| {
            let talked_ms = if agent.talked { agent.until_ms - agent.from_ms } else { 0 };
            json!({
                "ConnectedToAgentTimestamp": at(agent.from_ms),
                // Connect rounds up to seconds.
                "AgentInteractionDuration": talked_ms.div_ceil(1000),
                "CustomerHoldDuration": 0,
                "AfterContactWorkStartTimestamp": agent.has_work_after.then(|| at(agent.until_ms)),
            })
        });
        json!({
            "ContactId": self.contact.as_str(),
            "PreviousContactId": self.earlier.last().map(ContactId::as_str),
            "InitialContactId": self.earlier.first().map(ContactId::as_str),
            "InstanceARN": INSTANCE,
            "Channel": "VOICE",
            "Attributes": attributes,
            "CustomerEndpoint": {"Address": "+15555550100", "Type": "TELEPHONE_NUMBER"},
            "InitiationTimestamp": at(0),
            "DisconnectTimestamp": at(self.took_ms),
            "Agent": agent,
            "Recordings": with_recordings.then(|| self.recordings(began)),
        })
    }

    /// The record of a task, to which Connect has copied the call's attributes.
    pub(crate) fn task_record(&self, task: &str, attributes: &BTreeMap<String, String>) -> Value {
        json!({
            "ContactId": task,
            "InstanceARN": INSTANCE,
            "Channel": "TASK",
            "Attributes": attributes,
            "RelatedContactId": self.contact.as_str(),
            "Recordings": [],
        })
    }

    fn recordings(&self, began: Timestamp) -> Vec<Value> {
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for streamed in &self.streams {
            match entries.last_mut().filter(|entry| entry.0[0].stream == streamed.stream) {
                Some(entry) if self.writing.one_entry => entry.0.push(streamed),
                _ => entries.push(Entry(vec![streamed])),
            }
        }
        let mut all: Vec<Value> = entries.iter().map(|entry| self.entry(entry, began)).collect();
        // With call recording enabled, the call's recording in S3 is among them.
        all.push(json!({
            "StorageType": "S3", "Location": "bucket/call.wav", "MediaStreamType": "AUDIO",
            "ParticipantType": null,
        }));
        if self.writing.reversed {
            all.reverse();
        }
        all
    }

    fn entry(&self, entry: &Entry<'_>, began: Timestamp) -> Value {
        let number = |place: Option<u64>| place.map(fragment_number);
        let first = entry.0.iter().find(|streamed| !streamed.pcm.is_empty()).map(|streamed| streamed.first);
        let last = entry.0.iter().rev().find_map(|streamed| streamed.last());
        json!({
            "StorageType": "KINESIS_VIDEO_STREAM",
            "Location": self.stream_arn(entry.0[0].stream),
            "ParticipantType": self.writing.participant,
            "FragmentStartNumber": number(first),
            "FragmentStopNumber": number(last),
            "StartTimestamp": second(began, entry.0[0].from_ms),
            "StopTimestamp": second(began, entry.0.last().map_or(0, |streamed| streamed.until_ms)),
        })
    }
}

/// A time in the record's format, in seconds.
fn second(began: Timestamp, ms: u64) -> String {
    let at = began.saturating_add(SignedDuration::from_millis(ms as i64)).unwrap_or(began);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
