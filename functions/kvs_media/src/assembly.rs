//! Puts fragments in order and joins their audio.

use std::collections::VecDeque;

use crate::document::Fragment;
use crate::error::{MediaError, fragment_name};
use crate::limits::REORDER_WINDOW;
use crate::number::FragmentNumber;
use crate::selection::Selection;
use crate::summary::{Gap, Summary};
use crate::timeline::{MAX_SILENCE_MS, Timeline};
use crate::wav::{BYTES_PER_MS, BYTES_PER_SAMPLE, MAX_PCM_BYTES};

/// How many returned fragments are remembered, to distinguish repeats from late arrivals. A call can name 1,000
/// fragments, so all of them can be requested again after a failure.
const REMEMBERED: usize = 1024;

/// A fragment's position: its number, or if it has none, after all earlier arrivals.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    number: Option<FragmentNumber>,
    /// How many fragments without a number lie in between.
    follower: u64,
}

/// The previous fragment's owner, inherited by a fragment without `ContactId` or number.
#[derive(Clone, Copy, Debug)]
struct Before {
    contact: bool,
    in_range: bool,
}

#[derive(Debug)]
pub(crate) struct Assembly {
    /// Read but not yet returned; in order.
    held: VecDeque<(Position, Fragment)>,
    /// Recently returned; in order.
    done: VecDeque<Position>,
    /// The last fragment, in order, that has arrived.
    arrived: Position,
    /// The same at the start of the response.
    arrived_before_response: Position,
    before: Before,
    timeline: Timeline,
    summary: Summary,
    /// The tracks of the first fragment without the caller's voice.
    voiceless_tracks: Vec<String>,
}

impl Assembly {
    pub(crate) fn new(selection: &Selection) -> Self {
        // A range belongs to the contact, even if its first fragment has no `ContactId`.
        let in_asked_range = selection.range.is_some();
        Self {
            held: VecDeque::new(),
            done: VecDeque::new(),
            arrived: Position::default(),
            arrived_before_response: Position::default(),
            before: Before { contact: in_asked_range, in_range: true },
            timeline: Timeline::default(),
            summary: Summary::default(),
            voiceless_tracks: Vec::new(),
        }
    }

    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Takes a fragment and returns audio that no other fragment can precede.
    pub(crate) fn take(
        &mut self,
        fragment: Fragment,
        selection: &Selection,
        pcm: &mut Vec<u8>,
    ) -> Result<(), MediaError> {
        let position = match &fragment.number {
            Some(number) => Position { number: Some(number.clone()), follower: 0 },
            None => Position { number: self.arrived.number.clone(), follower: self.arrived.follower + 1 },
        };
        if position > self.arrived {
            self.arrived = position.clone();
        }
        if self.done.back().is_some_and(|last| position <= *last) {
            if self.done.binary_search(&position).is_ok() {
                self.summary.duplicates += 1;
            } else if fragment.contact == Some(false) {
                self.summary.foreign += 1;
            } else {
                return Err(MediaError::OutOfOrder { fragment: fragment_name(position.number.as_ref()) });
            }
            return Ok(());
        }
        match self.held.binary_search_by(|(held, _)| held.cmp(&position)) {
            Ok(_) => self.summary.duplicates += 1,
            Err(index) => self.held.insert(index, (position, fragment)),
        }
        if self.held.len() > REORDER_WINDOW {
            self.hand_on_first(selection, pcm)?;
        }
        Ok(())
    }

    /// Ends a complete response: later ones have later fragments, so nothing needs to be held back.
    pub(crate) fn end_response(
        &mut self,
        open_ended: bool,
        selection: &Selection,
        pcm: &mut Vec<u8>,
    ) -> Result<(), MediaError> {
        while !self.held.is_empty() {
            self.hand_on_first(selection, pcm)?;
        }
        self.summary.open_ended = open_ended;
        self.arrived_before_response = self.arrived.clone();
        Ok(())
    }

    /// Marks the next audio as discontinuous on purpose.
    pub(crate) fn leave_out(&mut self) {
        self.timeline = Timeline::default();
    }

