//! Extraction from one response.

use kvs_media::{Extractor, MediaError, Selection, Summary};

/// Extracts from one response that arrives in chunks of the given sizes, taken in turn.
pub(crate) fn extract_in_chunks(
    selection: &Selection,
    mut media: &[u8],
    chunk_sizes: &[usize],
) -> Result<(Vec<u8>, Summary), MediaError> {
    let mut extractor = Extractor::new(selection.clone());
    let mut pcm = Vec::new();
    for size in chunk_sizes.iter().cycle() {
        if media.is_empty() {
            break;
        }
        let (chunk, rest) = media.split_at((*size).clamp(1, media.len()));
        extractor.push(chunk, &mut pcm)?;
        media = rest;
    }
    let summary = extractor.finish(&mut pcm)?;
    Ok((pcm, summary))
}

/// Extracts from one response, whole and in small chunks, which must make no difference.
pub(crate) fn extract(selection: &Selection, media: &[u8]) -> Result<(Vec<u8>, Summary), MediaError> {
    let whole = extract_in_chunks(selection, media, &[usize::MAX]);
    for size in [1, 2, 3, 7, 64, 1000] {
        assert_eq!(extract_in_chunks(selection, media, &[size]), whole, "in chunks of {size}");
    }
    whole
}
