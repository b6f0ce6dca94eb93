//! The fragments of Kinesis Video Streams.

use kvs_media::{Extractor, MAX_SILENCE_MS, MediaError, Selection, Summary};

/// The contact of most fixtures.
const CONTACT: &str = "00000000-0000-4000-8000-000000000001";

/// Whatever the bytes and however they are cut: no more audio than the bounds allow, and the same outcome as in one
/// piece.
pub(crate) fn claim(media: &[u8]) {
    let whole = extract(media, media.len().max(1));
    // The cut comes from the data, so that a finding can be repeated.
    let size = 1 + media.iter().fold(0, |sum, byte| sum + usize::from(*byte)) % 97;
    assert_eq!(extract(media, size), whole);

    if let Ok((pcm, summary)) = whole {
        assert_eq!(pcm.len(), summary.pcm_bytes as usize);
        assert!(summary.silence_bytes <= MAX_SILENCE_MS * 16);
        assert!(pcm.len() - summary.silence_bytes as usize <= media.len());
    }
}

fn extract(media: &[u8], chunk_bytes: usize) -> Result<(Vec<u8>, Summary), MediaError> {
    let mut extractor = Extractor::new(Selection::contact(CONTACT));
    let mut pcm = Vec::new();
    for chunk in media.chunks(chunk_bytes) {
        extractor.push(chunk, &mut pcm)?;
    }
    let summary = extractor.finish(&mut pcm)?;
    Ok((pcm, summary))
}
