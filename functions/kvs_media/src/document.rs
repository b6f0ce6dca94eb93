//! The fragment in the document being read.

use crate::element::{self, BlockHeader};
use crate::error::MediaError;
use crate::limits::MAX_FRAGMENT_BYTES;
use crate::number::FragmentNumber;
use crate::selection::{CALLER_TRACKS, Selection};
use crate::timeline::Span;

/// The usual audio size of one of Connect's fragments in bytes, allocated up front.
const USUAL_FRAGMENT_BYTES: usize = 16 * 1024;
/// How many track names are kept for the error message.
const MAX_TRACK_NAMES: usize = 8;

/// A complete fragment.
#[derive(Debug, Default)]
pub(crate) struct Fragment {
    /// Its number; `None` without the tag, or if the tag is not a number.
    pub(crate) number: Option<FragmentNumber>,
    /// Whether its tag `ContactId` is the contact's; `None` without the tag.
    pub(crate) contact: Option<bool>,
    /// The tag `MimeType`, if it names another format than Connect's.
    pub(crate) other_format: Option<String>,
    /// The caller's voice; empty if the fragment is known to be another contact's.
    pub(crate) audio: Vec<u8>,
    /// When the caller's voice was recorded; `None` if there is none.
    pub(crate) span: Option<Span>,
    /// Whether there is a track with the caller's voice.
    pub(crate) has_voice: bool,
    /// The names of the other tracks.
    pub(crate) other_tracks: Vec<String>,
}

/// The fragment being read, from its Segment's start to its end.
#[derive(Debug)]
pub(crate) struct Document {
    fragment: Fragment,
    fault: Fault,
    /// Nanoseconds in a timecode unit.
    scale: u64,
    cluster_timecode: u64,
    /// Number of the track with the caller's voice, and its rank among the preferred names.
    caller_track: Option<(u64, usize)>,
    entry: TrackEntry,
    tag: SimpleTag,
    has_tags: bool,
    has_tracks: bool,
    clusters: u64,
    blocks: u64,
}

#[derive(Debug, Default)]
struct TrackEntry {
    number: Option<u64>,
    name: Option<String>,
}

/// The SimpleTag being read.
#[derive(Debug, Default)]
struct SimpleTag {
    name: Option<TagName>,
    /// Its value, in a buffer reused for all tags.
    value: Vec<u8>,
}

/// The tags that the reader uses.
#[derive(Clone, Copy, Debug)]
enum TagName {
    ContactId,
    MimeType,
    FragmentNumber,
    ErrorCode,
    ErrorId,
    /// The service's other details of an error.
    ErrorMessage,
}

impl TagName {
    fn parse(name: &[u8]) -> Option<Self> {
        match name {
            b"ContactId" => Some(Self::ContactId),
            b"MimeType" => Some(Self::MimeType),
            _ => match name.strip_prefix(b"AWS_KINESISVIDEO_")? {
                b"FRAGMENT_NUMBER" => Some(Self::FragmentNumber),
                b"ERROR_CODE" | b"EXCEPTION_ERROR_CODE" => Some(Self::ErrorCode),
                b"ERROR_ID" => Some(Self::ErrorId),
                other => (other.starts_with(b"ERROR_") || other.starts_with(b"EXCEPTION_"))
                    .then_some(Self::ErrorMessage),
            },
        }
    }
}

