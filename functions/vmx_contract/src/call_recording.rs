//! The recording of the automated interaction: what the caller and the system said before an agent, in one file.
//!
//! It is no stream that was started for a message, so its messages are found by time. A mark is a time in ms since 1970,
//! decimal, that a flow gets from a function when a message begins, and notes where it would note the first fragment of
//! a stream. So a recording is a stream whose fragments are numbered by the ms of their time, and everything that holds
//! for the messages in a stream holds for those in a recording.
//!
//! Flows of earlier systems that have no slots note the time as text, in the attribute `timestamp`.
//!
//! What is known of these recordings is from AWS's documentation and samples: the participant is `IVR`, which no
//! published list has, and the location has no scheme.

use jiff::{SignedDuration, Timestamp};

use crate::attributes::{Attributes, Prefix, message, value};
use crate::contact_record::{Place, Stream, is_decimal};

/// The participant of the automated interaction.
const IVR: &str = "IVR";
/// The attribute, without its prefix, in which a flow without slots notes when the message begins.
const TIMESTAMP: &str = "timestamp";
/// Times in contact records are rounded down to the second.
const SECOND: SignedDuration = SignedDuration::from_millis(999);

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The bucket's name.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

impl Object {
    /// Reads the `Location` of a recording: the bucket, a slash, and the key.
    #[must_use]
    pub fn of_location(location: &str) -> Option<Self> {
        let location = location.strip_prefix("s3://").unwrap_or(location);
        let (bucket, key) = location.split_once('/')?;
        let is_whole = !bucket.is_empty() && !key.is_empty();
        is_whole.then(|| Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The start of the keys of all recordings of the automated interaction, if it can be seen in this one.
    #[must_use]
    pub fn prefix(&self) -> &str {
        const FOLDER: &str = "/ivr/";
        match self.key.find(FOLDER) {
            Some(place) => &self.key[..place + FOLDER.len()],
            None => &self.key[..self.key.rfind('/').map_or(0, |place| place + 1)],
        }
    }
}

/// A message in a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The recording.
    pub object: Object,
    /// When the recording started, to the second.
    pub started_at: Timestamp,
    /// When it stopped, to the second.
    pub stopped_at: Timestamp,
    /// When the message begins, by the flow's mark before the beep; `None`: with the recording.
    pub mark: Option<Timestamp>,
    /// When it ends, by a mark, or by that of the next message; `None`: with the recording.
    pub until: Option<Timestamp>,
    /// The message counts only if it begins then or later: see [`Stream::not_before`].
    pub not_before: Option<Timestamp>,
}

impl Passage {
    pub(crate) fn of(stream: &Stream, object: &Object) -> Self {
        let time = |mark: &Option<String>| Timestamp::from_millisecond(mark.as_deref()?.parse().ok()?).ok();
        Self {
            object: object.clone(),
            started_at: stream.started_at,
            stopped_at: stream.stopped_at,
            mark: time(&stream.first_fragment).filter(|_| stream.is_marked),
            until: time(&stream.before_fragment),
            not_before: stream.not_before,
        }
    }

    /// How long the message can be, by its marks and the recording's times.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        let end = self.until.unwrap_or(self.stopped_at);
        end.duration_since(self.mark.unwrap_or(self.started_at))
    }
}

pub(crate) fn is_participant(participant: &str) -> bool {
    participant.eq_ignore_ascii_case(IVR)
}

/// A recording as a stream.
pub(crate) fn stream(
    object: Object,
    started_at: Timestamp,
    stopped_at: Timestamp,
    attributes: &Attributes,
) -> Stream {
    let ends_at = stopped_at.saturating_add(SECOND).unwrap_or(stopped_at);
    let number = |time: Timestamp| time.as_millisecond().max(0).to_string();
    let mut stream = Stream {
        place: Place::Recording(object),
        first_fragment: Some(number(started_at)),
        last_fragment: Some(number(ends_at)),
        before_fragment: None,
        is_marked: false,
        not_before: None,
        started_at,
        stopped_at,
    };
    if let Some(mark) = timestamp(attributes).map(number).filter(|mark| stream.holds(mark)) {
        stream.first_fragment = Some(mark);
        stream.is_marked = true;
    }
    stream
}

/// Whether a flow noted a place in the recording.
pub(crate) fn is_noted(attributes: &Attributes, stream: &Stream) -> bool {
    let slots = message::Slot::ALL.map(message::Slot::fragment);
    let names = slots.iter().map(String::as_str).chain([message::TAKING_FRAGMENT]);
    let mut noted = names.filter_map(|name| value(attributes, name));
    stream.is_marked || noted.any(|mark| is_decimal(mark) && stream.holds(mark))
}

/// The time that a flow without slots noted.
fn timestamp(attributes: &Attributes) -> Option<Timestamp> {
    let noted = |prefix: Prefix| value(attributes, &format!("{}{TIMESTAMP}", prefix.as_str()))?.parse().ok();
    Prefix::flagged(attributes).and_then(noted)
}
