//! Copies the caller's audio to the upload.

use kvs_media::{BYTES_PER_MS, Extractor, Selection};

use vmx_lambda::failure::Failure;

use crate::about;
use crate::error::RecordingError;
use crate::listing::Listing;
use crate::media_stream::{MediaStream, Pace};
use crate::upload::Upload;
use crate::voiced::Voiced;

/// What was copied. The upload is not finished.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    pub(crate) pcm_bytes: u32,
    silence_bytes: u32,
    pub(crate) fragments: u64,
    /// Fragments of other contacts, which were skipped.
    pub(crate) foreign: u64,
    pub(crate) gaps: u64,
    pub(crate) voiced: Voiced,
}

impl Copied {
    /// Whether it has no samples of the caller.
    pub(crate) fn is_empty(&self) -> bool {
        self.pcm_bytes == self.silence_bytes
    }

    /// Whether nothing is audible, and no audio is missing.
    pub(crate) fn is_inaudible(&self) -> bool {
        self.voiced.is_inaudible() && self.silence_bytes == 0
    }

    /// Its length, in ms, rounded down.
    pub(crate) fn duration_ms(&self) -> u64 {
        u64::from(self.pcm_bytes / BYTES_PER_MS)
    }

    /// Writes audio, and leaves `pcm` empty.
    pub(crate) async fn write(&mut self, pcm: &mut Vec<u8>, upload: &mut Upload<'_>) -> Result<(), Failure> {
        self.voiced.add(pcm);
        self.pcm_bytes = self.pcm_bytes.saturating_add(u32::try_from(pcm.len()).unwrap_or(u32::MAX));
        upload.write(pcm).await
    }

    /// Copies the audio of a stream's listed fragments, requesting this many at a time.
    pub(crate) async fn add(
        &mut self,
        stream: &MediaStream<'_>,
        listing: &Listing,
        at_a_time: usize,
        pace: &mut Pace,
        upload: &mut Upload<'_>,
    ) -> Result<(), RecordingError> {
        let about = stream.about;
        let mut selection = Selection::contact(about.id.contact().as_str());
        if let Some((first, last)) = listing.ends() {
            selection = selection.within(first, last);
        }
        let mut extractor = Extractor::new(selection);
        let mut pcm = Vec::new();
        for piece in listing.pieces(at_a_time) {
            // The part before this piece is skipped on purpose.
            extractor.leave_out();
            for numbers in piece {
                pace.wait(numbers.len()).await;
                let mut body = stream.open(numbers).await.map_err(|source| about.stream(source))?;
                while let Some(chunk) = body.try_next().await.map_err(|error| about.broken_off(&error))? {
                    extractor.push(&chunk, &mut pcm).map_err(|source| about.media(source))?;
                    self.voiced.add(&pcm);
                    upload.write(&mut pcm).await.map_err(about::store(about.id))?;
                }
                extractor.end_of_response(&mut pcm).map_err(|source| about.media(source))?;
                self.voiced.add(&pcm);
                upload.write(&mut pcm).await.map_err(about::store(about.id))?;
            }
        }
        let summary = extractor.finish(&mut pcm).map_err(|source| about.media(source))?;
        let (asked, received) = (listing.len() as u64, summary.fragments + summary.foreign);
        if received < asked {
            let (id, stream_arn) = about.names();
            return Err(RecordingError::FragmentsMissing { id, stream_arn, asked, received });
        }
        self.pcm_bytes = self.pcm_bytes.saturating_add(summary.pcm_bytes);
        self.silence_bytes = self.silence_bytes.saturating_add(summary.silence_bytes);
        self.fragments += summary.fragments;
        self.foreign += summary.foreign;
        self.gaps += summary.gap_count;
        Ok(())
    }
}
