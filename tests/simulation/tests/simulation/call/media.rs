//! A call's streamed audio and its fragments.

use kvs_writer::{FROM_CUSTOMER, Fragment, Layout, Track, split, write_fragment};

use super::{Call, Streamed};

/// Bytes of one millisecond.
pub(crate) const BYTES_PER_MS: u64 = 16;
/// Every byte that is streamed while an agent is talking. Nothing else has as many of them in a row.
pub(crate) const AGENT: u8 = 0x47;
/// A run of this many belongs to an agent.
const AGENT_RUN: usize = 16;
/// The common prefix of fragment numbers.
const NUMBER: &str = "9134385233318155";

/// A fragment in a stream.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) number: String,
    pub(crate) start_ms: u64,
    pub(crate) length_ms: u64,
    pub(crate) document: Vec<u8>,
}

/// The number of a contact's fragment.
pub(crate) fn fragment_number(place: u64) -> String {
    format!("{NUMBER}{place:031}")
}

/// The number of fragments for this audio.
pub(crate) fn fragments_of(pcm: &[u8]) -> u64 {
    split(pcm).count() as u64
}

impl Streamed {
    /// The index of the last fragment, if any.
    pub(crate) fn last(&self) -> Option<u64> {
        fragments_of(&self.pcm).checked_sub(1).map(|more| self.first + more)
    }
}

impl Call {
    /// The ARN of one of the contact's streams.
    pub(crate) fn stream_arn(&self, stream: u32) -> String {
        format!(
            "arn:aws:kinesisvideo:us-east-1:111122223333:stream/vm-connect-alias-contact-{}/{}",
            self.contact,
            stream + 1
        )
    }

    /// The fragments of one of its streams; the call began at this time, in ms since 1970.
    pub(crate) fn fragments(&self, stream: u32, began_ms: u64) -> Vec<Stored> {
        let of_it = self.streams.iter().filter(|streamed| streamed.stream == stream);
        of_it.flat_map(|streamed| self.stored(streamed, began_ms)).collect()
    }

    fn stored(&self, streamed: &Streamed, began_ms: u64) -> Vec<Stored> {
        let write = |(place, (offset_ms, pcm)): (u64, (u64, &[u8]))| {
            let number = fragment_number(place);
            let start_ms = began_ms + streamed.from_ms + offset_ms;
            let mut document = Vec::new();
            let fragment = Fragment {
                number: &number,
                producer_timestamp_ms: start_ms,
                server_timestamp_ms: start_ms + 170,
                contact_id: self.contact.as_str(),
                instance_id: "00000000-0000-4000-8000-0000000000aa",
                tracks: &[Track { number: 1, name: FROM_CUSTOMER, pcm }],
            };
            write_fragment(&fragment, &Layout::default(), &mut document);
            Stored { number, start_ms, length_ms: pcm.len() as u64 / BYTES_PER_MS, document }
        };
        (streamed.first..).zip(split(&streamed.pcm)).map(write).collect()
    }
}

/// Whether a recording contains audio of an agent's time.
pub(crate) fn holds_agent(recording: &[u8]) -> bool {
    recording.chunks_exact(AGENT_RUN).any(|chunk| chunk == [AGENT; AGENT_RUN])
}

/// A voice that is unique at every second.
pub(crate) fn voice(number: u64, bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = state.max(1);
    let mut pcm = vec![0; bytes];
    for word in pcm.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word.copy_from_slice(&state.to_le_bytes()[..word.len()]);
    }
    pcm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_found_and_a_voice_is_none() {
        let mut recording = voice(3, 40_001);
        assert!(!holds_agent(&recording));
        recording.splice(9_000..9_000, [AGENT; 2 * AGENT_RUN]);
        assert!(holds_agent(&recording));
    }
}