/// The tags of an in-band error seen so far.
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
            clusters: 0,
            blocks: 0,
        }
    }

    /// Handles the start of a master element.
    pub(crate) fn open(&mut self, id: u32) {
        match id {
            element::TRACKS => self.has_tracks = true,
            element::TRACK_ENTRY => self.entry = TrackEntry::default(),
            element::TAGS => self.has_tags = true,
            element::SIMPLE_TAG => {
                self.tag.name = None;
                self.tag.value.clear();
            }
            element::CLUSTER => {
                self.clusters += 1;
                self.cluster_timecode = 0;
            }
            _ => {}
        }
    }

    /// Handles an element's value. `None` is a value too long to matter.
    pub(crate) fn value(&mut self, id: u32, payload: Option<&[u8]>) -> Result<(), &'static str> {
        const TOO_LONG: &str = "a number is longer than eight bytes";
        let number = || payload.and_then(element::unsigned).ok_or(TOO_LONG);
        match id {
            element::TIMECODE_SCALE => self.scale = number()?,
            element::TIMECODE => self.cluster_timecode = number()?,
            element::TRACK_NUMBER => self.entry.number = Some(number()?),
            element::TRACK_NAME => self.entry.name = payload.map(lossy_text),
            element::TAG_NAME => self.tag.name = payload.map(element::text).and_then(TagName::parse),
            element::TAG_STRING => {
                self.tag.value.clear();
                self.tag.value.extend_from_slice(payload.map(element::text).unwrap_or_default());
            }
            _ => {}
        }
        Ok(())
    }

    /// Handles the end of a master element.
    pub(crate) fn close(&mut self, id: u32, selection: &Selection) {
        match id {
            element::TRACK_ENTRY => self.take_track(),
            element::SIMPLE_TAG => self.take_tag(selection),
            _ => {}
        }
    }

    fn take_track(&mut self) {
        let TrackEntry { number: Some(number), name: Some(name) } = std::mem::take(&mut self.entry) else {
            return;
        };
        if let Some(rank) = CALLER_TRACKS.iter().position(|known| *known == name)
            && self.caller_track.is_none_or(|(_, best)| rank < best)
        {
            self.caller_track = Some((number, rank));
            self.fragment.has_voice = true;
        } else if self.fragment.other_tracks.len() < MAX_TRACK_NAMES {
            self.fragment.other_tracks.push(name);
        }
    }

    fn take_tag(&mut self, selection: &Selection) {
        let Some(name) = self.tag.name.take() else { return };
        let value = &self.tag.value[..];
        let (fragment, fault) = (&mut self.fragment, &mut self.fault);
        match name {
            // The contact's tags are repeated after the Cluster. The first occurrence counts.
            TagName::ContactId if fragment.contact.is_none() => {
                fragment.contact = Some(value == selection.contact_id.as_bytes());
            }
            TagName::FragmentNumber if fragment.number.is_none() => {
                fragment.number = lossy_text(value).parse().ok();
            }
            TagName::MimeType if fragment.other_format.is_none() && !is_telephone_pcm(value) => {
                fragment.other_format = Some(lossy_text(value));
            }
            TagName::ContactId | TagName::FragmentNumber | TagName::MimeType => {}
            TagName::ErrorCode => fault.code = Some(lossy_text(value)),
            TagName::ErrorId => fault.id = Some(lossy_text(value)),
            TagName::ErrorMessage => fault.message = Some(lossy_text(value)),
        }
        if self.is_foreign(selection) {
            self.fragment.audio = Vec::new();
        }
    }

    /// Whether the fragment is already known to be unwanted.
    fn is_foreign(&self, selection: &Selection) -> bool {
        self.fragment.contact == Some(false)
            || self.fragment.number.as_ref().is_some_and(|number| !selection.includes(number))
    }

    /// Handles a block with `audio_bytes` of audio that starts at `offset`, and returns whether its audio is wanted.
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

    /// Takes part of a wanted block's audio.
    pub(crate) fn audio(&mut self, piece: &[u8]) {
        let audio = &mut self.fragment.audio;
        if audio.capacity() == 0 {
            audio.reserve(USUAL_FRAGMENT_BYTES);
        }
        audio.extend_from_slice(piece);
    }

    /// What a fragment whose Segment has no size is missing. It must have blocks, unless it has only tags or no
    /// Cluster: then the service's own tags before the Cluster are the last required part.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        let only_tags = self.has_tags && !self.has_tracks;
        let silent = self.clusters == 0 && self.fragment.number.is_some();
        (self.blocks == 0 && !only_tags && !silent && !self.is_fault()).then_some("SimpleBlock")
    }

    /// Whether this is a fragment with tracks but no Cluster: either the last one of a call, or truncated before its
    /// Cluster.
    pub(crate) fn may_lack_its_cluster(&self) -> bool {
        self.clusters == 0 && self.has_tracks
    }

    /// Whether the service reports an error in this document.
    pub(crate) fn is_fault(&self) -> bool {
        self.fault.code.is_some() || self.fault.id.is_some() || self.fault.message.is_some()
    }

    /// The fragment, or the error that the service reports instead.
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

fn lossy_text(payload: &[u8]) -> String {
    String::from_utf8_lossy(element::text(payload)).into_owned()
}

/// Whether a media type is `audio/L16;rate=8000;channels=1`, with its parameters optional and in any order. Contrary
/// to RFC 2586, the audio is little-endian: that is what Connect writes under this name.
fn is_telephone_pcm(mime_type: &[u8]) -> bool {
    let mut parts = mime_type.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    parts.next().is_some_and(|name| name.eq_ignore_ascii_case(b"audio/L16"))
        && parts.all(|parameter| {
            let mut halves = parameter.splitn(2, |byte| *byte == b'=');
            match (halves.next(), halves.next()) {
                (Some(name), Some(value)) if name.eq_ignore_ascii_case(b"rate") => value == b"8000",
                (Some(name), Some(value)) if name.eq_ignore_ascii_case(b"channels") => value == b"1",
                _ => true,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_telephone_pcm_is_taken() {
        for good in ["audio/L16;rate=8000;channels=1;", "AUDIO/l16; Channels=1; Rate=8000", "audio/L16"] {
            assert!(is_telephone_pcm(good.as_bytes()), "{good}");
        }
        for bad in
            ["audio/L16;rate=16000;channels=1;", "audio/L16;rate=8000;channels=2", "audio/aac", "", "L16"]
        {
            assert!(!is_telephone_pcm(bad.as_bytes()), "{bad}");
        }
    }
}
