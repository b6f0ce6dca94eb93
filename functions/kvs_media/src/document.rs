//! What is known of the fragment whose document is being read.

use crate::element::{self, BlockHeader};
use crate::error::MediaError;
use crate::number::FragmentNumber;
use crate::selection::{CALLER_TRACKS, Selection};
use crate::timeline::Span;

/// The most audio that is taken from one fragment, in bytes: 32 s, the farthest that a block's 16-bit time reaches
/// from its Cluster. Connect's fragments hold 1 s (16,384 bytes), and the service accepts none longer than 20 s.
pub const MAX_FRAGMENT_BYTES: usize = 512 * 1024;

/// The audio of one of Connect's fragments in bytes, which is set aside for a fragment at once.
const USUAL_FRAGMENT_BYTES: usize = 16 * 1024;
/// How many track names are kept for the message that says what was there instead.
const MAX_TRACK_NAMES: usize = 8;
/// What the service's tags begin with.
const SERVICE_PREFIX: &str = "AWS_KINESISVIDEO_";

/// A fragment that was read whole.
#[derive(Debug, Default)]
pub(crate) struct Fragment {
    /// Its number; `None` without the tag, or if the tag is not a number.
    pub(crate) number: Option<FragmentNumber>,
    /// Whether its tag `ContactId` is the contact's; `None` without the tag.
    pub(crate) contact: Option<bool>,
    /// The tag `MimeType`.
    pub(crate) mime_type: Option<String>,
    /// The caller's voice; empty if the fragment is known to be another contact's.
    pub(crate) audio: Vec<u8>,
    /// When the caller's voice was heard; `None` if there is none.
    pub(crate) span: Option<Span>,
    /// Whether there is a track with the caller's voice.
    pub(crate) has_voice: bool,
    /// The names of the tracks.
    pub(crate) track_names: Vec<String>,
}

/// The fragment being read, from its Segment's start to its end.
#[derive(Debug)]
pub(crate) struct Document {
    fragment: Fragment,
    fault: Fault,
    /// Nanoseconds in a timecode unit.
    scale: u64,
    cluster_timecode: u64,
    /// Number of the track with the caller's voice, and the place of its name in the order of preference.
    caller_track: Option<(u64, usize)>,
    entry: TrackEntry,
    tag: SimpleTag,
    has_tags: bool,
    has_tracks: bool,
    blocks: u64,
}

#[derive(Debug, Default)]
struct TrackEntry {
    number: Option<u64>,
    name: Option<String>,
}

#[derive(Debug, Default)]
struct SimpleTag {
    name: Option<String>,
    value: Option<String>,
}

/// The tags of an in-band error, as far as they were seen.
#[derive(Debug, Default)]
struct Fault {
    code: Option<String>,
    id: Option<String>,
    message: Option<String>,
}

impl Document {
    pub(crate) fn new() -> Self {
        Self {
            fragment: Fragment::default(),
            fault: Fault::default(),
            scale: 1_000_000,
            cluster_timecode: 0,
            caller_track: None,
            entry: TrackEntry::default(),
            tag: SimpleTag::default(),
            has_tags: false,
            has_tracks: false,
            blocks: 0,
        }
    }

    /// Takes note that a master element starts.
    pub(crate) fn open(&mut self, id: u32) {
        match id {
            element::TRACKS => self.has_tracks = true,
            element::TRACK_ENTRY => self.entry = TrackEntry::default(),
            element::TAGS => self.has_tags = true,
            element::SIMPLE_TAG => self.tag = SimpleTag::default(),
            element::CLUSTER => self.cluster_timecode = 0,
            _ => {}
        }
    }