    /// Restarts after a failed response: the same fragments will arrive again.
    pub(crate) fn restart_response(&mut self) {
        self.arrived = self.arrived_before_response.clone();
    }

    /// Returns the final summary.
    pub(crate) fn finish(self) -> Result<Summary, MediaError> {
        if self.summary.voiceless > 0 && self.summary.voiceless == self.summary.fragments {
            return Err(MediaError::NoCallerTrack { found: self.voiceless_tracks });
        }
        Ok(self.summary)
    }

    fn hand_on_first(&mut self, selection: &Selection, pcm: &mut Vec<u8>) -> Result<(), MediaError> {
        let Some((position, fragment)) = self.held.pop_front() else {
            return Ok(());
        };
        let in_range = fragment.number.as_ref().map(|number| selection.includes(number));
        self.before = Before {
            contact: fragment.contact.unwrap_or(self.before.contact),
            in_range: in_range.unwrap_or(self.before.in_range),
        };
        if self.before.contact && self.before.in_range {
            self.hand_on(fragment, pcm)?;
        } else {
            self.summary.foreign += 1;
        }
        // Only after success: a failed fragment must not count as a repeat when it arrives again.
        if self.done.len() == REMEMBERED {
            self.done.pop_front();
        }
        self.done.push_back(position);
        Ok(())
    }

    fn hand_on(&mut self, fragment: Fragment, pcm: &mut Vec<u8>) -> Result<(), MediaError> {
        check_format(&fragment)?;
        self.summary.fragments += 1;
        if !fragment.has_voice {
            if self.summary.voiceless == 0 {
                self.voiceless_tracks = fragment.other_tracks;
            }
            self.summary.voiceless += 1;
        }
        if let Some(span) = fragment.span {
            let missing = self.timeline.place(span, fragment.audio.len());
            self.fill(missing.saturating_mul(u64::from(BYTES_PER_SAMPLE)), pcm)?;
        }
        self.grow(fragment.audio.len())?;
        pcm.extend_from_slice(&fragment.audio);
        if let Some(number) = fragment.number {
            self.summary.first.get_or_insert_with(|| number.clone());
            self.summary.last = Some(number);
        }
        Ok(())
    }

    /// Inserts silence for missing audio.
    fn fill(&mut self, missing_bytes: u64, pcm: &mut Vec<u8>) -> Result<(), MediaError> {
        if missing_bytes == 0 {
            return Ok(());
        }
        let allowed = (MAX_SILENCE_MS * BYTES_PER_MS).saturating_sub(self.summary.silence_bytes);
        let filled_bytes = u32::try_from(missing_bytes).unwrap_or(u32::MAX).min(allowed);
        let at_bytes = self.summary.pcm_bytes;
        self.grow(filled_bytes as usize)?;
        pcm.resize(pcm.len() + filled_bytes as usize, 0);
        self.summary.add_gap(Gap { at_bytes, missing_bytes, filled_bytes });
        Ok(())
    }

    fn grow(&mut self, bytes: usize) -> Result<(), MediaError> {
        let grown = u32::try_from(bytes).ok().and_then(|bytes| self.summary.pcm_bytes.checked_add(bytes));
        self.summary.pcm_bytes = grown.filter(|total| *total <= MAX_PCM_BYTES).ok_or(MediaError::TooLong)?;
        Ok(())
    }
}

fn check_format(fragment: &Fragment) -> Result<(), MediaError> {
    if let Some(mime_type) = &fragment.other_format {
        return Err(MediaError::Format { mime_type: mime_type.clone() });
    }
    let bytes = fragment.audio.len();
    if !bytes.is_multiple_of(BYTES_PER_SAMPLE as usize) {
        return Err(MediaError::HalfSample { fragment: fragment_name(fragment.number.as_ref()), bytes });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_that_no_wav_file_can_hold_is_refused() {
        let mut assembly = Assembly::new(&Selection::contact(""));
        assembly.summary.pcm_bytes = MAX_PCM_BYTES - 2;
        assert_eq!(assembly.grow(2), Ok(()));
        assert_eq!(assembly.grow(2), Err(MediaError::TooLong));
        assert_eq!(assembly.grow(usize::MAX), Err(MediaError::TooLong));
    }
}
