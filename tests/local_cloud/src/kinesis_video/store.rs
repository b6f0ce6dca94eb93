//! In-memory streams and fragments.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kvs_writer::{
    FRAGMENT_BYTES, FROM_CUSTOMER, Fragment, Layout, TO_CUSTOMER, TagPlace, Track, split, write_fragment,
};
use uuid::Uuid;

use crate::clock::{Clock, system_clock};
use crate::service::Account;

/// Bytes of audio per millisecond: 8,000 two-byte samples per second.
pub(super) const BYTES_PER_MS: usize = 16;
/// A fragment's delay from the producer to the service, as in a dump of a real one.
const INGESTION_MS: i64 = 170;
/// How many contacts use a stream before a new one is created.
const CONTACTS_PER_STREAM: usize = 3;
/// How long a stream must have been idle before the start of a call that uses it. A call takes no time and ends at the
/// present moment, so it began earlier than it seems while in progress, by at most this much.
const IDLE_MS: i64 = 45 * 60 * 1000;

/// Kinesis Video Streams of one account. Clones share the streams.
#[derive(Clone)]
pub struct KinesisVideo {
    pub(super) account: Account,
    pub(super) endpoint: String,
    pub(super) settings: Settings,
    clock: Clock,
    streams: Arc<Mutex<Streams>>,
}

/// Deviations from the plain case, which is the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// How many of a stream's newest fragments are missing from listings at first: listing is eventually consistent.
    pub late_fragments: usize,
    /// How many listings of a stream they are missing from. A further page is not a new listing.
    pub late_listings: u32,
}

/// Connect's settings for a new stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamSettings<'a> {
    /// The beginning of the stream's name; an identifier follows.
    pub(crate) name_prefix: &'a str,
    pub(crate) retention_hours: u32,
    pub(crate) key_id: &'a str,
}

/// A contact's media from start to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) contact_id: &'a str,
    pub(crate) instance_id: &'a str,
    /// When the first sample was spoken, in milliseconds since 1970.
    pub(crate) start_ms: i64,
    /// The customer's voice, s16le, 8 kHz, mono.
    pub(crate) from_customer: &'a [u8],
    /// The audio to the customer, of the same length, if it was streamed as well.
    pub(crate) to_customer: Option<&'a [u8]>,
    /// Whether a last fragment without media follows.
    pub(crate) bare_end: bool,
}

/// The position of a contact's media in a stream, for one streaming period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    stream: String,
    pub(crate) stream_arn: String,
    /// The base of its fragment numbers, in milliseconds.
    position_ms: i64,
}

impl Place {
    /// The number of the first fragment.
    pub(crate) fn first_fragment(&self) -> String {
        fragment_number(self.position_ms)
    }
}

#[derive(Default)]
struct Streams {
    by_name: BTreeMap<String, Stream>,
    runs: usize,
}

pub(super) struct Stream {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) created_ms: i64,
    pub(super) retention_hours: u32,
    pub(super) key_id: String,
    contacts: usize,
    /// The contact that streams, or has streamed and has not ended.
    holder: Option<String>,
    /// The end of the assigned fragment numbers, in milliseconds.
    position_ms: i64,
    pub(super) listings: u32,
    pub(super) fragments: Vec<StoredFragment>,
    pub(super) lost: HashSet<String>,
}

#[derive(Clone)]
pub(super) struct StoredFragment {
    pub(super) number: String,
    pub(super) producer_ms: i64,
    pub(super) server_ms: i64,
    pub(super) length_ms: usize,
    pub(super) document: Bytes,
}

impl KinesisVideo {
    /// The service without streams. `endpoint` is the result of GetDataEndpoint: this service's own URL.
    #[must_use]
    pub fn new(account: Account, endpoint: impl Into<String>) -> Self {
        Self {
            account,
            endpoint: endpoint.into(),
            settings: Settings::default(),
            clock: system_clock(),
            streams: Arc::default(),
        }
    }

    /// The same service with other settings.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// The same service with another clock, which determines which fragments have expired.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Loses a fragment: it is still listed, but its media is an error in the middle of the response. Returns whether
    /// the fragment exists.
    #[must_use]
    pub fn lose_fragment(&self, number: &str) -> bool {
        let mut streams = self.streams();
        for stream in streams.by_name.values_mut() {
            if stream.fragments.iter().any(|fragment| fragment.number == number) {
                stream.lost.insert(number.to_owned());
                return true;
            }
        }
        false
    }

