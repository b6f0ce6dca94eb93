//! Copies the caller's audio from the stream to the upload.

use kvs_media::{Extractor, Selection, Summary};

use crate::about::{self, About};
use crate::error::RecordingError;
use crate::listing::Listing;
use crate::media_stream::{MediaStream, Pace};
use crate::upload::Upload;
use crate::voiced::Voiced;

/// What was copied. The upload is not finished.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) summary: Summary,
    pub(crate) voiced: Voiced,
}

impl Copied {
    /// Whether there are no samples of the caller.
    pub(crate) fn is_empty(&self) -> bool {
        self.summary.pcm_bytes == self.summary.silence_bytes
    }

    /// Whether nothing is audible, and no audio is missing.
    pub(crate) fn is_inaudible(&self) -> bool {
        self.voiced.is_inaudible() && self.summary.silence_bytes == 0
    }
}

/// Copies the audio of the listed fragments, requesting so many at a time.
pub(crate) async fn copy(
    stream: &MediaStream<'_>,
    listing: &Listing,
    at_a_time: usize,
    pace: &mut Pace,
    about: About<'_>,
    upload: &mut Upload<'_>,
) -> Result<Copied, RecordingError> {
    let mut selection = Selection::contact(about.id.contact().as_str());
    if let Some((first, last)) = listing.ends() {
        selection = selection.within(first, last);
    }
    let mut extractor = Extractor::new(selection);
    let mut voiced = Voiced::default();
    let mut pcm = Vec::new();
    for piece in listing.pieces(at_a_time) {
        // The part before this piece is omitted on purpose.
        extractor.leave_out();
        for numbers in piece {
            pace.wait(numbers.len()).await;
            let mut body = stream.open(numbers).await.map_err(|source| about.stream(source))?;
            while let Some(chunk) = body.try_next().await.map_err(|error| about.broken_off(&error))? {
                extractor.push(&chunk, &mut pcm).map_err(|source| about.media(source))?;
                voiced.add(&pcm);
                upload.write(&mut pcm).await.map_err(about::store(about.id))?;
            }
            extractor.end_of_response(&mut pcm).map_err(|source| about.media(source))?;
            voiced.add(&pcm);
            upload.write(&mut pcm).await.map_err(about::store(about.id))?;
        }
    }
    let summary = extractor.finish(&mut pcm).map_err(|source| about.media(source))?;
    let (asked, received) = (listing.len() as u64, summary.fragments + summary.foreign);
    if received < asked {
        let (id, stream_arn) = about.names();
        return Err(RecordingError::FragmentsMissing { id, stream_arn, asked, received });
    }
    Ok(Copied { summary, voiced })
}
