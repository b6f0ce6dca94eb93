//! One message in the recording of a call.

use std::ops::Range;
use std::time::Duration;

use crate::beep::find_beep;
use crate::convert::Converter;
use crate::decode::Side;
use crate::error::AudioError;
use crate::format::Wav;
use crate::resample::SampleRate;

/// How much earlier or later than its clock says a mark can be in the file: the start of a recording is known to the
/// second, rounded down.
pub const UNSURE: Duration = Duration::from_secs(1);
/// How much is searched for the beep before the mark, where it is latest, and after it.
const BEFORE: Duration = Duration::from_millis(1200);
const AFTER: Duration = Duration::from_millis(3500);
/// How much louder the beep is on the side of the system that plays it: 12 dB.
const OWN_SIDE: f32 = 4.0;
/// Bytes of silence after which a beep is surely over: 100 ms.
const SILENCE: usize = 1600;
/// Bytes of PCM in one millisecond.
const BYTES_PER_MS: u128 = 16;

/// Where a message begins, in the time of its recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// At the end of the beep that follows a mark. Without a beep, [`UNSURE`] before the mark: rather a word of the
    /// prompt too much than one of the caller too little.
    Mark(Duration),
    /// Exactly then.
    Time(Duration),
}

/// How a message was cut out of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// When the message begins, in the time of the recording.
    pub begins: Duration,
    /// Whether it is the end of a beep.
    pub is_after_beep: bool,
    /// What of two sides is kept.
    pub side: Side,
}

/// Cuts one message out of a recording: 8 kHz, 16 bits, one channel. Request the file's [`bytes`](Self::bytes), and push
/// them in order.
///
/// Of a recording with two sides, the one on which the beep was not played is the caller's. If that does not tell them
/// apart, they are mixed.
///
/// No more than the seconds around the mark are kept in memory.
#[derive(Debug)]
pub struct Excerpt {
    wav: Wav,
    begin: Begin,
    until: Duration,
    bytes: Range<u64>,
    /// The first bytes, until there are enough of them to find the beep.
    head: Vec<u8>,
    head_bytes: usize,
    body: Option<Body>,
}

/// What follows once the beginning is known.
#[derive(Debug)]
struct Body {
    converter: Converter,
    cut: Cut,
    /// PCM before the message that is still to come.
    skipped: usize,
    /// Bytes of the recording that are still to be converted.
    rest: u64,
}

impl Excerpt {
    /// A message of a recording, up to a time, which can be beyond its end. `not_before` bounds the search for the beep:
    /// what lies before it is never read.
    #[must_use]
    pub fn new(wav: Wav, begin: Begin, until: Duration, not_before: Duration) -> Self {
        let (from, searched) = match begin {
            Begin::Mark(at) => {
                (at.saturating_sub(BEFORE).max(not_before), at.saturating_add(AFTER).min(until))
            }
            Begin::Time(at) => (at.max(not_before), Duration::ZERO),
        };
        let bytes = wav.bytes(from, until);
        let head = wav.bytes(from, searched);
        let head_bytes = usize::try_from(head.end - head.start).unwrap_or(usize::MAX);
        Self { wav, begin, until, bytes, head: Vec::new(), head_bytes, body: None }
    }

    /// The bytes of the file to read; empty if the recording ends before the message.
    #[must_use]
    pub fn bytes(&self) -> Range<u64> {
        self.bytes.clone()
    }

    /// Takes the next bytes, and appends the PCM of the message that is complete so far.
    ///
    /// # Errors
    /// [`AudioError::Resampling`].
    pub fn push(&mut self, mut bytes: &[u8], pcm: &mut Vec<u8>) -> Result<(), AudioError> {
        let body = match &mut self.body {
            Some(body) => body,
            None => {
                let (head, rest) = bytes.split_at(bytes.len().min(self.head_bytes - self.head.len()));
                self.head.extend_from_slice(head);
                if self.head.len() < self.head_bytes {
                    return Ok(());
                }
                bytes = rest;
                let body = self.begin(pcm)?;
                self.body.insert(body)
            }
        };
        body.push(bytes, pcm)
    }

