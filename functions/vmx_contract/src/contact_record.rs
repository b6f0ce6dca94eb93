//! The contact record that Amazon Connect writes to a Kinesis data stream when a contact is over.
//!
//! Only what a voicemail needs is read; everything else is ignored, because AWS adds fields at any time. Records are
//! delivered at least once, and again whenever the contact changes, including our own reset of the flag. Source: the
//! data model of contact records in the Amazon Connect administrator guide.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::arn::{ArnError, InstanceArn};
use crate::attributes::Attributes;
use crate::call_recording::{self, Object, Passage};
use crate::objects::{ContactId, ContactIdError};

/// The storage type of audio that was streamed to Kinesis Video Streams.
const KINESIS_VIDEO_STREAM: &str = "KINESIS_VIDEO_STREAM";
/// The storage type of recordings.
const S3: &str = "S3";
/// The participant whose voice a voicemail is.
const CUSTOMER: &str = "CUSTOMER";
/// The channel of calls.
const VOICE: &str = "VOICE";

/// The fields of a contact record that a voicemail needs.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactRecord {
    /// The contact.
    pub contact_id: ContactId,
    /// The contacts that a transfer made it of: the one before it, and the first.
    pub earlier: Vec<ContactId>,
    /// The instance that handled it.
    pub instance: InstanceArn,
    /// `VOICE`, `TASK`, …; absent in old records.
    pub channel: Option<String>,
    /// Its attributes, without empty ones.
    pub attributes: Attributes,
    /// The caller's number, from the network.
    pub customer_address: Option<String>,
    /// ARN of the queue the contact last waited in.
    pub queue_arn: Option<String>,
    /// When the contact ended.
    pub disconnected_at: Option<Timestamp>,
    /// When the contact started.
    pub initiated_at: Option<Timestamp>,
    /// The agent who answered, and when.
    pub agent: Option<Agent>,
    /// `null` until Connect has collected the recordings, which differs from an empty list.
    pub recordings: Option<Vec<Recording>>,
}

/// The agent of a contact, as far as voicemails need it. Source: the data model of contact records, Agent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Agent {
    /// When the caller was connected to the agent.
    pub connected_to_agent_timestamp: Option<Timestamp>,
    /// For how many seconds they talked.
    pub agent_interaction_duration: Option<i64>,
    /// For how many seconds the caller was on hold.
    pub customer_hold_duration: Option<i64>,
    /// When the agent's after-contact work started.
    pub after_contact_work_start_timestamp: Option<Timestamp>,
}

/// The time in which an agent was talking to the caller. No recording may contain any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentTime {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

impl AgentTime {
    /// Whether it overlaps with the time from `start` to `end`.
    #[must_use]
    pub fn touches(self, start: Timestamp, end: Timestamp) -> bool {
        start < self.until && end >= self.from
    }

    /// Whether the agent was connected in a later second than this one, in which a stream stopped. Both times are
    /// rounded down, so the stream then holds nothing of the agent's time.
    #[must_use]
    pub fn is_after(self, stopped_at: Timestamp) -> bool {
        stopped_at <= self.from
    }
}

/// Where the caller's voice is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In Kinesis Video Streams: the ARN of a video stream, in the instance's own account and region.
    VideoStream(String),
    /// In the recording of the automated interaction.
    Recording(Object),
}

/// A stream of the caller's voice.
///
/// Fragments are numbered in the order of time. In a recording, their numbers are times: see
/// [`call_recording`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Where it is.
    pub place: Place,
    /// Number of the first fragment, decimal; absent if nothing was streamed.
    pub first_fragment: Option<String>,
    /// Number of the last fragment, decimal; absent if nothing was streamed.
    pub last_fragment: Option<String>,
    /// Number of a fragment, decimal, that does not belong to the message any more; absent if the message reaches to
    /// the last one.
    pub before_fragment: Option<String>,
    /// Whether a flow noted that the message begins with the first fragment.
    pub is_marked: bool,
    /// Until when an agent was talking, if the stream started before that but the message may not have: it counts only
    /// if its first fragment comes later. For a stream that was stopped and restarted the record has only its first
    /// start.
    pub not_before: Option<Timestamp>,
    /// When streaming started, to the second.
    pub started_at: Timestamp,
    /// When streaming stopped, to the second.
    pub stopped_at: Timestamp,
}