    /// Loses a fragment entirely: it is not even listed. Returns whether the fragment existed.
    #[must_use]
    pub fn forget_fragment(&self, number: &str) -> bool {
        let mut streams = self.streams();
        let forget = |stream: &mut Stream| {
            let before = stream.fragments.len();
            stream.fragments.retain(|fragment| fragment.number != number);
            stream.fragments.len() < before
        };
        streams.by_name.values_mut().any(forget)
    }

    /// Starts streaming for a contact whose call began some time ago. A contact keeps its stream until it is released.
    pub(crate) fn start(&self, settings: StreamSettings<'_>, contact_id: &str, began_ms: i64) -> Place {
        let mut streams = self.streams();
        let now_ms = self.now_ms();
        let stream = self.stream_for(&mut streams, settings, contact_id, began_ms);
        let stored_ms = stream.fragments.last().map_or(0, |last| last.server_ms);
        stream.position_ms = now_ms.max(stream.position_ms + 1).max(stored_ms + 1);
        Place { stream: stream.name.clone(), stream_arn: stream.arn.clone(), position_ms: stream.position_ms }
    }

    /// Stops streaming after this time.
    pub(crate) fn stop(&self, place: &Place, lasted_ms: i64) {
        if let Some(stream) = self.streams().by_name.get_mut(&place.stream) {
            stream.position_ms = place.position_ms + lasted_ms;
        }
    }

    /// Releases the stream of a finished contact to others.
    pub(crate) fn release(&self, contact_id: &str) {
        for stream in self.streams().by_name.values_mut() {
            stream.holder.take_if(|holder| holder == contact_id);
        }
    }

    /// Stores the media of one streaming period, as fragments of 1.024 s. Returns the numbers of the first and the
    /// last; `None` if nothing was streamed, or if the stream has been deleted.
    pub(crate) fn store(&self, place: &Place, run: Run<'_>) -> Option<(String, String)> {
        let mut streams = self.streams();
        streams.runs += 1;
        // In some real runs the last fragment does not name its contact.
        let tagless_end = streams.runs.is_multiple_of(2);
        let stream = streams.by_name.get_mut(&place.stream)?;
        let first = stream.fragments.len();
        let count = run.from_customer.chunks(FRAGMENT_BYTES).count();
        for (index, (offset_ms, from)) in split(run.from_customer).enumerate() {
            let start = index * FRAGMENT_BYTES;
            let to = run.to_customer.and_then(|pcm| pcm.get(start..start + from.len()));
            let tagless = tagless_end && index > 0 && index + 1 == count;
            stream.fragments.push(encode(&run, place, offset_ms, from, to, tagless));
        }
        if run.bare_end {
            let lasted_ms = run.from_customer.len().div_ceil(BYTES_PER_MS) as u64;
            let to = run.to_customer.map(|_| &[][..]);
            stream.fragments.push(encode(&run, place, lasted_ms, &[], to, false));
        }
        let stored = stream.fragments.get(first..).unwrap_or_default();
        stored.first().zip(stored.last()).map(|(first, last)| (first.number.clone(), last.number.clone()))
    }