    /// Takes the value of an element. `None` is an element whose value is too long to be anything that matters.
    pub(crate) fn value(&mut self, id: u32, payload: Option<&[u8]>) -> Result<(), &'static str> {
        const TOO_LONG: &str = "a number is longer than eight bytes";
        let number = || payload.and_then(element::unsigned).ok_or(TOO_LONG);
        match id {
            element::TIMECODE_SCALE => self.scale = number()?,
            element::TIMECODE => self.cluster_timecode = number()?,
            element::TRACK_NUMBER => self.entry.number = Some(number()?),
            element::TRACK_NAME => self.entry.name = payload.map(element::text),
            element::TAG_NAME => self.tag.name = payload.map(element::text),
            element::TAG_STRING => self.tag.value = payload.map(element::text),
            _ => {}
        }
        Ok(())
    }

    /// Takes note that a master element ended.
    pub(crate) fn close(&mut self, id: u32, selection: &Selection) {
        match id {
            element::TRACK_ENTRY => self.take_track(),
            element::SIMPLE_TAG => self.take_tag(selection),
            _ => {}
        }
    }

    fn take_track(&mut self) {
        let TrackEntry {
            number: Some(number),
            name: Some(name),
        } = std::mem::take(&mut self.entry)
        else {
            return;
        };
        if let Some(rank) = CALLER_TRACKS.iter().position(|known| *known == name)
            && self.caller_track.is_none_or(|(_, best)| rank < best)
        {
            self.caller_track = Some((number, rank));
            self.fragment.has_voice = true;
        }
        if self.fragment.track_names.len() < MAX_TRACK_NAMES {
            self.fragment.track_names.push(name);
        }
    }

    fn take_tag(&mut self, selection: &Selection) {
        let SimpleTag {
            name: Some(name),
            value: Some(value),
        } = std::mem::take(&mut self.tag)
        else {
            return;
        };
        let fragment = &mut self.fragment;
        match name.as_str() {
            // The tags are repeated after the Cluster; the first says it.
            "ContactId" => fragment.contact = fragment.contact.or(Some(value == selection.contact_id)),
            "MimeType" => fragment.mime_type = fragment.mime_type.take().or(Some(value)),
            name => match name.strip_prefix(SERVICE_PREFIX) {
                Some("FRAGMENT_NUMBER") => fragment.number = fragment.number.take().or(value.parse().ok()),
                Some("ERROR_CODE" | "EXCEPTION_ERROR_CODE") => self.fault.code = Some(value),
                Some("ERROR_ID") => self.fault.id = Some(value),
                Some(other) if other.starts_with("ERROR_") || other.starts_with("EXCEPTION_") => {
                    self.fault.message = Some(value);
                }
                _ => {}
            },
        }
        if self.is_foreign(selection) {
            self.fragment.audio = Vec::new();
        }
    }

    /// Whether the fragment is already known not to be wanted.
    fn is_foreign(&self, selection: &Selection) -> bool {
        self.fragment.contact == Some(false)
            || self
                .fragment
                .number
                .as_ref()
                .is_some_and(|number| !selection.includes(number))
    }

    /// Takes note of a block with `audio_bytes` of audio that starts at `offset`, and says whether its audio is
    /// wanted.
    pub(crate) fn block(
        &mut self,
        block: BlockHeader,
        audio_bytes: u64,
        offset: u64,
        selection: &Selection,
    ) -> Result<bool, MediaError> {
        self.blocks += 1;
        if self.caller_track.is_none_or(|(number, _)| number != block.track) || self.is_foreign(selection) {
            return Ok(false);
        }
        if block.laced {
            return Err(MediaError::Laced { offset });
        }
        if audio_bytes > (MAX_FRAGMENT_BYTES - self.fragment.audio.len()) as u64 {
            return Err(MediaError::FragmentTooLarge { offset });
        }
        let span = Span::of_block(self.cluster_timecode, block.relative, self.scale, audio_bytes);
        self.fragment.span = Some(self.fragment.span.map_or(span, |so_far| so_far.join(span)));
        Ok(true)
    }

    /// Takes a piece of a wanted block's audio.
    pub(crate) fn audio(&mut self, piece: &[u8]) {
        let audio = &mut self.fragment.audio;
        if audio.capacity() == 0 {
            audio.reserve(USUAL_FRAGMENT_BYTES);
        }
        audio.extend_from_slice(piece);
    }

    /// What is still missing for this to be a whole fragment: one has blocks, unless it is nothing but tags.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let only_tags = self.has_tags && !self.has_tracks;
        (self.blocks == 0 && !only_tags && !self.is_fault()).then_some("SimpleBlock")
    }

    /// Whether the service reports an error in this document.
    pub(crate) fn is_fault(&self) -> bool {
        self.fault.code.is_some() || self.fault.id.is_some() || self.fault.message.is_some()
    }

    /// The fragment, or the error that the service reports in its place.
    pub(crate) fn finish(self) -> Result<Fragment, MediaError> {
        if self.is_fault() {
            let Fault { code, id, message } = self.fault;
            return Err(MediaError::Service {
                code: code.unwrap_or_else(|| "(no code)".to_owned()),
                id,
                message,
            });
        }
        Ok(self.fragment)
    }
}