/// What to read of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// Fragments in Kinesis Video Streams.
    Media(Media),
    /// A part of a recording.
    Passage(Passage),
}

impl Stream {
    /// What to read.
    ///
    /// # Errors
    /// [`ContactRecordError::IncompleteMedia`] if the record does not say.
    pub fn voice(&self, contact: &ContactId) -> Result<Voice, ContactRecordError> {
        match &self.place {
            Place::VideoStream(stream_arn) => self.media(contact, stream_arn).map(Voice::Media),
            Place::Recording(object) => Ok(Voice::Passage(Passage::of(self, object))),
        }
    }

    /// How long its message can be, by its own times.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        match &self.place {
            Place::VideoStream(_) => self.stopped_at.duration_since(self.started_at),
            Place::Recording(object) => Passage::of(self, object).length(),
        }
    }

    /// Whether it is a recording of the whole interaction, not started for the message.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        matches!(self.place, Place::Recording(_))
    }

    fn media(&self, contact: &ContactId, stream_arn: &str) -> Result<Media, ContactRecordError> {
        let fragment = |number: &Option<String>, field| {
            let missing = || ContactRecordError::IncompleteMedia { contact_id: contact.clone(), field };
            number.clone().ok_or_else(missing)
        };
        Ok(Media {
            stream_arn: stream_arn.to_owned(),
            first_fragment: fragment(&self.first_fragment, "FragmentStartNumber")?,
            last_fragment: fragment(&self.last_fragment, "FragmentStopNumber")?,
            before_fragment: self.before_fragment.clone(),
            not_before: self.not_before,
            started_at: self.started_at,
            stopped_at: self.stopped_at,
        })
    }

    /// Whether a fragment lies within it.
    #[must_use]
    pub fn holds(&self, fragment: &str) -> bool {
        let first = self.first_fragment.as_deref();
        first.is_some_and(|first| decimal_order(first, fragment).is_le()) && !self.ends_before(fragment)
    }

    /// Whether a fragment comes after its last one.
    #[must_use]
    pub fn ends_before(&self, fragment: &str) -> bool {
        self.last_fragment.as_deref().is_some_and(|last| decimal_order(last, fragment).is_lt())
    }
}

/// The order of two decimal numbers of any length.
#[must_use]
pub fn decimal_order(one: &str, other: &str) -> Ordering {
    let [one, other] = [one, other].map(|number| number.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Whether a text is a decimal number of any length, as fragments have.
pub(crate) fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The fragments of one message in Kinesis Video Streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// ARN of the stream, in the instance's own account and region.
    pub stream_arn: String,
    /// Number of the first fragment, decimal.
    pub first_fragment: String,
    /// Number of the last fragment of the stream, decimal.
    pub last_fragment: String,
    /// Number of a fragment, decimal, from which the stream belongs to the next message; absent if the message reaches
    /// to the last fragment.
    pub before_fragment: Option<String>,
    /// The message counts only if its first fragment starts then or later: see [`Stream::not_before`].
    pub not_before: Option<Timestamp>,
    /// When streaming started, to the second.
    pub started_at: Timestamp,
    /// When streaming stopped, to the second.
    pub stopped_at: Timestamp,
}

/// One entry of the record's `Recordings`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Recording {
    storage_type: Option<String>,
    location: Option<String>,
    participant_type: Option<String>,
    fragment_start_number: Option<String>,
    fragment_stop_number: Option<String>,
    start_timestamp: Option<Timestamp>,
    stop_timestamp: Option<Timestamp>,
}

