//! What callers leave: a contact record, and their voice in a stream.

use kvs_writer::{FRAGMENT_MS, FROM_CUSTOMER, Fragment, Layout, Track, split, write_fragment};
use serde_json::{Value, json};
use vmx_contract::objects::ContactId;
use vmx_contract::voicemail::Mode;

/// The instance.
pub(crate) const INSTANCE: &str =
    "arn:aws:connect:us-east-1:111122223333:instance/00000000-0000-4000-8000-0000000000aa";
/// What all contact ids of a run begin with.
pub(crate) const PREFIX: &str = "c0de0000-0000-4000-8000-";

/// A voicemail that is left.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    /// The contact.
    pub(crate) contact_id: ContactId,
    /// How it is to be delivered.
    pub(crate) modes: Vec<Mode>,
    /// What the caller said.
    pub(crate) pcm: Vec<u8>,
}

/// A fragment as it lies in a stream.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) number: String,
    pub(crate) start_ms: u64,
    pub(crate) document: Vec<u8>,
}

impl Left {
    /// The voicemail of this number, with so many bytes of voice.
    pub(crate) fn new(number: usize, modes: Vec<Mode>, bytes: usize) -> Self {
        let contact_id = ContactId::parse(&format!("{PREFIX}{number:012}")).unwrap();
        Self { contact_id, modes, pcm: voice(number as u64, bytes) }
    }

    /// The stream that the voice is in: a stream of its own, as Connect may choose.
    pub(crate) fn stream_arn(&self) -> String {
        format!(
            "arn:aws:kinesisvideo:us-east-1:111122223333:stream/vm-connect-alias-contact-{}/1",
            self.contact_id
        )
    }

    /// The voice as it lies in the stream; it began at this time, in ms since 1970.
    pub(crate) fn fragments(&self, start_ms: u64) -> Vec<Stored> {
        (0..)
            .zip(split(&self.pcm))
            .map(|(index, (offset_ms, pcm))| {
                let number = format!("9134385233318155{index:031}");
                let mut document = Vec::new();
                let fragment = Fragment {
                    number: &number,
                    producer_timestamp_ms: start_ms + offset_ms,
                    server_timestamp_ms: start_ms + offset_ms + 170,
                    contact_id: self.contact_id.as_str(),
                    instance_id: "00000000-0000-4000-8000-0000000000aa",
                    tracks: &[Track { number: 1, name: FROM_CUSTOMER, pcm }],
                };
                write_fragment(&fragment, &Layout::default(), &mut document);
                Stored { number, start_ms: start_ms + index * FRAGMENT_MS, document }
            })
            .collect()
    }

    /// The attributes that the flow set.
    pub(crate) fn attributes(&self) -> Value {
        let modes: Vec<&str> = self.modes.iter().map(|mode| mode.as_str()).collect();
        json!({
            "vm_flag": "1",
            "vm_from": "+15555550100",
            "vm_queue_arn": format!("{INSTANCE}/queue/support"),
            "vm_lang": "en-US",
            "vm_mode": modes.join(","),
        })
    }

    /// The contact record. Connect may not know yet where the voice is.
    pub(crate) fn record(
        &self,
        started: jiff::Timestamp,
        with_recordings: bool,
        attributes: &Value,
    ) -> Value {
        let last = split(&self.pcm).count().saturating_sub(1);
        let second = |time: jiff::Timestamp| format!("{}", time.strftime("%Y-%m-%dT%H:%M:%SZ"));
        let length = jiff::SignedDuration::from_millis((self.pcm.len() / 16) as i64);
        let stopped = started.saturating_add(length).unwrap_or(started);
        let recordings = with_recordings.then(|| {
            json!([{
                "StorageType": "KINESIS_VIDEO_STREAM",
                "Location": self.stream_arn(),
                "ParticipantType": "CUSTOMER",
                "FragmentStartNumber": format!("9134385233318155{:031}", 0),
                "FragmentStopNumber": format!("9134385233318155{last:031}"),
                "StartTimestamp": second(started),
                "StopTimestamp": second(stopped),
            }])
        });
        json!({
            "ContactId": self.contact_id.as_str(),
            "InstanceARN": INSTANCE,
            "Channel": "VOICE",
            "Attributes": attributes,
            "CustomerEndpoint": {"Address": "+15555550100", "Type": "TELEPHONE_NUMBER"},
            "DisconnectTimestamp": second(stopped),
            "Recordings": recordings,
        })
    }
}

/// A voice: no two are alike, and no two seconds of one.
fn voice(number: u64, bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = state.max(1);
    let mut words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.by_ref().take(bytes.div_ceil(8)).flatten().take(bytes).collect()
}
