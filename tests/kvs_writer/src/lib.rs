//! Writes Kinesis Video Streams fragments in the layout that Amazon Connect uses.
//!
//! The local cloud serves what this crate writes, and the media parser is tested and measured on it. The two share
//! no code, so a misreading in one is not repeated in the other.
//!
//! One [`Fragment`] becomes one whole EBML document; a response of the service is such documents, one after the
//! other. [`Layout::default`] is what Connect writes, down to the width of every size field, as seen in an offset
//! dump of a fragment read from a Connect instance; the other layouts are those that the service or an older
//! producer may use.
//!
//! ```
//! use kvs_writer::{FROM_CUSTOMER, Fragment, Layout, Track, split, write_fragment};
//!
//! let speech = vec![0_u8; 40_000]; // signed 16-bit little-endian, 8 kHz, mono: 2.5 seconds
//! let start_ms = 1_782_912_654_536;
//! let mut response = Vec::new();
//! for (index, (offset_ms, pcm)) in split(&speech).enumerate() {
//!     let fragment = Fragment {
//!         number: &format!("9134385233318155{index:031}"),
//!         producer_timestamp_ms: start_ms + offset_ms,
//!         server_timestamp_ms: start_ms + offset_ms + 170,
//!         contact_id: "87718f4a-d2ed-476a-ad11-f496ab09b3f8",
//!         instance_id: "3087be6e-771a-48a8-90da-93b5326a43a1",
//!         tracks: &[Track { number: 1, name: FROM_CUSTOMER, pcm }],
//!     };
//!     write_fragment(&fragment, &Layout::default(), &mut response);
//! }
//! assert_eq!(split(&speech).count(), 3);
//! ```

mod document;
mod ebml;
mod fault;
mod fragment;
mod layout;

pub use fault::{ServiceError, write_error};
pub use fragment::{
    BLOCK_BYTES, FRAGMENT_BYTES, FRAGMENT_MS, FROM_CUSTOMER, Fragment, TO_CUSTOMER, Track,
    append_service_tags, split, write_fragment,
};
pub use layout::{ElementSize, Layout, MIME_TYPE, TagPlace};