/// An unusable contact record, and why.
#[derive(Debug, thiserror::Error)]
pub enum ContactRecordError {
    /// Not JSON, or a field of another type than Connect's.
    #[error(
        "the contact record is malformed: {}; it is kept in the dead-letter queue, compare it with a record of this instance",
        without_values(.0)
    )]
    Malformed(serde_json::Error),
    /// The contact's ID is not valid.
    #[error("the contact record's `ContactId` is invalid: {0}")]
    ContactId(#[from] ContactIdError),
    /// The record names no instance.
    #[error("the contact record's `InstanceARN` is invalid: {0}")]
    Instance(ArnError),
    /// Connect has not collected the recordings yet; an updated record follows.
    #[error(
        "`Recordings` of contact {0} is still null: Connect has not collected them yet; the voicemail waits \
         for the updated record"
    )]
    RecordingsPending(ContactId),
    /// The contact was flagged as a voicemail, but nothing was streamed.
    #[error(
        "contact {0} has no customer audio in Kinesis Video Streams, and no recording of the automated \
         interaction: check that live media streaming is enabled on the instance and that the flow starts \
         streaming from the customer before it sets the flag"
    )]
    NoCustomerAudio(ContactId),
    /// The entry lacks what is needed to find the audio.
    #[error(
        "the media entry of contact {contact_id} has no valid `{field}`: the caller said nothing, or \
         streaming never started"
    )]
    IncompleteMedia {
        /// The contact.
        contact_id: ContactId,
        /// The field that is missing or invalid.
        field: &'static str,
    },
    /// The stream belongs to another account or region.
    #[error("the media entry of contact {contact_id} is rejected: {source}")]
    ForeignMedia {
        /// The contact.
        contact_id: ContactId,
        /// Why the stream is refused.
        source: ArnError,
    },
}

/// What is wrong with the JSON, without its values: they may be phone numbers, and errors are logged.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if !error.is_data() || text.starts_with("missing field") {
        return text;
    }
    format!("a field has an unexpected type or value, at line {} column {}", error.line(), error.column())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    contact_id: String,
    previous_contact_id: Option<String>,
    initial_contact_id: Option<String>,
    channel: Option<String>,
    #[serde(rename = "InstanceARN")]
    instance_arn: String,
    #[serde(default)]
    attributes: Option<std::collections::BTreeMap<String, Option<String>>>,
    customer_endpoint: Option<Endpoint>,
    queue: Option<Queue>,
    disconnect_timestamp: Option<Timestamp>,
    initiation_timestamp: Option<Timestamp>,
    agent: Option<Agent>,
    recordings: Option<Vec<Recording>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    address: Option<String>,
}

#[derive(Deserialize)]
struct Queue {
    #[serde(rename = "ARN")]
    arn: Option<String>,
}

impl ContactRecord {
    /// Reads a contact record, JSON in UTF-8.
    ///
    /// # Errors
    /// [`ContactRecordError::Malformed`], [`ContactRecordError::ContactId`] and [`ContactRecordError::Instance`]: the
    /// record can never be used.
    pub fn parse(json: &[u8]) -> Result<Self, ContactRecordError> {
        let wire: Wire = serde_json::from_slice(json).map_err(ContactRecordError::Malformed)?;
        let attributes = wire.attributes.unwrap_or_default();
        let contact_id = ContactId::parse(&wire.contact_id)?;
        let earlier = [wire.previous_contact_id, wire.initial_contact_id].into_iter().flatten();
        let earlier = earlier.filter_map(|id| ContactId::parse(&id).ok()).filter(|id| *id != contact_id);
        Ok(Self {
            earlier: earlier.collect(),
            contact_id,
            instance: InstanceArn::parse(&wire.instance_arn).map_err(ContactRecordError::Instance)?,
            channel: wire.channel,
            attributes: attributes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            customer_address: wire.customer_endpoint.and_then(|endpoint| endpoint.address),
            queue_arn: wire.queue.and_then(|queue| queue.arn),
            disconnected_at: wire.disconnect_timestamp,
            initiated_at: wire.initiation_timestamp,
            agent: wire.agent,
            recordings: wire.recordings,
        })
    }

    /// Whether the contact was a call. A task inherits the attributes of its call, including the flag, without being a
    /// voicemail itself.
    #[must_use]
    pub fn is_call(&self) -> bool {
        self.channel.as_deref().is_none_or(|channel| channel == VOICE)
    }

