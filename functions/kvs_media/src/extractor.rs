//! Extracts the caller's PCM from responses.

use crate::assembly::Assembly;
use crate::error::MediaError;
use crate::reader::Reader;
use crate::selection::Selection;
use crate::summary::Summary;

/// Extracts the caller's voice from any number of responses.
///
/// Push a response's chunks, call [`end_of_response`](Self::end_of_response) when the transport ends
/// ([`abandon_response`](Self::abandon_response) if it fails), continue with the next response, and
/// [`finish`](Self::finish). Audio is appended to the caller's buffer as soon as its position is certain. To stream
/// the message, drain the buffer after every call.
///
/// # Memory
/// The extractor keeps the fragment being read, up to [`REORDER_WINDOW`](crate::REORDER_WINDOW) more, and the last
/// thousand numbers: about 400 KiB with Connect's streams, regardless of the message's length, and never more than
/// [`MAX_FRAGMENT_BYTES`](crate::MAX_FRAGMENT_BYTES) per fragment. Sizes in the media are not trusted for allocation.
/// In addition to the audio, one call can append a gap's silence, at most [`MAX_SILENCE_MS`](crate::MAX_SILENCE_MS).
///
/// # Errors and retries
/// An error ends the response, not the extractor: complete fragments are kept, the rest of the response is dropped.
/// The same fragments can then be requested again, and those already read are dropped as duplicates. An error that no
/// later response repairs is returned by [`finish`](Self::finish) again, so that it cannot be overlooked.
#[derive(Debug)]
pub struct Extractor {
    reader: Reader,
    assembly: Assembly,
    /// Why the previous response failed, if it did.
    failed: Option<MediaError>,
}

impl Extractor {
    /// Creates an extractor for the selected fragments.
    pub fn new(selection: Selection) -> Self {
        Self { assembly: Assembly::new(&selection), reader: Reader::new(selection), failed: None }
    }

    /// Takes the response's next bytes and appends the audio whose position is now certain to `pcm`.
    ///
    /// # Errors
    /// The media is invalid or contains an error from the service. The response cannot be continued.
    pub fn push(&mut self, mut chunk: &[u8], pcm: &mut Vec<u8>) -> Result<(), MediaError> {
        let result = self.read(&mut chunk, pcm);
        self.restart_on_error(result)
    }

    /// Ends the response and appends the audio that was held back to `pcm`. The next byte pushed is the first of
    /// another response, with later fragments. An empty response is complete.
    ///
    /// # Errors
    /// [`MediaError::Truncated`] if the response ended within an element, or before a fragment's first block and its
    /// number. Two positions look the same as a normal end: see [`Summary::open_ended`].
    pub fn end_of_response(&mut self, pcm: &mut Vec<u8>) -> Result<(), MediaError> {
        let result = self.end(pcm);
        self.restart_on_error(result)
    }

    /// Marks an intended gap before the next response: no silence is inserted there.
    pub fn leave_out(&mut self) {
        self.assembly.leave_out();
    }

    /// Ends the response because the transport failed: the same fragments will be requested again.
    ///
    /// Otherwise [`finish`](Self::finish) returns [`MediaError::Truncated`].
    pub fn abandon_response(&mut self) {
        self.restart(MediaError::Truncated { offset: self.reader.offset(), element: "the response" });
    }

    /// Ends the last response and returns the summary.
    ///
    /// # Errors
    /// As [`end_of_response`](Self::end_of_response), and [`MediaError::NoCallerTrack`] if there were fragments, but
    /// none with the caller's voice. No fragments at all is not an error here: see [`Summary::fragments`].
    pub fn finish(mut self, pcm: &mut Vec<u8>) -> Result<Summary, MediaError> {
        self.end(pcm)?;
        self.assembly.finish()
    }

    /// The summary so far, excluding fragments that are held back.
    pub fn summary(&self) -> &Summary {
        self.assembly.summary()
    }

    fn read(&mut self, chunk: &mut &[u8], pcm: &mut Vec<u8>) -> Result<(), MediaError> {
        while let Some(fragment) = self.reader.next(chunk)? {
            self.assembly.take(fragment, self.reader.selection(), pcm)?;
        }
        Ok(())
    }

    fn end(&mut self, pcm: &mut Vec<u8>) -> Result<(), MediaError> {
        if self.reader.offset() == 0 {
            return self.failed.clone().map_or(Ok(()), Err);
        }
        // The last element's end also ends its parents, if their sizes are known.
        self.read(&mut &[][..], pcm)?;
        let (fragment, open_ended) = self.reader.end()?;
        if let Some(fragment) = fragment {
            self.assembly.take(fragment, self.reader.selection(), pcm)?;
        }
        self.assembly.end_response(open_ended, self.reader.selection(), pcm)?;
        self.failed = None;
        Ok(())
    }

    fn restart_on_error(&mut self, result: Result<(), MediaError>) -> Result<(), MediaError> {
        result.inspect_err(|error| self.restart(error.clone()))
    }

    fn restart(&mut self, error: MediaError) {
        self.reader.restart();
        self.assembly.restart_response();
        self.failed = Some(error);
    }
}