    /// The contact's current stream, an idle one that has not served too many contacts, or a new one.
    fn stream_for<'a>(
        &self,
        streams: &'a mut Streams,
        settings: StreamSettings<'_>,
        contact_id: &str,
        began_ms: i64,
    ) -> &'a mut Stream {
        let has_settings = |stream: &Stream| {
            stream.name.starts_with(settings.name_prefix)
                && stream.retention_hours == settings.retention_hours
                && stream.key_id == settings.key_id
        };
        let held = |stream: &Stream| stream.holder.as_deref() == Some(contact_id);
        let free = |stream: &Stream| {
            let idle = stream
                .fragments
                .last()
                .is_none_or(|last| last.producer_ms + last.length_ms as i64 <= began_ms - IDLE_MS);
            idle && stream.holder.is_none() && stream.contacts < CONTACTS_PER_STREAM
        };
        let usable = || streams.by_name.values().filter(|stream| has_settings(stream));
        let found = usable().find(|stream| held(stream)).or_else(|| usable().find(|stream| free(stream)));
        let name = found.map_or_else(
            || format!("{}{}", settings.name_prefix, Uuid::new_v4()),
            |stream| stream.name.clone(),
        );
        let stream = streams.by_name.entry(name).or_insert_with_key(|name| {
            Stream::new(&self.account, name, began_ms, settings.retention_hours, settings.key_id)
        });
        if stream.holder.is_none() {
            stream.holder = Some(contact_id.to_owned());
            stream.contacts += 1;
        }
        stream
    }

    /// Creates an empty stream and returns its ARN. `None` if the name is taken.
    pub(super) fn create(&self, name: &str, retention_hours: u32, key_id: &str) -> Option<String> {
        let stream = Stream::new(&self.account, name, self.now_ms(), retention_hours, key_id);
        let arn = stream.arn.clone();
        match self.streams().by_name.entry(name.to_owned()) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                place.insert(stream);
                Some(arn)
            }
        }
    }

    pub(super) fn delete(&self, name: &str) {
        self.streams().by_name.remove(name);
    }

    /// Calls a function with the stream of this name or ARN.
    pub(super) fn with_stream<T>(
        &self,
        name: Option<&str>,
        arn: Option<&str>,
        work: impl FnOnce(&mut Stream) -> T,
    ) -> Option<T> {
        let mut streams = self.streams();
        let stream = streams.by_name.values_mut().find(|stream| {
            name.is_none_or(|name| stream.name == name) && arn.is_none_or(|arn| stream.arn == arn)
        })?;
        Some(work(stream))
    }

    /// Calls a function with each stream, by name.
    pub(super) fn each_stream<T>(&self, work: impl FnMut(&Stream) -> T) -> Vec<T> {
        self.streams().by_name.values().map(work).collect()
    }

    pub(super) fn now_ms(&self) -> i64 {
        (self.clock)().as_millisecond()
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    fn new(account: &Account, name: &str, created_ms: i64, retention_hours: u32, key_id: &str) -> Self {
        Self {
            name: name.to_owned(),
            arn: account.arn("kinesisvideo", &format!("stream/{name}/{created_ms}")),
            created_ms,
            retention_hours,
            key_id: key_id.to_owned(),
            contacts: 0,
            holder: None,
            position_ms: 0,
            listings: 0,
            fragments: Vec::new(),
            lost: HashSet::new(),
        }
    }

    /// Whether a fragment is within its retention at a time, in milliseconds since 1970.
    pub(super) fn retains(&self, fragment: &StoredFragment, now_ms: i64) -> bool {
        fragment.server_ms > now_ms - i64::from(self.retention_hours) * 3_600_000
    }
}

fn encode(
    run: &Run<'_>,
    place: &Place,
    offset_ms: u64,
    from: &[u8],
    to: Option<&[u8]>,
    tagless: bool,
) -> StoredFragment {
    let producer_ms = run.start_ms + offset_ms as i64;
    let server_ms = producer_ms + INGESTION_MS;
    let number = fragment_number(place.position_ms + offset_ms as i64);
    let mut tracks = Vec::with_capacity(2);
    if let Some(pcm) = to {
        tracks.push(Track { number: 1, name: TO_CUSTOMER, pcm });
    }
    tracks.push(Track { number: tracks.len() as u8 + 1, name: FROM_CUSTOMER, pcm: from });
    let fragment = Fragment {
        number: &number,
        producer_timestamp_ms: producer_ms.unsigned_abs(),
        server_timestamp_ms: server_ms.unsigned_abs(),
        contact_id: run.contact_id,
        instance_id: run.instance_id,
        tracks: &tracks,
    };
    let mut layout = Layout::default();
    if tagless {
        layout.contact_tags = TagPlace::Nowhere;
    }
    let mut document = Vec::with_capacity(from.len() * tracks.len() + 4096);
    write_fragment(&fragment, &layout, &mut document);
    StoredFragment {
        producer_ms,
        server_ms,
        length_ms: from.len().div_ceil(BYTES_PER_MS),
        document: document.into(),
        number,
    }
}

/// The fragment number for a position in a stream: 47 digits like Connect's; they grow and are not consecutive. The
/// position is a time only for other producers.
pub(super) fn fragment_number(position_ms: i64) -> String {
    format!("91343852333181{position_ms:013}{:020}", scatter(position_ms as u64))
}

/// A reproducible pseudorandom number (SplitMix64's finalizer).
pub(super) fn scatter(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