    /// The time in which an agent was talking to the caller; `None` if none did, or if an agent was connected but the
    /// talk time is zero. Missing values are assumed to be as long as possible.
    #[must_use]
    pub fn agent_time(&self) -> Option<AgentTime> {
        /// Times in the record are rounded down to the second.
        const BEFORE: SignedDuration = SignedDuration::from_secs(1);
        let agent = self.agent.as_ref().filter(|agent| agent.agent_interaction_duration != Some(0))?;
        let work = agent.after_contact_work_start_timestamp;
        let Some(connected) = agent.connected_to_agent_timestamp else {
            // An agent talked, and the record has no start.
            agent.agent_interaction_duration?;
            let until = work.or(self.disconnected_at).unwrap_or(Timestamp::MAX);
            return Some(AgentTime { from: Timestamp::MIN, until });
        };
        let talked = agent.agent_interaction_duration.map(|seconds| {
            let seconds =
                seconds.saturating_add(agent.customer_hold_duration.unwrap_or(0)).clamp(0, 10_000_000);
            // The start and the duration may both be rounded down to the second.
            let cut = if work.is_none() { 1 } else { 0 };
            connected.saturating_add(SignedDuration::from_secs(seconds + cut)).unwrap_or(Timestamp::MAX)
        });
        let known = work.max(talked);
        Some(AgentTime {
            from: connected.saturating_sub(BEFORE).unwrap_or(connected),
            until: known.or(self.disconnected_at).unwrap_or(Timestamp::MAX).max(connected),
        })
    }

    /// The streams of the caller's voice in order of time, and what is wrong with the first unusable entry, or
    /// [`ContactRecordError::RecordingsPending`] if an updated record with the entries follows.
    ///
    /// Those in Kinesis Video Streams were started for a message. The recording of the automated interaction counts if
    /// there are none, or if a flow has noted a place in it.
    #[must_use]
    pub fn streams(&self) -> (Vec<Stream>, Option<ContactRecordError>) {
        let Some(recordings) = &self.recordings else {
            return (Vec::new(), Some(ContactRecordError::RecordingsPending(self.contact_id.clone())));
        };
        let is_customer = |participant: &str| participant.eq_ignore_ascii_case(CUSTOMER);
        let media = self.sorted(recordings, Self::media_stream, |entry| {
            entry.storage_type.as_deref() == Some(KINESIS_VIDEO_STREAM)
                && entry.participant_type.as_deref().is_none_or(is_customer)
        });
        let is_none = media.0.is_empty() && media.1.is_none();
        let recorded = self.sorted(recordings, Self::recording, |entry| {
            entry.storage_type.as_deref() == Some(S3)
                && entry.participant_type.as_deref().is_some_and(call_recording::is_participant)
        });
        if is_none || recorded.0.iter().any(|stream| call_recording::is_noted(&self.attributes, stream)) {
            recorded
        } else {
            media
        }
    }

    fn sorted(
        &self,
        recordings: &[Recording],
        stream: impl Fn(&Self, &Recording) -> Result<Stream, ContactRecordError>,
        is_meant: impl Fn(&&Recording) -> bool,
    ) -> (Vec<Stream>, Option<ContactRecordError>) {
        let (mut streams, mut unusable) = (Vec::new(), None);
        for entry in recordings.iter().filter(is_meant) {
            match stream(self, entry) {
                Ok(stream) => streams.push(stream),
                Err(error) => unusable = unusable.or(Some(error)),
            }
        }
        // Connect guarantees no order.
        let first = |stream: &Stream| stream.first_fragment.clone().unwrap_or_default();
        streams.sort_by(|one, other| {
            one.started_at.cmp(&other.started_at).then_with(|| decimal_order(&first(one), &first(other)))
        });
        (streams, unusable)
    }

    fn missing(&self, field: &'static str) -> ContactRecordError {
        ContactRecordError::IncompleteMedia { contact_id: self.contact_id.clone(), field }
    }

    /// A recording of the automated interaction.
    fn recording(&self, entry: &Recording) -> Result<Stream, ContactRecordError> {
        let location = entry.location.as_deref().and_then(Object::of_location);
        let stopped = entry.stop_timestamp.or(self.disconnected_at);
        Ok(call_recording::stream(
            location.ok_or_else(|| self.missing("Location"))?,
            entry.start_timestamp.ok_or_else(|| self.missing("StartTimestamp"))?,
            stopped.ok_or_else(|| self.missing("StopTimestamp"))?,
            &self.attributes,
        ))
    }