    /// Appends the rest.
    ///
    /// # Errors
    /// [`AudioError::Resampling`].
    pub fn finish(mut self, pcm: &mut Vec<u8>) -> Result<Cut, AudioError> {
        let body = match self.body.take() {
            Some(body) => body,
            None => self.begin(pcm)?,
        };
        body.finish(pcm)
    }

    /// Finds the beginning in the first bytes, and converts what of them is the message.
    fn begin(&mut self, pcm: &mut Vec<u8>) -> Result<Body, AudioError> {
        let from = self.time_of(self.bytes.start);
        let head = std::mem::take(&mut self.head);
        let (cut, late) = match self.begin {
            Begin::Time(_) => (Cut { begins: from, is_after_beep: false, side: Side::Both }, Duration::ZERO),
            Begin::Mark(at) => match self.beep(&head)? {
                Some((side, begins, ends)) => {
                    // The beep follows its mark, so the clock is at least this much late in the file.
                    let late = at.saturating_sub(from + begins).min(UNSURE);
                    (Cut { begins: from + ends, is_after_beep: true, side }, late)
                }
                None => {
                    let begins = at.saturating_sub(UNSURE).max(from);
                    (Cut { begins, is_after_beep: false, side: Side::Both }, Duration::ZERO)
                }
            },
        };
        let until = self.until.saturating_sub(late).max(cut.begins);
        let end = self.wav.bytes(from, until).end;
        let skipped = (cut.begins.saturating_sub(from).as_millis() * BYTES_PER_MS) as usize;
        let converter = Converter::new(self.wav.format, cut.side, SampleRate::Hz8000)?;
        let rest = end.saturating_sub(self.bytes.start);
        let mut body = Body { converter, cut, skipped, rest };
        body.push(&head, pcm)?;
        Ok(body)
    }

    /// The caller's side, and the beginning and the end of the beep.
    fn beep(&self, head: &[u8]) -> Result<Option<(Side, Duration, Duration)>, AudioError> {
        let find = |side| -> Result<_, AudioError> {
            let mut converter = Converter::new(self.wav.format, side, SampleRate::Hz8000)?;
            let mut pcm = Vec::new();
            converter.push(head, &mut pcm)?;
            converter.finish(&mut pcm)?;
            // Nothing follows the end of the recording: a caller can hang up at the beep.
            if head.len() as u64 == self.bytes.end - self.bytes.start {
                pcm.resize(pcm.len() + SILENCE, 0);
            }
            Ok(find_beep(&pcm))
        };
        if self.wav.format.channels == 1 {
            return Ok(find(Side::Both)?.map(|beep| (Side::Both, beep.begins, beep.ends)));
        }
        let (left, right) = (find(Side::Left)?, find(Side::Right)?);
        let level = |beep: Option<crate::beep::Beep>| beep.map_or(0.0, |beep| beep.level);
        let (side, beep) = match (level(left), level(right)) {
            (left_level, right_level) if left_level > right_level * OWN_SIDE => (Side::Right, left),
            (left_level, right_level) if right_level > left_level * OWN_SIDE => (Side::Left, right),
            _ => (Side::Both, left.or(right)),
        };
        Ok(beep.map(|beep| (side, beep.begins, beep.ends)))
    }

    /// The time of a place in the file.
    fn time_of(&self, place: u64) -> Duration {
        Wav { data: self.wav.data.start..place, format: self.wav.format }.duration()
    }
}

impl Body {
    fn push(&mut self, bytes: &[u8], pcm: &mut Vec<u8>) -> Result<(), AudioError> {
        let wanted = bytes.len().min(usize::try_from(self.rest).unwrap_or(usize::MAX));
        self.rest -= wanted as u64;
        let start = pcm.len();
        self.converter.push(&bytes[..wanted], pcm)?;
        self.skip(start, pcm);
        Ok(())
    }

    fn finish(mut self, pcm: &mut Vec<u8>) -> Result<Cut, AudioError> {
        let start = pcm.len();
        self.converter.finish(pcm)?;
        self.skip(start, pcm);
        Ok(self.cut)
    }

    /// Removes what comes before the message from what was appended.
    fn skip(&mut self, start: usize, pcm: &mut Vec<u8>) {
        let skipped = self.skipped.min(pcm.len() - start);
        self.skipped -= skipped;
        pcm.drain(start..start + skipped);
    }
}
