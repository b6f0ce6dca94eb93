//! Calls written in Connect's layout.

use kvs_writer::{FROM_CUSTOMER, Fragment, Layout, TO_CUSTOMER, Track, write_fragment};

pub(crate) const CONTACT: &str = "87718f4a-d2ed-476a-ad11-f496ab09b3f8";
pub(crate) const OTHER_CONTACT: &str = "0c0ffee0-d2ed-476a-ad11-f496ab09b3f8";
pub(crate) const INSTANCE: &str = "3087be6e-771a-48a8-90da-93b5326a43a1";
pub(crate) const START_MS: u64 = 1_782_912_654_536;

/// A fragment number as long as Connect's.
pub(crate) fn number(index: u64) -> String {
    format!("9134385233318155{index:031}")
}

/// What is spoken: different at every place, so that nothing can be lost, doubled or exchanged unseen.
pub(crate) fn speech(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// One fragment of a call with both tracks, whose other direction is noise.
pub(crate) fn fragment(index: u64, start_ms: u64, contact: &str, pcm: &[u8], layout: &Layout) -> Vec<u8> {
    let noise = speech(!index, pcm.len());
    let mut bytes = Vec::new();
    let fragment = Fragment {
        number: &number(index),
        producer_timestamp_ms: start_ms,
        server_timestamp_ms: start_ms + 170,
        contact_id: contact,
        instance_id: INSTANCE,
        tracks: &[
            Track { number: 1, name: TO_CUSTOMER, pcm: &noise },
            Track { number: 2, name: FROM_CUSTOMER, pcm },
        ],
    };
    write_fragment(&fragment, layout, &mut bytes);
    bytes
}

/// The `index`th second of a call: 1.024 s in Connect's layout.
pub(crate) fn second(index: u64, contact: &str) -> Vec<u8> {
    fragment(index, START_MS + index * kvs_writer::FRAGMENT_MS, contact, &spoken(index), &Layout::default())
}

/// What is spoken in the `index`th second.
pub(crate) fn spoken(index: u64) -> Vec<u8> {
    speech(index, kvs_writer::FRAGMENT_BYTES)
}