    fn media_stream(&self, entry: &Recording) -> Result<Stream, ContactRecordError> {
        let contact = || self.contact_id.clone();
        let missing = |field| self.missing(field);
        let fragment = |number: &Option<String>| number.clone().filter(|number| is_decimal(number));
        let stream_arn = entry.location.clone().ok_or_else(|| missing("Location"))?;
        self.instance
            .check_media_stream(&stream_arn)
            .map_err(|source| ContactRecordError::ForeignMedia { contact_id: contact(), source })?;
        Ok(Stream {
            place: Place::VideoStream(stream_arn),
            is_marked: false,
            first_fragment: fragment(&entry.fragment_start_number),
            last_fragment: fragment(&entry.fragment_stop_number),
            before_fragment: None,
            not_before: None,
            started_at: entry.start_timestamp.ok_or_else(|| missing("StartTimestamp"))?,
            stopped_at: entry.stop_timestamp.ok_or_else(|| missing("StopTimestamp"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use serde_json::{Value, json};

    /// A synthetic record with the fields and the order of real ones.
    const SAMPLE: &str = include_str!("../tests/fixtures/contact-record.sample.json");

    fn changed(change: impl FnOnce(&mut Value)) -> Result<ContactRecord, ContactRecordError> {
        let mut record: Value = serde_json::from_str(SAMPLE).unwrap();
        change(&mut record);
        ContactRecord::parse(record.to_string().as_bytes())
    }

    fn only(record: &ContactRecord) -> Stream {
        let (mut streams, _) = record.streams();
        assert_eq!(streams.len(), 1);
        streams.remove(0)
    }

    #[test]
    fn the_media_is_the_customers_stream_and_not_the_call_recording() {
        let record = ContactRecord::parse(SAMPLE.as_bytes()).unwrap();
        let Voice::Media(media) = only(&record).voice(&record.contact_id).unwrap() else { panic!() };
        assert!(media.stream_arn.contains(":stream/prefix-connect-alias-contact-"));
        assert_eq!(media.first_fragment, "91343852333181531502161607852955530730504675150");
        assert_eq!(media.stopped_at.to_string(), "2024-01-26T03:08:12Z");
        assert_eq!(record.customer_address.as_deref(), Some("+15555550100"));
    }

    #[test]
    fn streams_are_in_the_order_of_time_whatever_the_list_is_in() {
        let record = changed(|record| {
            let recordings = record["Recordings"].as_array_mut().unwrap();
            let mut earlier = recordings[1].clone();
            earlier["StartTimestamp"] = json!("2020-01-01T00:00:00Z");
            earlier["FragmentStartNumber"] = json!("7");
            recordings.push(earlier);
        });
        let (streams, unusable) = record.unwrap().streams();
        assert_eq!(streams.len(), 2);
        assert_eq!(streams[0].first_fragment.as_deref(), Some("7"));
        assert!(unusable.is_none());
    }

    #[test]
    fn the_participant_is_spelled_in_any_case() {
        for (participant, streams) in
            [(json!("Customer"), 1), (json!("customer"), 1), (Value::Null, 1), (json!("AGENT"), 0)]
        {
            let record =
                changed(|record| record["Recordings"][1]["ParticipantType"] = participant.clone()).unwrap();
            assert_eq!(record.streams().0.len(), streams, "{participant}");
        }
    }

    #[test]
    fn null_recordings_wait_and_what_is_missing_is_named() {
        let pending = changed(|record| record["Recordings"] = Value::Null).unwrap();
        assert!(matches!(pending.streams().1, Some(ContactRecordError::RecordingsPending(_))));
        for field in ["StartTimestamp", "StopTimestamp", "Location"] {
            let record = changed(|record| record["Recordings"][1][field] = Value::Null).unwrap();
            let (streams, unusable) = record.streams();
            assert!(streams.is_empty() && unusable.unwrap().to_string().contains(field));
        }
        for field in ["FragmentStartNumber", "FragmentStopNumber"] {
            let record = changed(|record| record["Recordings"][1][field] = Value::Null).unwrap();
            let error = only(&record).voice(&record.contact_id).unwrap_err();
            assert!(error.to_string().contains(field), "{error}");
        }
    }

    #[test]
    fn another_accounts_stream_is_refused() {
        let record = changed(|record| {
            let own = record["Recordings"][1]["Location"].as_str().unwrap().to_owned();
            record["Recordings"][1]["Location"] = json!(own.replace("111122223333", "444455556666"));
        });
        let (streams, unusable) = record.unwrap().streams();
        assert!(streams.is_empty() && matches!(unusable, Some(ContactRecordError::ForeignMedia { .. })));
    }

    #[test]
    fn an_agents_time_is_as_long_as_it_can_have_been() {
        let time = |agent: Value| {
            let record = changed(|record| {
                record["Agent"] = agent;
                record["DisconnectTimestamp"] = json!("2024-01-26T03:10:00Z");
            });
            record
                .unwrap()
                .agent_time()
                .map(|time| [time.from, time.until].map(|at| at.to_string()[11..19].to_owned()))
        };
        let connected = "2024-01-26T03:07:50Z";
        for (agent, expected) in [
            (Value::Null, None),
            (json!({}), None),
            (json!({"ConnectedToAgentTimestamp": connected, "AgentInteractionDuration": 0}), None),
            (json!({"ConnectedToAgentTimestamp": connected}), Some("03:10:00")),
            (
                json!({"ConnectedToAgentTimestamp": connected, "AgentInteractionDuration": 14}),
                Some("03:08:05"),
            ),
            (
                json!({"ConnectedToAgentTimestamp": connected, "AgentInteractionDuration": 14, "CustomerHoldDuration": 6}),
                Some("03:08:11"),
            ),
            (
                json!({"ConnectedToAgentTimestamp": connected, "AgentInteractionDuration": 14,
                    "AfterContactWorkStartTimestamp": "2024-01-26T03:08:13Z"}),
                Some("03:08:13"),
            ),
        ] {
            let found = time(agent.clone());
            assert_eq!(found, expected.map(|until| ["03:07:49".to_owned(), until.to_owned()]), "{agent}");
        }
    }

    #[test]
    fn fragment_numbers_are_compared_as_numbers() {
        assert!(decimal_order("9", "10").is_lt() && decimal_order("010", "10").is_eq());
        assert!(decimal_order("91343852333181531502161607852955530730504675150", "9").is_gt());
    }

    #[test]
    fn what_is_no_contact_record_is_refused_with_the_field() {
        for bad in ["", "[]", "{}", r#"{"ContactId": 7}"#, "\u{0}"] {
            assert!(
                matches!(ContactRecord::parse(bad.as_bytes()), Err(ContactRecordError::Malformed(_))),
                "{bad}"
            );
        }
        let record = changed(|record| record["ContactId"] = json!("../../etc/passwd"));
        assert!(matches!(record, Err(ContactRecordError::ContactId(_))));
        let record = changed(|record| record["InstanceARN"] = json!("x"));
        assert!(matches!(record, Err(ContactRecordError::Instance(_))));
    }

    #[test]
    fn an_error_repeats_no_value() {
        let error = changed(|record| record["CustomerEndpoint"] = json!("+15555550100")).unwrap_err();
        assert!(error.to_string().contains("line 1 column"), "{error}");
        assert!(!error.to_string().contains("5555"), "{error}");
        let error = ContactRecord::parse(b"{}").unwrap_err();
        assert!(error.to_string().contains("missing field `ContactId`"), "{error}");
    }

    #[test]
    fn only_a_call_is_a_call() {
        assert!(changed(|_| ()).unwrap().is_call());
        assert!(changed(|record| record["Channel"] = Value::Null).unwrap().is_call());
        assert!(!changed(|record| record["Channel"] = json!("TASK")).unwrap().is_call());
    }

    #[test]
    fn attributes_without_a_value_are_absent() {
        let record = changed(|record| record["Attributes"] = json!({"a": null, "b": "2"})).unwrap();
        assert_eq!(record.attributes.into_iter().collect::<Vec<_>>(), [("b".into(), "2".into())]);
        assert!(changed(|record| record["Attributes"] = Value::Null).unwrap().attributes.is_empty());
    }
}
